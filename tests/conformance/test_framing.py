"""RFC 9112 section 6, RFC 9110 section 8.6.

Where a message ends: Content-Length and Transfer-Encoding, each alone, twice
and together. Two readings of this are how requests are smuggled (RFC 9112
section 11.2), so what has two is refused.
"""

import unittest

from conformance import (
    CODING, GET, LENGTH, POST, SMUGGLED, ConformanceTest, chunked, head, raw, table,
)

LAST = b"0\r\n\r\n"
LIVEZ = head(GET)


def coding(value, body=LAST):
    return head(POST, CODING + value) + body


def length(*values, body=b""):
    return head(POST, *(LENGTH + value for value in values)) + body


# RFC 9112 asks for 501 where a coding is not known (6.1), and for 400 where
# chunked is not the last one (6.3). Rivulet refuses everything but a single
# chunked with 400; and length and coding together, which RFC 9112 lets pass.
REFUSED = [
    # 5.1 allows the blank; llhttp takes no tab there. It errs on the safe side.
    ("9112 5.1", "a tab after a length", length("2\t", body=b"hi")),
    ("9112 6.1", "length and coding",
     head(POST, LENGTH + "5", CODING + "chunked") + LAST),
    ("9112 6.1", "coding and length",
     head(POST, CODING + "chunked", LENGTH + "5") + LAST),
    ("9112 6.1", "a length of zero and coding",
     head(POST, LENGTH + "0", CODING + "chunked") + LAST),
    ("9112 6.1", "a length past the hidden request and coding",
     head(POST, LENGTH + str(5 + len(SMUGGLED)), CODING + "chunked") + LAST),
    ("9112 6.1", "length and coding on a GET",
     head(GET, LENGTH + "5", CODING + "chunked") + LAST),
    ("9112 6.1", "length and another coding", head(POST, LENGTH + "5", CODING + "x")),
    ("9112 6.1", "an empty length and coding",
     head(POST, LENGTH, CODING + "chunked") + LAST),
    ("9112 6.1", "length and an empty coding", head(POST, LENGTH + "5", CODING)),
    ("9112 6.1", "coding in HTTP 1.0",
     head("POST /clients HTTP/1.0", CODING + "chunked") + LAST),
    ("9112 6.1", "coding in HTTP 1.0 that is kept alive",
     head("POST /clients HTTP/1.0", CODING + "chunked", "Connection: keep-alive")
     + LAST),
    ("9112 6.1", "length and coding in HTTP 1.0",
     head("POST /clients HTTP/1.0", LENGTH + "5", CODING + "chunked") + LAST),
    ("9112 6.1", "coding gzip", coding("gzip")),
    ("9112 6.1", "coding identity", coding("identity")),
    ("9112 6.1", "coding gzip then chunked", coding("gzip, chunked")),
    ("9112 6.1", "coding identity then chunked", coding("identity, chunked")),
    ("9112 6.1", "chunked twice", coding("chunked, chunked")),
    ("9112 6.1", "chunked in two fields",
     head(POST, CODING + "chunked", CODING + "chunked") + LAST),
    ("9112 6.1", "an unknown coding in a second field",
     head(POST, CODING + "chunked", CODING + "x") + LAST),
    ("9112 6.1", "an unknown coding in a first field",
     head(POST, CODING + "x", CODING + "chunked") + LAST),
    ("9112 6.3", "chunked then gzip", coding("chunked, gzip")),
    ("9112 6.3", "chunked then identity", coding("chunked, identity")),
    ("9112 6.1", "a coding that ends like chunked", coding("xchunked")),
    ("9112 6.1", "a coding that begins like chunked", coding("chunkedx")),
    ("9112 6.1", "a coding with a blank inside", coding("chun ked")),
    ("9112 6.1", "chunked and a word", coding("chunked x")),
    ("9112 6.1", "chunked in quotes", coding('"chunked"')),
    ("9112 6.1", "chunked after a vertical tab", coding("\x0bchunked")),
    ("9112 6.1", "chunked and a NUL", coding("chunked\0")),
    ("9112 6.1", "chunked after a byte past ASCII", coding("\xa0chunked")),
    ("9112 6.1", "chunked before a bare CR", coding("chunked\r")),
    ("9112 7.1", "chunked with a parameter", coding("chunked;x=1")),
    ("9112 6.1", "an empty coding", coding("")),
    ("9112 6.1", "an empty element before chunked", coding(", chunked")),
    ("9112 6.1", "an empty element after chunked", coding("chunked,")),
    ("9112 6.3", "two lengths", length("0", "42")),
    ("9112 6.3", "two lengths in the other order", length("42", "0")),
    ("9112 6.3", "three lengths", length("3", "3", "4")),
    ("9112 6.3", "two lengths in one field", length("0, 42")),
    ("9112 6.3", "an empty element in a length", length("5,")),
    ("9110 8.6", "an empty length", length("")),
    ("9110 8.6", "a length with a plus sign", length("+5")),
    ("9110 8.6", "a negative length", length("-5")),
    ("9110 8.6", "a negative length of zero", length("-0")),
    ("9110 8.6", "a length in hexadecimal", length("0x5")),
    ("9110 8.6", "a length with a fraction", length("5.0")),
    ("9110 8.6", "a length with an exponent", length("1e1")),
    ("9110 8.6", "a length with a blank inside", length("1 0")),
    ("9110 8.6", "a length with an underscore", length("1_0")),
    ("9110 8.6", "a length in quotes", length('"5"')),
    ("9110 8.6", "a length with letters behind it", length("5x")),
    ("9110 8.6", "a length in digits of another script", length("\xd9\xa5")),
    ("9110 8.6", "a length of 2 to the 64", length("18446744073709551616"), 400, 413),
    ("9110 8.6", "a length of 2 to the 64 and a little",
     length("18446744073709551621"), 400, 413),
    ("9110 8.6", "a length of 2 to the 63", length("9223372036854775808"), 400, 413),
    ("9110 8.6", "a length of 2 to the 32", length("4294967296"), 400, 413),
    ("9110 8.6", "a length of a hundred digits", length("9" * 100), 400, 413),
]

HIDDEN = SMUGGLED
ANSWERED = [
    ("9112 6.3", "no length and no coding is no body",
     head(POST) + LIVEZ, 405, 200),
    ("9112 6.3", "a length of zero", length("0") + LIVEZ, 405, 200),
    ("9112 6.2", "a length", length("2", body=b"hi") + LIVEZ, 405, 200),
    ("9112 6.2", "a body by length is not a request",
     length(str(len(HIDDEN)), body=HIDDEN) + LIVEZ, 405, 200),
    ("9112 6.2", "a body by length may be CRLFs",
     length("4", body=b"\r\n\r\n") + LIVEZ, 405, 200),
    ("9110 8.6", "a length with zeros before it", length("0002", body=b"hi"), 405),
    ("9112 5.1", "spaces around a length", length("  2  ", body=b"hi"), 405),
    ("9112 5.1", "a tab before a length", length("\t2", body=b"hi"), 405),
    ("9112 6.1", "a body in chunks is not a request",
     coding("chunked", chunked(HIDDEN)) + LIVEZ, 405, 200),
    ("9112 6.1", "the name chunked is case insensitive",
     coding("cHuNkEd", chunked(b"hi")) + LIVEZ, 405, 200),
    ("9112 6.1", "blanks around chunked",
     coding(" \tchunked\t ", chunked(b"hi")) + LIVEZ, 405, 200),
    # RFC 9110 9.3.1 leaves a body on GET open; Rivulet reads it to its end.
    ("9110 9.3.1", "a body by length on GET is not a request",
     head(GET, LENGTH + str(len(HIDDEN))) + HIDDEN + LIVEZ, 200, 200),
    ("9110 9.3.1", "a body in chunks on GET is not a request",
     head(GET, CODING + "chunked") + chunked(HIDDEN) + LIVEZ, 200, 200),
]


@table("check_refused", REFUSED)
@table("check_answered", ANSWERED)
class FramingTest(ConformanceTest):
    def test_9112_6_3_one_length_twice_is_one_length_or_refused(self):
        for request in (length("2", "2", body=b"hi"), length("2, 2", body=b"hi")):
            with self.server.connect() as connection:
                connection.send(request + head(GET, "Connection: close"))
                answer = connection.read_response()
                self.assertIn(answer.status, (400, 405))
                rest = connection.read_to_end()
                self.assertEqual(rest.endswith(b"ok"), answer.status == 405)

    def test_9112_6_a_body_by_length_in_many_pieces(self):
        with self.server.connect() as connection:
            connection.send(length(str(100 * len(HIDDEN))))
            for _ in range(100):
                connection.send(HIDDEN)
            connection.send(LIVEZ)
            self.assert_error(connection.read_response(), 405)
            self.assertEqual(connection.read_response().body, b"ok")
        self.assertEqual(self.seen(), [])

    def test_9112_6_3_the_body_of_a_publish_is_no_second_publish(self):
        with self.server.connect() as connection:
            fields = LENGTH + str(len(HIDDEN))
            connection.send(head("GET /publish/status/x HTTP/1.1", fields) + HIDDEN)
            connection.read_response()
        self.assertNotIn("smuggled", self.seen())

    def test_9112_6_1_http_1_0_gets_no_coding(self):
        with self.server.connect() as connection:
            connection.send(raw("GET /stream/old HTTP/1.0"))
            answer = connection.read_head()
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.all("Transfer-Encoding"), [])
            self.assertEqual(answer.all("Content-Length"), [])

    def test_9112_6_1_a_body_without_a_known_length_is_chunked(self):
        self.assertEqual(self.witness.head.all("Transfer-Encoding"), ["chunked"])
        self.assertEqual(self.witness.head.all("Content-Length"), [])


if __name__ == "__main__":
    unittest.main()
