"""The build id: of the commit at the time of the build, marked where the source has changes; no release without one."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class BuildId(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name) / "checkout"
        self.root.mkdir()
        self.source = pathlib.Path(folder.name) / "build_id.cpp"

    def git(self, *arguments):
        done = subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments], cwd=self.root,
                              check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, text):
        (self.root / "file").write_text(text)
        self.git("add", "file")
        self.git("commit", "-qm", text)
        return self.git("rev-parse", "--short=12", "HEAD")

    def look_up(self, release="OFF"):
        return subprocess.run(["cmake", f"-DROOT={self.root}", f"-DSOURCE={self.source}", f"-DRELEASE={release}", "-P",
                               ROOT / "cmake/build_id.cmake"], capture_output=True, text=True)

    def found(self):
        self.assertEqual(self.look_up().returncode, 0)
        return self.source.read_text().split('return "')[1].split('"')[0]

    def test_is_the_commit_of_now(self):
        self.git("init", "-q")
        first = self.commit("one")
        self.git("tag", "v1")
        self.assertEqual(self.found(), first)
        second = self.commit("two")
        self.assertEqual(self.found(), second)

    def test_marks_what_is_in_no_commit(self):
        self.git("init", "-q")
        commit = self.commit("one")
        (self.root / "file").write_text("changed")
        self.assertEqual(self.found(), commit + "-dirty")

    def test_is_unknown_outside_of_a_checkout(self):
        self.assertEqual(self.found(), "unknown")
        self.git("init", "-q")  # of another project around it
        self.commit("one")
        self.root = self.root / "unpacked"
        self.root.mkdir()
        self.assertEqual(self.found(), "unknown")

    def test_is_written_where_it_changed_alone(self):
        self.git("init", "-q")
        self.commit("one")
        self.found()
        before = self.source.stat().st_mtime_ns
        self.found()
        self.assertEqual(self.source.stat().st_mtime_ns, before)

    def test_a_release_is_refused_without_one(self):
        self.assertNotEqual(self.look_up("ON").returncode, 0)
        self.git("init", "-q")
        self.commit("one")
        self.assertEqual(self.look_up("ON").returncode, 0)
        (self.root / "file").write_text("changed")
        refused = self.look_up("ON")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("a release is built from a commit without changes", refused.stderr)


class ReleaseLlama(unittest.TestCase):
    """A release has llama.cpp from its pinned source or not at all."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(release LANGUAGES NONE)\n"
            f"set(MINIONS_CACHE_DIR {self.folder})\ninclude({ROOT}/cmake/llama.cmake)\n"
            'message(STATUS "have llama: ${MINIONS_HAVE_LLAMA}")\n')
        version = (ROOT / "cmake/llama.cmake").read_text().split("MINIONS_LLAMA_VERSION ")[1].split(")")[0]
        self.cache = self.folder / f"llama-{version}"
        self.install("tree", [])
        self.install("prebuilt", ["llama-common", "llama", "ggml", "ggml-base"])

    def install(self, kind, libraries):
        (self.cache / kind / "lib").mkdir(parents=True)
        (self.cache / kind / ".complete").touch()
        for library in libraries:
            (self.cache / kind / f"lib/lib{library}.so").touch()

    def configure(self, *options):
        return subprocess.run(["cmake", "-S", self.folder, "-B", self.folder / "build", *options], capture_output=True, text=True)

    def test_takes_no_prebuilt_libraries(self):
        self.assertIn("have llama: ON", self.configure().stdout)
        self.assertIn("have llama: OFF", self.configure("-DMINIONS_RELEASE=ON").stdout)
        for options in (["-DMINIONS_LLAMA=prebuilt"], [f"-DMINIONS_LLAMA_LIBRARIES={self.cache}/prebuilt/lib"]):
            refused = self.configure("-DMINIONS_RELEASE=ON", *options)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("from its pinned source", refused.stderr.replace("\n ", ""))

    def test_takes_what_was_built_from_the_source(self):
        self.install("source", ["llama-common", "llama", "ggml", "ggml-base"])
        found = self.configure("-DMINIONS_RELEASE=ON")
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertIn(f"llama.cpp: {self.cache}/source/lib", found.stdout)


if __name__ == "__main__":
    unittest.main()
