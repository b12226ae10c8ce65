"""Upgrades that fail: each leaves every stream served by the old binary."""

import os
import resource
import shutil
import signal
import unittest

from prometheus import scrape
from publisher import OpenBody, receipt
from rivulet import wait_until
from upgrading import UpgradeTest

STATE = "/proc/self/fd/$RIVULET_UPGRADE_STATE"


class FailureTest(UpgradeTest):
    def real(self, before, after=""):
        """A script that runs the real thing, after something else."""
        run = f'exec {self.builds[1]} "$@"' if not after else (
            f'{self.builds[1]} "$@"; status=$?\n{after}\nexit $status')
        return f"#!/bin/sh\n{before}\n{run}\n"

    def scripts(self):
        """What is wrong, what the new binary is, and what the log says of it."""
        patch = "printf '%s' | dd of=" + STATE + \
            " bs=1 seek=%d conv=notrunc 2>/dev/null"
        return (
            ("nothing in it", "", "Exec format error"),
            ("no program", "what?\n", "Exec format error"),
            ("no interpreter", "#!/nowhere/at/all\n", "No such file"),
            ("exits 1", "#!/bin/sh\nexit 1\n", r"says nothing \(exit status 1\)"),
            ("says why", "#!/bin/sh\necho no luck >&2\nexit 3\n",
             r"no luck \(exit status 3\)"),
            ("crashes", "#!/bin/sh\nkill -SEGV $$\n", "killed by signal 11"),
            ("aborts", "#!/bin/sh\necho oops >&2\nkill -ABRT $$\n",
             "oops .*killed by signal 6"),
            ("another program", "#!/bin/sh\nexit 0\n",
             r"says nothing \(exit status 0\)"),
            ("says what it does not know",
             "#!/bin/sh\necho ready to go on with state 0123456789abcdef\n",
             r"ready to go on .*\(exit status 0\)"),
            ("talks without end", "#!/bin/sh\nyes | head -c 3000000\n", "y "),
            ("is silent", "#!/bin/sh\nexec >&- 2>&-\nexec sleep 1000\n",
             "killed by signal 9"),
            ("empty state", self.real(f": > {STATE}"), "no state of a server"),
            ("truncated state", self.real(f"truncate -s -1 {STATE}"), "not whole"),
            ("half a state", self.real(f"truncate -s 40 {STATE}"), "not whole"),
            ("no header", self.real(f"truncate -s 20 {STATE}"), "no state"),
            ("another byte", self.real(patch % ("#", 200)), "checksum"),
            ("no magic", self.real(patch % ("#", 0)), "no state of a server"),
            ("a later version", self.real(patch % (r"\002", 8)),
             "format version 2, and this program reads 1 to 1"),
            ("an earlier version", self.real(patch % (r"\000", 8)),
             "format version 0"),
            ("no state", self.real("unset RIVULET_UPGRADE_STATE"), "check-state"),
            ("a state that is no file", self.real("RIVULET_UPGRADE_STATE=0"),
             "no state of a server"),
            ("no memory", self.real("ulimit -v 6000"), "cannot take over"),
            ("no descriptors", self.real("ulimit -n 6"), "descriptors"),
            ("gone after it was good", self.real("", 'rm "$0"'), "No such file"),
        )

    def fail(self, server, ana, wanted):
        """Waits for a failure, and looks whether all goes on."""
        failures = wait_until(
            lambda: self.failures(server)[self.failed:],
            lambda: f"a failure in\n{server.log.text}")
        self.assertEqual(len(failures), 1)
        self.failed += 1
        self.assertRegex(failures[0]["reason"], wanted)
        self.body.send(f"data: {self.failed}\n\n")
        self.assertEqual(ana.next_event().data, str(self.failed))
        metrics = scrape(server)
        self.assertEqual(metrics["rivulet_upgrades_total", "failed"], self.failed)
        self.assertEqual(metrics["rivulet_upgrades_total", "done"], 0)

    def begin(self, *arguments, **options):
        server = self.serve(*arguments, **options)
        self.failed = 0
        self.body = OpenBody(server)
        self.addCleanup(self.body.connection.close)
        return server, server.stream("ana").wait_for_greeting()

    def finish(self, server, ana):
        """The next one works."""
        children = f"/proc/{server.pid}/task/{server.pid}/children"
        with open(children, encoding="ascii") as running:
            self.assertEqual(running.read(), "")
        self.upgrade(server, self.builds[1])
        self.body.send("data: at last\n\n")
        self.assertEqual(ana.next_event().data, "at last")
        self.assertEqual(receipt(self.body.finish())["events"], self.failed + 1)

    def test_a_new_binary_that_is_not_good(self):
        server, ana = self.begin()
        for what, script, wanted in self.scripts():
            with self.subTest(what):
                self.put_script(script)
                server.send_signal(signal.SIGUSR2)
                self.fail(server, ana, wanted)
        self.finish(server, ana)

    def test_a_new_binary_that_is_not_there(self):
        server, ana = self.begin()

        def no_file():
            self.path.unlink()

        def no_right():
            shutil.copy(self.builds[1], self.path)
            self.path.chmod(0o644)

        def a_folder():
            self.path.unlink()
            self.path.mkdir()

        def a_dangling_link():
            self.path.rmdir()
            self.path.symlink_to("nowhere")

        for change, wanted in ((no_file, "No such file"),
                               (no_right, "Permission denied"),
                               (a_folder, "Permission denied"),
                               (a_dangling_link, "No such file")):
            with self.subTest(change.__name__):
                change()
                server.send_signal(signal.SIGUSR2)
                self.fail(server, ana, wanted)
        self.finish(server, ana)

    def limit(self, server, kind, soft):
        before = resource.prlimit(server.pid, kind)
        resource.prlimit(server.pid, kind, (soft, before[1]))
        self.addCleanup(lambda: server.alive() and resource.prlimit(
            server.pid, kind, before))
        return before

    @staticmethod
    def lowest_free(server):
        """The descriptor that would be opened next."""
        taken = {int(name) for name in os.listdir(f"/proc/{server.pid}/fd")}
        return next(n for n in range(1 << 20) if n not in taken)

    def test_no_room_for_the_state(self):
        server, ana = self.begin()
        for kind, soft, wanted in (
                (resource.RLIMIT_FSIZE, 100, "File too large"),
                (resource.RLIMIT_NOFILE, self.lowest_free(server), "Too many open")):
            before = self.limit(server, kind, soft)
            server.send_signal(signal.SIGUSR2)
            failure = wait_until(
                lambda: self.failures(server)[self.failed:], "a failure")
            self.assertRegex(failure[0]["reason"], wanted)
            resource.prlimit(server.pid, kind, before)
            self.fail(server, ana, wanted)
        self.finish(server, ana)

    def test_a_file_of_options_that_is_wrong_by_now(self):
        config = self.folder / "rivulet.conf"
        config.write_text("heartbeat = 10s\n")
        server, ana = self.begin("--config", str(config))
        config.write_text("heartbeat = 10s\nnonsense = 1\n")
        self.ask(server)
        self.fail(server, ana, "rivulet.conf:2: .*exit status 78")
        config.write_text("heartbeat = 10s\n")
        self.finish(server, ana)

    HANG = "#!/bin/sh\nexec sleep 1000\n"

    def wait_for_child(self, server):
        children = f"/proc/{server.pid}/task/{server.pid}/children"

        def running():
            with open(children, encoding="ascii") as file:
                return file.read().split()

        return wait_until(running, "a child")[0]

    def test_one_that_hangs_and_one_more_that_is_asked_for_meanwhile(self):
        server, ana = self.begin()
        self.put_script(self.HANG)
        server.send_signal(signal.SIGUSR2)
        child = self.wait_for_child(server)
        for _ in range(2):
            server.publish("served meanwhile")
            self.assertEqual(ana.next_event().data, "served meanwhile")
        server.send_signal(signal.SIGUSR2)
        server.log.wait_for(msg="upgrade-ignored", reason="one is under way")
        server.send_signal(signal.SIGHUP)
        server.log.wait_for(msg="reloaded")
        self.fail(server, ana, "takes too long")
        wait_until(lambda: not os.path.exists(f"/proc/{child}"), "its end")
        self.finish(server, ana)

    def test_sigterm_meanwhile(self):
        server, ana = self.begin("--drain-timeout", "2s")
        self.put_script(self.HANG)
        server.send_signal(signal.SIGUSR2)
        child = self.wait_for_child(server)
        server.send_signal(signal.SIGTERM)
        server.log.wait_for(msg="upgrade-failed", reason="the server is ending")
        server.send_signal(signal.SIGUSR2)
        server.log.wait_for(msg="upgrade-ignored", reason="draining")
        ana.read_to_end()
        server.wait_for_exit()
        wait_until(lambda: not os.path.exists(f"/proc/{child}"), "its end")


if __name__ == "__main__":
    unittest.main()
