"""Streams: their head and first bytes, who gets which event, how they end."""

import re
import unittest

from rivulet import RivuletTest, path_part, publish_target, request_bytes

GREETING = re.compile(rb"retry: \d+\n:[^\r\n]*\n")


class HeadTest(RivuletTest):
    def setUp(self):
        self.server = self.serve()

    def check_common_fields(self, head):
        self.assertEqual(head.status, 200)
        self.assertEqual(head.get("Content-Type"), "text/event-stream")
        self.assertEqual(head.get("Cache-Control"), "no-cache, no-transform")
        self.assertEqual(head.get("X-Accel-Buffering"), "no")
        self.assertEqual(head.get("Access-Control-Allow-Origin"), "*")
        self.assertIsNotNone(head.get("Date"))
        self.assertIsNone(head.get("Content-Length"))

    def test_http_1_1_is_chunked(self):
        head = self.server.stream("ana").head
        self.check_common_fields(head)
        self.assertEqual(head.version, "1.1")
        self.assertEqual(head.get("Transfer-Encoding"), "chunked")
        self.assertNotIn("close", head.tokens("Connection"))

    def test_http_1_0_is_delimited_by_the_close(self):
        for headers in ({}, {"Connection": "keep-alive"}):
            ana = self.server.stream("ana", version="1.0", headers=headers)
            self.check_common_fields(ana.head)
            self.assertIsNone(ana.head.get("Transfer-Encoding"))
            self.assertNotIn("keep-alive", ana.head.tokens("Connection"))
            ana.wait_for_greeting()
            self.assertRegex(bytes(ana.content), rb"\A" + GREETING.pattern + rb"\Z")

    def test_first_bytes_come_at_once(self):
        ana = self.server.stream("ana").wait_for_greeting()
        self.assertIn(ana.retry, range(3000, 4501))
        self.assertRegex(bytes(ana.content), rb"\A" + GREETING.pattern + rb"\Z")

    def test_a_stream_may_follow_other_requests(self):
        connection = self.server.connect()
        self.assertEqual(connection.request("/livez").status, 200)
        ana = connection.open_stream("/stream/ana").wait_for_greeting()
        self.server.publish("hi", to="ana")
        self.assertEqual(ana.next_event().data, "hi")

    def test_a_stream_request_byte_by_byte(self):
        connection = self.server.connect()
        request = request_bytes("/stream/ana")
        for at in range(len(request) - 1):
            connection.send(request[at : at + 1])
        self.assertEqual(self.server.clients(), [])
        connection.send(request[-1:])
        self.server.wait_for_clients(["ana"])

    def test_a_stream_asked_for_behind_pipelined_requests(self):
        connection = self.server.connect()
        targets = ("/livez", "/clients", "/stream/ana")
        connection.send(b"".join(map(request_bytes, targets)))
        self.assertEqual(connection.read_response().body, b"ok")
        self.assertEqual(connection.read_response().body, b"[]")
        self.assertEqual(connection.read_head().status, 200)
        self.server.wait_for_clients(["ana"])

    def test_connection_close_does_not_close_a_stream(self):
        ana = self.server.stream("ana", headers={"Connection": "close"})
        ana.wait_for_greeting()
        self.server.publish("hi", to="ana")
        self.assertEqual(ana.next_event().data, "hi")


class OptionTest(RivuletTest):
    def test_retry_is_what_the_option_says_or_up_to_half_more(self):
        """Different ones: a crowd is not to come back in one instant."""
        server = self.serve("--retry", "7s")
        streams = [server.stream("ana").wait_for_greeting() for _ in range(50)]
        waits = [stream.retry for stream in streams]
        self.assertEqual([w for w in waits if w not in range(7000, 10501)], [])
        self.assertGreater(len(set(waits)), 10)

    def test_a_silent_stream_gets_a_heartbeat_of_one_line(self):
        server = self.serve("--heartbeat", "1s")
        for version in ("1.1", "1.0"):
            ana = server.stream("ana", version=version)
            ana.wait_for(lambda: len(ana.comments) >= 3, "two heartbeats")
            self.assertRegex(
                bytes(ana.content), rb"\A" + GREETING.pattern + rb"(:[^\r\n]*\n){2,}\Z"
            )
            self.assertEqual(ana.events, [])

    def test_events_take_the_place_of_heartbeats(self):
        """While a silent stream gets two, the one with events gets none."""
        server = self.serve("--heartbeat", "2s")
        silent = server.stream("silent").wait_for_greeting()
        busy = server.stream("busy").wait_for_greeting()
        silent.connection.socket.settimeout(0.05)
        sent = 0
        while len(silent.comments) < 3:
            server.publish(str(sent), to="busy")
            self.assertEqual(busy.next_event().data, str(sent))
            sent += 1
            try:
                silent.wait_for(lambda: len(silent.comments) >= 3, "heartbeats")
            except TimeoutError:
                self.assertLess(sent, 1000, "no heartbeat comes")
        self.assertEqual(len(busy.comments), 1)

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


BROKEN_UTF_8 = (
    "%FF",
    "%C3",
    "a%C3b",
    "%80",
    "%C0%AF",  # an overlong slash
    "%C0%80",  # an overlong NUL
    "%E0%80%AF",
    "%ED%A0%80",  # a surrogate
    "%F4%90%80%80",  # past U+10FFFF
    "%F0%9F%8E",
    "%C3%28",
)


class ClientIdTest(RivuletTest):
    def setUp(self):
        self.server = self.serve()

    def test_ids_are_percent_decoded(self):
        for encoded, client_id in (
            ("1234", "1234"),
            ("%61na", "ana"),
            ("Jos%C3%A9", "José"),
            ("%F0%9F%8E%89", "🎉"),
            ("a%20b", "a b"),
            ("a+b", "a+b"),
            ("a%2Fb", "a/b"),
            ("a%2fb%2Fc", "a/b/c"),
            ("%2E%2E", ".."),
            ("a%3Fb%23c", "a?b#c"),
            ("50%25", "50%"),
            ("%22%5C%3C", '"\\<'),
            ("123e4567-e89b-42d3-a456-426614174000",) * 2,
        ):
            with self.subTest(encoded):
                stream = self.server.connect().open_stream("/stream/" + encoded)
                stream.wait_for_greeting()
                self.assertEqual(self.server.clients(), [client_id])
                self.server.publish("hi", to=client_id)
                self.assertEqual(stream.next_event().data, "hi")
                stream.close()
                self.server.wait_for_clients([])

    def test_an_id_has_up_to_128_bytes(self):
        for client_id in ("x" * 128, "é" * 64, "🎉" * 32):
            self.server.stream(client_id).wait_for_greeting()
            self.server.publish("hi", to=client_id)
        for client_id in ("x" * 129, "é" * 64 + "x", "🎉" * 33, "x" * 5000):
            answer = self.server.request("/stream/" + path_part(client_id))
            self.assert_error(answer, 400)
            answer = self.server.request(publish_target("x", to=client_id))
            self.assert_error(answer, 400)
        self.assertEqual(len(self.server.clients()), 3)

    def test_an_empty_id_is_refused(self):
        """It does not make the stream anonymous, nor a publish one to all."""
        bob = self.server.stream("bob").wait_for_greeting()
        for method, target in (
            ("GET", "/stream/"), ("POST", "/publish/"), ("PUT", "/publish/"),
            ("GET", "/stream/?topic=a"), ("POST", "/publish/?topic=a"),
            ("GET", "/publish//status/x"),
        ):
            answer = self.server.request(target, method)
            self.assertIn(answer.status, (400, 404))
            self.assert_error(answer, answer.status)
        self.server.publish("marker")
        self.assertEqual(bob.next_event().data, "marker")

    def test_control_characters_and_broken_utf_8_are_refused(self):
        controls = ("%00", "a%0Ab", "a%0D", "%09", "%1B", "%1F", "%7F", "%C2%85")
        for bad in controls + BROKEN_UTF_8:
            for target in (f"/stream/{bad}", f"/publish/{bad}/status/x"):
                with self.subTest(target):
                    self.assert_error(self.server.request(target), 400)
        self.assertEqual(self.server.clients(), [])


class SameIdTest(RivuletTest):
    """Several connections under one id."""

    def setUp(self):
        self.server = self.serve()
        self.older = self.server.stream("ana").wait_for_greeting()
        self.newer = self.server.stream("ana").wait_for_greeting()

    def assert_receives(self, *streams):
        for data, to in (("to one", "ana"), ("to all", None)):
            self.server.publish(data, to)
            for stream in streams:
                self.assertEqual(stream.next_event().data, data)

    def test_each_gets_everything_and_the_id_is_listed_once(self):
        self.assertEqual(self.server.clients(), ["ana"])
        self.assert_receives(self.older, self.newer)

    def test_closing_the_older_leaves_the_newer(self):
        self.older.close()
        self.server.log.wait_for(msg="stream-end", id="ana")
        self.assertEqual(self.server.clients(), ["ana"])
        self.assert_receives(self.newer)

    def test_closing_the_newer_leaves_the_older(self):
        self.newer.reset()
        self.server.log.wait_for(msg="stream-end", id="ana")
        self.assertEqual(self.server.clients(), ["ana"])
        self.assert_receives(self.older)

    def test_the_id_is_gone_with_the_last_one(self):
        self.older.close()
        self.newer.close()
        self.server.wait_for_clients([])
        third = self.server.stream("ana").wait_for_greeting()
        self.assert_receives(third)


class ClientSideTest(RivuletTest):
    """What a client does with its own end of the stream."""

    def setUp(self):
        self.server = self.serve()
        self.bob = self.server.stream("bob").wait_for_greeting()

    def test_bytes_sent_on_a_stream_are_dropped(self):
        ana = self.server.stream("ana").wait_for_greeting()
        for piece in (b"x", b"\r\n\r\n", b"\0" * 500, b"data: a\n\n"):
            ana.connection.send(piece)
        self.server.publish("one")
        self.assertEqual(ana.next_event().data, "one")
        self.assertEqual(self.bob.next_event().data, "one")

    def test_a_request_sent_on_a_stream_is_not_answered(self):
        ana = self.server.stream("ana").wait_for_greeting()
        ana.connection.send(request_bytes("/publish/status/follow-up"))
        self.server.publish("marker")
        self.assertEqual(ana.next_event().data, "marker")
        self.assertEqual(self.bob.next_event().data, "marker")

    def test_a_request_pipelined_behind_a_stream_is_never_executed(self):
        connection = self.server.connect()
        connection.send(
            request_bytes("/stream/ana") + request_bytes("/publish/status/hidden") * 3
        )
        self.assertEqual(connection.read_head().status, 200)
        self.server.publish("marker")
        self.assertEqual(self.bob.next_event().data, "marker")

    def test_a_body_on_a_stream_request_is_never_executed(self):
        hidden = request_bytes("/publish/status/hidden")
        connection = self.server.connect()
        connection.send(
            request_bytes(
                "/stream/ana", headers={"Content-Length": len(hidden)}, body=hidden
            )
        )
        self.assertIn(connection.read_head().status, (200, 400))
        self.server.publish("marker")
        self.assertEqual(self.bob.next_event().data, "marker")
        self.assertLessEqual(set(self.server.clients()), {"ana", "bob"})

    def test_a_client_that_closes_is_not_listed_any_more(self):
        ana = self.server.stream("ana").wait_for_greeting()
        peer = "%s:%d" % ana.connection.socket.getsockname()
        ana.close()
        self.server.wait_for_clients(["bob"])
        line = self.server.log.wait_for(msg="stream-end", id="ana")
        self.assertEqual(line["level"], "info")
        self.assertEqual(line["reason"], "client-closed")
        self.assertEqual(line["address"], peer)

    def test_a_client_that_resets_is_not_listed_any_more(self):
        ana = self.server.stream("ana").wait_for_greeting()
        ana.reset()
        self.server.wait_for_clients(["bob"])
        self.server.log.wait_for(msg="stream-end", id="ana")

    def test_a_client_that_closes_unread_events_is_not_listed_any_more(self):
        ana = self.server.stream("ana").wait_for_greeting()
        for n in range(20):
            self.server.publish("x" * 1000)
        ana.close()
        self.server.wait_for_clients(["bob"])
        self.server.publish("marker")
        for _ in range(20):
            self.bob.next_event()
        self.assertEqual(self.bob.next_event().data, "marker")

    def test_a_client_that_half_closes_is_not_listed_any_more(self):
        ana = self.server.stream("ana").wait_for_greeting()
        ana.connection.half_close()
        self.server.wait_for_clients(["bob"])

    def test_coming_and_going_leaves_nothing(self):
        """The end of each test checks descriptors and /clients."""
        for n in range(300):
            ana = self.server.stream(f"ana-{n % 7}")
            if n % 3 == 0:
                ana.wait_for_greeting()
            (ana.reset if n % 2 else ana.close)()
        self.server.publish("marker")
        self.assertEqual(self.bob.next_event().data, "marker")

    def test_ids_with_line_ends_cannot_forge_a_log_line(self):
        forged = 'x" level=error msg=forged y="'
        ana = self.server.stream(forged).wait_for_greeting()
        ana.close()
        self.server.log.wait_for(msg="stream-end", id=forged)
        self.assertEqual(self.server.log.lines(msg="forged"), [])


if __name__ == "__main__":
    unittest.main()
