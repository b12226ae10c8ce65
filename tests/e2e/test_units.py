"""The units for systemd, held against systemd's own tools, which need none that
runs."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import rivulet

UNITS = rivulet.REPOSITORY / "scripts" / "systemd"
SERVICE = UNITS / "rivulet.service"
TEMPLATE = UNITS / "rivulet@.service"
INSTALLED = "/usr/sbin/rivulet"
MOST_EXPOSED = 20  # in tenths, of 0 to 100
# What an instance has of its own.
PARTICULAR = (
    "Description", "ExecStart", "Environment", "EnvironmentFile", "User",
    "RuntimeDirectory",
)


def analyze(*arguments):
    ended = subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True
    )
    return ended.returncode, ended.stdout + ended.stderr


def settings(unit):
    """The lines that set something, as (name, value)."""
    lines = unit.read_text().splitlines()
    return [tuple(line.split("=", 1)) for line in lines if line[:1].isalpha()]


class UnitsTest(unittest.TestCase):
    def test_units_are_sound(self):
        with tempfile.TemporaryDirectory() as folder:
            copies = []
            for unit in sorted(UNITS.iterdir()):
                text = unit.read_text()
                # Where it will be installed there is nothing yet.
                text = text.replace(INSTALLED, rivulet.binary()[-1])
                copy = Path(folder) / unit.name.replace("@", "@3001")
                copy.write_text(text)
                copies.append(copy)
            code, said = analyze("verify", "--man=no", *copies)
        self.assertEqual((code, said), (0, ""))

    def check_exposure(self, unit):
        return analyze(
            "security", "--offline=true", f"--threshold={MOST_EXPOSED}",
            "--no-pager", unit,
        )

    def test_the_services_are_shut_in(self):
        for unit in (SERVICE, TEMPLATE):
            with self.subTest(unit.name):
                code, said = self.check_exposure(unit)
                self.assertEqual(code, 0, said)

    def test_that_test_would_find_an_open_one(self):
        with tempfile.NamedTemporaryFile("w", suffix=".service") as unit:
            unit.write("[Service]\nExecStart=/bin/true\n")
            unit.flush()
            code, _ = self.check_exposure(unit.name)
        self.assertNotEqual(code, 0)

    def test_an_instance_is_as_the_service_but_for_what_is_its_own(self):
        def common(unit):
            return [one for one in settings(unit) if one[0] not in PARTICULAR]

        self.assertEqual(common(TEMPLATE), common(SERVICE))
        # Each would get another dynamic user, and the kernel lets only the
        # sockets of one user share a port.
        self.assertIn(("User", "rivulet"), settings(TEMPLATE))

    def test_what_the_services_start_can_be_started(self):
        for unit in (SERVICE, TEMPLATE):
            starts = [value for name, value in settings(unit) if name == "ExecStart"]
            self.assertEqual(len(starts), 1)
            command = starts[0].split()
            self.assertEqual(command[0], INSTALLED)
            with tempfile.NamedTemporaryFile(suffix=".conf") as config:
                flags = [
                    config.name if flag == "/etc/rivulet/rivulet.conf" else flag
                    for flag in command[1:]
                ]
                self.assertIn(config.name, flags)
                checked = subprocess.run(
                    [*rivulet.binary(), *flags, "--check-config"],
                    capture_output=True, text=True,
                )
            self.assertEqual((checked.returncode, checked.stdout), (0, "ok\n"),
                             checked.stderr)


if __name__ == "__main__":
    unittest.main()
