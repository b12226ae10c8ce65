"""The log, in both formats: what a client says stays inside its value, and the
access log has a line for each request."""

import json
import re
import unicodedata
import unittest

from publisher import post, post_events
from rivulet import RivuletTest, path_part, publish_target, request_bytes, wait_until

FORMATS = ("logfmt", "json")
MESSAGES = {"listening", "request", "stream-end", "stream-refused", "draining",
            "connection-refused", "connection-evicted", "publish-refused", "stopped"}
KEYS = {"level", "msg", "address", "method", "path", "status", "bytes", "ms", "id",
        "reason", "seconds", "events", "queued", "times", "streams", "spread-ms",
        "open", "slow", "timeout", "held"}
FORGERIES = (
    'x" level=error msg=forged y="',
    "level=error msg=forged",
    'x","msg":"forged',
    '"}\\n{"level":"error","msg":"forged"}',
    'x\\" msg=forged',
    "x\\",
    "=",
    "a=b",
    "'",
    "{}",
    "\u2028level=error msg=forged",
    "\u202egnp.exe",
    "olá 🦀",
)
_VALUE = r'(?:[^\s"=\\]+|"(?:[^"\\]|\\["\\]|\\x[0-9a-f]{2})*")'
_LINE = re.compile(rf"[a-z-]+={_VALUE}(?: [a-z-]+={_VALUE})*")
_PAIR = re.compile(rf"([a-z-]+)=({_VALUE})")
_ESCAPE = re.compile(rb'\\(?:x([0-9a-f]{2})|(["\\]))')


def unescape(value):
    """A logfmt value as it was before it was written."""
    if not value.startswith('"'):
        return value
    return _ESCAPE.sub(
        lambda m: bytes.fromhex(m[1].decode()) if m[1] else m[2],
        value[1:-1].encode()).decode("utf-8", "replace")


def read_logfmt(line):
    if not _LINE.fullmatch(line):
        raise AssertionError(f"not logfmt: {line!r}")
    return [(key, unescape(value)) for key, value in _PAIR.findall(line)]


def read_json(line):
    pairs = json.loads(line, object_pairs_hook=list)
    return [(key, str(value)) for key, value in pairs]


def read_strictly(raw, log_format):
    """The lines of a log; fails on what a client could have put there."""
    lines = []
    if not raw.endswith(b"\n"):
        raise AssertionError(f"a line without an end: {raw[-200:]!r}")
    for raw_line in raw[:-1].split(b"\n"):
        line = raw_line.decode("utf-8", "strict")
        for character in line:
            if unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cf"):
                raise AssertionError(f"{character!r} in {line!r}")
        pairs = (read_json if log_format == "json" else read_logfmt)(line)
        keys = [key for key, _ in pairs]
        if len(keys) != len(set(keys)) or not KEYS.issuperset(keys):
            raise AssertionError(f"keys that nobody wrote: {line!r}")
        fields = dict(pairs)
        if fields["msg"] not in MESSAGES or fields["level"] not in ("info", "warning"):
            raise AssertionError(f"a line that nobody wrote: {line!r}")
        lines.append(fields)
    return lines


class InjectionTest(RivuletTest):
    def each_format(self):
        for log_format in FORMATS:
            server = self.serve("--log-format", log_format, "--access-log", "on",
                                "--trusted-proxy", "127.0.0.1")
            yield server
            server.terminate()
            with self.subTest(log_format):
                self.lines = read_strictly(server.log.raw, log_format)
                self.check_lines()

    def check_lines(self):
        pass

    def test_ids_are_read_back_as_they_were(self):
        self.check_lines = lambda: self.assertEqual(
            [line["id"] for line in self.lines if line["msg"] == "stream-end"],
            list(FORGERIES))
        for server in self.each_format():
            for client_id in FORGERIES:
                server.stream(client_id).wait_for_greeting().close()
                server.wait_for_clients([])

    def test_each_byte_in_a_path_and_in_a_method(self):
        for server in self.each_format():
            for byte in range(256):
                for request in (b"GET /a%sb HTTP/1.1\r\nHost: h\r\n\r\n",
                                b"G%sT / HTTP/1.1\r\nHost: h\r\n\r\n",
                                b"GET / HTTP/1.1\r\nHost: h%s\r\n\r\n"):
                    connection = server.connect()
                    connection.send(request % bytes([byte]))
                    connection.half_close()
                    connection.receive()
                    connection.close()

    def test_forged_paths_queries_and_fields(self):
        for server in self.each_format():
            for text in FORGERIES:
                encoded = path_part(text)
                raw = text.encode().replace(b" ", b"\t")
                requests = [
                    request_bytes(target)
                    for target in ("/" + encoded, "/stream?topic=" + encoded,
                                   "/publish?event=" + encoded, publish_target(text),
                                   publish_target("x", to=text))]
                requests += [
                    b"GET /stream HTTP/1.1\r\nHost: h\r\n%s: %s\r\n\r\n" % (field, raw)
                    for field in (b"Last-Event-ID", b"User-Agent", b"Origin", b"Host",
                                  b"X-Forwarded-For", b"Forwarded", b"Authorization",
                                  b"Sec-Fetch-Site", b"Referer")]
                requests += [
                    b"GET /publish/status/x HTTP/1.1\r\nHost: h\r\n%s: %s\r\n\r\n"
                    % (field, raw)
                    for field in (b"Origin", b"Sec-Fetch-Site", b"X-Forwarded-For")]
                requests.append(b"GET /%s HTTP/1.1\r\nHost: h\r\n\r\n" % raw)
                for request in requests:
                    connection = server.connect()
                    connection.send(request)
                    self.assertTrue(connection.receive())
                    connection.close()
            server.wait_for_clients([])

    def test_topics_names_and_data_are_in_no_line(self):
        def nothing_said():
            for line in self.lines:
                self.assertNotIn("secret", " ".join(line.values()))
        self.check_lines = nothing_said
        for server in self.each_format():
            stream = server.connect().open_stream("/stream?topic=secret")
            post(server, "secret\nlevel=error msg=forged",
                 "/publish?topic=secret&event=secret")
            post_events(server, "event: secret\ndata: secret\n\n")
            server.request("/livez?secret", headers={"X": "secret"})
            stream.next_event()
            stream.close()
            server.wait_for_clients([])

    def test_a_flood_of_refusals_is_a_few_lines(self):
        for server in self.each_format():
            server.request("/nothing")
        server = self.serve("--max-streams", "1")
        ana = server.stream("ana").wait_for_greeting()
        for n in range(200):
            server.stream(f"s{n}").connection.close()
        self.assertLess(len(server.log.lines(msg="stream-refused")), 20)
        ana.close()


class AccessLogTest(RivuletTest):
    def request_line(self, server, **fields):
        return server.log.wait_for(msg="request", **fields)

    def test_off_by_default(self):
        server = self.serve()
        server.request("/livez")
        server.terminate()
        self.assertEqual(server.log.lines(msg="request"), [])

    def test_a_line_for_each_request(self):
        server = self.serve("--access-log", "on")
        connection = server.connect()
        peer = "127.0.0.1:%d" % connection.socket.getsockname()[1]
        for method, target, status in (
            ("GET", "/livez", 200), ("HEAD", "/livez", 200), ("GET", "/nothing", 404),
            ("OPTIONS", "/clients", 204), ("DELETE", "/clients/ana", 404),
            ("PUT", "/livez", 405),
        ):
            connection.send(request_bytes(target, method))
            connection.receive()
            size = len(connection.take_received())
            line = self.request_line(server, method=method, path=target)
            self.assertEqual(line["status"], str(status))
            self.assertEqual(line["bytes"], str(size))
            self.assertEqual(line["address"], peer)
            self.assertLess(int(line["ms"]), 10_000)
        post(connection, "hi")
        self.request_line(server, method="POST", path="/publish", status="200")
        self.assertEqual(len(server.log.lines(msg="request")), 7)

    def test_requests_of_a_pipeline_have_a_line_each(self):
        server = self.serve("--access-log", "on")
        server.connect().pipeline(["/livez?a", "/readyz", "/livez"])
        wait_until(lambda: len(server.log.lines(msg="request")) == 3, "three lines")
        paths = [line["path"] for line in server.log.lines(msg="request")]
        self.assertEqual(paths, ["/livez", "/readyz", "/livez"])

    def test_the_query_is_left_out_and_a_long_path_cut(self):
        server = self.serve("--access-log", "on")
        server.request("/livez?token=secret")
        self.request_line(server, path="/livez")
        server.publish("x" * 10_000)
        path = self.request_line(server, path="/publish/status/" + "x" * 240 + "...")
        self.assertEqual(path["status"], "200")
        self.assertNotIn("secret", server.log.text)

    def test_what_cannot_be_read_has_a_line_too(self):
        server = self.serve("--access-log", "on")
        connection = server.connect()
        connection.send(b"nonsense\r\n\r\n")
        self.assertEqual(connection.read_response().status, 400)
        self.request_line(server, method="-", path="-", status="400")

    def test_how_long_it_took(self):
        server = self.serve("--access-log", "on", "--header-timeout", "500ms")
        connection = server.connect()
        connection.send(b"GET /livez HTTP/1.1\r\n")
        self.assertEqual(connection.read_response().status, 408)
        line = self.request_line(server, status="408")
        self.assertGreaterEqual(int(line["ms"]), 500)

    def test_a_stream_has_a_line_at_its_opening_and_one_at_its_end(self):
        server = self.serve("--access-log", "on")
        connection = server.connect()
        connection.send(request_bytes("/stream/ana?topic=a", version="1.0"))
        self.request_line(server, method="GET", path="/stream/ana", status="200")
        for _ in range(3):
            server.publish("hello", to="ana")
        while connection.received.count(b"hello") < 3:
            self.assertTrue(connection.receive())
        server.request("/clients/ana", "DELETE")
        received = connection.read_to_end()
        end = server.log.wait_for(msg="stream-end")
        self.assertEqual(end["id"], "ana")
        self.assertEqual(end["reason"], "kicked")
        self.assertEqual(end["events"], "3")
        self.assertEqual(end["bytes"], str(len(received)))
        self.assertEqual(end["queued"], "0")
        self.assertLess(int(end["seconds"]), 60)


if __name__ == "__main__":
    unittest.main()
