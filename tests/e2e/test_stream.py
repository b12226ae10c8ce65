"""Streams: their head and first bytes, their heartbeats, how their clients end."""

import re
import unittest

from rivulet import RivuletTest, request_bytes

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
        for _ in range(20):
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

    def test_an_id_with_quotes_cannot_forge_a_log_line(self):
        forged = 'x" level=error msg=forged y="'
        ana = self.server.stream(forged).wait_for_greeting()
        ana.close()
        self.server.log.wait_for(msg="stream-end", id=forged)
        self.assertEqual(self.server.log.lines(msg="forged"), [])


if __name__ == "__main__":
    unittest.main()
