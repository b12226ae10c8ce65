"""`rivulet --healthcheck`, which Docker runs beside the server."""

import socket
import tempfile
import threading
import unittest

from rivulet import RivuletTest, has_ipv6, run_to_exit


class HealthCheckTest(RivuletTest):
    def assert_well(self, *arguments, **options):
        result = run_to_exit("--healthcheck", *arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout + result.stderr, "")

    def assert_ill(self, said, *arguments):
        result = run_to_exit("--healthcheck", *arguments)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"\Arivulet: [^\n]+\n\Z")
        self.assertIn(said, result.stderr)

    def test_a_server_on_an_address(self):
        server = self.serve()
        self.assert_well("--listen", server.address)
        self.assert_well(environment={"RIVULET_LISTEN": server.address})

    def test_a_server_on_every_interface(self):
        server = self.serve(listen="0.0.0.0:0")
        port = server.address.rpartition(":")[2]
        for listen in (f"0.0.0.0:{port}", f"*:{port}"):
            self.assert_well("--listen", listen)
        self.assert_well(environment={"RIVULET_LISTEN": "*:1", "PORT": port})

    @unittest.skipUnless(has_ipv6(), "no IPv6 here")
    def test_a_server_on_ipv6(self):
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
            port = taken.getsockname()[1]
        for listen in (f"[::1]:{port}", f"[::]:{port}"):
            with self.subTest(listen):
                server = self.serve(listen=listen)
                self.assert_well("--listen", listen)
                server.send_signal(15)
                server.wait_for_exit()

    def test_a_server_on_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            listen = f"unix:{folder}/socket"
            self.assert_ill("No such file", "--listen", listen)
            server = self.serve(listen=listen)
            self.assert_well("--listen", listen)
            server.stop()

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
        self.assert_ill(f"{address}: cannot connect", "--listen", address)

    def test_the_admin_listener_is_asked_where_there_is_one(self):
        with tempfile.TemporaryDirectory() as folder:
            admin = f"unix:{folder}/admin"
            server = self.serve("--admin-listen", admin, listeners=2)
            self.assert_ill("404 Not Found", "--listen", server.address)
            for arguments in (
                ["--listen", server.address, "--admin-listen", admin],
                ["--listen", "127.0.0.1:1", f"--admin-listen={admin},127.0.0.1:2"],
            ):
                self.assert_well(*arguments)
            self.assert_well(environment={"RIVULET_ADMIN_LISTEN": admin})
            server.stop()

    def test_of_several_addresses_the_first_is_asked(self):
        server = self.serve()
        self.assert_well("--listen", f"{server.address}, 127.0.0.1:1")

    def answer_with(self, answer):
        """A server for one connection that says this and ends."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        def run():
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        threading.Thread(target=run, daemon=True).start()
        return "127.0.0.1:%d" % server.getsockname()[1]

    def test_another_answer_than_200(self):
        for answer, said in (
            (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "503"),
            (b"", "without an answer"),
            (b"SSH-2.0-\x1b[2J\r\n", r"SSH-2.0-\x1b[2J"),
        ):
            with self.subTest(answer):
                self.assert_ill(said, "--listen", self.answer_with(answer))

    def test_no_answer_at_all_takes_a_few_seconds(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = "127.0.0.1:%d" % silent.getsockname()[1]
            self.assert_ill("no answer in time", "--listen", address)

    def test_a_wrong_configuration_is_that(self):
        result = run_to_exit("--healthcheck", environment={"PORT": "x"})
        self.assertEqual(result.returncode, 78, result.stderr)


if __name__ == "__main__":
    unittest.main()
