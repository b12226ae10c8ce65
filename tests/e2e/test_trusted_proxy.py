"""Clients behind a proxy: whose word is believed about where they are."""

import json
import os
import tempfile
import unittest

from rivulet import RivuletTest, run_to_exit

OLDEST = "2001:db8:1111:2222:3333:4444:5555:6666"


class TrustedProxyTest(RivuletTest):
    def open(self, server, headers):
        """A stream, and the address that the server has for it."""
        before = len(self.detail(server))
        stream = server.stream("ana", headers=headers).wait_for_greeting()
        connections = self.detail(server)
        self.assertEqual(len(connections), before + 1)
        return stream, connections[-1]["address"]

    def detail(self, server):
        return json.loads(server.request("/clients?detail=1").body)

    def test_the_client_is_who_the_proxy_asks_for(self):
        server = self.serve("--trusted-proxy", "127.0.0.1, 10.0.0.0/8")
        for headers, address in (
            ({"X-Forwarded-For": "192.0.2.1"}, "192.0.2.1"),
            ({"X-Forwarded-For": "1.1.1.1, 192.0.2.1, 10.9.9.9"}, "192.0.2.1"),
            ({"X-Forwarded-For": f"unknown, {OLDEST}"}, OLDEST),
            ({"Forwarded": 'for=1.1.1.1, for="192.0.2.1:80";by=_a'}, "192.0.2.1"),
            ({"Forwarded": f'For="[{OLDEST}]:4711";proto=https'}, OLDEST),
            ({"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1"},
             "192.0.2.1"),
            ({"X-Forwarded-For": "_hidden, 10.9.9.9"}, "10.9.9.9"),
        ):
            with self.subTest(headers):
                stream, found = self.open(server, headers)
                self.assertEqual(found, address)
                stream.close()
                server.log.wait_for(msg="stream-end", address=address)
                server.wait_for_clients([])

    def test_what_cannot_be_believed_leaves_the_proxy_itself(self):
        server = self.serve("--trusted-proxy", "127.0.0.1")
        for headers in (
            {},
            {"X-Forwarded-For": "unknown"},
            {"X-Forwarded-For": "192.0.2.1, not an address"},
            {"Forwarded": 'for=1.1.1.1;x=", for="[2001:db8::1]"'},
            {"Forwarded": "for=_hidden"},
            {"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=1.1.1.1"},
            {"X-Forwarded-For": "9" * 8000},
        ):
            with self.subTest(headers):
                stream, found = self.open(server, headers)
                host, port = stream.connection.socket.getsockname()
                self.assertEqual(found, f"{host}:{port}")
                stream.close()
                server.wait_for_clients([])

    def test_strangers_are_not_believed(self):
        for arguments in ((), ("--trusted-proxy", "10.0.0.0/8,unix:")):
            with self.subTest(arguments):
                server = self.serve(*arguments)
                _, found = self.open(server, {"X-Forwarded-For": "192.0.2.1"})
                self.assertTrue(found.startswith("127.0.0.1:"), found)

    def test_a_proxy_on_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            server = self.serve("--trusted-proxy", "unix:",
                                listen=f"unix:{os.path.join(folder, 'socket')}")
            stream, found = self.open(server, {"X-Forwarded-For": "192.0.2.1"})
            self.assertEqual(found, "192.0.2.1")
            stream.close()
            server.stop()

    def test_the_limit_for_an_address_holds_for_each_client(self):
        server = self.serve("--trusted-proxy", "127.0.0.1",
                            "--max-streams-per-address", "1")

        def stays_open(client):
            stream = server.stream("ana", headers={"X-Forwarded-For": client})
            stream.wait_for(lambda: stream.comments, "a comment")
            return "come back later" not in str(stream.comments)

        self.assertTrue(stays_open("192.0.2.1"))
        self.assertFalse(stays_open("192.0.2.1"))
        self.assertFalse(stays_open("198.51.100.7, 192.0.2.1"))
        self.assertTrue(stays_open("192.0.2.2"))

    def test_wrong_values_are_refused_at_start(self):
        for value in ("", "localhost", "10.0.0.1/8", "unix:/run/x", "*"):
            with self.subTest(value):
                result = run_to_exit("--listen", "127.0.0.1:0", "--trusted-proxy", value)
                self.assertEqual(result.returncode, 64, result.stderr)
                self.assertIn("--trusted-proxy", result.stderr)


if __name__ == "__main__":
    unittest.main()
