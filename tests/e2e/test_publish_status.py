"""GET /publish/…/status/…: to whom it goes, and how its text is told."""

import unittest

from broken_text import BROKEN_UTF_8
from rivulet import RivuletTest, publish_target


class PublishTest(RivuletTest):
    def setUp(self):
        self.server = self.serve()

    def open(self, client_id, **options):
        return self.server.stream(client_id, **options).wait_for_greeting()

    def test_an_event_is_a_data_line_an_id_and_an_empty_line(self):
        for version in ("1.1", "1.0"):
            ana = self.open("ana", version=version)
            greeting = bytes(ana.content)
            self.server.publish("hello there", to="ana")
            event = ana.next_event()
            self.assertEqual(event[:2], ("message", "hello there"))
            wire = f"data: hello there\nid: {event.last_id}\n\n"
            self.assertEqual(ana.content[len(greeting) :], wire.encode())
            ana.close()

    def test_a_publish_to_one_reaches_that_one_only(self):
        ana, bob = self.open("ana"), self.open("bob")
        self.server.publish("for ana", to="ana")
        self.server.publish("for bob", to="bob")
        self.assertEqual(ana.next_event().data, "for ana")
        self.assertEqual(bob.next_event().data, "for bob")
        self.server.publish("for all")
        self.assertEqual(ana.next_event().data, "for all")
        self.assertEqual(bob.next_event().data, "for all")

    def test_a_publish_to_all_reaches_both_versions_of_http(self):
        streams = [self.open("new"), self.open("old", version="1.0")]
        for n in range(100):
            self.server.publish(str(n))
        for stream in streams:
            received = [stream.next_event().data for _ in range(100)]
            self.assertEqual(received, [str(n) for n in range(100)])

    def test_a_publish_to_nobody_is_404_and_to_all_is_ok(self):
        self.assert_error(self.server.request(publish_target("x", to="ana")), 404)
        answer = self.server.request(publish_target("x"))
        self.assertEqual((answer.status, answer.body), (200, b"Ok"))
        self.assertEqual(answer.get("Content-Length"), "2")
        self.open("ana").close()
        self.server.wait_for_clients([])
        self.assert_error(self.server.request(publish_target("x", to="ana")), 404)

    def test_a_publish_over_http_1_0(self):
        ana = self.open("ana")
        answer = self.server.request(publish_target("old", to="ana"), version="1.0")
        self.assertEqual((answer.status, answer.body), (200, b"Ok"))
        self.assertEqual(ana.next_event().data, "old")

    def test_a_client_may_be_named_status(self):
        status, ana = self.open("status"), self.open("ana")
        self.server.publish("x", to="status")
        self.server.publish("y")
        self.assertEqual(status.next_event().data, "x")
        self.assertEqual(status.next_event().data, "y")
        self.assertEqual(ana.next_event().data, "y")

    def test_a_publish_of_what_looks_like_a_path(self):
        ana = self.open("ana")
        self.server.publish("../../clients?x=1&y#z")
        self.assertEqual(ana.next_event().data, "../../clients?x=1&y#z")

    def test_a_query_is_not_data(self):
        ana = self.open("ana")
        answer = self.server.request("/publish/ana/status/hi?now=1")
        self.assertEqual(answer.status, 200)
        self.assertEqual(ana.next_event().data, "hi")

    def test_the_status_is_percent_decoded_once(self):
        ana = self.open("ana")
        for target, data in (
            ("%C3%A9t%C3%A9", "été"),
            ("%F0%9F%8E%89", "🎉"),
            ("a%20b", "a b"),
            ("a+b", "a+b"),
            ("a%2Fb", "a/b"),
            ("100%25", "100%"),
            ("%2541", "%41"),
            ("%3Cb%3E", "<b>"),
            ("%20", " "),
            ("%20%20x", "  x"),
            (":", ":"),
            ("%EF%BB%BFbom", "\ufeffbom"),
            ("a%09b", "a\tb"),
        ):
            with self.subTest(target):
                self.server.request("/publish/status/" + target)
                self.assertEqual(ana.next_event().data, data)

    def test_line_ends_in_data_split_lines_and_add_no_field(self):
        for version in ("1.1", "1.0"):
            ana = self.open("ana", version=version)
            for target, lines in (
                ("a%0Ab", ["a", "b"]),
                ("a%0Db", ["a", "b"]),
                ("a%0D%0Ab", ["a", "b"]),
                ("a%0A%0Ab", ["a", "", "b"]),
                ("a%0D%0Db", ["a", "", "b"]),
                ("a%0A%0Db", ["a", "", "b"]),
                ("a%0D%0A%0D%0Ab", ["a", "", "b"]),
                ("%0A", ["", ""]),
                ("a%0A", ["a", ""]),
                ("%0Da", ["", "a"]),
                ("a%0Aevent:%20x%0A%0Adata:%20y", ["a", "event: x", "", "data: y"]),
                ("a%0Devent:%20x%0D%0Ddata:%20y", ["a", "event: x", "", "data: y"]),
                ("a%0D%0Aid:%207%0D%0A:%20c", ["a", "id: 7", ": c"]),
                ("%0Aretry:%201", ["", "retry: 1"]),
            ):
                with self.subTest(f"{target} {version}"):
                    before = len(ana.content)
                    answer = self.server.request("/publish/status/" + target)
                    self.assertEqual(answer.body, b"Ok")
                    event = ana.next_event()
                    self.assertEqual(event[:2], ("message", "\n".join(lines)))
                    wire = "".join(f"data: {line}\n" for line in lines)
                    wire += f"id: {event.last_id}\n\n"
                    self.assertEqual(ana.content[before:], wire.encode())
            ana.close()

    def test_data_that_looks_like_chunks_stays_data(self):
        ana = self.open("ana")
        self.server.publish("0\r\n\r\nHTTP/1.1 200 OK")
        self.assertEqual(ana.next_event().data, "0\n\nHTTP/1.1 200 OK")

    def test_nul_and_broken_utf_8_are_refused(self):
        ana = self.open("ana")
        for bad in BROKEN_UTF_8 + ("%00", "a%00b"):
            for target in (f"/publish/status/{bad}", f"/publish/ana/status/{bad}"):
                with self.subTest(target):
                    self.assert_error(self.server.request(target), 400)
        self.server.publish("marker")
        self.assertEqual(ana.next_event().data, "marker")


class SizeTest(RivuletTest):
    def test_a_status_may_have_64_KiB(self):
        server = self.serve()
        ana = server.stream("ana").wait_for_greeting()
        for data in ("x" * 65536, "é" * 10_000, "\n" * 20_000):
            for to in (None, "ana"):
                server.publish(data, to)
                event = ana.next_event()
                self.assertTrue(event.data == data, len(event.data))
        answer = server.request(publish_target("x" * 65537))
        self.assert_error(answer, 413)

    def test_max_event_bytes_bounds_the_status(self):
        server = self.serve("--max-event-bytes", "1KiB")
        ana = server.stream("ana").wait_for_greeting()
        server.publish("é" * 512)
        self.assertEqual(ana.next_event().data, "é" * 512)
        for to in (None, "ana"):
            answer = server.request(publish_target("x" * 1025, to))
            self.assert_error(answer, 413)
        server.publish("marker")
        self.assertEqual(ana.next_event().data, "marker")


if __name__ == "__main__":
    unittest.main()
