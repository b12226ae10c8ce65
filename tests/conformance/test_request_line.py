"""RFC 9112 sections 2 and 3 up to 3.1, RFC 9110 sections 2.5 and 9.1.

The request line and what stands before it: its blanks and line ends, method,
version.
"""

import unittest

from conformance import GET, HOST, POST, ConformanceTest, head, raw, table

LIVEZ = raw(GET, HOST)

# RFC 9112 2.2 lets a server take a bare LF as a line end; Rivulet refuses it.
REFUSED = [
    ("9112 2.2", "a bare LF after the request line",
     b"GET /livez HTTP/1.1\nHost: rivulet.test\r\n\r\n"),
    ("9112 2.2", "a bare CR after the request line",
     b"GET /livez HTTP/1.1\rHost: rivulet.test\r\n\r\n"),
    ("9112 2.2", "bare LFs only",
     b"GET /livez HTTP/1.1\nHost: rivulet.test\n\n"),
    ("9112 2.2", "a bare LF as the empty line before a request", b"\n" + LIVEZ),
    ("9112 2.2", "a bare CR as the empty line before a request", b"\r" + LIVEZ),
    ("9112 2.2", "empty lines without end before a request",
     b"\r\n" * 400 + LIVEZ),
    ("9112 2.2", "a space at the start of the first field line",
     raw(GET, " " + HOST)),
    ("9112 2.2", "a tab at the start of the first field line",
     raw(GET, "\t" + HOST)),
    ("9112 2.2", "a line of blanks before the first field line",
     raw(GET, "  ", HOST)),
    ("9112 2.2", "a status line in place of a request line",
     head("HTTP/1.1 200 OK")),
    ("9112 2.2", "a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n"),
    ("9112 2.2", "a NUL before the request line", b"\0" + LIVEZ),
    ("9112 2.2", "UTF-16 in place of a request",
     LIVEZ.decode().encode("utf-16")),
    # Section 3 lets a server split the line at any blanks; Rivulet does not.
    ("9112 3", "a space before the method", head(" " + GET)),
    ("9112 3", "two spaces after the method", head("GET  /livez HTTP/1.1")),
    ("9112 3", "two spaces after the target", head("GET /livez  HTTP/1.1")),
    ("9112 3", "a tab after the method", head("GET\t/livez HTTP/1.1")),
    ("9112 3", "a tab after the target", head("GET /livez\tHTTP/1.1")),
    ("9112 3", "a form feed after the target", head("GET /livez\fHTTP/1.1")),
    ("9112 3", "a bare CR after the method", head("GET\r/livez HTTP/1.1")),
    ("9112 3", "a space after the version", head(GET + " ")),
    ("9112 3", "a fourth word", head(GET + " HTTP/1.1")),
    ("9112 3", "no target", head("GET HTTP/1.1")),
    ("9112 3", "no version", head("GET /livez")),
    ("9112 3", "an empty version", head("GET /livez ")),
    ("9112 3", "the simple request of HTTP 0.9", b"GET /livez\r\n"),
    ("9112 3.1", "a method with a parenthesis", head("GE(T /livez HTTP/1.1")),
    ("9112 3.1", "a method with a NUL", head("G\0ET /livez HTTP/1.1")),
    ("9112 3.1", "a method with a byte past ASCII", head("G\xc9T /livez HTTP/1.1")),
    ("9112 3.1", "a method with a colon", head("GET: /livez HTTP/1.1")),
    ("9112 2.3", "the protocol name in lower case", head("GET /livez http/1.1")),
    ("9112 2.3", "another protocol name", head("GET /livez HTTQ/1.1")),
    ("9112 2.3", "a version without a dot", head("GET /livez HTTP/11")),
    ("9112 2.3", "a version without a minor number", head("GET /livez HTTP/1.")),
    ("9112 2.3", "a version of one number", head("GET /livez HTTP/1")),
    ("9112 2.3", "a minor version of two digits", head("GET /livez HTTP/1.10")),
    ("9112 2.3", "a major version of two digits", head("GET /livez HTTP/01.1")),
    ("9112 2.3", "a version with a sign", head("GET /livez HTTP/+1.1")),
    ("9112 2.3", "a version with letters behind it", head(GET + "x")),
    ("9112 2.3", "a bare CR in the version", head("GET /livez HTTP/1\r1")),
]

NOT_IMPLEMENTED = [
    ("9110 9.1", "a method nobody knows", head("BREW /livez HTTP/1.1"), 501),
    ("9110 9.1", "a method nobody knows where nothing is",
     head("BREW /nothing-here HTTP/1.1"), 501),
    ("9110 9.1", "a method in small letters", head("get /livez HTTP/1.1"), 501),
    ("9110 9.1", "a method with one capital letter", head("Get /livez HTTP/1.1"), 501),
    ("9110 9.1", "the beginning of a method", head("GE /livez HTTP/1.1"), 501),
    ("9110 9.1", "more than a method", head("GETS /livez HTTP/1.1"), 501),
    ("9110 9.1", "a method of odd token characters",
     head("G!#$%&'*+-.^_`|~9 /livez HTTP/1.1"), 501),
    ("9112 3", "a method longer than any", head("X" * 5000 + " / HTTP/1.1"), 501),
]

NOT_SUPPORTED = [
    ("9110 15.6.6", "HTTP 2.0", head("GET /livez HTTP/2.0"), 505),
    ("9110 15.6.6", "HTTP 3.0", head("GET /livez HTTP/3.0"), 505),
    ("9110 15.6.6", "HTTP 0.9 with a version", head("GET /livez HTTP/0.9"), 505),
    # 2.5 would have it served as 1.1, but nobody sends it in earnest.
    ("9110 2.5", "a minor version that does not exist", head("GET /livez HTTP/1.2"), 505),
    ("9110 15.6.6", "HTTP 9.9", head("GET /livez HTTP/9.9"), 505),
    ("9110 15.6.6", "the preface of HTTP 2",
     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
]

ANSWERED = [
    ("9112 2.2", "an empty line before a request is ignored", b"\r\n" + LIVEZ, 200),
    ("9112 2.2", "an empty line between two requests is ignored",
     LIVEZ + b"\r\n" + LIVEZ, 200, 200),
    ("9112 2.2", "an empty line after a body is ignored",
     head(POST, "Content-Length: 2") + b"hi" + b"\r\n" + LIVEZ, 405, 200),
    ("9112 3", "a request line of 8000 bytes",
     head("GET /livez?" + "x" * (8000 - 20) + " HTTP/1.1"), 200),
]


@table("check_refused", REFUSED + NOT_IMPLEMENTED + NOT_SUPPORTED)
@table("check_answered", ANSWERED)
class RequestLineTest(ConformanceTest):
    def test_9110_2_5_the_answer_to_http_1_0_says_http_1_1(self):
        answer = self.ask(raw("GET /livez HTTP/1.0"))
        self.assertEqual((answer.status, answer.version), (200, "1.1"))

    def test_9110_2_5_a_refusal_says_http_1_1(self):
        for version in ("1.0", "1.1", "2.0"):
            answer = self.ask(raw(f"GET * HTTP/{version}", HOST))
            self.assertEqual(answer.version, "1.1")


if __name__ == "__main__":
    unittest.main()
