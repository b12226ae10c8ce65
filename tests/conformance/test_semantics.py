"""RFC 9110 sections 7 to 15.

Methods and what they answer, Allow, Content-Length and Content-Type, Expect,
Upgrade, and fields that a server may ignore.
"""

import unittest

from conformance import (
    CODING, GET, HOST, LENGTH, POST, SMUGGLED, ConformanceTest, chunked, head, raw,
    table,
)

KNOWN = ("/", "/livez", "/clients", "/stream/ana", "/publish/status/x")

# The request line of each, and what Allow must name and must not name.
WRONG_METHODS = [
    ("9110 15.5.6", f"{method} {target.strip('/') or 'of the page'}", method, target)
    for method, target in (
        ("POST", "/"), ("POST", "/livez"), ("POST", "/clients"),
        ("POST", "/stream/ana"), ("PUT", "/"), ("PUT", "/livez"),
        ("PUT", "/stream/ana"), ("PUT", "/publish/status/x"),
        ("DELETE", "/livez"), ("DELETE", "/publish/status/x"),
        ("PATCH", "/publish/ana/status/x"), ("POST", "/stream"), ("HEAD", "/stream"),
        ("PUT", "/clients/ana"),
        ("TRACE", "/"), ("TRACE", "/livez"), ("TRACE", "/publish/status/x"),
        ("PROPFIND", "/livez"), ("HEAD", "/stream/ana"), ("HEAD", "/stats"),
    )
]

HEADS = [
    ("9110 9.3.2", f"HEAD {target.strip('/') or 'of the page'}", target)
    for target in ("/", "/livez", "/healthz", "/readyz", "/clients", "/clients/nobody", "/nope",
                   "/style.css", "/publish/nobody/status/x", "/publish/status/%zz",
                   "/stream/ana")
]

# What Allow names for each path, and no more.
ALLOWED = [
    ("9110 10.2.1", f"Allow of {target}", target, methods)
    for target, methods in (
        ("/", "get head options"), ("/style.css", "get head options"),
        ("/stream", "get options"), ("/stream?topic=a", "get options"),
        ("/stream/ana", "get options"),
        ("/clients", "get head options"), ("/clients?detail=1", "get head options"),
        ("/clients/ana", "get head delete options"),
        ("/publish/status/x", "get head options"),
        ("/publish/ana/status/x", "get head options"),
        ("/publish", "post put options"), ("/publish?topic=x", "post put options"),
        ("/publish/ana", "post put options"), ("/publish/status", "post put options"),
        ("/livez", "get head options"), ("/healthz", "get head options"),
        ("/readyz", "get head options"), ("/stats", "get options"),
    )
]

# A refusal of a HEAD has no content either.
HEADS_REFUSED = [
    ("9110 9.3.2", "a refused HEAD without Host", raw("HEAD /livez HTTP/1.1"), 400),
    ("9110 9.3.2", "a refused HEAD with two lengths",
     head("HEAD /livez HTTP/1.1", LENGTH + "1", LENGTH + "2"), 400),
    ("9110 9.3.2", "a refused HEAD with a folded field",
     head("HEAD /livez HTTP/1.1", "A: b\r\n c"), 400),
    ("9110 9.3.2", "a refused HEAD with too many fields",
     head("HEAD /livez HTTP/1.1", *["A: b"] * 200), 431),
    ("9110 9.3.2", "a refused HEAD of a long target",
     head(f"HEAD /{'x' * 100_000} HTTP/1.1"), 414),
    ("9110 9.3.2", "a refused HEAD with an expectation",
     head("HEAD /livez HTTP/1.1", "Expect: miracles"), 417),
]

REFUSED = [
    ("9110 10.1.1", "an unknown expectation", head(GET, "Expect: miracles"), 417),
    ("9110 10.1.1", "an unknown expectation beside the known one",
     head(GET, "Expect: 100-continue, miracles"), 417),
    ("9110 10.1.1", "an unknown expectation with a body that hides a request",
     head(POST, LENGTH + str(len(SMUGGLED)), "Expect: miracles"), 417),
    ("9110 10.1.1", "a body too large is refused before it is sent",
     head(POST, LENGTH + "99999999", "Expect: 100-continue"), 413),
    ("9110 10.1.1", "a bad request with an expectation gets no 100",
     head(POST, LENGTH + "2", CODING + "chunked", "Expect: 100-continue"), 400),
    ("9110 9.3.6", "CONNECT", head("CONNECT rivulet.test:443 HTTP/1.1"), 400, 405, 501),
]

IGNORED = [
    ("9110 7.8", "Upgrade to websocket",
     head(GET, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 200),
    ("9110 7.8", "Upgrade to HTTP 2",
     head(GET, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
          "HTTP2-Settings: AAMAAABkAAQAAP__"), 200),
    ("9110 7.8", "Upgrade to TLS",
     head(GET, "Connection: Upgrade", "Upgrade: TLS/1.0"), 200),
    ("9110 7.8", "Upgrade that Connection does not name", head(GET, "Upgrade: x"), 200),
    ("9110 7.8", "Upgrade with a body",
     head(POST, "Connection: Upgrade", "Upgrade: x", LENGTH + str(len(SMUGGLED)))
     + SMUGGLED, 405),
    ("9110 7.8", "Upgrade in a pipeline",
     head(GET, "Connection: Upgrade", "Upgrade: x") + head("GET /nope HTTP/1.1"),
     200, 404),
    ("9110 10.1.1", "an expectation in HTTP 1.0",
     head("POST /clients HTTP/1.0", LENGTH + "2", "Expect: 100-continue",
          "Connection: keep-alive") + b"hi", 405),
    ("9110 10.1.1", "an expectation without a body",
     head(GET, "Expect: 100-continue"), 200),
    ("9110 14.2", "a range of a resource without ranges",
     head(GET, "Range: bytes=0-0"), 200),
    ("9110 14.2", "a range in an unknown unit", head(GET, "Range: lines=1-2"), 200),
    ("9110 13.1.3", "a date that is not one",
     head(GET, "If-Modified-Since: yesterday"), 200),
    ("9110 12.5.1", "an Accept that nothing here meets",
     head(GET, "Accept: audio/mp3"), 200),
    ("9110 12.5.3", "codings that nothing here is in",
     head(GET, "Accept-Encoding: br"), 200),
    ("9110 9.3.8", "TRACE does not echo", head("TRACE /nope HTTP/1.1"), 404),
    ("9110 15.5.5", "nothing is here", head("GET /nope HTTP/1.1"), 404),
    ("9110 15.5.5", "nobody is connected",
     head("GET /publish/nobody/status/x HTTP/1.1"), 404),
]


@table("check_wrong_method", WRONG_METHODS)
@table("check_head", HEADS)
@table("check_allow", ALLOWED)
class MethodTest(ConformanceTest):
    def check_wrong_method(self, method, target):
        answer = self.ask(head(f"{method} {target} HTTP/1.1"), method)
        self.assertEqual(answer.status, 405)
        if method != "HEAD":
            self.assert_error(answer, 405)
        self.assertIn("get", answer.tokens("Allow"))
        self.assertNotIn(method.lower(), answer.tokens("Allow"))
        self.assertEqual(self.seen(), [])

    def check_allow(self, target, methods):
        """The same in a 405 and in the answer to OPTIONS."""
        for method, status in (("PATCH", 405), ("OPTIONS", 204)):
            answer = self.ask(head(f"{method} {target} HTTP/1.1"))
            self.assertEqual(answer.status, status)
            self.assertEqual(set(answer.tokens("Allow")), set(methods.split()))

    def check_head(self, target):
        """As GET, field by field, without the content."""
        with self.server.connect() as connection:
            head_answer = connection.request(target, "HEAD")
            if target.startswith("/stream"):
                # The one exception: it is a 405, which has no content here.
                self.assertEqual(head_answer.status, 405)
                get_answer = connection.request(target, "PUT")
            else:
                get_answer = connection.request(target)
        self.assertEqual(head_answer.status, get_answer.status)
        for answer in (head_answer, get_answer):
            answer.fields = [f for f in answer.fields if f[0] != "Date"]
        self.assertEqual(head_answer.fields, get_answer.fields)
        self.assertEqual(head_answer.get("Content-Length"), str(len(get_answer.body)))

    def test_9110_9_3_2_a_pipelined_head_takes_no_content_from_the_next(self):
        with self.server.connect() as connection:
            connection.send(head("HEAD / HTTP/1.1") + head(GET))
            self.assertEqual(connection.read_response("HEAD").status, 200)
            self.assertEqual(connection.read_response().body, b"ok")

    def test_9110_9_1_allow_names_what_works(self):
        for target in KNOWN:
            answer = self.ask(head(f"PUT {target} HTTP/1.1"))
            for method in answer.tokens("Allow"):
                with self.server.connect() as connection:
                    connection.send(head(f"{method.upper()} {target} HTTP/1.1"))
                    self.assertIn(connection.read_head().status, (200, 204), target)

    def test_9110_9_3_7_options_of_each_path(self):
        for target in KNOWN:
            answer = self.ask(head(f"OPTIONS {target} HTTP/1.1"))
            self.assertEqual((answer.status, answer.body), (204, b""))
            self.assertIn("get", answer.tokens("Allow"))
        self.assertEqual(self.seen(), [])

    def test_9110_9_3_7_options_of_the_server(self):
        answer = self.ask(head("OPTIONS * HTTP/1.1"))
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertIn("get", answer.tokens("Allow"))

    def test_9110_9_3_7_options_with_a_body(self):
        with self.server.connect() as connection:
            request = head("OPTIONS * HTTP/1.1", LENGTH + str(len(SMUGGLED)))
            connection.send(request + SMUGGLED + head(GET))
            self.assertEqual(connection.read_response().status, 204)
            self.assertEqual(connection.read_response().body, b"ok")
        self.assertEqual(self.seen(), [])

    def test_9110_9_3_8_trace_reflects_nothing(self):
        answer = self.ask(head("TRACE / HTTP/1.1", "Cookie: secret"))
        self.assertNotIn(b"secret", answer.body)

    def test_9110_9_2_1_nothing_but_a_publish_publishes(self):
        for method in ("OPTIONS", "TRACE", "PUT", "DELETE", "PATCH"):
            self.ask(head(f"{method} /publish/status/smuggled HTTP/1.1"))
        self.assertEqual(self.seen(), [])


@table("check_head_refused", HEADS_REFUSED)
class RefusedHeadTest(ConformanceTest):
    def check_head_refused(self, request, status):
        with self.server.connect() as connection:
            connection.send(request)
            answer = connection.read_response("HEAD")
            self.assertEqual(answer.status, status, answer)
            self.assertIn("close", answer.tokens("Connection"))
            self.assertEqual(connection.read_to_end(), b"")


@table("check_refused", REFUSED)
@table("check_answered", IGNORED)
class ExpectationTest(ConformanceTest):
    def expect(self, expectation, *fields, body):
        """A client that waits for 100 before it sends its body."""
        with self.server.connect() as connection:
            connection.send(head(POST, "Expect: " + expectation, *fields))
            self.assertEqual(connection.read_head().status, 100)
            connection.send(body + head(GET))
            self.assert_error(connection.read_response(), 405)
            self.assertEqual(connection.read_response().body, b"ok")
        self.assertEqual(self.seen(), [])

    def test_9110_10_1_1_a_body_by_length_is_asked_for(self):
        self.expect("100-continue", LENGTH + str(len(SMUGGLED)), body=SMUGGLED)

    def test_9110_10_1_1_a_body_in_chunks_is_asked_for(self):
        self.expect("100-continue", CODING + "chunked", body=chunked(SMUGGLED))

    def test_9110_10_1_1_the_expectation_is_case_insensitive(self):
        self.expect("100-Continue", LENGTH + "2", body=b"hi")

    def test_9110_10_1_1_one_100_for_one_body(self):
        request = head(POST, LENGTH + "2", "Expect: 100-continue")
        with self.server.connect() as connection:
            for _ in range(3):
                connection.send(request)
                self.assertEqual(connection.read_head().status, 100)
                connection.send(b"h")
                connection.send(b"i")
                self.assert_error(connection.read_response(), 405)

    def test_9110_15_2_a_100_is_a_status_line_and_an_empty_line(self):
        with self.server.connect() as connection:
            connection.send(head(POST, LENGTH + "2", "Expect: 100-continue"))
            answer = connection.read_head()
            self.assertEqual((answer.status, answer.fields), (100, []))

    def test_9110_10_1_1_a_100_comes_after_the_answers_before_it(self):
        with self.server.connect() as connection:
            connection.send(
                head(GET) * 2 + head(POST, LENGTH + "2", "Expect: 100-continue")
            )
            statuses = [connection.read_response().status for _ in range(2)]
            statuses.append(connection.read_head().status)
            self.assertEqual(statuses, [200, 200, 100])

    def test_9110_15_2_http_1_0_never_gets_a_100(self):
        with self.server.connect() as connection:
            fields = (HOST, LENGTH + "2", "Expect: 100-continue")
            connection.send(raw("POST /clients HTTP/1.0", *fields))
            connection.send(b"hi")
            self.assert_error(connection.read_response(), 405)


class ContentTest(ConformanceTest):
    def test_9110_8_6_content_length_is_the_number_of_bytes(self):
        self.server.stream("é" * 30).wait_for_greeting()
        self.server.wait_for_clients(["witness", "é" * 30])
        for target in ("/", "/clients", "/livez", "/nope", "/app.js"):
            with self.server.connect() as connection:
                connection.send(head(f"GET {target} HTTP/1.1", "Connection: close"))
                received = connection.read_to_end()
            fields, _, content = received.partition(b"\r\n\r\n")
            self.assertIn(b"Content-Length: %d" % len(content), fields.split(b"\r\n"))

    def test_9110_8_6_a_204_has_no_length(self):
        answer = self.ask(head("OPTIONS * HTTP/1.1"))
        self.assertEqual(answer.all("Content-Length"), [])
        self.assertEqual(answer.all("Transfer-Encoding"), [])

    def test_9110_8_3_content_has_a_type(self):
        for target, content_type in (
            ("/", "text/html"),
            ("/clients", "application/json"),
            ("/livez", "text/plain"),
            ("/nope", "text/plain"),
            ("/style.css", "text/css"),
            ("/app.js", "text/javascript"),
            ("/favicon.svg", "image/svg+xml"),
        ):
            answer = self.ask(head(f"GET {target} HTTP/1.1"))
            self.assertEqual(answer.get("Content-Type").partition(";")[0], content_type)

    def test_9110_15_5_an_error_says_what_was_wrong(self):
        for request, status in (
            (head("GET /nope HTTP/1.1"), 404),
            (head("GET /stream/%00 HTTP/1.1"), 400),
            (head(f"GET /stream/{'x' * 200} HTTP/1.1"), 400),
            (head("POST /livez HTTP/1.1"), 405),
            (raw(GET), 400),
        ):
            self.assert_error(self.ask(request), status)

    def test_9110_8_3_no_answer_is_left_to_guessing(self):
        for target in ("/", "/livez", "/nope", "/clients"):
            answer = self.ask(head(f"GET {target} HTTP/1.1"))
            self.assertEqual(answer.get("X-Content-Type-Options"), "nosniff")


if __name__ == "__main__":
    unittest.main()
