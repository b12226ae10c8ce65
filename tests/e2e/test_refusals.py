"""Publishes that are refused: the answer names the fault, nobody gets any of it."""

import unittest
from urllib.parse import unquote_to_bytes

from broken_text import BROKEN_UTF_8
from publisher import EVENT_STREAM, OpenBody, post, post_events, receipt
from rivulet import RivuletTest, request_bytes

BROKEN = [unquote_to_bytes(text) for text in BROKEN_UTF_8]
KIB = 1024


class RefusalTest(RivuletTest):
    def setUp(self):
        self.server = self.serve("--max-event-bytes", "1KiB")
        self.ana = self.server.stream("ana").wait_for_greeting()
        self.topics = self.server.connect().open_stream("/stream?topic=a&topic=b")
        self.topics.wait_for_greeting()

    def assert_refused(self, answer, status, *words):
        self.assert_error(answer, status)
        for word in words:
            self.assertIn(word, answer.text)
        self.assertEqual(answer.get("Access-Control-Allow-Origin"), "*")

    def assert_nothing_delivered(self):
        self.server.publish("marker")
        for stream in (self.ana, self.topics):
            self.assertEqual(stream.next_event().data, "marker")

    def both(self, body, target="/publish"):
        """As the data of one event, and as an event in a stream of them."""
        yield post(self.server, body, target)
        yield post_events(self.server, b"data: " + body + b"\n\n", target)

    def test_data_that_is_not_utf_8(self):
        for data in [*BROKEN, b"x" * 500 + b"\xff", b"\xef\xbb", b"\xfe\xff\0a"[:2]]:
            for target in ("/publish", "/publish/ana", "/publish?topic=a"):
                for answer in self.both(data, target):
                    with self.subTest(f"{data} {target}"):
                        self.assert_refused(answer, 400, "UTF-8")
        self.assert_nothing_delivered()

    def test_data_with_nul(self):
        for data in (b"\0", b"a\0", b"\0a", b"a\0b", b"x" * 500 + b"\0"):
            for answer in self.both(data):
                self.assert_refused(answer, 400, "NUL")
        self.assert_nothing_delivered()

    def test_an_event_stream_whose_name_is_at_fault(self):
        for name, word in ((b"a\0b", "NUL"), (b"a\xff", "UTF-8")):
            answer = post_events(self.server, b"event: " + name + b"\ndata: x\n\n")
            self.assert_refused(answer, 400, word, "event 1")
        self.assert_nothing_delivered()

    def test_the_largest_event_and_one_byte_more(self):
        def assert_delivered(answer, data):
            receipt(answer)
            for stream in (self.ana, self.topics):
                self.assertEqual(stream.next_event().data, data)

        for data in ("x" * (KIB - 1), "x" * KIB, "é" * (KIB // 2)):
            for answer in self.both(data.encode()):
                assert_delivered(answer, data)
        lines = "\n" * KIB
        assert_delivered(post(self.server, lines), lines)
        events = "data\n" * (KIB + 1) + "\n"
        assert_delivered(post_events(self.server, events), lines)
        for data in (b"x" * (KIB + 1), b"x" * (10 * KIB), b"y" * (1 << 20)):
            for answer in self.both(data):
                self.assert_error(answer, 413)
        self.assert_nothing_delivered()

    def test_too_large_says_what_would_be_right(self):
        for answer in self.both(b"x" * (KIB + 1)):
            self.assertRegex(answer.text, "1024|max-event-bytes")

    def test_too_large_in_lines_or_with_its_name(self):
        for body in (
            "data: 0123456789abcdef\n" * 100 + "\n",
            "data\n" * (KIB + 2) + "\n",
            f"event: {'n' * 25}\ndata: {'x' * 1000}\n\n",
            f"data: {'x' * 1000}\nevent: {'n' * 25}\n\n",
            f"event: {'n' * (KIB + 1)}\n\n",
        ):
            self.assert_error(post_events(self.server, body), 413)
        self.assert_nothing_delivered()

    def test_too_large_in_chunks_is_refused_before_its_end(self):
        for headers in ({}, EVENT_STREAM):
            with OpenBody(self.server, headers=headers) as body:
                body.send("data: ")
                for _ in range(9):
                    body.send("x" * 128)
                answer = body.connection.read_response()
                self.assert_error(answer, 413)
        self.assert_nothing_delivered()

    def test_topics_at_fault(self):
        for topic, word in (
            ("", "1 to 128"),
            ("x" * 129, "1 to 128"),
            ("%C3%A9" * 65, "1 to 128"),
            ("a%00", "control"),
            ("a%0Ab", "control"),
            ("%7F", "control"),
            ("%FF", "UTF-8"),
            ("%C0%AF", "UTF-8"),
            ("a%20b", "blank"),
            ("a+b", "blank"),
            ("*", "*"),
            ("a/%23", "#"),
            ("a%2Bb", "+"),
            ("a,b", ","),
            ("%zz", "percent"),
        ):
            for target in (f"/publish?topic={topic}", f"/publish?topic=a&topic={topic}"):
                for answer in self.both(b"x", target):
                    self.assert_refused(answer, 400, "topic", word)
            answer = self.server.request(f"/stream?topic={topic}")
            self.assert_refused(answer, 400, "topic", word)
        self.assert_nothing_delivered()

    def test_64_topics_at_once_and_not_65(self):
        topics = [f"topic=t{n}" for n in range(65)]
        most, too_many = "&".join(topics[:64]), "&".join(topics)
        stream = self.server.connect().open_stream("/stream?" + most)
        said = receipt(post(self.server, "x", "/publish?" + most))
        self.assertEqual(said["receivers"], 1)
        self.assertEqual(stream.next_event().data, "x")
        for answer in self.both(b"y", "/publish?" + too_many):
            self.assert_refused(answer, 400, "64 topics")
        answer = self.server.request("/stream?" + too_many)
        self.assert_refused(answer, 400, "64 topics")
        self.assert_nothing_delivered()
        self.assertEqual(stream.next_event().data, "marker")

    def test_a_bad_retry(self):
        for retry in ("soon", "-1", "1.5", "1e3", "%201", "1s", "0x10", "86400001",
                      "9" * 30, "%zz", "%D9%A1", "1&retry=x"):
            for answer in self.both(b"x", "/publish?retry=" + retry):
                self.assert_refused(answer, 400, "'retry'", "milliseconds")
        self.assert_nothing_delivered()

    def test_a_bad_event_name(self):
        for name in ("x" * 129, "a%0Ab", "a%0D", "%00", "%1B", "%FF", "%zz", "a%"):
            for answer in self.both(b"x", "/publish?event=" + name):
                self.assert_refused(answer, 400, "'event'", "128 bytes", "control")
        self.assert_nothing_delivered()

    def test_one_client_and_topics_together(self):
        for answer in self.both(b"x", "/publish/ana?topic=a"):
            self.assert_refused(answer, 400, "client", "topics")
        self.assert_nothing_delivered()

    def test_a_bad_client_id(self):
        for client, word in (("x" * 129, "1 to 128"), ("a%0Ab", "control"),
                             ("%FF", "UTF-8"), ("%00", "NUL")):
            for answer in self.both(b"x", "/publish/" + client):
                self.assert_refused(answer, 400, word)
        self.assert_nothing_delivered()

    def test_what_is_not_asked_for_in_the_query_is_passed_over(self):
        for query in ("x=%zz", "topics=*", "Topic=*", "&&", "=", "retries=no"):
            receipt(post(self.server, query, "/publish?" + query))
            self.assertEqual(self.ana.next_event().data, query)

    def test_a_coding_that_nobody_can_read(self):
        """Taken for data it would be published as rubbish."""
        answer = self.server.request(
            "/publish", "POST", body=b"x",
            headers={"Content-Length": 1, "Transfer-Encoding": "gzip"})
        self.assertIn(answer.status, (400, 501))
        self.assert_error(answer, answer.status)
        self.assert_nothing_delivered()

    def test_no_request_that_hides_in_a_refused_body_is_served(self):
        hidden = request_bytes("/publish/status/hidden")
        for target in ("/publish?retry=x", "/publish/nobody?topic=x", "/publish?topic=*"):
            connection = self.server.connect()
            answer = post(connection, hidden, target)
            self.assert_refused(answer, 400)
            self.assertEqual(connection.read_to_end(), b"")
        self.assert_nothing_delivered()

    def test_after_a_refusal_at_the_end_of_the_body_the_connection_goes_on(self):
        connection = self.server.connect()
        for body, target, status in ((b"\xff", "/publish", 400),
                                     (b"\0", "/publish", 400),
                                     (b"x", "/publish/nobody", 404)):
            self.assert_refused(post(connection, body, target), status)
        receipt(post(connection, b"good"))
        self.assertEqual(self.ana.next_event().data, "good")


if __name__ == "__main__":
    unittest.main()
