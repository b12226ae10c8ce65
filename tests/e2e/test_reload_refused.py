"""SIGHUP with a configuration that cannot be taken: all stays as it was."""

import os
import unittest
from pathlib import Path

from prometheus import scrape
from publisher import post
from reloading import NEW, OLD, ReloadTest
from rivulet import bearer, wait_until


class RefusedTest(ReloadTest):
    def check_failed(self, server, said):
        """SIGHUP changes nothing, and the last line says why."""
        taken, failed = self.readings(server)
        self.assertEqual(self.hang_up(server), [taken, failed + 1])
        wait_until(
            lambda: len(server.log.lines(msg="reload-failed")) >= failed + 1, "a line")
        line = server.log.lines(msg="reload-failed")[-1]
        self.assertEqual(line["level"], "error")
        self.assertIn(said, line["reason"])
        self.assertEqual(scrape(server)["rivulet_last_reload_successful"], 0)

    def test_a_bad_file_leaves_everything_as_it_was(self):
        good = f"publish-token = {OLD}\nretry = 2s\n"
        server = self.start(good)
        path = str(self.folder / "rivulet.conf")
        self.write(f"publish-token = {NEW}\nretry = 9s\nqueue-bytes = 1\n")
        self.check_failed(
            server, f"{path}:3: queue-bytes: '1': must be from 4KiB to 1GiB")
        self.assertEqual(len(server.log.lines(msg="reload-failed")), 1)
        self.assertEqual(post(server, "x", headers=bearer(OLD)).status, 200)
        self.assertEqual(post(server, "x", headers=bearer(NEW)).status, 401)
        self.assertIn(server.stream("ana").wait_for_greeting().retry,
                      range(2000, 3001))
        self.reload(server, good)
        metrics = scrape(server)
        self.assertEqual(metrics["rivulet_last_reload_successful"], 1)
        self.assertEqual(self.readings(server), [1, 1])

    def test_all_that_is_wrong_has_a_line_each(self):
        server = self.start()
        self.write("rety = 1s\nretry = soon\n")
        self.check_failed(server, "retry: 'soon'")
        reasons = [line["reason"] for line in server.log.lines(msg="reload-failed")]
        self.assertEqual(len(reasons), 2)
        self.assertIn("rivulet.conf:1: unknown option 'rety'", reasons[0])

    def test_a_file_of_tokens_that_is_gone_or_empty(self):
        tokens = self.write(OLD, "tokens")
        server = self.start(f"publish-token-file = {tokens}\n")
        self.write("# none\n", "tokens")
        self.check_failed(server, "it holds no token")
        self.write(f"{NEW}\nshort", "tokens")
        self.check_failed(server, "line 2: a token has")
        Path(tokens).unlink()
        self.check_failed(server, f"publish-token-file: '{tokens}': it cannot be read")
        self.assertEqual(post(server, "x", headers=bearer(OLD)).status, 200)
        self.assertEqual(post(server, "x").status, 401)

    def test_a_file_that_is_gone(self):
        server = self.start("retry = 2s\n")
        (self.folder / "rivulet.conf").unlink()
        self.check_failed(server, "No such file or directory")

    def test_a_pipe_is_not_waited_for(self):
        """Reading one would stop the loop, or find an empty file."""
        server = self.start("retry = 2s\n")
        config = self.folder / "rivulet.conf"
        config.unlink()
        os.mkfifo(config)
        self.check_failed(server, "Not a regular file")
        self.assertIn(server.stream("ana").wait_for_greeting().retry,
                      range(2000, 3001))


class FixedTest(ReloadTest):
    def test_another_address_is_said_and_not_listened_on(self):
        address = f"unix:{self.folder}/socket"
        server = self.start(f"listen = {address}\n", listen=None)
        self.reload(server, f"listen = unix:{self.folder}/other\n")
        line = server.log.wait_for(msg="not-reloaded")
        self.assertEqual(line["level"], "warning")
        self.assertEqual(line["option"], "listen")
        self.assertEqual(line["reason"], "cannot change until restart")
        self.assertEqual(server.log.wait_for(msg="reloaded")["changed"], "")
        self.assertEqual(server.request("/livez").status, 200)
        self.assertFalse((self.folder / "other").exists())
        self.reload(server, f"listen = unix:{self.folder}/other\n")
        self.assertEqual(len(server.log.lines(msg="not-reloaded")), 2)
        self.reload(server, f"listen = {address}\n")
        self.assertEqual(len(server.log.lines(msg="not-reloaded")), 2)
        self.reload(server, "port = 1\n")  # of another address, the default
        self.assertEqual(len(server.log.lines(msg="not-reloaded")), 3)
        server.stop()


if __name__ == "__main__":
    unittest.main()
