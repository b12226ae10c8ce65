"""While Redis is away: streams stay open, publishers are told or wait, probes and
metrics know, and when it is back everything goes on."""

import time
import unittest

from cluster import ClusterTest, publish, receipt, resume, wait_for_id
from prometheus import scrape
from publisher import OpenBody, post, post_bytes, post_events
from rivulet import publish_target, wait_until

METRICS = {
    "rivulet_redis_connected": "gauge",
    "rivulet_redis_reconnects_total": "counter",
    "rivulet_redis_publishes_waiting": "gauge",
    "rivulet_redis_publishes_failed_total": "counter",
    "rivulet_redis_events_read_total": "counter",
    "rivulet_redis_lag_seconds": "histogram",
    "rivulet_redis_recalls_total": "counter",
    "rivulet_redis_publish_seconds": "histogram",
}


class AwayTest(ClusterTest):
    def setUp(self):
        super().setUp()
        (self.server,) = self.instances(1, "--heartbeat", "100ms")
        self.ana = self.server.stream("ana").wait_for_greeting()

    def lose(self):
        self.redis.kill()
        self.server.wait_until_away()

    def find(self):
        self.redis.start()
        self.server.wait_until_ready()

    def wait_for_heartbeats(self, stream, count=2):
        seen = len(stream.comments)
        stream.wait_for(lambda: len(stream.comments) >= seen + count, "heartbeats")

    def test_streams_stay_open_and_new_ones_are_opened(self):
        self.lose()
        new = self.server.stream("new").wait_for_greeting()
        for stream in (self.ana, new):
            self.wait_for_heartbeats(stream)
        self.find()
        event_id = publish(self.server, "x")
        for stream in (self.ana, new):
            self.assert_events(stream, ("x", event_id))

    def test_who_needs_redis_is_told_to_come_again(self):
        self.lose()
        connection = self.server.connect()
        for target, method in (
            ("/publish", "POST"), ("/publish/ana", "POST"), ("/publish/no", "POST"),
            ("/publish?topic=t", "POST"), (publish_target("x"), "GET"),
            (publish_target("x", "ana"), "GET"), ("/clients", "GET"),
            ("/clients/ana", "DELETE"),
        ):
            with self.subTest(f"{method} {target}"):
                body = {"headers": {"Content-Length": 1}, "body": b"x"}
                answer = connection.request(
                    target, method, **(body if method == "POST" else {}))
                self.assert_away(answer)
                self.assertEqual(answer.get("Access-Control-Allow-Origin"),
                                 self.usual_origin(target, method))
        self.assert_away(post_events(connection, "data: x\n\ndata: y\n\n"))
        connection = self.server.connect()  # that body was not read to its end
        head = connection.request(publish_target("x"), "HEAD")
        self.assertEqual((head.status, head.body), (503, b""))
        self.find()
        self.assert_events(self.ana, ("x", publish(connection, "x")))

    def usual_origin(self, target, method):
        """The CORS field as a server without Redis has it."""
        if not hasattr(self, "plain"):
            self.plain = self.serve()
        return self.plain.request(target, method).get("Access-Control-Allow-Origin")

    def test_probes_know(self):
        self.assertEqual(self.server.request("/readyz").text, "ok")
        self.lose()
        answer = self.assert_away(self.server.request("/readyz"))
        self.assertIn("redis is away", answer.text)
        for target in ("/livez", "/healthz"):
            self.assertEqual(self.server.request(target).text, "ok")
        self.find()
        self.assertEqual(self.server.request("/readyz").text, "ok")

    def test_metrics_and_log_know(self):
        for _ in range(3):
            self.assert_events(self.ana, ("x", publish(self.server, "x")))
        before = scrape(self.server)
        for name, kind in METRICS.items():
            self.assertEqual(before.families[name].type, kind, name)
        self.assertEqual(before["rivulet_redis_connected"], 1)
        self.assertEqual(before["rivulet_redis_publish_seconds_count"], 3)
        self.assertGreaterEqual(before["rivulet_redis_events_read_total"], 3)
        self.assertEqual(before["rivulet_redis_lag_seconds_count"], 3)
        self.assertLess(before["rivulet_redis_lag_seconds_sum"], 60)
        self.lose()
        self.assertTrue(self.server.log.wait_for(msg="redis-away")["reason"])
        self.assert_away(post(self.server, "x"))
        away = scrape(self.server)
        self.assertEqual(away["rivulet_redis_connected"], 0)
        self.assertEqual(away["rivulet_redis_publishes_failed_total"], 1)
        self.find()
        after = scrape(self.server)
        self.assertEqual(after["rivulet_redis_connected"], 1)
        self.assertGreater(after["rivulet_redis_reconnects_total"],
                           before["rivulet_redis_reconnects_total"])
        self.assertEqual(len(self.server.log.lines(msg="redis-connected")), 2)

    def test_a_short_absence_is_said_once(self):
        """Not with each attempt to come back."""
        self.lose()
        self.wait_for_heartbeats(self.ana, 5)
        self.find()
        self.assertEqual(len(self.server.log.lines(msg="redis-away")), 1)

    def test_redis_stands_still(self):
        """No connection breaks: only its silence tells."""
        with self.redis.stopped():
            connection = self.server.connect()
            connection.send(post_bytes("unheard"))
            self.server.wait_until_away()
            self.assert_away(post(self.server, "x"))
            self.wait_for_heartbeats(self.ana)
        self.server.wait_until_ready()
        answer = connection.read_response()
        marker = publish(self.server, "marker")
        received = [self.ana.next_event()]
        while received[-1].last_id != marker:
            received.append(self.ana.next_event())
        # It may have been published, whatever was answered; but once.
        self.assertIn([e.data for e in received],
                      (["marker"], ["unheard", "marker"]))
        if answer.status == 200:
            self.assertEqual(receipt(answer)["id"], received[0].last_id)
        else:
            self.assert_away(answer)

    def test_an_open_body_ends_with_a_503(self):
        with OpenBody(self.server) as body:
            body.send("data: before\n\n")
            self.assertEqual(self.ana.next_event().data, "before")
            self.lose()
            body.send("data: lost\n\n")
            self.assert_away(body.connection.read_response())
        self.find()
        self.assert_events(self.ana, ("x", publish(self.server, "x")))

    def test_the_end_while_redis_is_away(self):
        self.lose()
        self.server.send_signal(15)
        self.ana.read_to_end()
        self.server.wait_for_exit()


class StartTest(ClusterTest):
    def test_a_server_starts_without_redis_and_is_ready_when_it_comes(self):
        first = publish(self.instance(), "first")
        self.redis.kill()
        (server,) = self.instances(1, ready=False)
        ana = server.stream("ana").wait_for_greeting()
        back = resume(server, first).wait_for_greeting()
        self.assertIn("redis is away", self.assert_away(server.request("/readyz")).text)
        self.assert_away(post(server, "x"))
        self.redis.start()
        server.wait_until_ready()
        event_id = publish(server, "second")
        wait_for_id(ana, event_id)
        self.assert_events(back, ("second", event_id))
        server.wait_for_clients(["ana"])

    def test_who_came_before_redis_gets_nothing_of_before(self):
        """What an instance reads at its start is for those who come back."""
        publish(self.instance(), "old")
        self.redis.kill()
        (server,) = self.instances(1, ready=False)
        ana = server.stream("ana").wait_for_greeting()
        self.redis.start()
        server.wait_until_ready()
        self.assert_events(ana, ("new", publish(server, "new")))

    def test_it_ends_as_usual_when_redis_never_comes(self):
        self.redis.kill()
        (server,) = self.instances(1, ready=False)
        server.log.wait_for(msg="redis-away")
        server.terminate()

    def test_attempts_grow_rarer(self):
        valve = self.valve()
        with valve.refusing():
            server = self.instance(url=self.redis.url(port=valve.port), ready=False)
            times = wait_until(lambda: valve.refused[8:] and valve.refused[:8],
                               "attempts to reach Redis")
        self.assertGreater(times[7] - times[4], times[3] - times[0])
        server.wait_until_ready()
        publish(server, "x")


class WaitTest(ClusterTest):
    """With --redis-wait, publishes wait in place of being refused."""

    def test_publishes_wait_and_are_answered_when_it_is_back(self):
        (server,) = self.instances(1, "--redis-wait", "1h")
        ana = server.stream("ana").wait_for_greeting()
        self.redis.kill()
        server.wait_until_away()
        connections = [server.connect() for _ in range(5)]
        for n, connection in enumerate(connections):
            connection.send(post_bytes(str(n)))
            wait_until(lambda: server.metric("rivulet_redis_publishes_waiting") == n + 1,
                       "a publish that waits")
        gone = connections.pop()
        gone.reset()
        self.redis.start()
        for n, connection in enumerate(connections):
            self.assert_events(ana, (str(n), receipt(connection.read_response())["id"]))
        self.assertEqual(server.metric("rivulet_redis_publishes_waiting"), 0)

    def test_they_wait_so_long_and_no_longer(self):
        (server,) = self.instances(1, "--redis-wait", "300ms")
        ana = server.stream("ana").wait_for_greeting()
        self.redis.kill()
        server.wait_until_away()
        start = time.monotonic()
        self.assert_away(post(server, "in vain"))
        self.assertGreaterEqual(time.monotonic() - start, 0.25)
        self.assertEqual(server.metric("rivulet_redis_publishes_waiting"), 0)
        self.redis.start()
        server.wait_until_ready()
        self.assert_events(ana, ("x", publish(server, "x")))

    def test_a_long_body_goes_on_where_it_was(self):
        """All of it, once, in order, though Redis dies in the middle of it."""
        (server,) = self.instances(1, "--redis-wait", "1h")
        ana = server.stream("ana").wait_for_greeting()
        with OpenBody(server) as body:
            for n in range(30):
                if n == 10:
                    self.redis.kill()
                elif n == 20:
                    server.wait_until_away()
                body.send("".join(f"data: {n * 50 + m}\n\n" for m in range(50)))
            self.redis.start()
            said = receipt(body.finish())
        events = [ana.next_event() for _ in range(1500)]
        self.assertEqual([e.data for e in events], [str(n) for n in range(1500)])
        self.assertEqual((said["events"], said["id"]), (1500, events[-1].last_id))
        self.assert_events(ana, ("x", publish(server, "x")))

    def test_what_waits_is_bounded(self):
        """There is room for some MiB, not for all that may come."""
        (server,) = self.instances(1, "--redis-wait", "1h")
        self.redis.kill()
        server.wait_until_away()
        connections = [server.connect() for _ in range(400)]
        for connection in connections:
            connection.send(post_bytes("x" * (64 << 10)))
        self.assert_away(connections[-1].read_response())
        for connection in connections:
            connection.close()
        self.redis.start()
        server.wait_until_ready()


class ReplyLostTest(ClusterTest):
    """Redis has the event, and its answer is lost with the connection."""

    COUNT = 200

    def lose_answers(self, *arguments):
        """The answers, and what a stream at another instance has got."""
        valve = self.valve()
        server = self.instance(*arguments, url=self.redis.url(port=valve.port))
        ana = self.instance().stream("ana").wait_for_greeting()
        connections = [server.connect() for _ in range(4)]
        with valve.holding():
            for c, connection in enumerate(connections):
                connection.send(b"".join(
                    post_bytes(f"{c} {n}") for n in range(self.COUNT // 4)))
            for _ in connections:
                ana.next_event()
            valve.cut()
        answers = [c.read_response() for c in connections
                   for _ in range(self.COUNT // 4)]
        server.wait_until_ready()
        marker = publish(server, "marker")
        wait_for_id(ana, marker)
        return answers, ana.events[:-1]

    def test_those_who_wait_are_answered_and_nothing_is_there_twice(self):
        answers, events = self.lose_answers("--redis-wait", "1h")
        texts = [f"{c} {n}" for c in range(4) for n in range(self.COUNT // 4)]
        self.assertEqual(sorted(e.data for e in events), sorted(texts))
        published = {e.data: e.last_id for e in events}
        self.assertEqual([receipt(a)["id"] for a in answers],
                         [published[text] for text in texts])

    def test_what_arrives_late_on_the_old_connection_is_not_there_twice(self):
        """As through a proxy, or out of the buffers of a Redis that stood still."""
        valve = self.valve()
        server = self.instance("--redis-wait", "1h",
                               url=self.redis.url(port=valve.port))
        ana = self.instance().stream("ana").wait_for_greeting()
        connections = [server.connect() for _ in range(20)]
        with valve.delaying():
            for n, connection in enumerate(connections):
                before = valve.kept()
                connection.send(post_bytes(str(n)))
                wait_until(lambda: valve.kept() > before, "a publish on its way")
            valve.cut_near()
        ids = [receipt(connection.read_response())["id"] for connection in connections]
        valve.deliver_late()
        marker = publish(server, "marker")
        wait_for_id(ana, marker)
        self.assertEqual([(e.data, e.last_id) for e in ana.events[:-1]],
                         [(str(n), event_id) for n, event_id in enumerate(ids)])

    def test_what_was_read_before_its_answer_was_lost_is_not_sent_again(self):
        """With and without waiting: it has arrived."""
        for wait in ("1h", "0s"):
            with self.subTest(wait):
                valve = self.valve()
                server = self.instance("--redis-wait", wait,
                                       url=self.redis.url(port=valve.port))
                ana = server.stream("ana").wait_for_greeting()
                self.assert_events(ana, ("first", publish(server, "first")))
                connections = [server.connect() for _ in range(10)]
                with valve.holding_commands():
                    for n, connection in enumerate(connections):
                        connection.send(post_bytes(str(n)))
                    read = {e.data: e.last_id for e in
                            [ana.next_event() for _ in connections]}
                    valve.cut()
                for n, connection in enumerate(connections):
                    answer = receipt(connection.read_response())
                    self.assertEqual(answer["id"], read[str(n)])
                server.wait_until_ready()
                self.assert_events(ana, ("end", publish(server, "end")))

    def test_the_others_are_told_to_come_again(self):
        answers, events = self.lose_answers()
        self.assertIn(503, {a.status for a in answers})
        texts = [e.data for e in events]
        self.assertEqual(len(texts), len(set(texts)))
        kept = {e.last_id for e in events}
        for answer in answers:
            if answer.status == 200:
                self.assertIn(receipt(answer)["id"], kept)
            else:
                self.assert_away(answer)


if __name__ == "__main__":
    unittest.main()
