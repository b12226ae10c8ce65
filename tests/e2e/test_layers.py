"""scripts/check-layers passes the real tree and fails a broken one."""

import shutil
import subprocess
import unittest

from rivulet import REPOSITORY, temporary_folder

SCRIPT = REPOSITORY / "scripts" / "check-layers"


def check(*arguments):
    return subprocess.run(
        [str(SCRIPT), *arguments], capture_output=True, text=True, timeout=60
    )


class RealTreeTest(unittest.TestCase):
    def test_the_real_tree_passes(self):
        result = check()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


class BrokenCopyTest(unittest.TestCase):
    """A copy of the real tree with one line more."""

    def setUp(self):
        self.src = temporary_folder(self) / "src"
        shutil.copytree(REPOSITORY / "src", self.src)

    def violations_with(self, name, line):
        """What is printed when this line ends this file of the copy."""
        path = self.src / name
        path.parent.mkdir(exist_ok=True)
        before = path.read_text() if path.exists() else None
        text = (before or "") + line + "\n"
        path.write_text(text)
        result = check(str(self.src))
        where = f"{path}:{len(text.splitlines())}: "
        path.unlink() if before is None else path.write_text(before)
        if result.returncode == 0:
            return None
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertTrue(result.stdout.startswith(where), result.stdout)
        self.assertEqual(len(result.stdout.splitlines()), 1, result.stdout)
        return result.stdout.removeprefix(where)

    def test_an_include_that_points_the_wrong_way_is_named(self):
        for name, header in (
            ("base/broken.h", "os/reactor.h"),
            ("os/broken.h", "http/request.h"),
            ("http/broken.cpp", "server/router.h"),
            ("hub/broken.h", "cluster/backplane.h"),
            ("server/broken.h", "daemon/options.h"),
        ):
            with self.subTest(f"{name} -> {header}"):
                said = self.violations_with(name, f'#include "{header}"')
                self.assertIn(header, said)

    def test_a_system_header_outside_os_is_named(self):
        for header in (
            *("sys/socket.h", "netinet/in.h", "arpa/inet.h", "unistd.h"),
            *("fcntl.h", "poll.h", "signal.h", "netdb.h", "sys/epoll.h"),
            *("time.h", "errno.h", "linux/tcp.h", "zlib.h"),
        ):
            with self.subTest(header):
                said = self.violations_with("hub/broken.cpp", f"#include <{header}>")
                self.assertIn(f"<{header}>", said)
                self.assertIn("os/", said)

    def test_a_library_outside_its_folder_is_named(self):
        for header, home in (
            ("llhttp.h", "http"),
            ("llhttp/llhttp.h", "http"),
            ("hiredis/hiredis.h", "cluster"),
            ("jwt.h", "server"),
        ):
            with self.subTest(header):
                for folder in ("os", "daemon"):
                    said = self.violations_with(
                        f"{folder}/broken.cpp", f"#include <{header}>"
                    )
                    self.assertIn(f"<{header}> belongs in {home}/", said)

    def test_a_path_not_relative_to_src_is_named(self):
        for line in (
            '#include "request.h"',
            '#include "../os/socket.h"',
            '#include "os/../daemon/options.h"',
            '#include "elsewhere/a.h"',
            "#include HEADER",
            '  #  include  "daemon/options.h"  // indented',
        ):
            with self.subTest(line):
                self.assertIsNotNone(self.violations_with("http/broken.cpp", line))

    def test_a_file_outside_the_folders_is_named(self):
        for name in ("stray.cpp", "elsewhere/stray.h"):
            with self.subTest(name):
                said = self.violations_with(name, "")
                self.assertIn("not in a folder of src", said)

    def test_what_is_allowed_passes(self):
        for name, line in (
            ("os/fine.cpp", "#include <sys/epoll.h>"),
            ("os/fine.h", '#include "base/text.h"'),
            ("os/fine.h", '#include "os/unique_fd.h"'),
            ("http/fine.cpp", "#include <llhttp.h>"),
            ("cluster/fine.cpp", "#include <hiredis/async.h>"),
            ("server/fine.cpp", "#include <jwt.h>"),
            ("daemon/fine.cpp", '#include "server/router.h"'),
            ("base/fine.cpp", "#include <fmt/format.h>"),
            ("base/fine.cpp", "#include <vector>"),
            ("base/fine.cpp", "// #include <sys/epoll.h>"),
        ):
            with self.subTest(f"{name}: {line}"):
                self.assertIsNone(self.violations_with(name, line))

    def test_no_source_is_no_pass(self):
        empty = self.src.parent / "empty"
        empty.mkdir()
        self.assertEqual(check(str(empty)).returncode, 2)
        self.assertEqual(check(str(self.src / "missing")).returncode, 2)


if __name__ == "__main__":
    unittest.main()
