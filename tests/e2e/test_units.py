"""The units for systemd, held against systemd's own tools, which need none that
runs."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import rivulet

UNITS = rivulet.REPOSITORY / "scripts" / "systemd"
MOST_EXPOSED = 20  # in tenths, of 0 to 100


def analyze(*arguments):
    ended = subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True
    )
    return ended.returncode, ended.stdout + ended.stderr


class UnitsTest(unittest.TestCase):
    def test_units_are_sound(self):
        with tempfile.TemporaryDirectory() as folder:
            copies = []
            for unit in sorted(UNITS.iterdir()):
                text = unit.read_text()
                # Where it will be installed there is nothing yet.
                text = text.replace("/usr/bin/rivulet", rivulet.binary()[-1])
                copy = Path(folder) / unit.name
                copy.write_text(text)
                copies.append(copy)
            code, said = analyze("verify", "--man=no", *copies)
        self.assertEqual((code, said), (0, ""))

    def test_the_service_is_shut_in(self):
        code, said = analyze(
            "security", "--offline=true", f"--threshold={MOST_EXPOSED}",
            "--no-pager", UNITS / "rivulet.service",
        )
        self.assertEqual(code, 0, said)

    def test_that_test_would_find_an_open_one(self):
        with tempfile.NamedTemporaryFile("w", suffix=".service") as unit:
            unit.write("[Service]\nExecStart=/bin/true\n")
            unit.flush()
            code, _ = analyze(
                "security", "--offline=true", f"--threshold={MOST_EXPOSED}",
                "--no-pager", unit.name,
            )
        self.assertNotEqual(code, 0)


if __name__ == "__main__":
    unittest.main()
