"""`make install` and `make deb`: which files there are, and that they fit together."""

import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

import rivulet

CONFIG = "etc/rivulet/rivulet.conf"
UNITS = sorted(
    unit.name for unit in (rivulet.REPOSITORY / "scripts/systemd").iterdir()
)


def run(*command):
    """A command in the repository; what it prints."""
    ended = subprocess.run(
        command, cwd=rivulet.REPOSITORY, text=True, capture_output=True
    )
    if ended.returncode != 0:
        raise AssertionError(f"{command}: {ended.stdout}{ended.stderr}")
    return ended.stdout


def make(*arguments):
    return run("make", "--no-print-directory", *arguments)


def files_below(folder):
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def version():
    return run("build/rivulet", "--version").split()[1]


class TreeTest(unittest.TestCase):
    def setUp(self):
        self.root = rivulet.temporary_folder(self)

    def check_config(self, program):
        """The program there takes the file there."""
        said = run(program, "--config", self.root / CONFIG, "--check-config")
        self.assertEqual(said, "ok\n")

    def check_manual(self, page):
        shown = run("man", "-l", self.root / page)
        self.assertIn("RIVULET(8)", shown)


class InstallTest(TreeTest):
    def test_everything_is_where_the_prefix_says(self):
        for prefix in ("/usr/local", "/opt/rivulet"):
            with self.subTest(prefix):
                self.check_prefix(prefix)

    def check_prefix(self, prefix):
        where = [] if prefix == "/usr/local" else [f"PREFIX={prefix}"]
        make("install", f"DESTDIR={self.root}", *where)
        inside = prefix[1:]
        units = [f"{inside}/lib/systemd/system/{name}" for name in UNITS]
        program = f"{inside}/sbin/rivulet"
        manual = f"{inside}/share/man/man8/rivulet.8.gz"
        self.assertEqual(
            files_below(self.root), sorted([CONFIG, program, manual, *units])
        )
        self.check_config(self.root / program)
        self.check_manual(manual)
        for unit in units:
            text = (self.root / unit).read_text()
            starts = re.findall(r"^ExecStart=(\S+)", text, re.MULTILINE)
            expected = [] if unit.endswith(".socket") else [f"/{program}"]
            self.assertEqual(starts, expected)
        make("uninstall", f"DESTDIR={self.root}", *where)
        self.assertEqual(files_below(self.root), [])
        self.assertFalse((self.root / CONFIG).parent.exists())

    def test_what_the_operator_wrote_stays(self):
        config = self.root / CONFIG
        config.parent.mkdir(parents=True)
        config.write_text("retry = 5s\n")
        for task in ("install", "uninstall"):
            make(task, f"DESTDIR={self.root}")
            self.assertEqual(config.read_text(), "retry = 5s\n")


class DefaultConfigTest(unittest.TestCase):
    def test_it_has_each_option_of_the_help_but_secrets(self):
        listed = re.findall(r"^  --([\w-]+) [A-Z]+ ", rivulet.run_to_exit("--help").stdout,
                            re.MULTILINE)
        text = rivulet.run_to_exit("--default-config").stdout
        named = re.findall(r"^#([\w-]+) = .", text, re.MULTILINE)
        self.assertGreater(len(named), 20)
        self.assertEqual([name for name in listed if name in named], named)
        self.assertLessEqual({"config", "publish-token"}, set(listed) - set(named))


@unittest.skipUnless(
    shutil.which("dh") or os.environ.get("CI") == "true", "there is no debhelper"
)
class DebTest(TreeTest):
    @classmethod
    def setUpClass(cls):
        printed = run("scripts/deb/build")
        cls.package = rivulet.REPOSITORY / printed.splitlines()[-1]

    def field(self, name):
        return run("dpkg-deb", "--field", self.package, name).strip()

    def control_file(self, name):
        return run("dpkg-deb", "--info", self.package, name)

    def test_it_has_what_it_should_and_no_more(self):
        run("dpkg-deb", "--extract", self.package, self.root)
        files = files_below(self.root)
        examples = [one for one in files if one.startswith("usr/share/doc/rivulet/examples/")]
        units = [one for one in files if "/systemd/system/" in one]
        self.assertEqual(sorted(Path(one).name for one in units), UNITS)
        self.assertEqual(
            sorted(set(files) - set(units) - set(examples)),
            [
                CONFIG,
                "usr/sbin/rivulet",
                "usr/share/doc/rivulet/changelog.gz",
                "usr/share/doc/rivulet/copyright",
                "usr/share/man/man8/rivulet.8.gz",
            ],
        )
        self.assertIn("usr/share/doc/rivulet/examples/nginx/rivulet.conf", examples)
        self.check_config(self.root / "usr/sbin/rivulet")
        self.check_manual("usr/share/man/man8/rivulet.8.gz")

    def test_it_says_what_it_is(self):
        self.assertEqual(self.field("Version"), version())
        self.assertRegex(self.field("Depends"), r"\blibc6 \(>= .*\blibstdc\+\+6 \(>= ")
        self.assertEqual(self.control_file("conffiles"), f"/{CONFIG}\n")

    def test_it_starts_the_service_and_only_that(self):
        script = self.control_file("postinst")
        self.assertIn("deb-systemd-invoke $_dh_action 'rivulet.service'", script)
        self.assertIn("deb-systemd-helper enable 'rivulet.service'", script)
        # It stays off unless an operator has enabled it.
        off = script.index("debian-installed 'rivulet.socket'")
        self.assertLess(off, script.index("enable 'rivulet.socket'"))
        self.assertNotIn("$_dh_action 'rivulet.socket'", script)
        for made_by_hand in ("adduser", "useradd", "mkdir", "install ", "chown", "ln "):
            self.assertNotIn(made_by_hand, script)

    @unittest.skipUnless(
        shutil.which("lintian") or os.environ.get("CI") == "true",
        "there is no lintian",
    )
    def test_lintian_has_nothing_to_say(self):
        # As root it would say that it should not be.
        as_others = ["--allow-root"] if os.geteuid() == 0 else []
        said = run(
            "lintian", *as_others, "--fail-on", "error,warning", "--tag-display-limit",
            "0", self.package,
        )
        self.assertEqual(said, "")

    def test_the_same_program_makes_the_same_package(self):
        first = self.package.read_bytes()
        run("scripts/deb/build")
        self.assertEqual(self.package.read_bytes(), first)


if __name__ == "__main__":
    unittest.main()
