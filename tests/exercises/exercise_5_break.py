"""A unit test of base/deadline_list.h that sees each of the breaks in breaks/.

The answer is tests/exercises/deadline_list_test.cpp, with doctest.
"""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from rivulet import REPOSITORY

ANSWER = REPOSITORY / "tests/exercises/deadline_list_test.cpp"
BREAKS = REPOSITORY / "tests/exercises/breaks"
HEADER = Path("base/deadline_list.h")


class Exercise(unittest.TestCase):
    RED = "there is no tests/exercises/deadline_list_test.cpp"

    def setUp(self):
        self.assertTrue(ANSWER.exists(), self.RED)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_answer(self, patch=None):
        """Runs the answer against the list, or against one that is broken."""
        header = self.folder / "src" / HEADER
        header.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / "src" / HEADER, header)
        if patch:
            subprocess.run(["patch", "-s", "-p1", "-i", patch], cwd=self.folder,
                           check=True)
        program = self.folder / "answer"
        subprocess.run(
            ["g++", "-std=c++20", "-O0", "-DDOCTEST_CONFIG_IMPLEMENT_WITH_MAIN",
             f"-I{self.folder}/src", f"-I{REPOSITORY}/src", ANSWER, "-o", program],
            check=True)
        return subprocess.run([program], capture_output=True, text=True)

    def test_the_list_as_it_is_passes(self):
        done = self.run_answer()
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_each_break_is_seen(self):
        for patch in sorted(BREAKS.glob("*.patch")):
            with self.subTest(patch.stem):
                done = self.run_answer(patch)
                self.assertNotEqual(done.returncode, 0, "it is not seen")
