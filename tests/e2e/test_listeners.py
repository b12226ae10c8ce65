"""Where the server listens: several addresses, IPv6, unix sockets, listeners for
operators alone, and ports that several processes share."""

import os
import signal
import socket
import stat
import unittest

import rivulet
from proxy import free_port
from rivulet import RivuletTest, has_ipv6, run_to_exit, temporary_folder, wait_until

# What a request for it is answered where operators ask: method, path, status.
OPERATORS_ROUTES = (
    ("GET", "/publish/status/x", 200),
    ("GET", "/publish/nobody/status/x", 404),
    ("POST", "/publish", 200),
    ("PUT", "/publish?topic=a", 200),
    ("POST", "/publish/nobody", 404),
    ("GET", "/clients", 200),
    ("GET", "/clients?detail=1", 200),
    ("GET", "/clients/nobody", 404),
    ("DELETE", "/clients/nobody", 404),
    ("GET", "/metrics", 200),
    ("GET", "/livez", 200),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("HEAD", "/livez", 200),
    ("OPTIONS", "/publish", 204),
    ("PATCH", "/clients", 405),
)


class ListenersTest(RivuletTest):
    def setUp(self):
        self.folder = temporary_folder(self)

    def unix(self, name="socket"):
        return f"unix:{self.folder / name}"

    def assert_exit(self, code, said, *arguments):
        result = run_to_exit(*arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(said, result.stderr)
        return result

    def assert_serves(self, server, *addresses):
        """A stream at each gets what is published at each."""
        streams = [server.stream("ana", address=a) for a in addresses]
        for stream in streams:
            stream.wait_for_greeting()
        for address in addresses:
            target = rivulet.publish_target(address)
            self.assertEqual(server.request(target, address=address).body, b"Ok")
        for stream in streams:
            got = [stream.next_event().data for _ in addresses]
            self.assertEqual(got, list(addresses))


class SeveralTest(ListenersTest):
    def test_two_ports_and_a_unix_socket_are_one_server(self):
        server = self.serve(
            listen=f"127.0.0.1:0, 127.0.0.2:0,{self.unix()}", listeners=3
        )
        first, second, third = server.addresses
        self.assertRegex(first, r"^127\.0\.0\.1:\d+$")
        self.assertRegex(second, r"^127\.0\.0\.2:\d+$")
        self.assertEqual(third, self.unix())
        self.assert_serves(server, *server.addresses)

    def test_they_may_be_flags_lines_or_one_variable(self):
        both = f"{self.unix('a')}, {self.unix('b')}"
        path = self.folder / "conf"
        path.write_text(f"listen = {self.unix('a')}\nlisten = {self.unix('b')}\n")
        for arguments, environment in (
            (["--listen", self.unix("a"), "--listen", self.unix("b")], {}),
            (["--listen", both], {}),
            (["--config", str(path)], {}),
            ([], {"RIVULET_LISTEN": both}),
        ):
            server = self.serve(
                *arguments, listen=None, listeners=2, environment=environment
            )
            self.assertEqual(server.addresses, [self.unix("a"), self.unix("b")])
            server.stop()

    def test_when_one_is_taken_the_others_are_given_back(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            for arguments in (
                ["--listen", f"{self.unix()}, {address}, {self.unix('b')}"],
                ["--listen", self.unix(), "--admin-listen", address],
            ):
                result = self.assert_exit(69, f"listen on {address}", *arguments)
                self.assertNotIn("msg=listening", result.stderr)
                self.assertEqual(list(self.folder.iterdir()), [])


@unittest.skipUnless(has_ipv6(), "no IPv6 here")
class Ipv6Test(ListenersTest):
    def test_it_listens_on_ipv6(self):
        server = self.serve(listen="[::1]:0")
        self.assertRegex(server.address, r"^\[::1\]:\d+$")
        self.assert_serves(server, server.address)

    def test_the_wildcard_takes_ipv4_too(self):
        server = self.serve(listen="[::]:0")
        port = server.address.rpartition(":")[2]
        server.address = server.admin = f"127.0.0.1:{port}"
        self.assert_serves(server, f"[::1]:{port}", f"127.0.0.1:{port}")
        stream = server.stream("bob").wait_for_greeting()
        detail = server.request("/clients/bob").text
        host, local_port = stream.connection.socket.getsockname()
        self.assertIn(f'"address":"{host}:{local_port}"', detail)

    def test_it_leaves_ipv4_to_an_address_of_the_same_port(self):
        port = free_port()
        server = self.serve(listen=f"[::]:{port}, 127.0.0.1:{port}", listeners=2)
        self.assert_serves(server, f"[::1]:{port}", f"127.0.0.1:{port}")
        with socket.socket() as other, self.assertRaises(ConnectionRefusedError):
            other.connect(("127.0.0.2", port))


class AdminTest(ListenersTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve(
            "--admin-listen", self.unix("admin"), listen="127.0.0.1:0", listeners=2
        )
        self.public, self.admin = self.server.addresses

    def test_routes_of_operators_are_on_the_admin_listener_alone(self):
        for method, path, status in OPERATORS_ROUTES:
            with self.subTest(f"{method} {path}"):
                answer = self.server.request(path, method, address=self.admin)
                self.assertEqual(answer.status, status, answer)
                answer = self.server.request(path, method, address=self.public)
                unknown = self.server.request("/no-such-path", method)
                self.assertEqual(answer.status, 404, answer)
                self.assertEqual(answer.body, unknown.body)
                self.assertIsNone(answer.get("Allow"))
                self.assertIsNone(answer.get("Access-Control-Allow-Origin"))

    def test_the_page_and_streams_are_on_both(self):
        for address in (self.public, self.admin):
            for path in ("/", "/index.html"):
                answer = self.server.request(path, address=address)
                self.assertEqual(answer.status, 200)
            for target in ("/stream/ana", "/stream?topic=a"):
                connection = self.server.connect(address)
                connection.open_stream(target).wait_for_greeting().close()

    def test_what_operators_publish_reaches_the_public_streams(self):
        ana = self.server.stream("ana").wait_for_greeting()
        self.server.publish("hi", to="ana")
        self.assertEqual(ana.next_event().data, "hi")
        ended = self.server.request("/clients/ana", "DELETE", address=self.admin)
        self.assertEqual(ended.text, '{"ended":1}')
        ana.read_to_end()

    def test_a_body_that_is_not_wanted_leaves_the_connection_as_it_was(self):
        for headers, body in (
            ({"Content-Length": 5}, b"hello"),
            ({"Transfer-Encoding": "chunked"}, b"5\r\nhello\r\n0\r\n\r\n"),
            (
                {
                    "Content-Type": "text/event-stream",
                    "Transfer-Encoding": "chunked",
                },
                b"9\r\ndata: x\n\n\r\n0\r\n\r\n",
            ),
        ):
            connection = self.server.connect()
            refused = connection.request(
                "/publish", "POST", headers=headers, body=body
            )
            self.assert_error(refused, 404)
            self.assertEqual(connection.request("/").status, 200)
        metrics = self.server.request("/metrics", address=self.admin).text
        self.assertIn('rivulet_events_published_total{target="broadcast"} 0', metrics)

    def test_the_log_tells_them_apart(self):
        for address, routes in ((self.public, "public"), (self.admin, "admin")):
            lines = self.server.log.lines(msg="listening", address=address)
            self.assertEqual([line["routes"] for line in lines], [routes])

    def test_several_admin_listeners(self):
        server = self.serve(
            *("--admin-listen", "127.0.0.1:0", "--admin-listen", self.unix("b")),
            listeners=3,
        )
        for address in server.addresses[1:]:
            self.assertEqual(server.request("/livez", address=address).body, b"ok")
        self.assert_error(server.request("/livez"), 404)

    def test_the_warning_is_about_where_strangers_could_publish(self):
        def warned(*arguments, **options):
            server = self.serve(*arguments, **options)
            server.terminate()  # all that it has to say is there
            return [
                line["address"] for line in server.log.lines(msg="open-to-publishers")
            ]

        closed = ("--admin-listen", self.unix("b"))
        open_one = ("--admin-listen", "0.0.0.0:0")
        self.assertEqual(warned(*closed, listen="0.0.0.0:0", listeners=2), [])
        addresses = warned(*open_one, listen="127.0.0.1:0", listeners=2)
        self.assertEqual(len(addresses), 1)
        self.assertRegex(addresses[0], r"^0\.0\.0\.0:")
        self.assertEqual(len(warned(listen="0.0.0.0:0")), 1)

    def test_one_address_is_not_for_both(self):
        clash = ("--listen", "127.0.0.1:1", "--admin-listen", "localhost:1")
        self.assert_exit(64, "'localhost:1'", *clash)

    def test_the_admin_listener_goes_with_the_server(self):
        self.server.terminate()
        self.assertEqual(list(self.folder.iterdir()), [])


class UnixSocketTest(ListenersTest):
    def path(self, name="socket"):
        return self.folder / name

    def mode(self, name="socket"):
        return stat.S_IMODE(self.path(name).stat().st_mode)

    def test_a_socket_left_by_a_crash_is_replaced(self):
        crashed = self.serve(listen=self.unix())
        crashed.send_signal(signal.SIGKILL)
        crashed.wait_for_exit(code=None)
        self.assertTrue(self.path().is_socket())
        server = self.serve(listen=self.unix())
        self.assertEqual(server.request("/livez").body, b"ok")

    def test_the_socket_of_a_running_server_is_not(self):
        server = self.serve(listen=self.unix())
        self.assert_exit(69, self.unix(), "--listen", self.unix())
        self.assertEqual(server.request("/livez").body, b"ok")

    def test_nor_that_of_one_that_is_busy(self):
        with socket.socket(socket.AF_UNIX) as busy:
            busy.bind(str(self.path()))
            busy.listen(0)
            waiting = []
            with self.assertRaises(BlockingIOError):
                while True:
                    waiting.append(socket.socket(socket.AF_UNIX))
                    waiting[-1].setblocking(False)
                    waiting[-1].connect(str(self.path()))
            self.assert_exit(69, self.unix(), "--listen", self.unix())
            for one in waiting:
                one.close()
        self.assertTrue(self.path().is_socket())

    def test_a_file_that_is_no_socket_is_left_alone(self):
        self.path().write_text("precious")
        self.assert_exit(69, self.unix(), "--listen", self.unix())
        self.assertEqual(self.path().read_text(), "precious")

    def test_it_is_gone_after_a_clean_end(self):
        self.serve(listen=self.unix()).terminate()
        self.assertFalse(self.path().exists())

    def test_and_after_one_that_could_not_be_waited_for(self):
        server = self.serve("--drain-timeout", "1h", listen=self.unix())
        stuck = server.connect(receive_buffer=4096).open_stream("/stream/stuck")
        stuck.wait_for_greeting()
        server.send_signal(signal.SIGTERM)
        server.log.wait_for(msg="draining")
        server.send_signal(signal.SIGTERM)
        server.wait_for_exit(code=None)
        self.assertFalse(self.path().exists())

    def test_an_old_server_does_not_remove_the_socket_of_a_new_one(self):
        old = self.serve(listen=self.unix())
        self.path().rename(self.path("moved"))
        new = self.serve(listen=self.unix())
        old.address = old.admin = self.unix("moved")
        old.terminate()
        self.assertEqual(new.request("/livez").body, b"ok")

    def test_its_mode_is_what_is_asked_for_or_what_the_umask_leaves(self):
        umask = {"preexec_fn": lambda: os.umask(0o027)}
        self.serve(listen=self.unix("usual"), **umask)
        self.assertEqual(self.mode("usual"), 0o750)
        self.serve(
            *("--socket-mode", "660", "--admin-listen", self.unix("admin")),
            listen=self.unix("asked"),
            listeners=2,
            **umask,
        )
        self.assertEqual(self.mode("asked"), 0o660)
        self.assertEqual(self.mode("admin"), 0o660)


class ReusePortTest(ListenersTest):
    def serve_shared(self, name, address):
        return self.serve(
            *("--reuse-port", "on", "--admin-listen", self.unix(name)),
            listen=address,
            listeners=2,
        )

    def test_two_processes_share_a_port(self):
        one = self.serve_shared("one", "127.0.0.1:0")
        two = self.serve_shared("two", one.address)
        self.assertEqual(one.address, two.address)
        streams = []

        def both_have_some():
            streams.append(one.stream(f"id-{len(streams)}").wait_for_greeting())
            return one.clients() and two.clients()

        wait_until(both_have_some, "a stream at each process")
        ids = {f"id-{n}" for n in range(len(streams))}
        self.assertEqual({*one.clients(), *two.clients()}, ids)
        self.assertFalse({*one.clients()} & {*two.clients()})
        for server in (one, two):
            mine = server.clients()[0]
            server.publish("hi", to=mine)
            stream = streams[int(mine.removeprefix("id-"))]
            self.assertEqual(stream.next_event().data, "hi")
        for stream in streams:  # nobody knows at which of the two
            stream.close()

    def test_one_goes_on_when_the_other_ends(self):
        one = self.serve_shared("one", "127.0.0.1:0")
        two = self.serve_shared("two", one.address)
        one.terminate()
        for n in range(20):
            two.stream(f"id-{n}").wait_for_greeting()
        self.assertEqual(len(two.clients()), 20)

    def test_both_have_to_ask_for_it(self):
        shared = self.serve_shared("one", "127.0.0.1:0")
        self.assert_exit(69, shared.address, "--listen", shared.address)
        alone = self.serve()
        self.assert_exit(
            69, alone.address, "--listen", alone.address, "--reuse-port", "on"
        )

    def test_admin_listeners_are_not_shared(self):
        first = self.serve(
            "--reuse-port", "on", "--admin-listen", "127.0.0.1:0", listeners=2
        )
        self.assert_exit(
            69,
            first.admin,
            *("--reuse-port", "on", "--listen", first.address),
            *("--admin-listen", first.admin),
        )


if __name__ == "__main__":
    unittest.main()
