"""RFC 9112 section 3, RFC 9110 sections 5.4 and 15.5, RFC 6585 section 5.

How much is too much, and how long too long. The documents ask for a limit and
for its status; the numbers are Rivulet's own.
"""

import unittest

from conformance import (
    CODING, GET, HOST, LENGTH, POST, SMUGGLED, ConformanceTest, chunked, head, raw,
    table,
)

KIB = 1024
LIVEZ = head(GET)


def fields(count):
    """A head of so many fields, Host among them."""
    return head(GET, *(f"X-{n}: y" for n in range(count - 1)))


def field_bytes(size):
    """A head whose field lines have so many bytes, the empty line too."""
    rest = len(raw(HOST, "X: "))
    return head(GET, "X: " + "y" * (size - rest))


def in_chunks(size, piece=1000):
    count, left = divmod(size, piece)
    return head(POST, CODING + "chunked") + chunked(
        *[b"x" * piece] * count, *([b"x" * left] if left else [])
    )


REFUSED = [
    ("9110 15.5.15", "a target too long", head(f"GET /{'x' * 100_000} HTTP/1.1"), 414),
    ("9110 15.5.15", "a query too long", head(f"GET /?{'x' * 100_000} HTTP/1.1"), 414),
    ("9110 15.5.15", "a target that never ends", b"GET /" + b"x" * 100_000, 414),
    ("9110 15.5.15", "an absolute form too long",
     head(f"GET http://{'x' * 100_000}/ HTTP/1.1"), 414),
    ("6585 5", "too many fields", fields(101), 431),
    ("6585 5", "fields that never end", head(GET, *["A: b"] * 9000)[:-2], 431),
    ("6585 5", "fields too large together", field_bytes(32 * KIB + 1), 431),
    ("6585 5", "a value that never ends", LIVEZ[:-2] + b"A: " + b"b" * 100_000, 431),
    ("6585 5", "a name that never ends", LIVEZ[:-2] + b"A" * 100_000, 431),
    ("6585 5", "a value of blanks that never ends",
     LIVEZ[:-2] + b"A:" + b" " * 100_000, 431),
    ("9110 15.5.14", "a length too large", head(POST, LENGTH + str(64 * KIB + 1)), 413),
    ("9110 15.5.14", "a length too large on GET",
     head(GET, LENGTH + str(64 * KIB + 1)), 413),
    ("9110 15.5.14", "chunks too large together", in_chunks(64 * KIB + 1), 413),
    ("9110 15.5.14", "many chunks of one byte", in_chunks(64 * KIB + 1, 1), 413),
    ("9112 3.1", "a method that never ends", b"X" * 100_000, 400, 501),
    ("9112 2.2", "empty lines that never end", b"\r\n" * 50_000, 400),
    ("9112 2.3", "a version that never ends", b"GET / HTTP/1." + b"1" * 100_000, 400),
]

ANSWERED = [
    ("9112 3", "a target of 8000 bytes", head(f"GET /{'x' * 8000} HTTP/1.1"), 404),
    ("9110 5.4", "a hundred fields", fields(100), 200),
    ("9110 5.4", "a field of 8000 bytes", head(GET, "A: " + "b" * 8000), 200),
    ("9110 5.4", "fields of 32 KiB together", field_bytes(32 * KIB), 200),
    ("9110 5.4", "a name of 1000 bytes", head(GET, "A" * 1000 + ": b"), 200),
    ("9110 15.5.14", "a body of 64 KiB",
     head(POST, LENGTH + str(64 * KIB)) + b"x" * 64 * KIB, 405),
    ("9110 15.5.14", "a body of 64 KiB in chunks", in_chunks(64 * KIB), 405),
    ("9110 15.5.14", "data too large for an event",
     head(f"GET /publish/status/{'x' * (64 * KIB + 1)} HTTP/1.1"), 413),
]


@table("check_refused", REFUSED)
@table("check_answered", ANSWERED)
class LimitTest(ConformanceTest):
    pass


# Cut off in these places, a request is not awaited for ever.
LATE = [
    ("9110 15.5.9", "half a request line", b"GET /liv"),
    ("9110 15.5.9", "fields without their end", LIVEZ[:-2]),
    ("9110 15.5.9", "half a field", LIVEZ[:-2] + b"A: b"),
    ("9110 15.5.9", "a body that does not come", head(POST, LENGTH + "5")),
    ("9110 15.5.9", "half a body", head(POST, LENGTH + "5") + b"he"),
    ("9110 15.5.9", "half a chunk", head(POST, CODING + "chunked") + b"5\r\nhe"),
    ("9110 15.5.9", "chunks without the last",
     head(POST, CODING + "chunked") + b"1\r\nx\r\n"),
    ("9110 15.5.9", "half the last chunk", head(POST, CODING + "chunked") + b"0\r\n"),
    ("9110 15.5.9", "a request behind another", LIVEZ + LIVEZ[:-2]),
]


@table("check_late", LATE)
class TimeoutTest(ConformanceTest):
    OPTIONS = ("--header-timeout", "400ms", "--keepalive-timeout", "400ms")

    def check_late(self, request):
        with self.server.connect() as connection:
            connection.send(request)
            if request.startswith(LIVEZ):
                self.assertEqual(connection.read_response().body, b"ok")
            answer = connection.read_response()
            self.assert_error(answer, 408)
            self.assertIn("close", answer.tokens("Connection"))
            connection.send(SMUGGLED)  # too late
            self.assertEqual(connection.read_to_end(), b"")
        self.assertEqual(self.seen(), [])

    def test_9112_9_5_an_idle_connection_closes_without_a_word(self):
        """An answer that nobody asked for would be taken for the next one's."""
        with self.server.connect() as idle, self.server.connect() as silent:
            idle.send(LIVEZ)
            self.assertEqual(idle.read_response().body, b"ok")
            self.assertEqual(idle.read_to_end(), b"")
            self.assertEqual(silent.read_to_end(), b"")


if __name__ == "__main__":
    unittest.main()
