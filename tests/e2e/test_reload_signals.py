"""SIGHUP itself: many at once, at the end of the server, under a manager."""

import os
import signal
import time
import unittest

from reloading import ReloadTest
from rivulet import wait_until
from service_manager import ManagedTest


class SignalTest(ReloadTest):
    def test_signals_that_come_together_are_one(self):
        server = self.start()
        server.send_signal(signal.SIGSTOP)
        for n in range(50):
            self.write(f"retry = {n}s\n")
            server.send_signal(signal.SIGHUP)
        server.send_signal(signal.SIGCONT)
        server.log.wait_for(msg="reloaded")
        self.assertEqual(self.readings(server), [1, 0])
        self.assertIn(server.stream("ana").wait_for_greeting().retry,
                      range(49_000, 73_501))

    def test_a_storm_of_signals_ends_with_the_last_file(self):
        server = self.start()
        ana = server.stream("ana").wait_for_greeting()
        for n in range(300):
            self.write("retry = 1000s\n" if n == 299 else "retry = 1s\n", "next")
            os.replace(self.folder / "next", self.folder / "rivulet.conf")
            server.send_signal(signal.SIGHUP)
        server.publish("in between")
        self.assertEqual(ana.next_event().data, "in between")

        def retry():
            stream = server.stream("bob").wait_for_greeting()
            stream.close()
            return stream.retry

        wait_until(lambda: retry() >= 1_000_000, "the last file")
        taken, failed = self.readings(server)
        self.assertIn(taken, range(1, 301))
        self.assertEqual(failed, 0)

    def test_one_that_comes_while_draining_is_ignored(self):
        server = self.start("", "--drain-timeout", "1h")
        # They are ended one by one, over some seconds.
        streams = [server.stream(f"s{n}").wait_for_greeting() for n in range(400)]
        server.send_signal(signal.SIGTERM)
        server.log.wait_for(msg="draining")
        self.write("retry = nonsense\n")
        server.send_signal(signal.SIGHUP)
        line = server.log.wait_for(msg="reload-ignored")
        self.assertEqual(line["reason"], "draining")
        for stream in streams:
            stream.close()
        server.wait_for_exit()
        self.assertEqual(server.log.lines(msg="reload-failed"), [])

    def test_the_end_goes_before_a_reload(self):
        server = self.start()
        server.send_signal(signal.SIGSTOP)
        server.send_signal(signal.SIGHUP)
        server.send_signal(signal.SIGTERM)
        server.send_signal(signal.SIGCONT)
        server.wait_for_exit()
        self.assertEqual(server.log.lines(msg="reloaded"), [])


class ManagerTest(ReloadTest, ManagedTest):
    def reloading(self, manager):
        variable, stamp = manager.hear()
        self.assertEqual(variable, "RELOADING=1")
        self.assertRegex(stamp, r"^MONOTONIC_USEC=[0-9]+$")
        return int(stamp.partition("=")[2])

    def test_it_says_that_it_reloads_and_when_it_is_ready_again(self):
        manager = self.manager()
        server = self.start(environment=manager.environment)
        self.assertEqual(manager.hear(), ["READY=1"])
        for text in ("retry = 2s\n", "retry = nonsense\n"):
            self.write(text)
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            server.send_signal(signal.SIGHUP)
            stamp = self.reloading(manager)
            after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            # A manager takes an older one for the answer to another request.
            self.assertLessEqual(before, stamp)
            self.assertLessEqual(stamp, after)
            self.assertEqual(manager.hear(), ["READY=1"])
        server.log.wait_for(msg="reload-failed")
        server.send_signal(signal.SIGTERM)
        self.assertEqual(manager.hear(), ["STOPPING=1"])
        server.wait_for_exit()


if __name__ == "__main__":
    unittest.main()
