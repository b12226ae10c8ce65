"""The texts that are made from the table of options, where people read them."""

import os
import re
import shutil
import subprocess
import unittest

import rivulet

READABLE = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFSEQ": ""}


class ReadmeTest(unittest.TestCase):
    def test_the_options_of_the_readme_are_current(self):
        result = subprocess.run(
            ["scripts/readme-options", "--check", rivulet.binary()[-1]],
            cwd=rivulet.REPOSITORY,
            text=True,
            stderr=subprocess.PIPE,
        )
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_figures_of_the_readme_are_those_of_the_run(self):
        result = subprocess.run(
            ["scripts/readme-figures", "--check"],
            cwd=rivulet.REPOSITORY,
            text=True,
            stderr=subprocess.PIPE,
        )
        self.assertEqual(result.returncode, 0, result.stderr)


class ManualTest(unittest.TestCase):
    def setUp(self):
        if not shutil.which("man") and os.environ.get("CI") != "true":
            self.skipTest("there is no man")

    def test_the_manual_page_is_shown_without_a_warning(self):
        page = rivulet.run_to_exit("--man")
        self.assertEqual(page.returncode, 0, page.stderr)
        shown = subprocess.run(
            ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-P", "cat", "-"],
            input=page.stdout,
            env=READABLE,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        plain = re.sub(r".\x08", "", shown.stdout)  # bold is typed twice
        for text in (
            "RIVULET(8)",
            "--max-streams-per-address COUNT",
            "RIVULET_QUEUE_BYTES",
            "name = value",
            "EXIT STATUS",
        ):
            self.assertIn(text, plain)


if __name__ == "__main__":
    unittest.main()
