"""What a client sends stays what it is: no text of its own becomes a field of an
answer, another answer, or a line of somebody's stream. (For the log, see
test_log.py.)"""

import json
import unittest
from urllib.parse import quote

from publisher import post
from rivulet import RivuletTest, request_bytes

FORGED = "Forged"
APP = "https://app.example"
LINES = (
    f"x\r\n{FORGED}: yes",
    f"x\n{FORGED}: yes",
    f"x\r{FORGED}: yes",
    f"x\r\n\r\nHTTP/1.1 200 OK\r\n{FORGED}: yes\r\nContent-Length: 0\r\n\r\n",
    f"x\u0085{FORGED}: yes",
    f"x\u2028{FORGED}: yes",
    f"x\0\r\n{FORGED}: yes",
    f"x\\r\\n{FORGED}: yes",
    f"x%0d%0a{FORGED}: yes",
    f'x"\n\nevent: forged\ndata: {FORGED}\n\n',
    "x\u010d\u010a",  # CR and LF where a byte of each is dropped
)
# Wherever something of a client's goes.
TARGETS = (
    "/{}", "/stream/{}", "/stream?topic={}", "/stream/ana?lastEventId={}",
    "/clients/{}", "/publish/{}/status/x", "/publish/status/{}", "/livez?{}",
    "/publish/ana/status/{}",
)
POST_TARGETS = (
    "/publish/{}", "/publish?topic={}", "/publish?event={}", "/publish?retry={}",
)
FIELDS = (
    "Origin", "Host", "User-Agent", "X-Forwarded-For", "Forwarded", "Authorization",
    "Last-Event-ID", "Access-Control-Request-Method",
    "Access-Control-Request-Headers", "Sec-Fetch-Site", "Referer", "Cookie",
)
ANSWERED = {
    "Date", "Content-Type", "Content-Length", "Cache-Control", "Connection", "Allow",
    "X-Content-Type-Options", "X-Accel-Buffering", "Transfer-Encoding", "Vary",
    "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
    "Access-Control-Max-Age", "WWW-Authenticate", "Content-Security-Policy",
    "Referrer-Policy",
}


class HeaderInjectionTest(RivuletTest):
    def serve_some(self):
        for arguments in ((), ("--allow-origin", APP, "--trusted-proxy", "127.0.0.1")):
            yield self.serve(*arguments)

    def check_head(self, head):
        self.assertLessEqual({name for name, _ in head.fields}, ANSWERED, head)
        for name, value in head.fields:
            self.assertNotIn(FORGED, value, name)

    def ask(self, server, target, method, field=b""):
        """The head of the one answer, all of which is read strictly (wire.py)."""
        connection = server.connect()
        connection.send(f"{method} {target} HTTP/1.1\r\nConnection: close\r\n".encode()
                        + b"Host: h\r\n" * (not field.startswith(b"Host")) + field
                        + b"\r\n")
        while b"\r\n\r\n" not in connection.received:
            self.assertTrue(connection.receive(), "no answer")
        if b"text/event-stream" in connection.received:
            head = connection.read_head()
        else:
            head = connection.read_response(method)
            self.assertEqual(connection.read_to_end(), b"")
        self.check_head(head)
        connection.close()
        return head

    def test_paths_and_queries(self):
        for server in self.serve_some():
            for text in LINES:
                for target in TARGETS:
                    target = target.format(quote(text, safe=""))
                    for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
                        self.ask(server, target, method)
                for target in POST_TARGETS:
                    answer = post(server, "x", target.format(quote(text, safe="")))
                    self.check_head(answer)
            server.wait_for_clients([])

    def test_fields(self):
        """As bytes: a line end among them ends the field, and no more than that."""
        for server in self.serve_some():
            for text in (*LINES, f"{APP}, {APP}", f"{APP}\x0b", f"{APP}/"):
                for name in FIELDS:
                    field = f"{name}: {text}\r\n".encode()
                    for target in ("/clients", "/stream/ana", "/publish/status/x"):
                        for method in ("GET", "OPTIONS"):
                            head = self.ask(server, target, method, field)
                            allowed = head.get("Access-Control-Allow-Origin")
                            self.assertIn(allowed, (None, "*"))
            server.wait_for_clients([])

    def test_a_listed_origin_is_answered_as_it_is_listed(self):
        server = self.serve("--allow-origin", APP)
        for origin in (APP, APP + "  ", "\t" + APP):
            head = server.request("/clients", headers={"Origin": origin})
            self.check_head(head)
            self.assertEqual(head.get("Access-Control-Allow-Origin"), APP)

    def test_a_refusal_repeats_nothing(self):
        server = self.serve()
        for text in LINES:
            for target in TARGETS + POST_TARGETS:
                answer = server.connect()
                answer.send(request_bytes(target.format(quote(text, safe="")), "POST"))
                self.assertNotIn(FORGED, answer.read_response().text)


class StreamInjectionTest(RivuletTest):
    def test_event_names_and_times_are_refused_and_data_is_data(self):
        server = self.serve()
        ana = server.connect().open_stream("/stream/ana?topic=a").wait_for_greeting()
        sent = []
        for text in LINES:
            for target in ("/publish?event={}", "/publish/ana?event={}",
                           "/publish?retry={}"):
                answer = post(server, "x", target.format(quote(text, safe="")))
                if answer.status == 200:  # a name with nothing in it that acts
                    sent.append(("x", text))
                else:
                    self.assert_error(answer, 400)
            for target in ("/publish", "/publish?topic=a", "/publish/ana"):
                if "\0" not in text:
                    self.assertEqual(post(server, text, target).status, 200)
                    sent.append((text, "message"))
        self.assertEqual(post(server, "last").status, 200)
        lines = [(data.replace("\r\n", "\n").replace("\r", "\n"), kind)
                 for data, kind in sent]
        got = [ana.next_event() for _ in range(len(lines) + 1)]
        self.assertEqual([(e.data, e.type) for e in got], [*lines, ("last", "message")])

    def test_the_id_that_a_gap_repeats_is_text_in_its_data(self):
        server = self.serve("--history-events", "1")
        for data in ("one", "two"):
            post(server, data)
        for text in LINES:
            stream = server.connect().open_stream(
                "/stream?lastEventId=" + quote(text, safe=""))
            gap, event = stream.next_event(), stream.next_event()
            self.assertEqual((gap.type, event.data), ("gap", "two"))
            self.assertEqual(json.loads(gap.data)["after"], text)
            self.assertEqual(len(stream.events), 2)

    def test_ids_and_topics_are_text_in_lists(self):
        server = self.serve()
        text = 'a"],"address":"forged\\"},[{"b'
        stream = server.connect().open_stream(
            f"/stream/{quote(text, safe='')}?topic={quote('t' + text.replace(',', ';'), safe='')}")
        stream.wait_for_greeting()
        self.assertEqual(server.clients(), [text])
        detail = json.loads(server.request("/clients?detail=1").body)
        self.assertEqual([one["id"] for one in detail], [text])
        self.assertEqual(detail[0]["topics"], ["t" + text.replace(",", ";")])
        self.assertTrue(detail[0]["address"].startswith("127.0.0.1:"))


if __name__ == "__main__":
    unittest.main()
