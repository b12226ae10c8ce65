"""RFC 9112 section 7 and RFC 9110 section 6.5.

The chunked coding: sizes, extensions, line ends, data, trailers. Each refused
body hides a request behind its fault.
"""

import unittest

from conformance import CODING, GET, POST, SMUGGLED, ConformanceTest, head, table

CHUNKED = head(POST, CODING + "chunked")
LIVEZ = head(GET)
HELLO = b"5\r\nhello\r\n"
LAST = b"0\r\n\r\n"


def bodies(section, rows, *statuses):
    return [
        (section, sentence, CHUNKED + body, *(statuses or rest))
        for sentence, body, *rest in rows
    ]


REFUSED = [
    *bodies("9112 7.1", [
        ("an empty size", b"\r\nhello\r\n" + LAST),
        ("a size that is not hexadecimal", b"g\r\n" + LAST),
        ("a size with a prefix", b"0x5\r\nhello\r\n" + LAST),
        ("a size with a plus sign", b"+5\r\nhello\r\n" + LAST),
        ("a negative size", b"-5\r\nhello\r\n" + LAST),
        ("a blank before the size", b" 5\r\nhello\r\n" + LAST),
        ("a blank after the size", b"5 \r\nhello\r\n" + LAST),
        ("a tab after the last size", b"0\t\r\n\r\n"),
        ("a blank after an extension's name", b"5;a \r\nhello\r\n" + LAST),
        ("a tab after an extension's value", b"5;a=b\t\r\nhello\r\n" + LAST),
        ("a blank after a quoted value", b'5;a="b" \r\nhello\r\n' + LAST),
        ("a word after the size", b"5 x\r\nhello\r\n" + LAST),
        ("two sizes", b"5,5\r\nhello\r\n" + LAST),
        ("a size with an underscore", b"0_5\r\nhello\r\n" + LAST),
        ("a size in quotes", b'"5"\r\nhello\r\n' + LAST),
        ("a NUL after the size", b"5\0\r\nhello\r\n" + LAST),
        ("a CRLF before the first size", b"\r\n" + HELLO + LAST),
        ("a bare LF after the size", b"5\nhello\r\n" + LAST),
        ("a bare CR after the size", b"5\rhello\r\n" + LAST),
        ("a bare CR before the CRLF of a size", b"5\r\r\nhello\r\n" + LAST),
        ("a bare LF after the data", b"5\r\nhello\n" + LAST),
        ("a bare CR after the data", b"5\r\nhello\r" + LAST),
        ("no CRLF after the data", b"5\r\nhello" + LAST),
        ("data shorter than its size", b"6\r\nhello\r\n" + LAST),
        ("data longer than its size", b"4\r\nhello\r\n" + LAST),
        ("an empty line between two chunks", HELLO + b"\r\n" + HELLO + LAST),
        ("a bare LF after the last size", b"0\n\r\n"),
        ("a bare CR after the last size", b"0\r\r\n"),
        ("a bare LF as the last line", b"0\r\n\n"),
        ("a bare CR as the last line", b"0\r\n\rX"),
    ]),
    *bodies("9112 7.1", [
        ("a size of 2 to the 64", b"10000000000000000\r\n" + LAST),
        ("a size that would wrap to five", b"10000000000000005\r\nhello\r\n" + LAST),
        ("a size of a hundred digits", b"F" * 100 + b"\r\n" + LAST),
        ("a size that never ends", b"0" * 100_000),
    ], 400, 413),
    # RFC 9112 7.1.1 wants unknown extensions ignored, and their length limited.
    *bodies("9112 7.1.1", [
        ("a bare LF in an extension", b"5;a\nhello\r\n" + LAST),
        ("a bare LF in an extension that hides a chunk", b"5;a\n0\r\n\r\n"),
        ("a bare CR in an extension", b"5;a\rhello\r\n" + LAST),
        ("a bare CR in the last extension", b"0;a\rb\r\n\r\n"),
        ("a bare LF in a quoted extension", b'5;a="b\nc"\r\nhello\r\n' + LAST),
        ("a NUL in an extension", b"5;a\0\r\nhello\r\n" + LAST),
        ("an extension without a semicolon", b"5 a=b\r\nhello\r\n" + LAST),
        ("an extension without a name", b"5;=b\r\nhello\r\n" + LAST),
        ("a quoted extension that stays open", b'5;a="b\r\nhello\r\n' + LAST),
        ("an extension too long", b"5;a=" + b"b" * 20_000 + b"\r\nhello\r\n" + LAST),
    ]),
    # The section speaks of all the extensions of a request together.
    *bodies("9112 7.1.1", [
        ("extensions too long together",
         (b"1;a=" + b"b" * 200 + b"\r\nx\r\n") * 1000 + LAST),
    ], 400, 413),
    *bodies("9112 7.1.2", [
        ("a trailer without a colon", b"0\r\nabc\r\n\r\n"),
        ("a blank before the colon of a trailer", b"0\r\nA : b\r\n\r\n"),
        ("a folded trailer", b"0\r\nA: b\r\n c\r\n\r\n"),
        ("a blank before the first trailer", b"0\r\n A: b\r\n\r\n"),
        ("a bare LF after a trailer", b"0\r\nA: b\n\r\n"),
        ("a bare CR in a trailer", b"0\r\nA: b\rC: d\r\n\r\n"),
        ("a NUL in a trailer", b"0\r\nA: \0\r\n\r\n"),
        ("a request in place of trailers", b"0\r\n"),
        ("too many trailers", b"0\r\n" + b"A: b\r\n" * 101 + b"\r\n", 431),
        ("trailers too long", b"0\r\nA: " + b"b" * 10_000 + b"\r\n\r\n", 431),
        ("trailers that never end", b"0\r\nA: " + b"b" * 100_000, 431),
    ]),
]


def whole(section, rows):
    """These are bodies that are right: the request behind them is answered."""
    return [
        (section, sentence, CHUNKED + body + LIVEZ, 405, 200) for sentence, body in rows
    ]


ANSWERED = [
    *whole("9112 7.1", [
        ("no chunk but the last", LAST),
        ("one chunk", HELLO + LAST),
        ("many chunks", HELLO * 50 + LAST),
        ("a size in small letters", b"a\r\n0123456789\r\n" + LAST),
        ("a size in capital letters", b"A\r\n0123456789\r\n" + LAST),
        ("a size with zeros before it", b"0005\r\nhello\r\n" + LAST),
        ("a size of sixteen digits", b"0000000000000005\r\nhello\r\n" + LAST),
        ("a last size of many zeros", HELLO + b"000\r\n\r\n"),
        ("a last size of sixteen zeros", HELLO + b"0000000000000000\r\n\r\n"),
        ("CRLFs inside the data", b"8\r\n\r\n0\r\n\r\n0\r\n" + LAST),
        ("chunks that look like requests",
         b"%x\r\n%s\r\n" % (len(SMUGGLED), SMUGGLED) + LAST),
    ]),
    *whole("9112 7.1.1", [
        ("an extension is ignored", b"5;a=b\r\nhello\r\n" + LAST),
        ("an extension without a value", b"5;a\r\nhello\r\n" + LAST),
        ("two extensions", b"5;a=b;c\r\nhello\r\n" + LAST),
        ("an extension in quotes", b'5;a="b c;d=,"\r\nhello\r\n' + LAST),
        ("a quote within quotes", b'5;a="b\\"c"\r\nhello\r\n' + LAST),
        ("blanks around the parts of an extension",
         b"5 \t; a\t= b ;c\r\nhello\r\n" + LAST),
        ("an extension of the last chunk", HELLO + b"0;a=b\r\n\r\n"),
    ]),
    *whole("9112 7.1.2", [
        ("a trailer is taken", HELLO + b"0\r\nX-Checksum: 1\r\n\r\n"),
        ("several trailers", b"0\r\nA: b\r\nC: d\r\nA: e\r\n\r\n"),
        ("an empty trailer value", b"0\r\nA:\r\n\r\n"),
    ]),
    # What a trailer must not carry is dropped: it frames and routes nothing.
    *whole("9110 6.5.1", [
        ("a length among the trailers", b"0\r\nContent-Length: 99\r\n\r\n"),
        ("a coding among the trailers", b"0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("a Host among the trailers", b"0\r\nHost: other.test\r\n\r\n"),
        ("a bad Host among the trailers", b"0\r\nHost: a b\r\n\r\n"),
        ("close among the trailers", b"0\r\nConnection: close\r\n\r\n"),
        ("an expectation among the trailers", b"0\r\nExpect: 100-continue\r\n\r\n"),
    ]),
    ("9112 7.4", "TE changes nothing",
     head(GET, "TE: trailers, deflate;q=0.5", "Connection: TE"), 200),
    ("9110 6.6.2", "Trailer changes nothing",
     head(POST, CODING + "chunked", "Trailer: A") + b"0\r\nA: b\r\n\r\n", 405),
]


@table("check_refused", REFUSED)
@table("check_answered", ANSWERED)
class ChunkedTest(ConformanceTest):
    def test_9112_7_1_a_size_that_the_data_never_fills(self):
        """What comes is data, until it is too much."""
        for size in (b"fffffffffffffff", b"7fffffff", b"ffffffff", b"10001"):
            with self.server.connect() as connection:
                connection.send(CHUNKED + size + b"\r\n" + SMUGGLED * 2000)
                self.assert_refused(connection, (400, 413))

    def test_9112_7_1_3_data_arrives_in_any_pieces(self):
        body = b"1a\r\n" + b"x" * 26 + b"\r\n" + HELLO + LAST
        for at in range(1, len(body)):
            with self.server.connect() as connection:
                connection.send(CHUNKED + body[:at])
                connection.send(body[at:] + LIVEZ)
                self.assert_error(connection.read_response(), 405)
                self.assertEqual(connection.read_response().body, b"ok")


if __name__ == "__main__":
    unittest.main()
