"""HTTP/1.1 and 1.0 as clients speak it: answers, their order, and the ends."""

import email.utils
import json
import threading
import time
import unittest

from rivulet import (
    SMALL_QUARANTINE,
    RivuletTest,
    batches,
    publish_target,
    request_bytes,
)

ANY_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


class RequestTest(RivuletTest):
    """Requests however they arrive, answers in their order."""

    def setUp(self):
        self.server = self.serve()

    def assert_ok(self, response):
        self.assertEqual((response.status, response.body), (200, b"ok"))

    def test_livez_answers_ok_without_a_line_end(self):
        answer = self.server.request("/livez")
        self.assert_ok(answer)
        self.assertEqual(answer.version, "1.1")
        self.assertEqual(answer.get("Content-Length"), "2")
        self.assertRegex(answer.get("Content-Type"), "^text/plain")

    def test_a_request_byte_by_byte(self):
        connection = self.server.connect()
        request = request_bytes("/livez", headers={"Accept": "*/*"})
        for at in range(len(request)):
            connection.send(request[at : at + 1])
        self.assert_ok(connection.read_response())

    def test_two_requests_cut_at_every_place(self):
        connection = self.server.connect()
        both = request_bytes("/livez") + request_bytes("/nothing-here")
        for at in range(1, len(both)):
            connection.send(both[:at])
            connection.send(both[at:])
            self.assert_ok(connection.read_response())
            self.assertEqual(connection.read_response().status, 404)

    def test_pipelined_requests_are_answered_in_order(self):
        targets = ["/livez", "/nope", "/clients", publish_target("x"), "/%zz"]
        answers = self.server.connect().pipeline(targets[:-1])
        self.assertEqual([a.status for a in answers], [200, 404, 200, 200])
        self.assertEqual([a.body for a in answers[2:]], [b"[]", b"Ok"])

    def test_a_thousand_pipelined_publishes_are_answered_in_order(self):
        ana = self.server.stream("ana").wait_for_greeting()
        targets = [
            publish_target(str(n), to="nobody" if n % 3 else "ana")
            for n in range(1000)
        ]
        answers = self.server.connect().pipeline(targets)
        self.assertEqual(
            [answer.status for answer in answers],
            [404 if n % 3 else 200 for n in range(1000)],
        )
        for n in range(0, 1000, 3):
            self.assertEqual(ana.next_event().data, str(n))

    def test_answers_wait_for_a_client_that_reads_late(self):
        """26 MB of answers wait in the client's requests, not in memory."""
        server = self.serve(environment=SMALL_QUARANTINE)
        for n in range(100):
            server.stream(f"{n:0128}").wait_for_greeting()
        expected = server.request("/clients").body
        before = server.memory()
        late = server.connect(receive_buffer=4096)

        def send():
            late.send(request_bytes("/clients") * 2000)
            late.half_close()

        sender = threading.Thread(target=send)
        sender.start()
        self.assertEqual(late.read_head().status, 200)  # it has begun
        self.assertEqual(server.request("/livez").body, b"ok")
        late.received[:0] = ANY_HEAD % len(expected)
        for _ in range(2000):
            self.assertEqual(late.read_response().body, expected)
        self.assertEqual(late.read_to_end(), b"")
        sender.join()
        self.assertLess(server.memory("VmHWM") - before, 12 << 20)

    def test_empty_lines_before_a_request_are_skipped(self):
        connection = self.server.connect()
        connection.send(b"\r\n" + request_bytes("/livez"))
        self.assert_ok(connection.read_response())

    def test_a_query_does_not_change_the_route(self):
        self.assert_ok(self.server.request("/livez?probe=1&x=%zz"))
        self.assert_ok(self.server.request("/livez?"))
        self.assert_error(self.server.request("/nope?/livez"), 404)

    def test_http_1_1_stays_open(self):
        connection = self.server.connect()
        for _ in range(10):
            answer = connection.request("/livez")
            self.assert_ok(answer)
            self.assertNotIn("close", answer.tokens("Connection"))

    def test_connection_close_is_obeyed_and_announced(self):
        for headers in ({"Connection": "close"}, {"connection": "x, Close"}):
            connection = self.server.connect()
            connection.send(
                request_bytes("/livez", headers=headers) + request_bytes("/livez")
            )
            answer = connection.read_response()
            self.assert_ok(answer)
            self.assertIn("close", answer.tokens("Connection"))
            self.assertEqual(connection.read_to_end(), b"")

    def test_http_1_0_closes(self):
        connection = self.server.connect()
        connection.send(b"GET /livez HTTP/1.0\r\n\r\n")
        self.assert_ok(connection.read_response())
        self.assertEqual(connection.read_to_end(), b"")

    def test_http_1_0_stays_open_when_asked_to(self):
        connection = self.server.connect()
        for _ in range(3):
            answer = connection.request(
                "/livez", version="1.0", headers={"Connection": "keep-alive"}
            )
            self.assert_ok(answer)
            self.assertIn("keep-alive", answer.tokens("Connection"))

    def test_every_answer_has_the_date(self):
        for target in ("/livez", "/nope", "/%zz", "/clients", "/"):
            date = self.server.request(target).get("Date")
            self.assertRegex(
                date,
                r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} "
                r"\d\d:\d\d:\d\d GMT$",
            )
            then = email.utils.parsedate_to_datetime(date).timestamp()
            self.assertLess(abs(time.time() - then), 60)

    def test_unknown_paths_are_404(self):
        for target in (
            "/nope",
            "/streams/ana",
            "/stream/ana/more",
            "/publish/ana/status",
            "/publish/ana/status/x/y",
            "/livezz",
            "/clients/ana/more",
            "//",
            "//livez",
            "/%2Flivez",
        ):
            with self.subTest(target):
                self.assert_error(self.server.request(target), 404)

    def test_wrong_method_on_a_known_path_is_405_with_allow(self):
        for method, target in (
            ("POST", "/clients"),
            ("DELETE", "/livez"),
            ("PUT", "/"),
            ("POST", "/stream/ana"),
            ("DELETE", "/publish/status/x"),
            ("PATCH", "/publish/ana/status/x"),
        ):
            with self.subTest(method + " " + target):
                answer = self.server.request(target, method)
                self.assert_error(answer, 405)
                self.assertIn("get", answer.tokens("Allow"))
                self.assertIn("options", answer.tokens("Allow"))
                self.assertNotIn(method.lower(), answer.tokens("Allow"))

    def test_bad_percent_encodings_are_400(self):
        connection = self.server.connect()
        for target in (
            "/stream/%zz",
            "/stream/%4",
            "/stream/%",
            "/stream/a%2",
            "/publish/status/%G0",
            "/publish/status/100%",
            "/publish/a%-1/status/x",
            "/publish/a/status/%%41",
        ):
            with self.subTest(target):
                self.assert_error(connection.request(target), 400)

    def test_clients_is_json(self):
        ids = ['quo"te', "back\\slash", "é", "a/b", "1234"]
        for client_id in ids:
            self.server.stream(client_id).wait_for_greeting()
        answer = self.server.request("/clients")
        self.assertRegex(answer.get("Content-Type"), "^application/json")
        self.assertEqual(sorted(json.loads(answer.body)), sorted(ids))


class HeadAndOptionsTest(RivuletTest):
    def setUp(self):
        self.server = self.serve()

    def test_head_answers_as_get_without_the_body(self):
        connection = self.server.connect()
        for target in ("/", "/clients", "/livez", "/nope"):
            with self.subTest(target):
                get = connection.request(target)
                head = connection.request(target, "HEAD")
                self.assertEqual(head.status, get.status)
                for name in ("Content-Length", "Content-Type"):
                    self.assertEqual(head.get(name), get.get(name))
                self.assertEqual(head.body, b"")

    def test_what_follows_a_head_is_answered(self):
        connection = self.server.connect()
        connection.send(request_bytes("/", "HEAD") + request_bytes("/livez"))
        self.assertEqual(connection.read_response("HEAD").status, 200)
        self.assertEqual(connection.read_response().body, b"ok")

    def test_head_of_a_stream_is_405(self):
        answer = self.server.request("/stream/ana", "HEAD")
        self.assertEqual(answer.status, 405)
        self.assertEqual(answer.get("Allow"), "GET, OPTIONS")
        self.assertEqual(self.server.clients(), [])

    def test_options_is_the_preflight_of_cors(self):
        connection = self.server.connect()
        for target in ("/stream/ana", "/clients", "/publish/status/x"):
            with self.subTest(target):
                answer = connection.request(
                    target,
                    "OPTIONS",
                    headers={
                        "Origin": "https://example.org",
                        "Access-Control-Request-Method": "GET",
                        "Access-Control-Request-Headers": "last-event-id",
                    },
                )
                self.assertEqual((answer.status, answer.body), (204, b""))
                self.assertEqual(answer.get("Access-Control-Allow-Origin"), "*")
                self.assertIn("get", answer.tokens("Access-Control-Allow-Methods"))
                self.assertIn(
                    "last-event-id", answer.tokens("Access-Control-Allow-Headers")
                )

    def test_options_of_the_whole_server(self):
        answer = self.server.request("*", "OPTIONS")
        self.assertEqual((answer.status, answer.body), (204, b""))

    def test_options_publishes_nothing(self):
        ana = self.server.stream("ana").wait_for_greeting()
        self.server.request("/publish/status/preflight", "OPTIONS")
        self.server.publish("marker")
        self.assertEqual(ana.next_event().data, "marker")


class ClosingTest(RivuletTest):
    """Connections that end at every moment of a request."""

    def setUp(self):
        self.server = self.serve()

    def test_a_half_close_after_requests_still_gets_the_answers(self):
        connection = self.server.connect()
        connection.send(request_bytes("/livez") + request_bytes("/clients"))
        connection.half_close()
        self.assertEqual(connection.read_response().body, b"ok")
        self.assertEqual(connection.read_response().body, b"[]")
        self.assertEqual(connection.read_to_end(), b"")

    def test_a_half_close_in_a_head_ends_the_connection(self):
        request = request_bytes("/livez")
        for length in (0, 1, 20, len(request) - 1):
            connection = self.server.connect()
            connection.send(request[:length])
            connection.half_close()
            self.assertNotIn(b" 200 ", connection.read_to_end())

    def test_resets_in_a_request_harm_nobody(self):
        ana = self.server.stream("ana").wait_for_greeting()
        request = request_bytes("/livez")
        for batch in batches(range(len(request)), 20):
            opened = [self.server.connect() for _ in batch]
            for connection, length in zip(opened, batch):
                connection.send(request[:length])
            for connection in opened:
                connection.reset()
        self.server.publish("still here")
        self.assertEqual(ana.next_event().data, "still here")

    def test_resets_before_the_answers_are_read_harm_nobody(self):
        for _ in range(100):
            connection = self.server.connect()
            connection.send(request_bytes("/") * 20)
            connection.reset()
        self.assertEqual(self.server.request("/livez").body, b"ok")


class TimeoutTest(RivuletTest):
    def test_a_head_that_takes_too_long_is_408(self):
        server = self.serve("--header-timeout", "1s")
        connection = server.connect()
        connection.send(request_bytes("/livez")[:20])
        self.assert_error(connection.read_response(), 408)
        self.assertEqual(connection.read_to_end(), b"")

    def test_a_head_that_trickles_gets_no_more_time(self):
        server = self.serve("--header-timeout", "1s")
        connection = server.connect()
        connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\nX: ")
        connection.socket.settimeout(0.05)
        for _ in range(600):
            try:
                connection.receive()
                break
            except TimeoutError:
                connection.send(b"x")
        connection.socket.settimeout(30)
        self.assert_error(connection.read_response(), 408)

    def test_an_idle_connection_is_closed_without_a_word(self):
        server = self.serve("--keepalive-timeout", "1s")
        connection = server.connect()
        self.assertEqual(connection.request("/livez").body, b"ok")
        self.assertEqual(connection.read_to_end(), b"")

    def test_a_connection_that_never_asks_is_closed(self):
        server = self.serve("--header-timeout", "1s", "--keepalive-timeout", "1s")
        connection = server.connect()
        self.assertNotIn(b" 200 ", connection.read_to_end())

    def test_streams_know_no_such_timeouts(self):
        server = self.serve(
            *("--header-timeout", "1s", "--keepalive-timeout", "1s"),
            *("--heartbeat", "1s"),
        )
        ana = server.stream("ana")
        ana.wait_for(lambda: len(ana.comments) >= 4, "three heartbeats")
        server.publish("alive")
        self.assertEqual(ana.next_event().data, "alive")


if __name__ == "__main__":
    unittest.main()
