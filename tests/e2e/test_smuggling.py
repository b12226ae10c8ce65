"""What must never be taken for a request: bodies, and what follows a refusal."""

import contextlib
import re
import unittest

from malformed import HOST, MALFORMED_BODIES, MALFORMED_HEADS, UNKNOWN_CODINGS
from rivulet import RivuletTest, request_bytes

SMUGGLED = request_bytes("/publish/status/smuggled")


class SmugglingTest(RivuletTest):
    """For what must never be taken for a request."""

    def setUp(self):
        self.server = self.serve()

    @contextlib.contextmanager
    def nothing_smuggled(self):
        """No stream sees the publish hidden in what the block sends."""
        witness = self.server.stream("witness").wait_for_greeting()
        yield
        self.server.publish("marker")
        self.assertEqual(witness.next_event().data, "marker")
        witness.close()


def chunked(body):
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


class BodyTest(SmugglingTest):
    """Bodies where none belongs."""

    HIDDEN = (
        ({"Content-Length": len(SMUGGLED)}, SMUGGLED),
        ({"Transfer-Encoding": "chunked"}, chunked(SMUGGLED)),
    )

    def test_a_post_with_a_body_is_405_and_the_next_request_is_answered(self):
        for headers, body in self.HIDDEN:
            for target in ("/clients", "/livez", "/stream/bob"):
                with self.subTest(f"{target} {headers}"), self.nothing_smuggled():
                    connection = self.server.connect()
                    connection.send(
                        request_bytes(target, "POST", headers=headers, body=body)
                        + request_bytes("/livez")
                    )
                    self.assert_error(connection.read_response(), 405)
                    self.assertEqual(connection.read_response().body, b"ok")

    def test_a_body_byte_by_byte(self):
        for headers, body in self.HIDDEN:
            with self.subTest(str(headers)), self.nothing_smuggled():
                connection = self.server.connect()
                request = request_bytes("/clients", "POST", headers=headers, body=body)
                for at in range(len(request)):
                    connection.send(request[at : at + 1])
                connection.send(request_bytes("/livez"))
                self.assert_error(connection.read_response(), 405)
                self.assertEqual(connection.read_response().body, b"ok")

    def test_a_client_that_waits_to_send_its_body_is_not_left_waiting(self):
        with self.nothing_smuggled():
            connection = self.server.connect()
            headers = {"Content-Length": len(SMUGGLED), "Expect": "100-continue"}
            connection.send(request_bytes("/clients", "POST", headers=headers))
            head = connection.read_head()
            if head.status == 100:
                connection.send(SMUGGLED + request_bytes("/livez"))
                self.assert_error(connection.read_response(), 405)
                self.assertEqual(connection.read_response().body, b"ok")
            else:
                self.assertEqual(head.status, 405)

    def test_a_get_with_a_body_is_read_to_its_end_or_closed(self):
        for headers, body in self.HIDDEN:
            with self.subTest(str(headers)), self.nothing_smuggled():
                connection = self.server.connect()
                connection.send(
                    request_bytes("/clients", headers=headers, body=body)
                    + request_bytes("/nope", headers={"Connection": "close"})
                )
                answers = connection.read_to_end()
                statuses = re.findall(rb"HTTP/1\.1 (\d+) ", answers)
                self.assertIn(
                    statuses, ([b"200", b"404"], [b"200"], [b"400"]), answers
                )

    def test_a_body_without_end_is_not_read_for_ever(self):
        connection = self.server.connect()
        connection.send(
            request_bytes("/clients", "POST", headers={"Content-Length": 10**12})
        )
        sent = 0
        try:
            while sent < 256 << 20:
                connection.send(b"x" * 65536)
                sent += 65536
        except (ConnectionError, TimeoutError):
            pass
        self.assertLess(sent, 256 << 20)
        self.assertEqual(self.server.request("/livez").body, b"ok")


class RefusedRequestTest(SmugglingTest):
    """A refused head closes its connection; nothing behind it is a request."""

    def assert_refused(self, connection, statuses=(400,)):
        """One error, then the server's end without a reset."""
        answer = connection.read_response()
        self.assertIn(answer.status, statuses, answer)
        self.assert_error(answer, answer.status)
        self.assertIn("close", answer.tokens("Connection"))
        self.assertEqual(connection.read_to_end(), b"")

    def check_refused(self, head, statuses):
        with self.nothing_smuggled(), self.server.connect() as connection:
            connection.send(head + SMUGGLED)
            self.assert_refused(connection, statuses)

    def test_malformed_heads_are_refused_and_closed(self):
        for name, head in MALFORMED_HEADS.items():
            with self.subTest(name):
                self.check_refused(head, (400,))

    def test_malformed_heads_are_refused_byte_by_byte(self):
        for name, head in MALFORMED_HEADS.items():
            with self.subTest(name):
                with self.nothing_smuggled(), self.server.connect() as connection:
                    for at in range(len(head)):
                        connection.send(head[at : at + 1])
                    connection.send(SMUGGLED)
                    self.assert_refused(connection)

    def test_malformed_bodies_are_refused_and_closed(self):
        for name, request in MALFORMED_BODIES.items():
            with self.subTest(name):
                with self.nothing_smuggled(), self.server.connect() as connection:
                    connection.send(request + SMUGGLED)
                    answer = connection.read_response()
                    self.assertIn(answer.status, (400, 405), answer)
                    self.assertNotIn(b" 200 ", connection.read_to_end())

    def test_unknown_transfer_codings_are_refused_and_closed(self):
        for name, head in UNKNOWN_CODINGS.items():
            with self.subTest(name):
                self.check_refused(head, (400, 501))

    def test_unknown_methods_are_refused_and_closed(self):
        for start in (
            *(b"BREW /livez", b"get /livez", b"G /livez", b"GETGET /livez"),
            *(b"PRI *", b"CONNECT rivulet.test:80"),
        ):
            with self.subTest(start):
                head = start + b" HTTP/1.1\r\n" + HOST + b"\r\n"
                self.check_refused(head, (400, 405, 501))

    def test_other_versions_are_refused_and_closed(self):
        for version in (b"0.9", b"1.2", b"2.0", b"3.0", b"9.9"):
            with self.subTest(version):
                head = b"GET /livez HTTP/" + version + b"\r\n" + HOST + b"\r\n"
                self.check_refused(head, (505,) if version > b"2" else (400, 505))

    def test_a_refusal_follows_the_answers_that_are_due(self):
        with self.nothing_smuggled(), self.server.connect() as connection:
            connection.send(
                request_bytes("/livez") * 2 + MALFORMED_HEADS["folded field"] + SMUGGLED
            )
            self.assertEqual(connection.read_response().body, b"ok")
            self.assertEqual(connection.read_response().body, b"ok")
            self.assert_refused(connection)


if __name__ == "__main__":
    unittest.main()
