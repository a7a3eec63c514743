"""An installation in a scratch prefix: programs that run there, and a library that others build against."""

import re
import shutil

from programs import *

BUILD = pathlib.Path(os.environ["MINIONS_BUILD"])
CXX = os.environ.get("CXX", "c++")
QUESTION = "When do samples leave the building?"


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=4 * PATIENCE_S, **options)


class Installation(ProgramsTest):
    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="minions-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        cls.prefix = cls.scratch / "prefix"
        installed = run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        assert installed.returncode == 0, installed.stderr
        cls.library, = {path.resolve() for path in cls.prefix.rglob("libminions.so*")}

    def setUp(self):
        super().setUp()
        self.server = Minionsd(self, program=self.prefix / "bin/minionsd")
        self.policy = self.directory / "policy.toml"
        pinned = run(self.prefix / "bin/minions", "policy", "init", "--from", self.server.url, "-o", self.policy)
        self.assertEqual(pinned.returncode, 0, pinned.stderr)

    def assert_asks(self, program):
        """The program reads a PDF with the installed minions-extract, and has the answer over an attested session."""
        asked = run(program, self.server.url, self.policy, HANDBOOK, QUESTION, cwd=self.directory)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        self.assertIn("Samples leave the building on Wednesdays", asked.stdout)
        self.assertRegex(asked.stderr, r"session [0-9a-f]{32}")

    def test_programs_run_from_the_prefix(self):
        asked = run(self.prefix / "bin/minions", "ask", QUESTION, "-f", HANDBOOK, "--server", self.server.url,
                    "--policy", self.policy)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        self.assertIn("Samples leave the building on Wednesdays", asked.stdout)

    def test_a_project_finds_it_with_cmake(self):
        build = self.directory / "consumer"
        configured = run("cmake", "-S", SOURCE / "examples", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
                         f"-DCMAKE_CXX_COMPILER={CXX}")
        self.assertEqual(configured.returncode, 0, configured.stderr)
        built = run("cmake", "--build", build)
        self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
        self.assert_asks(build / "ask_example")

    def test_a_project_finds_it_with_pkg_config(self):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(next(self.prefix.rglob("pkgconfig")))}
        flags = run("pkg-config", "--cflags", "--libs", "minions", env=environment)
        self.assertEqual(flags.returncode, 0, flags.stderr)
        program = self.directory / "consumer"
        built = run(CXX, "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", SOURCE / "examples/ask.cpp", "-o", program,
                    *flags.stdout.split(), f"-Wl,-rpath,{self.library.parent}")
        self.assertEqual(built.returncode, 0, built.stderr)
        self.assert_asks(program)

    def test_another_version_is_not_taken(self):
        project = self.directory / "project"
        project.mkdir()
        for version, found in (("0.1", True), ("0.2", False), ("1.0", False)):
            (project / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.16)\nproject(p LANGUAGES CXX)\n"
                                                    f"find_package(minions {version} REQUIRED)\n", encoding="utf-8")
            configured = run("cmake", "-S", project, "-B", project / version, f"-DCMAKE_PREFIX_PATH={self.prefix}",
                             f"-DCMAKE_CXX_COMPILER={CXX}")
            self.assertEqual(configured.returncode == 0, found, configured.stderr)

    def test_headers_name_no_library_but_the_standard_one_and_expected(self):
        for header in self.prefix.rglob("*.hpp"):
            for name in re.findall(r'#\s*include\s*[<"]([^>"]+)', header.read_text(encoding="utf-8")):
                self.assertTrue("/" not in name or name.startswith(("minions/", "tl/")), f"{header}: {name}")

    def test_the_library_exports_its_interface_and_no_more(self):
        listed = run("nm", "--dynamic", "--defined-only", "--demangle", "--without-symbol-versions", self.library)
        names = [line.split(" ", 2)[2] for line in listed.stdout.splitlines()]
        self.assertTrue(any(name.startswith("minions::v0::Client::ask(") for name in names), names)
        foreign = [name for name in names if not re.match(r"(?:(?:typeinfo|typeinfo name|vtable) for )?minions::v0::", name)]
        self.assertEqual(foreign + [name for name in names if "::Impl::" in name], [])

    def test_the_library_has_a_name_of_its_abi(self):
        read = run("readelf", "--dynamic", self.library)
        self.assertIn("[libminions.so.0]", read.stdout)


if __name__ == "__main__":
    main()
