"""Under a service manager: sd_notify(3), its watchdog, and inherited sockets.

The tests play systemd: they own the datagram socket that the server tells, and
open the sockets that it listens on.
"""

import fcntl
import os
import secrets
import signal
import socket
import tempfile
import unittest
from pathlib import Path

import rivulet
from rivulet import Connection, RivuletTest
from test_process import run_to_exit

# A process knows its number only once it is there.
AS_LISTEN_PID = ("sh", "-c", 'export LISTEN_PID=$$; exec "$0" "$@"')
FIRST_INHERITED = 3
ABOVE = 64  # those that are handed over


class Manager:
    """Hears what a service says; `name` is a path, or @ and any text."""

    def __init__(self, name):
        self.environment = {"NOTIFY_SOCKET": name}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(name.replace("@", "\0", 1) if name[0] == "@" else name)
        self._socket.settimeout(rivulet.DEADLINE)

    def hear(self):
        return self._socket.recv(4096).decode().splitlines()

    def close(self):
        self._socket.close()


class NotifyTest(RivuletTest):
    def manager(self, name=None):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        manager = Manager(name or str(Path(folder.name) / "notify"))
        self.addCleanup(manager.close)
        return manager

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
        server = self.serve(environment=environment)
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


class ActivationTest(RivuletTest):
    def listening(self, family=socket.AF_INET, address=("127.0.0.1", 0)):
        with socket.socket(family, socket.SOCK_STREAM) as low:
            number = fcntl.fcntl(low.fileno(), fcntl.F_DUPFD_CLOEXEC, ABOVE)
        one = socket.socket(fileno=number)
        self.addCleanup(one.close)
        one.bind(address)
        one.listen()
        return one

    def activate(self, *sockets, names=None, listeners=None, arguments=(), **options):
        def hand_over():
            for number, one in enumerate(sockets, FIRST_INHERITED):
                os.dup2(one.fileno(), number)

        environment = {"LISTEN_FDS": str(len(sockets))}
        if names is not None:
            environment["LISTEN_FDNAMES"] = names
        return self.serve(
            *arguments,
            environment=environment,
            wrapper=AS_LISTEN_PID,
            listeners=listeners or len(sockets),
            preexec_fn=hand_over,
            close_fds=False,
            **options,
        )

    def test_it_serves_on_the_sockets_that_it_is_given(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = str(Path(folder.name) / "socket")
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
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        admin = f"unix:{folder.name}/admin"
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
        self.assertIn("does not listen", ended.stderr)


if __name__ == "__main__":
    unittest.main()
