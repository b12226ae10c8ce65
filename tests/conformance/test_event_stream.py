"""The HTML standard, section 9.2 (server-sent events).

What a stream's answer looks like (9.2.3), what stands in it (9.2.5) and what a
browser makes of that (9.2.6), for every kind of data that can be published.
"""

import re
import signal
import unittest
from urllib.parse import quote

from conformance import ConformanceTest, head, raw, table
from event_reader import EventReader
from rivulet import RivuletTest

# Data as published, and as a browser must see it. All three line ends split
# lines and come out as LF; everything else comes out as it went in.
DATA = [
    ("html 9.2.6", "one line", "hello there", "hello there"),
    ("html 9.2.6", "LF splits lines", "a\nb", "a\nb"),
    ("html 9.2.6", "CR splits lines", "a\rb", "a\nb"),
    ("html 9.2.6", "CRLF splits lines once", "a\r\nb", "a\nb"),
    ("html 9.2.6", "LF CR splits lines twice", "a\n\rb", "a\n\nb"),
    ("html 9.2.6", "CR CR LF splits lines twice", "a\r\r\nb", "a\n\nb"),
    ("html 9.2.6", "an empty line inside data ends no event", "a\n\nb", "a\n\nb"),
    ("html 9.2.6", "many empty lines inside data", "a\r\n\r\n\n\r\rb", "a\n\n\n\n\nb"),
    ("html 9.2.6", "a final line end makes an empty line", "a\n", "a\n"),
    ("html 9.2.6", "a final CR makes an empty line", "a\r", "a\n"),
    ("html 9.2.6", "data of one LF", "\n", "\n"),
    ("html 9.2.6", "data of one CR", "\r", "\n"),
    ("html 9.2.6", "data of one CRLF", "\r\n", "\n"),
    ("html 9.2.6", "a line end at the start", "\na", "\na"),
    ("html 9.2.6", "a space at the start survives", " a", " a"),
    ("html 9.2.6", "two spaces at the start survive", "  a", "  a"),
    ("html 9.2.6", "a space at the start of a second line", "a\n b", "a\n b"),
    ("html 9.2.6", "data of one space", " ", " "),
    ("html 9.2.6", "a tab at the start survives", "\ta", "\ta"),
    ("html 9.2.6", "spaces at the end survive", "a  ", "a  "),
    ("html 9.2.6", "a colon at the start survives", ":a", ":a"),
    ("html 9.2.6", "data of one colon", ":", ":"),
    ("html 9.2.6", "a space and a colon at the start", " :a", " :a"),
    ("html 9.2.6", "colons inside", "a: b: c", "a: b: c"),
    ("html 9.2.6", "a line that looks like data", "data: x", "data: x"),
    ("html 9.2.6", "a line that looks like a comment", "a\n: b", "a\n: b"),
    ("html 9.2.6", "lines that look like an event field", "a\nevent: x", "a\nevent: x"),
    ("html 9.2.6", "lines that look like an id", "a\rid: 7", "a\nid: 7"),
    ("html 9.2.6", "lines that look like a retry", "a\r\nretry: 1", "a\nretry: 1"),
    ("html 9.2.6", "an event that hides in data",
     "a\n\nevent: x\ndata: y\n\n", "a\n\nevent: x\ndata: y\n\n"),
    ("html 9.2.6", "a chunk that hides in data",
     "a\r\n0\r\n\r\nHTTP/1.1 200 OK", "a\n0\n\nHTTP/1.1 200 OK"),
    ("html 9.2.5", "a byte order mark at the start survives", "\ufeffa", "\ufeffa"),
    ("html 9.2.5", "a byte order mark inside survives",
     "a\ufeff\n\ufeffb", "a\ufeff\n\ufeffb"),
    ("html 9.2.5", "letters past ASCII", "Grüße, 世界 🎉", "Grüße, 世界 🎉"),
    ("html 9.2.5", "the first and last of each length of UTF-8",
     "\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff",
     "\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff"),
    ("html 9.2.5", "what only other standards call line ends",
     "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g", "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g"),
    ("html 9.2.5", "control characters", "\x01\x08\x1b[2J\x7f", "\x01\x08\x1b[2J\x7f"),
    ("html 9.2.5", "the replacement character", "\ufffd", "\ufffd"),
    ("html 9.2.6", "a long line", "x" * 20_000, "x" * 20_000),
    ("html 9.2.6", "many lines", "line\n" * 5000, "line\n" * 5000),
]

LINE = re.compile(r"data: .*|event: .+|id: .+|retry: [0-9]+|:.*|", re.DOTALL)
ID = r"\A[0-9a-f]+-[1-9][0-9]*\Z"


@table("check_data", DATA)
class DataTest(ConformanceTest):
    def check_data(self, sent, expected):
        for to in (None, "witness"):
            before = len(self.witness.content)
            self.server.publish(sent, to)
            self.witness.next_event()
            added = bytes(self.witness.content[before:])
            reader = EventReader(added)
            (event,) = reader.events
            self.assertEqual(event[:2], ("message", expected))
            self.assertRegex(event.last_id, ID)
            self.assertEqual(reader.unfinished, "")
            lines = [f"data: {line}" for line in expected.split("\n")]
            self.assertEqual(reader.lines, [*lines, f"id: {event.last_id}", ""])
            self.assertNotIn(b"\r", added)

    def test_html_9_2_6_a_status_is_not_empty(self):
        """What is left of the first path is that of a client named status, to
        whom only a body is published."""
        for target, status in (
            ("/publish/status/", 405), ("/publish/witness/status/", 404)
        ):
            answer = self.ask(head(f"GET {target} HTTP/1.1"))
            self.assert_error(answer, status)
        self.assertEqual(self.seen(), [])

    def test_html_9_2_6_nul_is_refused(self):
        for data in ("%00", "a%00", "a%0A%00b"):
            answer = self.ask(head(f"GET /publish/status/{data} HTTP/1.1"))
            self.assert_error(answer, 400)
        self.assertEqual(self.seen(), [])

    def test_html_9_2_5_what_is_not_utf_8_is_refused(self):
        for data in ("%FF", "%C3", "%C0%80", "%ED%A0%80", "%F5%80%80%80", "a%80"):
            answer = self.ask(head(f"GET /publish/status/{data} HTTP/1.1"))
            self.assert_error(answer, 400)
        self.assertEqual(self.seen(), [])

    def test_html_9_2_6_an_event_cut_in_any_place_is_none(self):
        """Whatever is lost at the end, a browser sees all of it or nothing."""
        before = len(self.witness.content)
        self.server.publish("a\nb")
        self.witness.next_event()
        added = bytes(self.witness.content[before:])
        for at in range(len(added)):
            self.assertEqual(EventReader(added[:at]).events, [])

    def test_html_9_2_5_a_whole_stream_holds_nothing_but_its_grammar(self):
        for _, _, sent, _ in DATA:
            self.server.publish(sent)
        self.seen()
        text = bytes(self.witness.content).decode("utf-8")
        self.assertNotRegex(text, "[\r\0]")
        for line in text.split("\n"):
            self.assertTrue(LINE.fullmatch(line), line[:100])


class AnswerTest(ConformanceTest):
    def open(self, *fields, version="1.1", target="/stream/ana"):
        connection = self.server.connect()
        self.addCleanup(connection.close)
        connection.send(head(f"GET {target} HTTP/{version}", *fields))
        return connection

    def greeting(self, version="1.1"):
        """The first bytes of a stream, and what a browser makes of them."""
        stream = self.server.stream("ana", version=version).wait_for_greeting()
        self.addCleanup(stream.close)
        return EventReader(stream.content), bytes(stream.content)

    def test_html_9_2_3_the_status_is_200(self):
        """Any other makes a browser give up for good."""
        self.assertEqual(self.open().read_head().status, 200)

    def test_html_9_2_3_the_type_is_text_event_stream(self):
        for version in ("1.1", "1.0"):
            answer = self.open(version=version).read_head()
            essence, _, rest = answer.get("Content-Type").partition(";")
            self.assertEqual(essence.strip(), "text/event-stream")
            self.assertIn(rest.strip().lower(), ("", "charset=utf-8"))

    def test_html_9_2_3_the_fields_that_browsers_send(self):
        answer = self.open(
            "Accept: text/event-stream", "Cache-Control: no-cache", "Pragma: no-cache",
            "Origin: https://example.org", "Sec-Fetch-Mode: cors",
        ).read_head()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.get("Access-Control-Allow-Origin"), "*")

    def test_html_9_2_3_nothing_stores_or_transforms_the_stream(self):
        answer = self.open().read_head()
        self.assertIn("no-cache", answer.tokens("Cache-Control"))
        self.assertIn("no-transform", answer.tokens("Cache-Control"))
        self.assertIsNone(answer.get("Content-Encoding"))

    def test_html_9_2_3_no_accept_is_needed(self):
        self.assertEqual(self.open("Accept: text/html").read_head().status, 200)

    def test_html_9_2_4_a_last_event_id_is_taken(self):
        for value in ("7", "", "0", "no-such-id", "caf\xc3\xa9", "x" * 2000):
            answer = self.open("Last-Event-ID: " + value).read_head()
            self.assertEqual(answer.status, 200, value)

    def test_html_9_2_4_a_last_event_id_in_the_query_is_taken(self):
        for query in ("lastEventId=7", "evs_last_event_id=7", "lastEventId="):
            answer = self.open(target="/stream/ana?" + query).read_head()
            self.assertEqual(answer.status, 200, query)

    def test_html_9_2_6_the_first_bytes_dispatch_nothing(self):
        for version in ("1.1", "1.0"):
            reader, _ = self.greeting(version)
            self.assertEqual(reader.events, [])
            self.assertEqual(reader.unfinished, "")
            self.assertNotIn("", reader.lines)

    def test_html_9_2_6_retry_is_digits(self):
        reader, content = self.greeting()
        self.assertRegex(content, rb"\Aretry: [0-9]+\n")
        self.assertIn(reader.retry, range(3000, 4501))

    def test_html_9_2_5_the_first_bytes_hold_a_comment(self):
        reader, _ = self.greeting()
        self.assertTrue(any(line.startswith(":") for line in reader.lines))

    def test_html_9_2_5_no_byte_order_mark_at_the_start(self):
        self.assertFalse(self.greeting()[1].startswith(b"\xef\xbb\xbf"))

    def test_html_9_2_6_the_first_bytes_do_not_touch_the_first_event(self):
        stream = self.server.stream("ana").wait_for_greeting()
        self.addCleanup(stream.close)
        self.server.publish("first")
        stream.next_event()
        (event,) = EventReader(stream.content).events
        self.assertEqual(event[:2], ("message", "first"))

    def test_html_9_2_6_an_id_for_each_event_and_none_twice(self):
        for _ in range(3):
            self.server.publish("x")
        self.seen()
        events = EventReader(self.witness.content).events
        ids = [event.last_id for event in events]
        self.assertEqual(len(set(ids)), len(events))
        self.assertFalse([i for i in ids if not re.search(ID, i)])

    def test_html_9_2_6_both_versions_of_http_carry_the_same_stream(self):
        streams = [self.server.stream("ana", version=v) for v in ("1.1", "1.0")]
        for stream in streams:
            self.addCleanup(stream.close)
        # The wait that `retry:` tells is another for each connection.
        starts = [len(stream.wait_for_greeting().content) for stream in streams]
        for data in ("one", "two\nlines", " :3"):
            self.server.publish(data, "ana")
            for stream in streams:
                stream.next_event()
        events = [s.content[start:] for s, start in zip(streams, starts)]
        self.assertEqual(events[0], events[1])

    def test_html_9_2_3_a_stream_that_cannot_be_opened_is_no_event_stream(self):
        for target in ("/stream/a%00", f"/stream/{quote('é' * 100)}", "/stream/%FF"):
            answer = self.ask(head(f"GET {target} HTTP/1.1"))
            self.assert_error(answer, 400)


class HeartbeatTest(ConformanceTest):
    OPTIONS = ("--heartbeat", "200ms", "--retry", "1ms")

    def test_html_9_2_7_a_silent_stream_gets_comments_that_dispatch_nothing(self):
        quiet = self.server.stream("quiet")
        self.addCleanup(quiet.close)
        quiet.wait_for(lambda: len(quiet.comments) >= 4, "heartbeats")
        reader = EventReader(quiet.content)
        self.assertEqual(reader.events, [])
        self.assertEqual(reader.unfinished, "")
        # A blank line would make some clients dispatch an empty event.
        self.assertNotIn("", reader.lines)

    def test_html_9_2_6_retry_is_in_milliseconds(self):
        self.assertEqual(EventReader(self.witness.content).retry, 1)


class WithoutHistoryTest(ConformanceTest):
    """An id would promise a replay that nobody can keep."""

    OPTIONS = ("--history-events", "0")

    def test_html_9_2_6_no_id_where_nothing_is_kept(self):
        self.server.publish("x")
        self.seen()
        lines = EventReader(self.witness.content).lines
        self.assertFalse([line for line in lines if line.startswith("id")])


class EndTest(RivuletTest):
    """At the end of a stream the browser comes back, and holds no half event."""

    def check_end(self, version):
        server = self.serve("--drain-timeout", "1s")
        stream = server.stream("ana", version=version).wait_for_greeting()
        server.publish("last\nwords")
        stream.next_event()
        server.send_signal(signal.SIGTERM)
        stream.read_to_end()  # last chunk where there are chunks, then FIN
        reader = EventReader(stream.content)
        self.assertEqual([e.data for e in reader.events], ["last\nwords"])
        self.assertEqual(reader.unfinished, "")
        self.assertIsNotNone(reader.retry)
        server.wait_for_exit()

    def test_html_9_2_3_a_stream_of_http_1_1_ends_cleanly(self):
        self.check_end("1.1")

    def test_html_9_2_3_a_stream_of_http_1_0_ends_cleanly(self):
        self.check_end("1.0")

    def test_9112_9_6_a_fin_from_the_client_ends_its_stream(self):
        server = self.serve()
        with server.connect() as connection:
            connection.send(raw("GET /stream/ana HTTP/1.0"))
            self.assertEqual(connection.read_head().status, 200)
            server.wait_for_clients(["ana"])
            connection.half_close()
            self.assertEqual(EventReader(connection.read_to_end()).unfinished, "")
        server.wait_for_clients([])


if __name__ == "__main__":
    unittest.main()
