"""RFC 9112 sections 4, 8 and 9.

Status lines, messages that end too early, and the life of a connection: what
persists, what closes, how, and in which order answers come.
"""

import email.utils
import re
import time
import unittest

from conformance import (
    CODING, GET, HOST, LENGTH, POST, SMUGGLED, ConformanceTest, chunked, head, raw,
    table,
)

LIVEZ = head(GET)
NEW = "GET /livez HTTP/1.1"
OLD = "GET /livez HTTP/1.0"

# What stays open after it, and what does not.
PERSISTENT = [
    ("9112 9.3", "HTTP 1.1 persists", head(NEW)),
    ("9112 9.3", "HTTP 1.1 with keep-alive", head(NEW, "Connection: keep-alive")),
    ("9112 9.3", "HTTP 1.1 with other options", head(NEW, "Connection: x-one, TE")),
    ("9112 9.3", "HTTP 1.1 with an empty Connection", head(NEW, "Connection:")),
    ("9112 9.3", "HTTP 1.0 that asks for it", head(OLD, "Connection: keep-alive")),
    ("9112 9.3", "HTTP 1.0 that asks for it in capitals",
     head(OLD, "Connection: Keep-Alive")),
    ("9112 9.3", "an answer of 404", head("GET /nope HTTP/1.1")),
    ("9112 9.3", "an answer of 405", head("POST /livez HTTP/1.1")),
    ("9112 9.3", "an answer of 204", head("OPTIONS /livez HTTP/1.1")),
    ("9112 9.3", "a body that was not wanted", head(POST, LENGTH + "2") + b"hi"),
    ("9112 9.3", "Keep-Alive is no promise", head(NEW, "Keep-Alive: max=1, timeout=0")),
    # C.2.2: only proxies were ever meant by it.
    ("9112 9.3", "Proxy-Connection means nothing",
     head(NEW, "Proxy-Connection: close")),
]
CLOSING = [
    ("9112 9.6", "close in HTTP 1.1", head(NEW, "Connection: close")),
    ("9112 9.6", "close among other options", head(NEW, "Connection: a, close, b")),
    ("9112 9.6", "close in a second field",
     head(NEW, "Connection: a", "Connection: close")),
    ("9112 9.6", "close wins over keep-alive",
     head(NEW, "Connection: keep-alive, close")),
    ("9112 9.3", "HTTP 1.0 does not persist", head(OLD)),
    ("9112 9.3", "HTTP 1.0 without any field", raw(OLD)),
    ("9112 9.3", "close wins over keep-alive in HTTP 1.0",
     head(OLD, "Connection: close, keep-alive")),
    ("9112 9.3", "HTTP 1.0 with Proxy-Connection",
     head(OLD, "Proxy-Connection: keep-alive")),
    ("9112 9.6", "close on a request that is 404",
     head("GET /nope HTTP/1.1", "Connection: close")),
    ("9112 9.6", "close on a request with a body",
     head(POST, LENGTH + "2", "Connection: close") + b"hi"),
]

# Sent without its end, and then FIN: nobody meant this request.
PUBLISH = "GET /publish/status/smuggled HTTP/1.1"
INCOMPLETE = [
    ("9112 8", "nothing at all", b""),
    ("9112 8", "an empty line only", b"\r\n"),
    ("9112 8", "half a request line", PUBLISH[:30].encode()),
    ("9112 8", "a request line only", f"{PUBLISH}\r\n".encode()),
    ("9112 8", "half a field", f"{PUBLISH}\r\nHost: riv".encode()),
    ("9112 8", "fields without the empty line", f"{PUBLISH}\r\n{HOST}\r\n".encode()),
    ("9112 8", "a head without its last byte", head(PUBLISH)[:-1]),
    ("9112 8", "a body shorter than its length", head(PUBLISH, LENGTH + "5") + b"hell"),
    ("9112 8", "a body that never came", head(PUBLISH, LENGTH + "5")),
    ("9112 8", "chunks without the last one",
     head(PUBLISH, CODING + "chunked") + b"5\r\nhello\r\n"),
    ("9112 8", "chunks without the last line",
     head(PUBLISH, CODING + "chunked") + chunked(b"hello")[:-2]),
    ("9112 8", "half a chunk", head(PUBLISH, CODING + "chunked") + b"5\r\nhe"),
    ("9112 8", "half a trailer", head(PUBLISH, CODING + "chunked") + b"0\r\nA: b"),
]


@table("check_persists", PERSISTENT)
@table("check_closes", CLOSING)
@table("check_incomplete", INCOMPLETE)
class ConnectionTest(ConformanceTest):
    def check_persists(self, request):
        with self.server.connect() as connection:
            for _ in range(2):
                connection.send(request)
                method = request.split()[0].decode()
                answer = connection.read_response(method)
                self.assertNotIn("close", answer.tokens("Connection"))
                if b"HTTP/1.0" in request:  # where the default is the other way
                    self.assertIn("keep-alive", answer.tokens("Connection"))
            connection.send(LIVEZ)
            self.assertEqual(connection.read_response().body, b"ok")

    def check_closes(self, request):
        """The answer says close, a FIN follows, nothing after it is served."""
        with self.server.connect() as connection:
            connection.send(request + SMUGGLED)
            answer = connection.read_response()
            self.assertIn(answer.status, (200, 404, 405))
            self.assertIn("close", answer.tokens("Connection"))
            self.assertEqual(connection.read_to_end(), b"")
        self.assertEqual(self.seen(), [])

    def check_incomplete(self, request):
        with self.server.connect() as connection:
            connection.send(request)
            connection.half_close()
            rest = connection.read_to_end()
            self.assertRegex(rest, rb"\A(HTTP/1\.1 (400|408) (?s:.*))?\Z")
        self.assertEqual(self.seen(), [])


class OrderTest(ConformanceTest):
    def test_9112_9_3_2_answers_come_in_the_order_of_requests(self):
        targets = ["/livez", "/nope", "/clients", "/publish/nobody/status/x", "/"] * 20
        with self.server.connect() as connection:
            statuses = [answer.status for answer in connection.pipeline(targets)]
        self.assertEqual(statuses, [200, 404, 200, 404, 200] * 20)

    def test_9112_9_3_2_publishes_in_a_pipeline_keep_their_order(self):
        numbers = [str(n) for n in range(200)]
        with self.server.connect() as connection:
            connection.pipeline("/publish/status/" + n for n in numbers)
        self.assertEqual(self.seen(), numbers)

    def test_9112_9_3_2_bodies_in_a_pipeline(self):
        request = head(POST, CODING + "chunked") + chunked(b"hello") + LIVEZ
        with self.server.connect() as connection:
            connection.send(request * 50)
            for _ in range(50):
                self.assert_error(connection.read_response(), 405)
                self.assertEqual(connection.read_response().body, b"ok")

    def test_9112_9_3_2_a_refusal_waits_for_the_answers_before_it(self):
        with self.server.connect() as connection:
            connection.send(LIVEZ * 3 + raw(GET) + SMUGGLED)
            for _ in range(3):
                self.assertEqual(connection.read_response().body, b"ok")
            self.assert_refused(connection, (400,))

    def test_9112_9_3_2_a_fin_after_requests_leaves_them_their_answers(self):
        with self.server.connect() as connection:
            connection.send(LIVEZ * 3)
            connection.half_close()
            for _ in range(3):
                self.assertEqual(connection.read_response().body, b"ok")
            self.assertEqual(connection.read_to_end(), b"")

    def test_9112_9_3_nothing_behind_a_stream_is_a_request(self):
        with self.server.connect() as connection:
            stream = connection.open_stream("/stream/ana")
            connection.send(SMUGGLED)
            self.server.publish("after")
            self.assertEqual(stream.next_event().data, "after")
        with self.server.connect() as connection:
            connection.send(head("GET /stream/bob HTTP/1.1") + SMUGGLED)
            self.assertEqual(connection.read_head().status, 200)
        self.assertEqual(self.seen(), ["after"])


class ClosingTest(ConformanceTest):
    def test_9112_9_6_unread_input_does_not_reset_the_answer(self):
        """What came behind a refusal is read and dropped before the close."""
        for request in (raw(GET), head(POST, LENGTH + "200000")):
            with self.server.connect() as connection:
                connection.send(request + b"x" * 200_000)
                answer = connection.read_response()
                self.assertIn(answer.status, (400, 413))
                self.assertEqual(connection.read_to_end(), b"")

    def test_9112_9_6_what_comes_after_the_close_is_dropped(self):
        with self.server.connect() as connection:
            connection.send(head(GET, "Connection: close"))
            connection.read_response()
            connection.send(SMUGGLED)
            self.assertEqual(connection.read_to_end(), b"")
        self.assertEqual(self.seen(), [])

    def test_9112_9_6_a_stream_whose_request_said_close_says_close(self):
        """It ends the connection when it ends: section 9.6 wants that said."""
        with self.server.connect() as connection:
            connection.send(head("GET /stream/ana HTTP/1.1", "Connection: close"))
            self.assertIn("close", connection.read_head().tokens("Connection"))

    def test_9112_9_3_a_stream_in_http_1_0_says_close(self):
        for field in ("A: b", "Connection: keep-alive"):
            with self.server.connect() as connection:
                connection.send(head("GET /stream/ana HTTP/1.0", field))
                tokens = connection.read_head().tokens("Connection")
                self.assertNotIn("keep-alive", tokens)
                self.assertIn("close", tokens)


class StatusLineTest(ConformanceTest):
    REQUESTS = {
        200: LIVEZ,
        204: head("OPTIONS * HTTP/1.1"),
        400: raw(GET),
        404: head("GET /nope HTTP/1.1"),
        405: head("POST /livez HTTP/1.1"),
        413: head(POST, LENGTH + "99999999"),
        414: head(f"GET /{'x' * 100_000} HTTP/1.1"),
        417: head(GET, "Expect: miracles"),
        431: head(GET, *["A: b"] * 200),
        501: head("BREW /livez HTTP/1.1"),
        505: head("GET /livez HTTP/2.0"),
    }

    def heads(self):
        for status, request in self.REQUESTS.items():
            with self.server.connect() as connection:
                connection.send(request)
                while b"\r\n\r\n" not in connection.received:
                    self.assertTrue(connection.receive(), status)
                yield status, bytes(connection.received)

    def test_9112_4_the_status_line_is_version_code_reason(self):
        for status, received in self.heads():
            self.assertRegex(
                received, rb"\AHTTP/1\.1 %d [A-Z][A-Za-z -]+\r\n" % status
            )

    def test_9112_5_fields_of_answers_are_well_formed(self):
        for _, received in self.heads():
            lines = received.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
            for line in lines:
                self.assertRegex(line, rb"\A[A-Za-z-]+: [!-~]([ -~]*[!-~])?\Z")
            names = [line.partition(b":")[0].lower() for line in lines]
            self.assertEqual(len(names), len(set(names)), names)

    def test_9110_6_6_1_every_answer_has_the_date(self):
        for _, received in self.heads():
            date = re.search(rb"\r\nDate: ([^\r]*)\r\n", received)[1].decode()
            now = email.utils.parsedate_to_datetime(date).timestamp()
            self.assertEqual(email.utils.formatdate(now, usegmt=True), date)
            self.assertLess(abs(now - time.time()), 5)

    def test_9110_6_6_1_a_stream_has_the_date(self):
        self.assertRegex(self.witness.head.get("Date"), r"^\w{3}, .* GMT$")


if __name__ == "__main__":
    unittest.main()
