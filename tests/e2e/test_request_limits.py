"""How large a request may be."""

import unittest

from malformed import HOST, START
from rivulet import RivuletTest, request_bytes


class LimitTest(RivuletTest):
    """What is large but allowed is served; a little more gets its status."""

    def setUp(self):
        self.server = self.serve()

    def refuse(self, request, status):
        connection = self.server.connect()
        connection.send(request + request_bytes("/livez"))
        self.assert_error(connection.read_response(), status)
        self.assertEqual(connection.read_to_end(), b"")

    def test_a_target_may_be_long_but_not_endless(self):
        self.assert_error(self.server.request("/" + "x" * 8000), 404)
        self.refuse(request_bytes("/" + "x" * 300_000), 414)

    def test_an_endless_target_is_refused_while_it_comes(self):
        connection = self.server.connect()
        connection.send(b"GET /" + b"x" * 300_000)
        self.assert_error(connection.read_response(), 414)
        self.assertEqual(connection.read_to_end(), b"")

    def test_a_head_has_100_fields(self):
        def fields(count):  # Host is one more
            return {f"X-{n}": "y" for n in range(count - 1)}

        answer = self.server.request("/livez", headers=fields(100))
        self.assertEqual(answer.status, 200)
        self.refuse(request_bytes("/livez", headers=fields(101)), 431)

    def test_a_head_has_32_KiB(self):
        def head(size):
            frame = len(request_bytes("/livez", headers={"X": ""}))
            return request_bytes("/livez", headers={"X": "y" * (size - frame)})

        connection = self.server.connect()
        connection.send(head(32 * 1024))
        self.assertEqual(connection.read_response().body, b"ok")
        self.refuse(head(33 * 1024), 431)

    def test_an_endless_head_is_refused_while_it_comes(self):
        for rest in (b"X: " + b"y" * 40_000, b"y" * 40_000, b"X: y\r\n" * 9000):
            with self.subTest(rest[:5]):
                connection = self.server.connect()
                connection.send(START + HOST + rest)
                self.assert_error(connection.read_response(), 431)
                self.assertEqual(connection.read_to_end(), b"")

    def test_an_endless_head_of_empty_lines_is_refused(self):
        connection = self.server.connect()
        connection.send(b"\r\n" * 50_000)
        answer = connection.read_response()
        self.assertIn(answer.status, (400, 431))
        self.assertEqual(connection.read_to_end(), b"")


if __name__ == "__main__":
    unittest.main()
