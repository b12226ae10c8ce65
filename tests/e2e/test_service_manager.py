"""Under a service manager: sd_notify(3), its watchdog, and inherited sockets."""

import os
import secrets
import signal
import socket
import unittest
from pathlib import Path

from rivulet import Connection, run_to_exit, temporary_folder
from service_manager import AS_LISTEN_PID, FIRST_INHERITED, ManagedTest


class NotifyTest(ManagedTest):
    def check_life(self, manager):
        server = self.serve(environment=manager.environment)
        self.assertEqual(manager.hear(), ["READY=1"])
        self.assertEqual(server.request("/livez").status, 200)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(manager.hear(), ["STOPPING=1"])
        server.wait_for_exit()

    def test_it_says_when_it_is_ready_and_when_it_stops(self):
        self.check_life(self.manager())

    def test_the_socket_may_be_an_abstract_one(self):
        self.check_life(self.manager("@rivulet-" + secrets.token_hex(8)))

    def test_the_watchdog_is_fed_while_the_loop_turns(self):
        manager = self.manager()
        environment = {**manager.environment, "WATCHDOG_USEC": "200000"}
        self.serve(environment=environment)
        self.assertEqual(manager.hear(), ["READY=1"])
        for _ in range(5):
            self.assertEqual(manager.hear(), ["WATCHDOG=1"])

    def test_a_watchdog_of_another_process_is_not_fed(self):
        manager = self.manager()
        environment = {
            **manager.environment,
            "WATCHDOG_USEC": "1000",
            "WATCHDOG_PID": str(os.getpid()),
        }
        server = self.serve(environment=environment)
        self.assertEqual(manager.hear(), ["READY=1"])
        self.assertEqual(server.request("/livez").status, 200)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(manager.hear(), ["STOPPING=1"])
        server.wait_for_exit()

    def test_it_serves_when_nobody_hears_what_it_says(self):
        for name in ("/nowhere/at/all", "@" + "x" * 200, ""):
            server = self.serve(environment={"NOTIFY_SOCKET": name})
            self.assertEqual(server.request("/livez").status, 200)


class ActivationTest(ManagedTest):
    def test_it_serves_on_the_sockets_that_it_is_given(self):
        path = str(temporary_folder(self) / "socket")
        tcp = self.listening()
        unix = self.listening(socket.AF_UNIX, path)
        server = self.activate(tcp, unix)
        addresses = [line["address"] for line in server.log.lines(msg="listening")]
        self.assertEqual(
            addresses, ["127.0.0.1:%d" % tcp.getsockname()[1], "unix:" + path]
        )
        for address in addresses:
            with Connection(address) as connection:
                self.assertEqual(connection.request("/livez").status, 200)
        server.send_signal(signal.SIGTERM)
        server.wait_for_exit()
        self.assertTrue(Path(path).exists(), "the file is its maker's")

    def test_a_connection_that_waited_for_the_start_is_served(self):
        tcp = self.listening()
        with Connection("127.0.0.1:%d" % tcp.getsockname()[1]) as early:
            self.activate(tcp)
            self.assertEqual(early.request("/livez").status, 200)

    def test_a_socket_by_the_name_of_admin_is_one(self):
        public, admin = self.listening(), self.listening()
        server = self.activate(public, admin, names="rivulet.socket:admin")
        self.assertEqual(server.admin, "127.0.0.1:%d" % admin.getsockname()[1])
        self.assertEqual(server.request("/livez", address=server.admin).status, 200)
        self.assert_error(server.request("/livez"), 404)

    def test_other_names_say_nothing(self):
        server = self.activate(self.listening(), self.listening(), names="Admin:")
        for address in server.addresses:
            self.assertEqual(server.request("/livez", address=address).status, 200)

    def test_a_socket_for_all_leaves_admin_listen_as_it_is(self):
        admin = f"unix:{temporary_folder(self)}/admin"
        server = self.activate(
            self.listening(), listeners=2, arguments=["--admin-listen", admin]
        )
        self.assertEqual(server.admin, admin)
        self.assertEqual(server.request("/livez", address=admin).status, 200)
        self.assert_error(server.request("/livez"), 404)
        server.stop()

    def test_a_socket_for_operators_leaves_listen_as_it_is(self):
        server = self.activate(self.listening(), names="admin", listeners=2)
        self.assert_error(server.request("/livez", address=server.addresses[1]), 404)
        self.assertEqual(server.request("/livez", address=server.admin).status, 200)

    def test_sockets_for_another_process_are_not_taken(self):
        server = self.serve(
            environment={"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
        )
        self.assertEqual(len(server.log.lines(msg="listening")), 1)
        self.assertEqual(server.request("/livez").status, 200)

    def test_names_for_more_or_fewer_sockets_are_an_error_at_start(self):
        listening = self.listening()
        for names in ("a:b", "admin:", ":"):
            ended = run_to_exit(
                wrapper=AS_LISTEN_PID,
                environment={"LISTEN_FDS": "1", "LISTEN_FDNAMES": names},
                preexec_fn=lambda: os.dup2(listening.fileno(), FIRST_INHERITED),
                close_fds=False,
            )
            self.assertEqual(ended.returncode, 70, ended.stderr)
            self.assertIn("LISTEN_FDNAMES", ended.stderr)

    def test_a_descriptor_that_does_not_listen_is_an_error_at_start(self):
        ended = run_to_exit(
            "--listen",
            "127.0.0.1:0",
            wrapper=AS_LISTEN_PID,
            environment={"LISTEN_FDS": "1"},
        )
        self.assertEqual(ended.returncode, 70)
        self.assertIn("no stream socket that listens", ended.stderr)

    def test_a_socket_of_packets_is_an_error_at_start(self):
        packets = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(packets.close)
        packets.bind("\0rivulet-" + secrets.token_hex(8))
        packets.listen()

        def hand_over():
            os.dup2(packets.fileno(), FIRST_INHERITED)
            os.set_inheritable(FIRST_INHERITED, True)

        ended = run_to_exit(
            wrapper=AS_LISTEN_PID,
            environment={"LISTEN_FDS": "1"},
            preexec_fn=hand_over,
            close_fds=False,
        )
        self.assertEqual(ended.returncode, 70, ended.stderr)
        self.assertIn("no stream socket that listens", ended.stderr)

    def test_more_sockets_than_any_unit_has_are_an_error_at_start(self):
        ended = run_to_exit(
            "--listen",
            "127.0.0.1:0",
            wrapper=AS_LISTEN_PID,
            environment={"LISTEN_FDS": "65"},
        )
        self.assertEqual(ended.returncode, 70, ended.stderr)
        self.assertIn("LISTEN_FDS is too large", ended.stderr)


if __name__ == "__main__":
    unittest.main()
