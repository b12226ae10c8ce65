"""HTTP/1.1 and 1.0 as clients speak it, well and badly."""

import contextlib
import email.utils
import json
import re
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


SMUGGLED = request_bytes("/publish/status/smuggled")


class SmugglingTest(RivuletTest):
    """For what must never be taken for a request."""

    def setUp(self):
        self.server = self.serve()

    @contextlib.contextmanager
    def nothing_smuggled(self):
        """No stream sees the publish hidden in what the block sends."""
        witness = self.server.stream("witness").wait_for_greeting()
        yield
        self.server.publish("marker")
        self.assertEqual(witness.next_event().data, "marker")
        witness.close()


def chunked(body):
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


class BodyTest(SmugglingTest):
    """Bodies where none belongs."""

    HIDDEN = (
        ({"Content-Length": len(SMUGGLED)}, SMUGGLED),
        ({"Transfer-Encoding": "chunked"}, chunked(SMUGGLED)),
    )

    def test_a_post_with_a_body_is_405_and_the_next_request_is_answered(self):
        for headers, body in self.HIDDEN:
            for target in ("/clients", "/livez", "/stream/bob"):
                with self.subTest(f"{target} {headers}"), self.nothing_smuggled():
                    connection = self.server.connect()
                    connection.send(
                        request_bytes(target, "POST", headers=headers, body=body)
                        + request_bytes("/livez")
                    )
                    self.assert_error(connection.read_response(), 405)
                    self.assertEqual(connection.read_response().body, b"ok")

    def test_a_body_byte_by_byte(self):
        for headers, body in self.HIDDEN:
            with self.subTest(str(headers)), self.nothing_smuggled():
                connection = self.server.connect()
                request = request_bytes("/clients", "POST", headers=headers, body=body)
                for at in range(len(request)):
                    connection.send(request[at : at + 1])
                connection.send(request_bytes("/livez"))
                self.assert_error(connection.read_response(), 405)
                self.assertEqual(connection.read_response().body, b"ok")

    def test_a_client_that_waits_to_send_its_body_is_not_left_waiting(self):
        with self.nothing_smuggled():
            connection = self.server.connect()
            headers = {"Content-Length": len(SMUGGLED), "Expect": "100-continue"}
            connection.send(request_bytes("/clients", "POST", headers=headers))
            head = connection.read_head()
            if head.status == 100:
                connection.send(SMUGGLED + request_bytes("/livez"))
                self.assert_error(connection.read_response(), 405)
                self.assertEqual(connection.read_response().body, b"ok")
            else:
                self.assertEqual(head.status, 405)

    def test_a_get_with_a_body_is_read_to_its_end_or_closed(self):
        for headers, body in self.HIDDEN:
            with self.subTest(str(headers)), self.nothing_smuggled():
                connection = self.server.connect()
                connection.send(
                    request_bytes("/clients", headers=headers, body=body)
                    + request_bytes("/nope", headers={"Connection": "close"})
                )
                answers = connection.read_to_end()
                statuses = re.findall(rb"HTTP/1\.1 (\d+) ", answers)
                self.assertIn(
                    statuses, ([b"200", b"404"], [b"200"], [b"400"]), answers
                )

    def test_a_body_without_end_is_not_read_for_ever(self):
        connection = self.server.connect()
        connection.send(
            request_bytes("/clients", "POST", headers={"Content-Length": 10**12})
        )
        sent = 0
        try:
            while sent < 256 << 20:
                connection.send(b"x" * 65536)
                sent += 65536
        except (ConnectionError, TimeoutError):
            pass
        self.assertLess(sent, 256 << 20)
        self.assertEqual(self.server.request("/livez").body, b"ok")


# Heads that must be refused, whatever a lenient parser would make of them.
HOST = b"Host: rivulet.test\r\n"
START = b"GET /livez HTTP/1.1\r\n"
POST = b"POST /clients HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
MALFORMED_HEADS = {
    "bare LF after the request line": b"GET /livez HTTP/1.1\n" + HOST + b"\r\n",
    "bare LF after a field": START + b"Host: rivulet.test\n\r\n",
    "bare LF as the empty line": START + HOST + b"\n",
    "bare LF in a value": START + HOST + b"A: b\nC: d\r\n\r\n",
    "only bare LFs": b"GET /livez HTTP/1.1\nHost: rivulet.test\n\n",
    "bare CR after the request line": b"GET /livez HTTP/1.1\r" + HOST + b"\r\n",
    "bare CR in a value": START + HOST + b"A: b\rC: d\r\n\r\n",
    "bare CR at the end of a value": START + HOST + b"A: b\r\r\n\r\n",
    "bare CR before the empty line": START + HOST + b"\r\r\n\r\n",
    "bare CR as the line end": START + HOST + b"A: b\rContent-Length: 0\r\n\r\n",
    "folded field": START + HOST + b"A: b\r\n c\r\n\r\n",
    "folded field, tab": START + HOST + b"A: b\r\n\tc\r\n\r\n",
    "folded first field": START + b" " + HOST + b"\r\n",
    "space before the colon": START + HOST + b"A : b\r\n\r\n",
    "tab before the colon": START + HOST + b"A\t: b\r\n\r\n",
    "space before the colon of a length": POST + b"Content-Length : 0\r\n\r\n",
    "field without a colon": START + HOST + b"Abc\r\n\r\n",
    "field without a name": START + HOST + b": b\r\n\r\n",
    "NUL in a name": START + HOST + b"A\0: b\r\n\r\n",
    "NUL in a value": START + HOST + b"A: b\0c\r\n\r\n",
    "control character in a value": START + HOST + b"A: b\x01c\r\n\r\n",
    "space in the target": b"GET /livez x HTTP/1.1\r\n" + HOST + b"\r\n",
    "control character in the target": b"GET /li\x01 HTTP/1.1\r\n" + HOST + b"\r\n",
    "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "target without a slash": b"GET livez HTTP/1.1\r\n" + HOST + b"\r\n",
    "authority as a target": b"GET rivulet.test:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "fragment in the target": b"GET /livez#x HTTP/1.1\r\n" + HOST + b"\r\n",
    "star target of a GET": b"GET * HTTP/1.1\r\n" + HOST + b"\r\n",
    "no version": b"GET /livez\r\n" + HOST + b"\r\n",
    "another protocol": b"GET /livez HTTQ/1.1\r\n" + HOST + b"\r\n",
    "version in lower case": b"GET /livez http/1.1\r\n" + HOST + b"\r\n",
    "version without a dot": b"GET /livez HTTP/11\r\n" + HOST + b"\r\n",
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no Host": START + b"\r\n",
    "two Hosts": START + HOST + HOST + b"\r\n",
    "two different Hosts": START + HOST + b"Host: other\r\n\r\n",
    "Host with a space": START + b"Host: a b\r\n\r\n",
    "Host with a slash": START + b"Host: a/b\r\n\r\n",
    "Host with a user": START + b"Host: u@a\r\n\r\n",
    "Host as a list": START + b"Host: a, b\r\n\r\n",
    "Host with a bad port": START + b"Host: a:b\r\n\r\n",
    "length and coding": POST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding and length": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two different lengths": POST
    + b"Content-Length: 0\r\nContent-Length: 42\r\n\r\n",
    "two lengths in one field": POST + b"Content-Length: 0, 42\r\n\r\n",
    "length with a sign": POST + b"Content-Length: +0\r\n\r\n",
    "negative length": POST + b"Content-Length: -1\r\n\r\n",
    "length in hexadecimal": POST + b"Content-Length: 0x0\r\n\r\n",
    "empty length": POST + b"Content-Length: \r\n\r\n",
    "length past 64 bits": POST + b"Content-Length: 18446744073709551616\r\n\r\n",
}
# Bodies likewise. Their fault may show only after the answer to the head.
MALFORMED_BODIES = {
    "chunk size with a sign": CHUNKED + b"+0\r\n\r\n",
    "chunk size 0x0": CHUNKED + b"0x0\r\n\r\n",
    "chunk size not hexadecimal": CHUNKED + b"g\r\n\r\n",
    "empty chunk size": CHUNKED + b"\r\n\r\n",
    "chunk size past 64 bits": CHUNKED + b"10000000000000000\r\n\r\n",
    "bare LF after the chunk size": CHUNKED + b"0\n\r\n",
    "bare CR after the chunk size": CHUNKED + b"0\rX\r\n\r\n",
    "chunk longer than its size": CHUNKED + b"1\r\nab\r\n0\r\n\r\n",
    "bare LF after the chunk": CHUNKED + b"1\r\na\n0\r\n\r\n",
    "bare LF in a chunk extension": CHUNKED + b"0;a\nb\r\n\r\n",
    "bare CR in a chunk extension": CHUNKED + b"0;a\rb\r\n\r\n",
    "long chunk extension": CHUNKED + b"0;" + b"a" * 20_000 + b"\r\n\r\n",
    "bare LF in the trailer": CHUNKED + b"0\r\nA: b\n\r\n",
}
# These may also be told that the server does not know such a thing.
UNKNOWN_CODINGS = {
    "coding gzip": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "coding identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "coding gzip before chunked": POST
    + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding gzip after chunked": POST
    + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "coding chunked twice": POST
    + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "coding chunked in two fields": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding in two fields": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
    "coding that ends like chunked": POST
    + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "coding that starts like chunked": POST
    + b"Transfer-Encoding: chunked1\r\n\r\n0\r\n\r\n",
    "empty coding": POST + b"Transfer-Encoding: \r\n\r\n0\r\n\r\n",
    "coding in HTTP/1.0": b"POST /clients HTTP/1.0\r\n" + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}


class RefusedRequestTest(SmugglingTest):
    """A refused head closes its connection; nothing behind it is a request."""

    def assert_refused(self, connection, statuses=(400,)):
        """One error, then the server's end without a reset."""
        answer = connection.read_response()
        self.assertIn(answer.status, statuses, answer)
        self.assert_error(answer, answer.status)
        self.assertIn("close", answer.tokens("Connection"))
        self.assertEqual(connection.read_to_end(), b"")

    def check_refused(self, head, statuses):
        with self.nothing_smuggled(), self.server.connect() as connection:
            connection.send(head + SMUGGLED)
            self.assert_refused(connection, statuses)

    def test_malformed_heads_are_refused_and_closed(self):
        for name, head in MALFORMED_HEADS.items():
            with self.subTest(name):
                self.check_refused(head, (400,))

    def test_malformed_heads_are_refused_byte_by_byte(self):
        for name, head in MALFORMED_HEADS.items():
            with self.subTest(name):
                with self.nothing_smuggled(), self.server.connect() as connection:
                    for at in range(len(head)):
                        connection.send(head[at : at + 1])
                    connection.send(SMUGGLED)
                    self.assert_refused(connection)

    def test_malformed_bodies_are_refused_and_closed(self):
        for name, request in MALFORMED_BODIES.items():
            with self.subTest(name):
                with self.nothing_smuggled(), self.server.connect() as connection:
                    connection.send(request + SMUGGLED)
                    answer = connection.read_response()
                    self.assertIn(answer.status, (400, 405), answer)
                    self.assertNotIn(b" 200 ", connection.read_to_end())

    def test_unknown_transfer_codings_are_refused_and_closed(self):
        for name, head in UNKNOWN_CODINGS.items():
            with self.subTest(name):
                self.check_refused(head, (400, 501))

    def test_unknown_methods_are_refused_and_closed(self):
        for start in (
            *(b"BREW /livez", b"get /livez", b"G /livez", b"GETGET /livez"),
            *(b"PRI *", b"CONNECT rivulet.test:80"),
        ):
            with self.subTest(start):
                head = start + b" HTTP/1.1\r\n" + HOST + b"\r\n"
                self.check_refused(head, (400, 405, 501))

    def test_other_versions_are_refused_and_closed(self):
        for version in (b"0.9", b"1.2", b"2.0", b"3.0", b"9.9"):
            with self.subTest(version):
                head = b"GET /livez HTTP/" + version + b"\r\n" + HOST + b"\r\n"
                self.check_refused(head, (505,) if version > b"2" else (400, 505))

    def test_a_refusal_follows_the_answers_that_are_due(self):
        with self.nothing_smuggled(), self.server.connect() as connection:
            connection.send(
                request_bytes("/livez") * 2 + MALFORMED_HEADS["folded field"] + SMUGGLED
            )
            self.assertEqual(connection.read_response().body, b"ok")
            self.assertEqual(connection.read_response().body, b"ok")
            self.assert_refused(connection)


class LimitTest(RivuletTest):
    """What is large but allowed is served; a little more gets its status."""

    def setUp(self):
        self.server = self.serve()

    def refuse(self, request, status):
        connection = self.server.connect()
        connection.send(request + request_bytes("/livez"))
        self.assert_error(connection.read_response(), status)
        self.assertEqual(connection.read_to_end(), b"")

    def test_a_target_may_be_long_but_not_endless(self):
        self.assert_error(self.server.request("/" + "x" * 8000), 404)
        self.refuse(request_bytes("/" + "x" * 300_000), 414)

    def test_an_endless_target_is_refused_while_it_comes(self):
        connection = self.server.connect()
        connection.send(b"GET /" + b"x" * 300_000)
        self.assert_error(connection.read_response(), 414)
        self.assertEqual(connection.read_to_end(), b"")

    def test_a_head_has_100_fields(self):
        def fields(count):  # Host is one more
            return {f"X-{n}": "y" for n in range(count - 1)}

        answer = self.server.request("/livez", headers=fields(100))
        self.assertEqual(answer.status, 200)
        self.refuse(request_bytes("/livez", headers=fields(101)), 431)

    def test_a_head_has_32_KiB(self):
        def head(size):
            frame = len(request_bytes("/livez", headers={"X": ""}))
            return request_bytes("/livez", headers={"X": "y" * (size - frame)})

        connection = self.server.connect()
        connection.send(head(32 * 1024))
        self.assertEqual(connection.read_response().body, b"ok")
        self.refuse(head(33 * 1024), 431)

    def test_an_endless_head_is_refused_while_it_comes(self):
        for rest in (b"X: " + b"y" * 40_000, b"y" * 40_000, b"X: y\r\n" * 9000):
            with self.subTest(rest[:5]):
                connection = self.server.connect()
                connection.send(START + HOST + rest)
                self.assert_error(connection.read_response(), 431)
                self.assertEqual(connection.read_to_end(), b"")

    def test_an_endless_head_of_empty_lines_is_refused(self):
        connection = self.server.connect()
        connection.send(b"\r\n" * 50_000)
        answer = connection.read_response()
        self.assertIn(answer.status, (400, 431))
        self.assertEqual(connection.read_to_end(), b"")


if __name__ == "__main__":
    unittest.main()
