"""Behind a real nginx with the shipped site file: TLS, HTTP/2, reloads."""

import json
import unittest

from proxy import Proxy
from rivulet import RivuletTest, wait_until

STREAMS = 1000


class NginxTest(RivuletTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.nginx = Proxy(self.server.address)
        self.addCleanup(self.nginx.stop)

    def connect(self):
        connection = self.nginx.connect()
        self.addCleanup(connection.close)
        return connection

    def open_stream(self, target="/stream", **options):
        stream = self.connect().open_stream(target, **options)
        stream.wait_for_greeting()
        return stream

    def test_the_page_comes_over_http2(self):
        page = self.nginx.curl("/", "-w", "\nHTTP/%{http_version}")
        self.assertIn(b"<title>Rivulet", page)
        self.assertTrue(page.endswith(b"HTTP/2"), page[-40:])

    def test_no_query_is_logged(self):
        self.nginx.curl("/livez?token=secret")
        log = self.nginx.folder / "access"
        wait_until(lambda: "/livez" in log.read_text(), "the access log")
        self.assertNotIn("secret", log.read_text())

    def test_a_stream_over_http2_is_not_held_back(self):
        with self.nginx.start_curl("/stream/ana") as curl:
            self.addCleanup(curl.kill)
            lines = iter(curl.stdout.readline, b"")
            self.assertIn(b": rivulet\n", lines)
            for n in range(3):
                answer = self.nginx.curl("/publish", "-d", f"event-{n}")
                self.assertEqual(json.loads(answer)["receivers"], 1)
                self.assertIn(f"data: event-{n}\n".encode(), lines)
            curl.kill()

    def test_a_thousand_streams_each_get_each_event_in_order(self):
        streams = [
            self.open_stream(f"/stream/id-{n}") for n in range(STREAMS)
        ]
        publisher = self.connect()
        for n in range(10):
            data = f"event-{n}".encode()
            answer = publisher.request(
                "/publish", "POST", headers={"Content-Length": len(data)}, body=data
            )
            self.assertEqual(json.loads(answer.body)["receivers"], STREAMS)
        for stream in streams:
            got = [stream.next_event().data for _ in range(10)]
            self.assertEqual(got, [f"event-{n}" for n in range(10)])

    def test_a_reload_of_nginx_loses_no_event(self):
        streams = [self.open_stream(f"/stream/id-{n}") for n in range(20)]
        published = 0
        for _ in range(3):
            for _ in range(20):
                self.server.publish(f"event-{published}")
                published += 1
            self.nginx.reload()
        late = self.open_stream("/stream/late", headers={"Last-Event-ID": "0"})
        for stream in [*streams, late]:
            got = [stream.next_event().data for _ in range(published)]
            self.assertEqual(got, [f"event-{n}" for n in range(published)])

    def test_publishers_reuse_connections_to_the_server(self):
        for _ in range(20):
            self.assertEqual(self.nginx.curl("/publish/status/ping"), b"Ok")
        opened = self.server.descriptors() - self.server.descriptors_at_start
        self.assertLessEqual(opened, 4)  # one or two for each worker

    def test_an_event_stream_body_is_published_while_it_comes(self):
        stream = self.open_stream("/stream")
        publisher = self.connect()
        publisher.send(
            b"POST /publish HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for n in range(3):
            event = f"data: event-{n}\n\n".encode()
            publisher.send(b"%x\r\n%s\r\n" % (len(event), event))
            self.assertEqual(stream.next_event().data, f"event-{n}")
        publisher.send(b"0\r\n\r\n")
        self.assertEqual(publisher.read_response().status, 200)


if __name__ == "__main__":
    unittest.main()
