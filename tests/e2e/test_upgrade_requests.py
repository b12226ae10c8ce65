"""Another binary under requests that have not come in whole (SIGUSR2)."""

import contextlib
import select
import socket
import unittest

from publisher import EVENT_STREAM, chunk, receipt
from rivulet import request_bytes
from upgrading import UpgradeTest


class RequestTest(UpgradeTest):
    def cut_everywhere(self, server, request):
        """One connection for each place in `request`; answers in their order."""
        connections = [server.connect() for _ in request]
        for size, connection in enumerate(connections):
            connection.send(request[:size])
        for _ in range(2):  # by then they have been read
            server.request("/livez")
        self.upgrade(server)
        for size, connection in enumerate(connections):
            if not select.select([connection.socket], [], [], 0)[0]:
                connection.send(request[size:])  # else it is answered already
        return [connection.read_response() for connection in connections]

    def test_a_head_cut_anywhere(self):
        server = self.serve()
        request = request_bytes("/livez?q=%20", headers={"X-Field": " a  b "})
        for answer in self.cut_everywhere(server, request):
            self.assertEqual((answer.status, answer.body), (200, b"ok"), answer)

    def test_a_head_that_is_wrong_is_refused_as_ever(self):
        server = self.serve()
        for request in (b"GET /livez HTTP/1.1\r\nHost : h\r\n\r\n",
                        b"BREW /livez HTTP/1.1\r\nHost: h\r\n\r\n"):
            answers = self.cut_everywhere(server, request)
            whole = server.connect()
            whole.send(request)
            status = whole.read_response().status
            self.assertEqual({answer.status for answer in answers}, {status})

    def test_a_body_of_known_length_cut_anywhere(self):
        server = self.serve()
        ana = server.stream("ana").wait_for_greeting()
        request = request_bytes("/publish/ana?event=e", "POST", headers={
            "Content-Length": 6}, body=b"\xc3\xa4 a\n!")
        answers = self.cut_everywhere(server, request)
        self.assertEqual({receipt(answer)["receivers"] for answer in answers}, {1})
        for _ in request:
            event = ana.next_event()
            self.assertEqual((event.type, event.data), ("e", "ä a\n!"))

    def test_a_chunked_stream_of_events_cut_anywhere(self):
        server = self.serve()
        ana = server.stream("ana").wait_for_greeting()
        head = request_bytes("/publish/ana", "POST", headers={
            **EVENT_STREAM, "Transfer-Encoding": "chunked"})
        body = (chunk("\ufeff: c\r\ndata: on") + b"0a;a=\"b;\"\r\ne\r\n\r\nevent\r\n"
                + chunk(": e\ndata: two\ndata:") + chunk("\n\n")
                + b"0\r\nTrailer: x\r\n\r\n")
        answers = self.cut_everywhere(server, head + body)
        for answer in answers:
            self.assertEqual(receipt(answer)["events"], 2)
        seen = [ana.next_event() for _ in range(2 * len(answers))]
        self.assertEqual(sorted((e.type, e.data) for e in seen),
                         [("e", "two\n")] * len(answers)
                         + [("message", "one")] * len(answers))

    def test_who_waits_for_100_continue(self):
        server = self.serve()
        connection = server.connect()
        connection.send(request_bytes("/publish", "POST", headers={
            "Expect": "100-continue", "Content-Length": 2}))
        self.assertEqual(connection.read_head().status, 100)
        self.upgrade(server)
        connection.send(b"hi")
        self.assertIsNotNone(receipt(connection.read_response())["id"])

    def test_connections_that_are_kept_alive(self):
        server = self.serve()
        used, fresh = server.connect(), server.connect()
        self.assertEqual(used.request("/livez").status, 200)
        for _ in range(3):
            self.upgrade(server)
            self.assertEqual(used.request("/livez").status, 200)
        self.assertEqual(fresh.request("/livez").status, 200)

    def test_a_pipeline_whose_answers_nobody_takes_for_now(self):
        server = self.serve()
        page = server.request("/").body
        greedy = server.connect(receive_buffer=4096)
        count = 1 + (8 << 20) // len(page)
        requests = request_bytes("/") * count
        sent = 0

        def send_more():
            nonlocal sent
            with contextlib.suppress(BlockingIOError):
                while sent < len(requests):
                    sent += greedy.socket.send(requests[sent:], socket.MSG_DONTWAIT)

        for n in range(count):
            send_more()
            if n % 20 == 10 and self.upgrades(server) < 4:
                self.upgrade(server)
            self.assertEqual(greedy.read_response().body, page)
        self.assertEqual(self.upgrades(server), 4)

    def test_a_head_has_its_time_and_no_more(self):
        server = self.serve("--header-timeout", "1s")
        slow = server.connect()
        slow.send(b"GET /livez HTTP/1.1\r\n")
        server.request("/livez")
        body = server.connect()
        body.send(request_bytes("/publish", "POST", headers={"Content-Length": 2}))
        self.upgrade(server)
        self.assertEqual(slow.read_response().status, 408)
        self.assertEqual(body.read_response().status, 408)

    def test_the_other_end_of_a_connection_that_closes(self):
        server = self.serve()
        connection = server.connect()
        answer = connection.request("/livez", headers={"Connection": "close"})
        self.assertEqual(answer.status, 200)
        self.upgrade(server)
        connection.half_close()
        self.assertEqual(connection.read_to_end(), b"")


if __name__ == "__main__":
    unittest.main()
