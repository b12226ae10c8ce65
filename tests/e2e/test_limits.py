"""What full, slow and hostile peers get, and that others do not notice."""

import contextlib
import signal
import time
import unittest

import rivulet
from crowd import Crowd
from rivulet import RivuletTest, request_bytes, wait_until


class AdmissionTest(RivuletTest):
    def sent_away(self, server, client_id):
        """Asks for a stream that is one too many; the wait it is told, in ms."""
        stream = server.stream(client_id)
        self.assertEqual(stream.head.get("Content-Type"), "text/event-stream")
        stream.wait_for(lambda: stream.ended, "clean end")
        self.assertEqual(stream.events, [])
        return stream.retry

    def check_limit(self, arguments, ids, one_more):
        server = self.serve("--retry", "3s", *arguments)
        streams = [server.stream(i).wait_for_greeting() for i in ids]
        waits = {self.sent_away(server, one_more) for _ in range(5)}
        self.assertGreater(min(waits), 3000)
        self.assertGreater(len(waits), 1, "everybody comes back at once")
        server.wait_for_clients(ids)
        server.log.wait_for(msg="stream-refused", reason=arguments[0][2:])
        server.publish("still served")
        for stream in streams:
            self.assertEqual(stream.next_event().data, "still served")
        streams[0].close()
        server.wait_for_clients(ids[1:])
        server.stream(one_more).wait_for_greeting()

    def test_max_streams(self):
        self.check_limit(["--max-streams", "3"], ["a", "b", "c"], "d")

    def test_max_streams_per_address(self):
        self.check_limit(["--max-streams-per-address", "2"], ["a", "b"], "c")

    def test_max_streams_per_id(self):
        server = self.serve("--max-streams-per-id", "2")
        tabs = [server.stream("ana").wait_for_greeting() for _ in range(2)]
        self.assertGreater(self.sent_away(server, "ana"), 3000)
        server.stream("bob").wait_for_greeting()
        tabs[0].close()
        server.log.wait_for(msg="stream-end", id="ana")
        server.stream("ana").wait_for_greeting()


class SlowReaderTest(RivuletTest):
    def stall(self, server, count):
        """Streams whose clients have small buffers and never read again."""
        return [
            server.connect(receive_buffer=4096).open_stream(f"/stream/stuck-{n}")
            for n in range(count)
        ]

    def test_a_stalled_stream_ends_after_write_timeout(self):
        server = self.serve("--write-timeout", "500ms", "--queue-bytes", "1GiB",
                            "--history-events", "0")
        self.stall(server, 1)
        ana = server.stream("ana").wait_for_greeting()
        publisher = server.connect()
        while not server.log.lines(msg="stream-end"):
            publisher.request(rivulet.publish_target("x" * 4000))
            self.assertEqual(ana.next_event().data, "x" * 4000)
        server.log.wait_for(msg="stream-end", reason="timeout")
        self.assertEqual(server.clients(), ["ana"])

    def test_memory_limit_ends_the_slowest_and_nobody_else(self):
        server = self.serve("--memory-limit", "4MiB", "--write-timeout", "1h",
                            "--history-events", "0",
                            environment=rivulet.SMALL_QUARANTINE)
        self.stall(server, 20)
        ana = server.stream("ana").wait_for_greeting()
        before = server.memory()
        publisher = server.connect()
        for _ in range(3000):
            publisher.request(rivulet.publish_target("y" * 4000))
            self.assertEqual(len(ana.next_event().data), 4000)
        ends = server.log.lines(msg="stream-end", reason="slow")
        self.assertGreater(len(ends), 0)
        self.assertLess(server.memory() - before, 64 * 1024 * 1024)
        self.assertIn("ana", server.clients())

    def test_answers_that_nobody_takes_are_bounded_and_end(self):
        server = self.serve("--write-timeout", "500ms")
        greedy = server.connect(receive_buffer=4096)
        page = request_bytes("/") * 1000
        with contextlib.suppress(BlockingIOError, ConnectionError):
            greedy.socket.setblocking(False)
            while greedy.socket.send(page):
                pass
        wait_until(lambda: server.descriptors() <= server.descriptors_at_start,
                   "the end of the greedy connection")


class SlowSenderTest(RivuletTest):
    def test_a_body_that_trickles_is_refused(self):
        server = self.serve("--header-timeout", "500ms")
        connection = server.connect()
        connection.send(b"POST /livez HTTP/1.1\r\nHost: h\r\n"
                        b"Content-Length: 60000\r\n\r\n")
        answer = b""
        connection.socket.settimeout(0.1)
        give_up = time.monotonic() + rivulet.DEADLINE
        while not answer and time.monotonic() < give_up:
            connection.send(b"x")
            with contextlib.suppress(TimeoutError):
                answer = connection.socket.recv(65536)
        self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)

    def test_slowloris_and_silence_are_gone_within_their_deadlines(self):
        server = self.serve("--header-timeout", "1s")
        slow = [server.connect() for _ in range(200)]
        silent = [server.connect() for _ in range(500)]
        for connection in slow:
            connection.send(b"GET /livez HTTP/1.1\r\nX: ")
        probe = server.connect()
        dripped = 0
        while server.descriptors() > server.descriptors_at_start + 1:
            self.assertEqual(probe.request("/livez").body, b"ok")
            with contextlib.suppress(ConnectionError):
                slow[dripped % 200].send(b"x")
            dripped += 1
        self.assertEqual(len(silent) + len(slow), 700)


class DrainTest(RivuletTest):
    def test_streams_are_told_when_to_come_back_and_end_one_after_another(self):
        server = self.serve("--retry", "3s", "--drain-timeout", "10s")
        streams = [server.stream(f"s{n}").wait_for_greeting() for n in range(60)]
        server.send_signal(signal.SIGTERM)
        ends = []
        for stream in streams:
            stream.read_to_end()
            ends.append(time.monotonic())
        server.wait_for_exit()
        waits = {stream.retry for stream in streams}
        self.assertTrue(all(6000 <= wait <= 18000 for wait in waits), waits)
        self.assertGreater(len(waits), 20)
        # Ten milliseconds for each stream: the first end is long before the
        # last, however slow the machine.
        self.assertGreater(ends[-1] - ends[0], 0.3)

    def refuses(self, server):
        try:
            server.connect().close()
        except ConnectionError:
            return True
        return False

    def test_a_publisher_is_answered_or_refused_but_never_left(self):
        server = self.serve("--drain-timeout", "10s")
        streams = [server.stream(f"s{n}").wait_for_greeting() for n in range(50)]
        idle = server.connect()
        self.assertEqual(idle.request("/livez").status, 200)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(idle.read_to_end(), b"")
        wait_until(lambda: self.refuses(server), "no more listening")
        for stream in streams:
            stream.read_to_end()
        server.wait_for_exit()


class FairnessTest(RivuletTest):
    def test_a_pipeline_of_broadcasts_lets_others_in(self):
        """One connection asks for far more fan-out than a turn allows; a probe
        is answered long before all of it is done."""
        server = self.serve()
        ids = [f"c{n}" for n in range(500)]
        with Crowd(server, ids) as crowd:
            count = 2000
            data = [f"{n}" for n in range(count)]
            crowd.expect(*data)
            publisher = server.connect()
            publisher.send(b"".join(
                request_bytes(rivulet.publish_target(text)) for text in data))
            probe = server.connect()
            self.assertEqual(probe.request("/livez").body, b"ok")
            for _ in range(count):
                self.assertEqual(publisher.read_response().body, b"Ok")
            crowd.wait()


if __name__ == "__main__":
    unittest.main()
