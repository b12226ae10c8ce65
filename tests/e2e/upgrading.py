"""A server whose binary changes while it runs.

    class SomethingTest(UpgradeTest):
        def test_it_goes_on(self):
            server = self.serve()
            self.upgrade(server)          # to the other of two builds

Each server runs from a file of its own, which another takes the place of; the
other differs in its version, wherever the compiler has kept that as a text.
"""

import os
import re
import signal
from pathlib import Path
from unittest import mock

import rivulet
from rivulet import REPOSITORY, RivuletTest, temporary_folder, wait_until

# The version stands in one place of the sources; another of the same length can
# take its place in the binary.
VERSION = re.search(
    rb'kVersion = "(.+)"', (REPOSITORY / "src/daemon/version.h").read_bytes()
)[1]
OTHER_VERSION = VERSION[:-1] + b"9"


class UpgradeTest(RivuletTest):
    def setUp(self):
        if os.environ.get("RIVULET_WRAPPER"):
            self.skipTest("a wrapper does not follow an execve(2)")
        self.folder = temporary_folder(self)
        self.path = self.folder / "rivulet"
        self.builds = [self.folder / "one", self.folder / "other"]
        one = Path(rivulet.binary()[-1]).read_bytes()
        self.assertIn(VERSION + b"\0", one)
        for path, build in zip(self.builds, (one, self.other_version(one))):
            path.write_bytes(build)
            path.chmod(0o755)
        self.put(self.builds[0])

    @staticmethod
    def other_version(build):
        return build.replace(VERSION + b"\0", OTHER_VERSION + b"\0")

    def put(self, build):
        """Another binary, in one step, as package managers do."""
        fresh = self.folder / "fresh"
        fresh.unlink(missing_ok=True)
        os.link(build, fresh)
        os.replace(fresh, self.path)

    def put_script(self, text):
        script = self.folder / "script"
        script.unlink(missing_ok=True)
        script.write_text(text)
        script.chmod(0o755)
        self.put(script)

    def serve(self, *arguments, **options):
        with mock.patch.dict(os.environ, RIVULET_BIN=str(self.path)):
            return super().serve(*arguments, **options)

    @staticmethod
    def upgrades(server):
        return len(server.log.lines(msg="upgraded"))

    @staticmethod
    def failures(server):
        return server.log.lines(msg="upgrade-failed")

    def ask(self, server, build=None):
        """SIGUSR2, with the other of both builds in place."""
        if build is None:
            build = self.builds[(self.upgrades(server) + 1) % 2]
        self.put(build)
        server.send_signal(signal.SIGUSR2)

    def upgrade(self, server, build=None):
        before, failed = self.upgrades(server), len(self.failures(server))
        self.ask(server, build)
        wait_until(lambda: self.upgrades(server) > before
                   or len(self.failures(server)) > failed,
                   lambda: f"an upgrade in\n{server.log.text}")
        self.assertEqual(len(self.failures(server)), failed, server.log.text)
        runs = os.stat(f"/proc/{server.pid}/exe")
        self.assertTrue(os.path.samestat(runs, os.stat(self.path)))
        return server.log.lines(msg="upgraded")[-1]
