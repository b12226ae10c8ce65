"""The exercises of tests/exercises are red today, each for its own reason.

They are no part of the count of `make test`. This is what keeps them from
rotting: each test of each exercise fails, saying what is not there yet, unless the
exercise is done, and the solutions and breaks still apply to the sources. That solutions are solutions
takes compiling: `tests/exercises/run --solutions`.
"""

import importlib
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from rivulet import REPOSITORY

FOLDER = REPOSITORY / "tests/exercises"


def names():
    return sorted(path.stem for path in FOLDER.glob("exercise_*.py"))


def load(name):
    """The class of that exercise; importing it must not show it to unittest."""
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(name).Exercise
    finally:
        sys.path.remove(str(FOLDER))


def run(exercise):
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(exercise).run(result)
    return result


class RotTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.exercises = {name: load(name) for name in names()}
        cls.results = {name: run(one) for name, one in cls.exercises.items()}
        # In CI nobody does exercises: there they are all red.
        in_ci = os.environ.get("CI") == "true"
        cls.done = {name for name, result in cls.results.items()
                    if result.wasSuccessful() and not in_ci}

    def test_each_test_fails_and_says_what_is_missing(self):
        self.assertEqual(len(self.results), 6)
        for name in self.results.keys() - self.done:
            result = self.results[name]
            with self.subTest(name):
                self.assertGreater(result.testsRun, 0)
                self.assertEqual(result.errors, [])
                self.assertEqual(len(result.failures), result.testsRun)
                for _, text in result.failures:
                    self.assertRegex(text, self.exercises[name].RED)

    def test_solutions_and_breaks_apply(self):
        if self.done:
            self.skipTest(f"done here: {', '.join(sorted(self.done))}")
        patches = sorted(FOLDER.glob("*/*.patch"))
        self.assertEqual(
            [patch.stem[0] for patch in patches if patch.parent.name == "solutions"],
            [re.search(r"\d", name)[0] for name in names()])
        for patch in patches:
            with self.subTest(patch.stem), tempfile.TemporaryDirectory() as folder:
                self.check_applies(patch, Path(folder))

    def check_applies(self, patch, folder):
        for name in re.findall(r"(?m)^--- a/(.+)$", patch.read_text()):
            copy = folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((REPOSITORY / name).read_bytes())
        done = subprocess.run(
            ["patch", "-s", "-p1", "-F0", "-i", patch], cwd=folder,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)


class ListTest(unittest.TestCase):
    def test_the_list_has_each_exercise_and_names_files_that_are_there(self):
        text = (FOLDER / "README.md").read_text()
        numbers = re.findall(r"(?m)^## (\d)\. ", text)
        self.assertEqual(numbers, [re.search(r"\d", name)[0] for name in names()])
        for name in set(re.findall(r"`((?:src|tests)/[\w./-]+)`", text)):
            if name != "tests/exercises/deadline_list_test.cpp":
                with self.subTest(name):
                    self.assertTrue((REPOSITORY / name).exists())


if __name__ == "__main__":
    unittest.main()
