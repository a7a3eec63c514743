"""scripts/check_functions against trees that it must fail."""

import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class CheckFunctions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.put("scripts/long_functions.txt", "# none\n")

    def put(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def check(self):
        return subprocess.run([ROOT / "scripts/check_functions", "--root", self.root], capture_output=True, text=True)

    @staticmethod
    def function(lines, head="int f(int a)", indent=""):
        return f"{indent}{head} {{\n" + f"{indent}  ++a;\n" * (lines - 2) + f"{indent}}}\n"

    def test_takes_sixty_lines_and_not_one_more(self):
        self.put("src/a/a.cpp", "namespace n {\n" + self.function(60) + "}\n")
        self.assertEqual(self.check().returncode, 0)
        self.put("src/a/a.cpp", "namespace n {\n" + self.function(61) + "}\n")
        found = self.check()
        self.assertEqual(found.returncode, 1)
        self.assertIn("src/a/a.cpp:2: f: 61 lines", found.stdout)

    def test_sees_methods_heads_of_several_lines_and_constructors(self):
        for head, name in (("Result<int> Long::name(int first,\n                       int second)", "Long::name"),
                           ("Long::Long(int a)\n    : a_(a),\n      b_(2)", "Long::Long")):
            self.put("apps/a/a.cpp", self.function(70, head))
            self.assertIn(f": {name}: ", self.check().stdout)
        self.put("apps/a/a.cpp", "class C {\n public:\n" + self.function(70, "void method(int a) const", "  ") + "};\n")
        self.assertIn(": method: 70 lines", self.check().stdout)

    def test_passes_over_tables_and_classes(self):
        self.put("src/a/a.cpp", "constexpr Key kKeys[] = {\n" + "    {read(1), [](V v) { return v; }},\n" * 80 + "};\n"
                 "class C {\n" + "  int f(int);\n" * 80 + "};\n")
        self.assertEqual(self.check().stdout, "")

    def test_takes_a_reason_and_no_list_that_is_out_of_date(self):
        self.put("src/a/a.cpp", self.function(61))
        self.put("scripts/long_functions.txt", "src/a/a.cpp f: a state machine, step by step\n")
        self.assertEqual(self.check().returncode, 0)
        self.put("src/a/a.cpp", self.function(10))
        self.assertIn("src/a/a.cpp f is not longer than 60 lines", self.check().stdout)
        self.put("scripts/long_functions.txt", "src/a/a.cpp f:\n")
        self.assertIn("want `FILE NAME: reason`", self.check().stderr)


if __name__ == "__main__":
    unittest.main()
