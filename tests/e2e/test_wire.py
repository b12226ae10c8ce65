"""The readers that judge the server are right themselves."""

import unittest

from wire import (
    ChunkedBody,
    EventParser,
    LengthBody,
    WireError,
    body_of,
    parse_head,
    take_head,
)


def in_pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


class HeadTest(unittest.TestCase):
    def test_reads_status_and_fields(self):
        head = parse_head(b"HTTP/1.1 404 Not Found\r\nA-b: c d \r\nX:\r\nx: 2")
        self.assertEqual((head.version, head.status), ("1.1", 404))
        self.assertEqual(head.reason, "Not Found")
        self.assertEqual(head.get("a-B"), "c d")
        self.assertIsNone(head.get("y"))
        self.assertEqual(head.all("x"), ["", "2"])
        with self.assertRaises(WireError):
            head.get("x")

    def test_takes_one_head_and_leaves_the_rest(self):
        buffer = bytearray(b"HTTP/1.1 200 OK\r\n\r")
        self.assertIsNone(take_head(buffer))
        buffer += b"\nrest"
        self.assertEqual(take_head(buffer).status, 200)
        self.assertEqual(buffer, b"rest")

    def test_refuses_what_is_not_http(self):
        for block in (
            b"HTTP/1.1 200",
            b"HTTP/2 200 OK",
            b"HTTP/1.1 200 OK\nA: b",
            b"HTTP/1.1 200 OK\r\nA : b",
            b"HTTP/1.1 200 OK\r\n A: b",
            b"HTTP/1.1 200 OK\r\nA: b\rc",
            b"HTTP/1.1 200 OK\r\nA",
        ):
            with self.subTest(block), self.assertRaises(WireError):
                parse_head(block)

    def test_framing_follows_the_head(self):
        def framing(fields, version=b"1.1", method="GET", status=b"200"):
            head = parse_head(b"HTTP/%s %s X\r\n%s" % (version, status, fields))
            return type(body_of(head, method)).__name__

        self.assertEqual(framing(b"Content-Length: 3"), "LengthBody")
        self.assertEqual(framing(b"Transfer-Encoding: chunked"), "ChunkedBody")
        self.assertEqual(framing(b"A: b"), "CloseDelimitedBody")
        self.assertEqual(framing(b"A: b", status=b"204"), "LengthBody")
        self.assertEqual(framing(b"Content-Length: 3", method="HEAD"), "LengthBody")
        for fields, options in (
            (b"Content-Length: 3\r\nTransfer-Encoding: chunked", {}),
            (b"Transfer-Encoding: gzip, chunked", {}),
            (b"Transfer-Encoding: chunked", {"version": b"1.0"}),
            (b"Content-Length: -1", {}),
            (b"Content-Length: 1\r\nContent-Length: 1", {}),
            (b"Content-Length: 0", {"status": b"204"}),
        ):
            with self.subTest(fields), self.assertRaises(WireError):
                framing(fields, **options)


class BodyTest(unittest.TestCase):
    def test_length_takes_so_much_and_no_more(self):
        body = LengthBody(3)
        self.assertEqual(body.feed(b"ab"), b"ab")
        self.assertFalse(body.done)
        with self.assertRaises(WireError):
            body.end_of_input()
        self.assertEqual(body.feed(b"cde"), b"c")
        self.assertTrue(body.done)
        self.assertEqual(body.rest, b"de")

    def test_chunks_in_pieces_of_every_size(self):
        data = b"5\r\nhello\r\n0a\r\n0123456789\r\n0\r\n\r\nnext"
        for size in range(1, len(data) + 1):
            body, content, rest = ChunkedBody(), b"", b""
            for piece in in_pieces(data, size):
                if body.done:
                    rest += piece
                else:
                    content += body.feed(piece)
                    rest += body.rest
            self.assertTrue(body.done)
            self.assertEqual(content, b"hello0123456789")
            self.assertEqual(rest, b"next")

    def test_refuses_chunks_that_are_not_strict(self):
        for data in (
            b"5;a=b\r\nhello\r\n",
            b"5 \r\nhello\r\n",
            b"+5\r\nhello\r\n",
            b"0x5\r\nhello\r\n",
            b"5\nhello\r\n",
            b"5\r\nhello\n\n",
            b"5\r\nhello0\r\n\r\n",
            b"\r\n",
            b"0\r\nA: b\r\n\r\n",
            b"123456789\r\n",
        ):
            with self.subTest(data), self.assertRaises(WireError):
                ChunkedBody().feed(data)

    def test_an_end_before_the_last_chunk_is_an_error(self):
        body = ChunkedBody()
        body.feed(b"1\r\na\r\n0\r\n\r")
        with self.assertRaises(WireError):
            body.end_of_input()


class EventParserTest(unittest.TestCase):
    def parse(self, content):
        parser = EventParser()
        parser.feed(content)
        return parser

    def test_reads_events_comments_and_retry(self):
        content = (
            "retry: 3000\n: hi\n\n"
            "event: a\ndata: x\ndata:y\ndata:  z\nid: 7\n\n"
            "data\n\n"
            "id: 8\n\n"
            "event: lost\n\n"
            "data: é\n\n"
            "data: not yet"
        ).encode()
        for size in (1, 2, 3, len(content)):
            parser = EventParser()
            for piece in in_pieces(content, size):
                parser.feed(piece)
            self.assertEqual(parser.retry, 3000)
            self.assertEqual(parser.comments, [" hi"])
            self.assertEqual(
                parser.events,
                [
                    ("a", "x\ny\n z", "7"),
                    ("message", "", "7"),
                    ("message", "é", "8"),
                ],
            )
            self.assertTrue(parser.mid_event)

    def test_refuses_what_rivulet_never_sends(self):
        for content in (
            b"data: a\r\n",
            b"data: a\rb\n",
            b"data: a\0\n",
            b"data: \xff\n",
            b"date: a\n",
            b" data: a\n",
            b"retry: soon\n",
        ):
            with self.subTest(content), self.assertRaises(WireError):
                self.parse(content)
