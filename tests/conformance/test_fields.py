"""RFC 9112 section 5, RFC 9110 sections 5 and 7.2.

Field lines: names, colons, values, line ends, folding, lists; and Host.
"""

import unittest

from conformance import GET, HOST, POST, ConformanceTest, head, raw, table

LINE = "GET /livez HTTP/1.1\r\nHost: rivulet.test\r\n"


def lines(text):
    """Everything behind the Host line, line ends too."""
    return (LINE + text).encode("latin-1")


REFUSED = [
    ("9112 2.2", "a bare LF after a field", lines("A: b\nC: d\r\n\r\n")),
    ("9112 2.2", "a bare LF as the empty line", lines("\n")),
    ("9112 2.2", "a bare LF before the empty line", lines("A: b\n\r\n")),
    ("9112 2.2", "a bare CR in a value", lines("A: b\rC: d\r\n\r\n")),
    ("9112 2.2", "a bare CR at the end of a value", lines("A: b\r\r\n\r\n")),
    ("9112 2.2", "a bare CR before the empty line", lines("\r\r\n\r\n")),
    ("9112 2.2", "a bare CR after the colon", lines("A:\rb\r\n\r\n")),
    ("9112 2.2", "a bare CR in a name", lines("A\rB: c\r\n\r\n")),
    ("9112 2.2", "a bare CR that hides a length",
     lines("A: b\rContent-Length: 99\r\n\r\n")),
    ("9112 2.2", "LF CR as a line end", lines("A: b\n\rC: d\r\n\r\n")),
    ("9112 5.1", "a space before the colon", lines("A : b\r\n\r\n")),
    ("9112 5.1", "a tab before the colon", lines("A\t: b\r\n\r\n")),
    ("9112 5.1", "a space before the colon of a length",
     head(POST, "Content-Length : 99")),
    ("9112 5.1", "a space before the colon of a coding",
     head(POST, "Transfer-Encoding : chunked")),
    ("9112 5.1", "a space before the colon of Host", raw(GET, "Host : rivulet.test")),
    ("9112 5", "a field without a colon", lines("Abc\r\n\r\n")),
    ("9112 5", "a field without a name", lines(": b\r\n\r\n")),
    ("9112 5.2", "a folded value", lines("A: b\r\n c\r\n\r\n")),
    ("9112 5.2", "a value folded with a tab", lines("A: b\r\n\tc\r\n\r\n")),
    ("9112 5.2", "a folded value that is empty so far", lines("A:\r\n b\r\n\r\n")),
    ("9112 5.2", "a fold of blanks only", lines("A: b\r\n \r\n\r\n")),
    ("9112 5.2", "a folded coding", head(POST, "Transfer-Encoding:\r\n chunked")),
    ("9112 5.2", "a fold that hides a length",
     head(POST, "A: b\r\n Content-Length: 99")),
    ("9110 5.1", "a space in a name", lines("A B: c\r\n\r\n")),
    ("9110 5.6.2", "a name with a parenthesis", lines("A(: b\r\n\r\n")),
    ("9110 5.6.2", "a name with a quote", lines('"A": b\r\n\r\n')),
    ("9110 5.6.2", "a name with a slash", lines("A/B: c\r\n\r\n")),
    ("9110 5.6.2", "a name with an at sign", lines("A@B: c\r\n\r\n")),
    ("9110 5.6.2", "a name with a byte past ASCII", lines("\xe9: b\r\n\r\n")),
    ("9110 5.6.2", "a name with a NUL", lines("A\0: b\r\n\r\n")),
    ("9110 5.6.2", "a name with a control character", lines("A\x0b: b\r\n\r\n")),
    ("9110 5.5", "a NUL in a value", lines("A: b\0c\r\n\r\n")),
    # Section 5.5 lets a server keep these; Rivulet refuses them.
    ("9110 5.5", "a control character in a value", lines("A: b\x01c\r\n\r\n")),
    ("9110 5.5", "a vertical tab in a value", lines("A: b\x0bc\r\n\r\n")),
    ("9110 5.5", "a DEL in a value", lines("A: b\x7fc\r\n\r\n")),
]

HOST_REFUSED = [
    ("9112 3.2", "no Host in HTTP 1.1", raw(GET)),
    ("9112 3.2", "two Hosts", raw(GET, HOST, "Host: other.test")),
    ("9112 3.2", "two Hosts that are the same", raw(GET, HOST, HOST)),
    ("9112 3.2", "two Hosts in HTTP 1.0", raw("GET /livez HTTP/1.0", HOST, HOST)),
    ("9112 3.2", "a bad Host in HTTP 1.0", raw("GET /livez HTTP/1.0", "Host: a b")),
] + [
    ("9112 3.2", f"Host with {what}", raw(GET, f"Host: {value}"))
    for what, value in (
        ("a space", "a b"),
        ("a slash", "a/b"),
        ("a user", "me@rivulet.test"),
        ("a scheme", "http://rivulet.test"),
        ("a query", "a?b"),
        ("a fragment", "a#b"),
        ("a back slash", "a\\b"),
        ("quotes", '"rivulet.test"'),
        ("a byte past ASCII", "caf\xe9"),
        ("two names", "a.test, b.test"),
        ("a port of letters", "a:b"),
        ("two ports", "a:80:80"),
        ("a negative port", "a:-1"),
        ("a bad percent encoding", "a%zz"),
        ("a bracket that stays open", "[::1"),
        ("an address without its brackets", "::1"),
        ("a name in brackets", "[rivulet.test]"),
        ("empty brackets", "[]"),
        ("something behind the brackets", "[::1]x"),
        ("an IPv6 address of nine groups", "[1:2:3:4:5:6:7:8:9]"),
        ("an IPv6 group of five digits", "[12345::]"),
        ("an IPv6 address with two gaps", "[1::2::3]"),
        ("an IPv6 address of colons", "[:::]"),
    )
]

ANSWERED = [
    ("9110 5.1", "names are case insensitive", raw(GET, "hOsT: rivulet.test"), 200),
    ("9110 5.1", "the name of a length is case insensitive",
     head(POST, "cOnTeNt-LeNgTh: 2") + b"hi", 405),
    ("9110 5.1", "unknown fields are ignored", head(GET, "X-Unknown: 1", "A: 2"), 200),
    ("9110 5.1", "an underscore in a name names another field",
     head(GET, "Content_Length: 99", "Transfer_Encoding: chunked"), 200),
    ("9110 5.6.2", "a name of odd token characters",
     head(GET, "!#$%&'*+-.^_`|~9: x"), 200),
    ("9110 5.3", "Host need not come first", raw(GET, "A: b", "C: d", HOST), 200),
    ("9110 5.5", "an empty value", head(GET, "A:", "B: ", "C:\t "), 200),
    ("9110 5.5", "bytes past ASCII in a value", head(GET, "A: \xe9\x80\xff"), 200),
    ("9110 5.5", "blanks inside a value", head(GET, "A: b \t c"), 200),
    ("9112 5", "no blank after the colon", raw(GET, "Host:rivulet.test"), 200),
    ("9112 5.1", "blanks around a value are not part of it",
     raw(GET, "Host: \t rivulet.test \t "), 200),
    ("9112 5", "colons in a value", head(GET, "A: b: c:: d"), 200),
    ("9112 3.2", "no Host in HTTP 1.0",
     raw("GET /livez HTTP/1.0", "Connection: keep-alive"), 200),
] + [
    ("9110 7.2", f"Host with {what}", raw(GET, f"Host: {value}"), 200)
    for what, value in (
        ("a port", "rivulet.test:3000"),
        ("an empty port", "rivulet.test:"),
        ("an IPv4 address", "127.0.0.1:3000"),
        ("an IPv6 address", "[2001:db8::1]"),
        ("an IPv6 address and a port", "[::1]:3000"),
        ("an IPv4 address within IPv6", "[::ffff:127.0.0.1]"),
        ("capital letters", "RIVULET.Test"),
        ("an underscore", "my_service"),
        ("a final dot", "rivulet.test."),
        ("percent encoding", "caf%C3%A9.test"),
    )
]


@table("check_refused", REFUSED + HOST_REFUSED)
@table("check_answered", ANSWERED)
class FieldTest(ConformanceTest):
    def assert_closes(self, *fields):
        with self.server.connect() as connection:
            connection.send(head(GET, *fields))
            answer = connection.read_response()
            self.assertEqual(answer.status, 200)
            self.assertIn("close", answer.tokens("Connection"))
            self.assertEqual(connection.read_to_end(), b"")

    def test_9110_5_3_lines_of_one_name_are_one_list(self):
        self.assert_closes("Connection: x-one", "Connection: close")
        self.assert_closes("Connection: close", "Connection: x-one")

    def test_9110_5_6_1_2_empty_elements_of_a_list_are_ignored(self):
        self.assert_closes("Connection: , ,x-one,,\tclose ,")

    def test_9110_7_6_1_connection_options_are_case_insensitive(self):
        self.assert_closes("Connection: CLOSE")

    def test_9110_7_6_1_an_option_that_only_begins_with_close(self):
        with self.server.connect() as connection:
            for option in ("closed", "close-x", "x-close", "not, closely"):
                connection.send(head(GET, "Connection: " + option))
                answer = connection.read_response()
                self.assertNotIn("close", answer.tokens("Connection"))


if __name__ == "__main__":
    unittest.main()
