"""Another binary in the same process: its sockets, manager, limits and path."""

import os
import resource
import signal
import unittest

from publisher import post
from rivulet import request_bytes, wait_until
from service_manager import ManagedTest
from upgrading import UpgradeTest


class ListenerTest(UpgradeTest):
    def test_a_unix_socket_and_its_file(self):
        path = self.folder / "socket"
        server = self.serve(listen=f"unix:{path}")
        ana = server.stream("ana").wait_for_greeting()
        inode = path.stat().st_ino
        for _ in range(2):
            self.upgrade(server)
            server.publish("hi")
            self.assertEqual(ana.next_event().data, "hi")
        self.assertEqual(path.stat().st_ino, inode)
        ana.close()
        server.wait_for_clients([])
        server.terminate()
        self.assertFalse(path.exists())

    def test_an_admin_listener_stays_one(self):
        server = self.serve("--admin-listen", "127.0.0.1:0", listeners=2)
        self.upgrade(server)
        public = next(a for a in server.addresses if a != server.admin)
        self.assertEqual(server.request("/metrics", address=public).status, 404)
        self.assertEqual(server.request("/metrics", address=server.admin).status, 200)

    def test_a_connection_that_waits_to_be_accepted(self):
        server = self.serve()
        server.send_signal(signal.SIGSTOP)
        early = server.connect()
        early.send(request_bytes("/livez"))
        self.put(self.builds[1])
        server.send_signal(signal.SIGUSR2)
        server.send_signal(signal.SIGCONT)
        wait_until(lambda: self.upgrades(server) == 1, "the upgrade")
        self.assertEqual(early.read_response().status, 200)


class ProcessTest(UpgradeTest, ManagedTest):
    def test_a_file_that_has_changed_counts(self):
        config = self.folder / "rivulet.conf"
        config.write_text("heartbeat = 10s\nmax-event-bytes = 100\n")
        server = self.serve("--config", str(config))
        config.write_text("heartbeat = 10s\nmax-event-bytes = 10\n")
        self.upgrade(server)
        self.assertEqual(post(server, "x" * 11).status, 413)
        config.write_text("heartbeat = 10s\nmax-event-bytes = 20\n")
        server.send_signal(signal.SIGHUP)
        server.log.wait_for(msg="reloaded")
        self.assertEqual(post(server, "x" * 11).status, 200)

    def test_the_service_manager_hears_of_it(self):
        manager = self.manager()
        server = self.serve(environment=manager.environment)
        self.assertEqual(manager.hear(), ["READY=1"])
        self.ask(server)
        said = manager.hear()
        self.assertEqual(said[0], "RELOADING=1")
        self.assertRegex(said[1], r"^MONOTONIC_USEC=\d+$")
        self.assertEqual(manager.hear(), ["READY=1"])
        server.terminate()
        self.assertEqual(manager.hear(), ["STOPPING=1"])

    def test_the_watchdog_is_fed_on(self):
        manager = self.manager()
        server = self.serve(environment={
            **manager.environment, "WATCHDOG_USEC": "1000000"})
        self.upgrade(server)
        while manager.hear() != ["READY=1"]:
            pass
        while manager.hear()[0] != "RELOADING=1":
            pass
        while manager.hear() != ["READY=1"]:
            pass
        for _ in range(3):
            self.assertEqual(manager.hear(), ["WATCHDOG=1"])

    def test_the_watchdog_is_fed_before_the_pause(self):
        manager = self.manager()
        server = self.serve(environment={
            **manager.environment, "WATCHDOG_USEC": "3600000000"})
        self.assertEqual(manager.hear(), ["READY=1"])
        self.assertEqual(manager.hear(), ["WATCHDOG=1"])
        self.upgrade(server)
        self.assertEqual(manager.hear()[0], "RELOADING=1")
        for said in ("WATCHDOG=1", "READY=1", "WATCHDOG=1"):
            self.assertEqual(manager.hear(), [said])

    def test_the_highest_descriptor_that_there_may_be_is_in_use(self):
        server = self.serve()
        streams = [server.stream(f"id-{n}").wait_for_greeting() for n in range(16)]
        highest = max(map(int, os.listdir(f"/proc/{server.pid}/fd")))
        for stream in streams[:-1]:
            stream.close()
        server.wait_for_clients(["id-15"])
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, [highest + 1] * 2)
        self.upgrade(server)
        server.publish("hi")
        self.assertEqual(streams[-1].next_event().data, "hi")

    def test_signals_that_come_meanwhile_are_not_lost(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            manager = self.manager()
            server = self.serve(environment=manager.environment)
            ana = server.stream("ana").wait_for_greeting()
            self.assertEqual(manager.hear(), ["READY=1"])
            self.ask(server)
            self.assertEqual(manager.hear()[0], "RELOADING=1")
            server.send_signal(number)  # the old binary reads no more
            ana.read_to_end()
            server.wait_for_exit()
            self.assertEqual(self.upgrades(server), 1)


class PathTest(UpgradeTest):
    """Where the new binary is looked for."""

    def check(self, how):
        server = self.serve(wrapper=("sh", "-c", f'shift; {how} "$@"', "sh"))
        ana = server.stream("ana").wait_for_greeting()
        for _ in range(2):
            self.upgrade(server)
            server.publish("hi")
            self.assertEqual(ana.next_event().data, "hi")

    def test_in_the_folders_of_path(self):
        self.check(f"PATH=/nowhere:{self.folder}:$PATH; exec rivulet")

    def test_from_the_folder_that_it_was_started_in(self):
        self.check(f"cd {self.folder}; exec ./rivulet")

    def test_by_its_own_path_when_it_was_called_by_another_name(self):
        named = f'os.execv("{self.path}", ["other name"] + sys.argv[1:])'
        self.check(f"exec python3 -c 'import os, sys; {named}'")

    def test_links_are_followed_anew(self):
        server_path, real = self.path, self.folder / "version"
        os.replace(server_path, real)
        server_path.symlink_to(real)
        self.put = self.link_to
        self.check(f"exec {server_path}")

    def link_to(self, build):
        fresh = self.folder / "fresh-link"
        fresh.symlink_to(build)
        os.replace(fresh, self.path)


class SocketUnitTest(UpgradeTest, ManagedTest):
    def test_sockets_of_a_service_manager_are_kept(self):
        tcp = self.listening()
        server = self.activate(tcp)
        ana = server.stream("ana").wait_for_greeting()
        for _ in range(2):
            self.upgrade(server)
            server.publish("hi")
            self.assertEqual(ana.next_event().data, "hi")


if __name__ == "__main__":
    unittest.main()
