"""/metrics: what it counts is what happened, and Prometheus can read it."""

import contextlib
import json
import resource
import subprocess
import time
import unittest

import rivulet
from prometheus import Metrics, scrape
from publisher import post, post_events
from rivulet import RivuletTest, request_bytes, wait_until


class MetricsTest(RivuletTest):
    def assert_metrics(self, server, expected):
        """These samples, as soon as they are there."""
        def differing():
            metrics = scrape(server)
            return {key: metrics[key] for key in expected
                    if metrics[key] != expected[key]}
        wait_until(lambda: not differing(),
                   lambda: f"{expected}; there is {differing()}")


class StreamCountTest(MetricsTest):
    def test_streams_open_and_ended_by_reason(self):
        server = self.serve()
        streams = [server.stream(f"s{n}").wait_for_greeting() for n in range(5)]
        self.assert_metrics(server, {"rivulet_streams": 5,
                                     "rivulet_streams_opened_total": 5})
        streams[0].close()
        streams[1].reset()
        server.request("/clients/s2", "DELETE")
        self.assert_metrics(server, {
            "rivulet_streams": 2,
            "rivulet_streams_opened_total": 5,
            ("rivulet_streams_ended_total", "client-closed"): 2,
            ("rivulet_streams_ended_total", "kicked"): 1,
            ("rivulet_streams_ended_total", "slow"): 0,
            ("rivulet_streams_ended_total", "timeout"): 0,
            ("rivulet_streams_ended_total", "drain"): 0,
            ("rivulet_streams_ended_total", "error"): 0,
        })

    def test_those_refused_by_limit(self):
        server = self.serve("--max-streams", "3", "--max-streams-per-id", "2")
        for client_id in ("ana", "ana", "ana", "rui", "eva", "eva"):
            server.stream(client_id)
        self.assert_metrics(server, {
            "rivulet_streams": 3,
            "rivulet_streams_limit": 3,
            ("rivulet_streams_refused_total", "max-streams-per-id"): 1,
            ("rivulet_streams_refused_total", "max-streams"): 2,
            ("rivulet_streams_refused_total", "max-streams-per-address"): 0,
            ("rivulet_streams_refused_total", "draining"): 0,
        })
        server = self.serve("--max-streams-per-address", "1")
        for _ in range(3):
            server.stream("ana")
        self.assert_metrics(
            server, {("rivulet_streams_refused_total", "max-streams-per-address"): 2})

    def stuck(self, server, client_id):
        connection = server.connect(receive_buffer=4096)
        return connection.open_stream("/stream/" + client_id).wait_for_greeting()

    def test_a_slow_one_and_one_that_stands_still(self):
        server = self.serve("--history-events", "0", "--queue-bytes", "64KiB")
        self.stuck(server, "slow")
        publisher = server.connect()
        while not server.log.lines(msg="stream-end"):
            post(publisher, "x" * 10_000)
        self.assert_metrics(server, {("rivulet_streams_ended_total", "slow"): 1,
                                     "rivulet_streams": 0,
                                     ("rivulet_evictions_total", "stream"): 0})
        server = self.serve("--history-events", "0", "--queue-bytes", "1GiB",
                            "--write-timeout", "500ms")
        self.stuck(server, "still")
        publisher = server.connect()
        while not server.log.lines(msg="stream-end"):
            post(publisher, "x" * 10_000)
        self.assert_metrics(server, {("rivulet_streams_ended_total", "timeout"): 1})

    def test_bytes_that_wait_for_a_slow_one(self):
        server = self.serve("--history-events", "0", "--queue-bytes", "1GiB")
        stuck = self.stuck(server, "stuck")
        self.assertEqual(scrape(server)["rivulet_queued_bytes"], 0)
        publisher = server.connect()
        while scrape(server)["rivulet_queued_bytes"] < 100_000:
            post(publisher, "x" * 10_000)
        detail = json.loads(server.request("/clients/stuck").body)[0]
        queued = scrape(server)["rivulet_queued_bytes"]
        self.assertGreaterEqual(queued, detail["bytes_queued"])
        stuck.close()
        self.assert_metrics(server, {"rivulet_queued_bytes": 0})

    def test_those_cut_off_to_keep_the_memory_limit(self):
        server = self.serve("--memory-limit", "1MiB", "--write-timeout", "1h",
                            "--history-events", "0")
        for n in range(5):
            self.stuck(server, f"stuck-{n}")
        publisher = server.connect()
        while not scrape(server)["rivulet_evictions_total", "stream"]:
            post(publisher, "x" * 20_000)
        metrics = scrape(server)
        self.assertLessEqual(metrics["rivulet_queued_bytes"],
                             metrics["rivulet_queued_bytes_limit"])
        self.assertEqual(metrics["rivulet_queued_bytes_limit"], 1 << 20)
        self.assertEqual(metrics["rivulet_evictions_total", "stream"],
                         metrics["rivulet_streams_ended_total", "slow"])

    def test_connections_cut_off_to_keep_the_memory_limit(self):
        """Answers that nobody takes; a crowd of them makes no crowd of lines."""
        server = self.serve("--memory-limit", "1MiB", "--write-timeout", "1h")
        page = request_bytes("/style.css") * 500
        for _ in range(20):
            greedy = server.connect(receive_buffer=4096)
            greedy.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError, ConnectionError):
                while greedy.socket.send(page):
                    pass

        def five_evicted():
            # Who asks meanwhile may be the one that has waited longest.
            with contextlib.suppress(ConnectionError):
                return scrape(server)["rivulet_evictions_total", "connection"] >= 5
            return False

        wait_until(five_evicted, "the end of greedy connections")
        metrics = scrape(server)
        self.assertEqual(metrics["rivulet_evictions_total", "stream"], 0)
        self.assertLessEqual(metrics["rivulet_queued_bytes"], 1 << 20)
        line = server.log.wait_for(msg="connection-evicted", reason="memory-limit")
        self.assertEqual(line["times"], "1")
        self.assertLess(len(server.log.lines(msg="connection-evicted")), 4)


class EventCountTest(MetricsTest):
    def test_publishes_deliveries_and_what_was_sent(self):
        server = self.serve()
        plain = server.connect()  # HTTP/1.0: all that comes is what was sent
        plain.send(request_bytes("/stream/ana?topic=a", version="1.0"))
        others = [server.connect().open_stream("/stream?topic=a&topic=b")
                  .wait_for_greeting() for _ in range(2)]
        for _ in range(4):
            server.publish("all")                             # to three
        for _ in range(2):
            post(server, "topic", "/publish?topic=a&topic=b")  # to three
        post(server, "topic", "/publish?topic=b")              # to two
        post(server, "topic", "/publish?topic=nobody")         # to none
        server.publish("ana", to="ana")                        # to one
        post(server, "client", "/publish/ana")                 # to one
        post_events(server, "data: one\n\ndata: two\n\n")      # to three each
        post(server, "x", "/publish/nobody")                   # 404
        post(server, b"\xff")                                  # 400
        self.assert_metrics(server, {
            ("rivulet_events_published_total", "broadcast"): 6,
            ("rivulet_events_published_total", "topic"): 4,
            ("rivulet_events_published_total", "client"): 2,
            "rivulet_deliveries_total": 6 * 3 + 2 * 3 + 2 + 1 + 1,
            "rivulet_events_sent_total": 28,
            "rivulet_fan_out_seconds_count": 10,
            "rivulet_history_events": 12,
        })
        for stream in others:
            stream.wait_for(lambda stream=stream: len(stream.events) == 9, "events")
            stream.close()
        server.wait_for_clients(["ana"])
        before = scrape(server)["rivulet_sent_bytes_total"]
        while plain.received.count(b"data: ") < 10:
            self.assertTrue(plain.receive())
        server.publish("x" * 1000, to="ana")
        size = len(plain.take_received())
        while plain.received.count(b"\n\n") < 1:
            self.assertTrue(plain.receive())
        self.assertGreater(before, size)
        self.assert_metrics(
            server, {"rivulet_sent_bytes_total": before + len(plain.received)})

    def test_replays_and_gaps(self):
        server = self.serve("--history-events", "3")
        ids = [json.loads(post(server, text).body)["id"] for text in "abcdef"]
        for last in (ids[5], ids[3], "0"):
            server.stream("ana", headers={"Last-Event-ID": last}).wait_for_greeting()
        server.stream("ana").wait_for_greeting()
        for last in (ids[0], "1a-7"):
            stream = server.stream("ana", headers={"Last-Event-ID": last})
            self.assertEqual(stream.next_event().type, "gap")
        self.assert_metrics(server, {
            ("rivulet_replays_total", "complete"): 3,
            ("rivulet_replays_total", "gap"): 2,
            "rivulet_gaps_told_total": 2,
            "rivulet_history_events": 3,
            # 2 after the fourth, 3 by "0", 3 behind each gap
            "rivulet_events_sent_total": 2 + 3 + 3 + 3,
        })
        self.assertGreater(scrape(server)["rivulet_history_bytes"], 3 * 30)

    def test_what_the_history_holds_is_bounded_in_bytes(self):
        server = self.serve("--history-bytes", "64KiB")
        publisher = server.connect()
        for _ in range(100):
            post(publisher, "x" * 5_000)
        metrics = scrape(server)
        self.assertLessEqual(metrics["rivulet_history_bytes"], 64 * 1024)
        self.assertIn(metrics["rivulet_history_events"], range(8, 13))


class ConnectionCountTest(MetricsTest):
    def test_connections_and_requests_by_class(self):
        server = self.serve()
        connection = server.connect()
        server.stream("ana").wait_for_greeting()
        for target in ("/livez", "/livez", "/nothing", "/publish/nobody/status/x"):
            connection.request(target)
        refused = server.connect()
        refused.send(b"nonsense\r\n\r\n")
        refused.read_to_end()
        refused.close()
        wait_until(lambda: scrape(connection)["rivulet_connections"] == 2,
                   "two connections")
        before = scrape(connection)
        self.assertEqual(before["rivulet_connections_accepted_total"], 3)
        self.assertEqual(before["rivulet_requests_total", "4xx"], 3)
        self.assertEqual(before["rivulet_requests_total", "3xx"], 0)
        self.assertEqual(before["rivulet_requests_total", "5xx"], 0)
        newer = server.connect()
        newer.send(b"GET / HTTP/3.0\r\nHost: h\r\n\r\n")
        self.assertEqual(newer.read_response().status, 505)
        self.assertEqual(scrape(connection)["rivulet_requests_total", "5xx"], 1)
        before = scrape(connection)
        connection.request("/livez")
        after = scrape(connection)
        # That one, and the scrape before it.
        self.assertEqual(after["rivulet_requests_total", "2xx"],
                         before["rivulet_requests_total", "2xx"] + 2)

    def test_connections_without_a_descriptor(self):
        limit = (64, 64)
        server = self.serve(
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit))
        # UBSan looks at an object of a class for the first time with pipe(2),
        # and takes it for a broken one when that fails: so one comes and goes.
        server.request("/livez")
        server.wait_for_descriptors_at_start()
        watch = server.connect()
        self.assertEqual(scrape(watch)["rivulet_process_max_fds"], 64)
        crowd = [server.connect() for _ in range(100)]
        wait_until(
            lambda: scrape(watch)["rivulet_connections_refused_total", "descriptors"]
            + scrape(watch)["rivulet_connections_accepted_total"] >= 101,
            "an end to those that wait")
        metrics = scrape(watch)
        self.assertGreater(
            metrics["rivulet_connections_refused_total", "descriptors"], 30)
        self.assertGreater(metrics["rivulet_process_open_fds"], 60)
        for connection in crowd:
            connection.close()
        wait_until(lambda: server.descriptors() < 20, "room for connections")


class ProcessTest(MetricsTest):
    def test_the_loop_and_the_process(self):
        started = time.time()
        server = self.serve()
        connection = server.connect()
        first = scrape(connection)
        self.assertLess(abs(first["rivulet_process_start_time_seconds"] - started), 60)
        for _ in range(100):
            connection.request("/")
        second = scrape(connection)
        self.assertGreaterEqual(
            second["rivulet_loop_turn_seconds_count"],
            first["rivulet_loop_turn_seconds_count"] + 100)
        for name in ("rivulet_loop_turn_seconds_sum",
                     "rivulet_process_cpu_seconds_total"):
            self.assertGreater(second[name], first[name])
        self.assertEqual(second["rivulet_process_open_fds"], server.descriptors())
        resident = second["rivulet_process_resident_memory_bytes"]
        self.assertLess(abs(resident - server.memory()), 64 << 20)
        self.assertEqual(second["rivulet_publishers_waiting"], 0)

    def test_the_time_that_the_loop_sleeps_is_none_that_it_works(self):
        server = self.serve("--heartbeat", "500ms")
        stream = server.stream("ana")
        stream.wait_for_greeting()
        began = time.monotonic()
        before = scrape(server)["rivulet_loop_turn_seconds_sum"]
        stream.wait_for(lambda: len(stream.comments) >= 3, "two heartbeats")
        worked = scrape(server)["rivulet_loop_turn_seconds_sum"] - before
        self.assertLess(worked, 0.9 * (time.monotonic() - began))

    def test_the_version_that_runs(self):
        server = self.serve()
        said = subprocess.run([*rivulet.binary(), "--version"], text=True,
                              capture_output=True, check=True, timeout=60).stdout
        version = said.split()[1]
        self.assertEqual(scrape(server)["rivulet_build_info", version], 1)


class FormatTest(RivuletTest):
    def test_head_has_the_head_alone_and_other_methods_none(self):
        server = self.serve()
        answer = server.request("/metrics", "HEAD")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer.get("Cache-Control"), "no-store")
        self.assertIsNone(answer.get("Access-Control-Allow-Origin"))
        self.assert_error(server.request("/metrics", "POST"), 405)

    def test_no_text_of_a_client_is_in_it(self):
        server = self.serve()
        stream = server.connect().open_stream("/stream/secret?topic=secret")
        post(server, "secret", "/publish?topic=secret")
        stream.next_event()
        self.assertNotIn("secret", server.request("/metrics").text)

    def test_a_strict_reader_refuses_what_is_wrong(self):
        good = "# HELP rivulet_a A.\n# TYPE rivulet_a gauge\nrivulet_a 1\n"
        self.assertEqual(Metrics(good)["rivulet_a"], 1)
        for bad in (good[:-1], good + good, good.replace(" gauge", " counter"),
                    good.replace(" 1", " one"), good.replace("rivulet_a", "a"),
                    good + "rivulet_b 1\n", good + "rivulet_a 2\n",
                    good.replace("rivulet_a 1\n", ""), good.replace("A.", "A")):
            with self.assertRaises(AssertionError, msg=bad):
                Metrics(bad)


if __name__ == "__main__":
    unittest.main()
