"""Last-Event-ID at any instance: what its own history does not hold comes from
Redis, in as many slices as it takes, nothing missing, nothing twice."""

import random
import unittest

from cluster import (
    ClusterTest, place, publish, publish_all, receipt, resume, stopped, wait_for_id)
from publisher import post_bytes
from returners import Returners
from rivulet import Stream, request_bytes, wait_until

SMALL = ("--history-events", "10")


class ReplayTest(ClusterTest):
    def assert_numbers(self, stream, numbers):
        numbers = [str(n) for n in numbers]
        self.assertEqual([stream.next_event().data for _ in numbers], numbers)

    def test_what_another_instance_published_is_replayed_from_its_own_history(self):
        a, b = self.instances(2)
        ids = [publish(a, str(n)) for n in range(5)]
        for n, last in enumerate(ids):
            for server in (a, b):
                stream = resume(server, last)
                self.assert_numbers(stream, range(n + 1, 5))
                stream.close()
        self.assertEqual(b.metric("rivulet_redis_recalls_total"), 0)

    def test_an_instance_that_starts_has_what_was_published_before(self):
        (a,) = self.instances(1)
        first = publish(a, "first")
        ids = [publish(a, str(n)) for n in range(5)]
        (b,) = self.instances(1)
        stream = resume(b, first)
        self.assert_events(stream, *((str(n), i) for n, i in enumerate(ids)))
        self.assert_events(stream, ("live", publish(a, "live")))
        self.assertEqual(b.metric("rivulet_redis_recalls_total"), 0)

    def test_thousands_of_events_come_from_redis_and_live_ones_right_behind(self):
        a, b = self.instances(2, "--history-events", "500")  # more than live ones
        first = publish(a, "first")
        publish_all(a, (f"{n} {'x' * 200}" for n in range(5000)))
        stream = resume(b, first)
        publisher = a.connect()
        for n in range(5000, 5100):
            publish(publisher, f"{n} live")
        numbers = [int(stream.next_event().data.split()[0]) for _ in range(5100)]
        self.assertEqual(numbers, list(range(5100)))
        self.assertGreater(b.metric("rivulet_redis_recalls_total"), 0)
        self.assertEqual(a.metric("rivulet_redis_recalls_total"), 0)

    def test_events_that_redis_brought_are_counted_as_sent(self):
        (server,) = self.instances(1, *SMALL)
        first = publish(server, "first")
        publish_all(server, range(100))
        stream = resume(server, first)
        self.assert_numbers(stream, range(100))
        self.assertEqual(server.metric("rivulet_redis_recalls_total"), 1)
        wait_until(lambda: server.metric("rivulet_events_sent_total") == 100,
                   "100 events sent")

    def test_a_replay_of_any_length_runs_into_the_history(self):
        """However many are taken at once, none is lost or doubled where one ends."""
        (server,) = self.instances(1, *SMALL)
        publish_all(server, range(1100))
        everything = [i for i, _ in self.redis("XRANGE", "rivulet:events", "-", "+")]
        everything = everything[-1100:]
        missing = [*range(0, 40), *range(95, 140), *range(250, 260), *range(505, 520),
                   *range(1000, 1030)]
        streams = [(n, resume(server, everything[-1 - n])) for n in missing]
        publish(server, "live")
        for n, stream in streams:
            self.assert_numbers(stream, [*range(1100 - n, 1100), "live"])

    def test_many_at_once(self):
        (server,) = self.instances(1, *SMALL)
        first = publish(server, "first")
        publish_all(server, range(1000))
        streams = [resume(server, first) for _ in range(50)]
        for stream in streams:
            self.assert_numbers(stream, range(1000))

    def test_it_is_what_that_stream_would_have_received(self):
        a, b = self.instances(2, *SMALL)
        b.stream("ana").wait_for_greeting()
        b.stream("bob").wait_for_greeting()
        start = publish(a, "start")
        for data, target in (
            ("to ana", "/publish/ana"), ("to bob", "/publish/bob"),
            ("x", "/publish?topic=x"), ("z", "/publish?topic=z"),
            ("x and y", "/publish?topic=x&topic=y"), ("all", "/publish"),
        ):
            publish(a, data, target)
        publish_all(a, ["for others"] * 2000, "/publish?topic=other")
        for target, expected in (
            ("/stream/ana?topic=x&topic=y", ["to ana", "x", "x and y", "all"]),
            ("/stream/bob?topic=z", ["to bob", "z", "all"]),
            ("/stream/carol", ["all"]),
        ):
            for server in (a, b):
                stream = resume(server, start, target)
                self.assert_numbers(stream, expected)
                stream.close()
        stream = resume(b, start, "/stream?topic=other")
        self.assert_numbers(stream, ["all"] + ["for others"] * 2000)

    def test_without_a_last_id_nothing_is_replayed(self):
        a, b = self.instances(2, *SMALL)
        first = b.stream("first").wait_for_greeting()
        wait_for_id(first, publish_all(a, range(100)))  # b has read it all
        stream = b.stream("ana").wait_for_greeting()
        self.assert_events(stream, ("live", publish(a, "live")))

    def test_a_replayed_event_is_the_same_as_a_live_one(self):
        a, b = self.instances(2, *SMALL)
        live = a.stream("ana").wait_for_greeting()
        first = publish(a, "first")
        live.next_event()
        start = len(live.content)
        publish(a, "two\nlines", "/publish?event=x&retry=5")
        publish_all(a, range(50))
        live.wait_for(lambda: len(live.events) == 52, "all")
        replay = resume(b, first)
        replay.wait_for(lambda: len(replay.events) == 51, "replay")
        self.assertTrue(replay.content.endswith(live.content[start:]))

    def test_with_the_least_history_nearly_all_comes_from_redis(self):
        (server,) = self.instances(1, "--history-events", "1")
        ana = server.stream("ana").wait_for_greeting()
        first = publish(server, "first")
        wait_for_id(ana, publish_all(server, range(100)))
        stream = resume(server, first)
        self.assert_numbers(stream, range(100))
        self.assert_events(stream, ("live", publish(server, "live")))

    def test_a_replay_that_needs_redis_waits_for_it(self):
        (server,) = self.instances(1, *SMALL)
        ana = server.stream("ana").wait_for_greeting()
        first = publish(server, "first")
        last = publish_all(server, range(100))
        wait_for_id(ana, last)
        self.redis.kill()
        server.wait_until_away()
        stream = resume(server, first).wait_for_greeting()
        other = server.stream("other").wait_for_greeting()
        self.redis.start()
        self.assert_numbers(stream, range(100))
        server.wait_until_ready()
        marker = publish(server, "marker")
        self.assert_events(stream, ("marker", marker))
        self.assert_events(other, ("marker", marker))

    def test_redis_is_lost_in_the_middle_of_replays(self):
        valve = self.valve()
        (server,) = self.instances(1, *SMALL, url=self.redis.url(port=valve.port))
        first = publish(server, "first")
        publish_all(server, (f"{n} {'x' * 500}" for n in range(3000)))
        streams = [resume(server, first) for _ in range(10)]
        for stream in streams:
            stream.next_event()
            valve.cut()
        server.wait_until_ready()
        for stream in streams:
            numbers = [int(stream.next_event().data.split()[0]) for _ in range(2999)]
            self.assertEqual(numbers, list(range(1, 3000)))


class AheadTest(ClusterTest):
    """A client comes from an instance that has read more than this one has."""

    def test_it_gets_nothing_twice_and_misses_nothing(self):
        valve = self.valve()
        (a,) = self.instances(1)
        (b,) = self.instances(1, url=self.redis.url(port=valve.port))
        with valve.holding():
            ids = [publish(a, str(n)) for n in range(5)]
            streams = [resume(b, last).wait_for_greeting() for last in ids]
            new = b.stream("new").wait_for_greeting()
            live = publish(a, "live")
        events = [*((str(n), i) for n, i in enumerate(ids)), ("live", live)]
        for n, stream in enumerate(streams):
            self.assert_events(stream, *events[n + 1:])
        self.assertEqual(new.next_event().data, "0")  # what b reads from now on

    def test_the_same_when_the_instance_stood_still(self):
        a, b = self.instances(2)
        ana = a.stream("ana").wait_for_greeting()
        with stopped(b):
            ids = [publish(a, str(n)) for n in range(200)]
            last = [ana.next_event().last_id for _ in range(150)][-1]
            connection = b.connect()
            connection.send(request_bytes("/stream", headers={"Last-Event-ID": last}))
        stream = Stream(connection)
        for n in range(150, 200):
            self.assert_events(stream, (str(n), ids[n]))
        self.assert_events(stream, ("marker", publish(a, "marker")))


class Wanderers(Returners):
    """Each comes back to any of the instances that are left."""

    def __init__(self, servers):
        super().__init__(servers[0])
        self.servers = list(servers)

    def connect(self, client):
        self.server = random.choice(self.servers)
        super().connect(client)


class InstanceKilledTest(ClusterTest):
    CLIENTS = 120
    EVENTS = 2000

    def test_its_clients_come_back_to_others_and_miss_nothing(self):
        self.check("--history-events", "5000")

    def test_the_same_when_the_others_hold_little(self):
        self.check(*SMALL)

    def check(self, *arguments):
        servers = self.instances(3, *arguments)
        victim = servers[0]
        with Wanderers(servers) as crowd:
            for n in range(self.CLIENTS):
                crowd.add(f"/stream/{n}")
            crowd.pump_until(lambda: all(c.greeted for c in crowd.clients), "all")
            expected = self.publish(servers[1], crowd, 0)
            victim.kill()
            crowd.servers.remove(victim)
            # Nobody of the victim's is back before these are published.
            expected += self.publish(servers[1], None, 1)
            expected += self.publish(servers[2], crowd, 2)
            crowd.pump_until(
                lambda: all(c.last_id == expected[-1][0] for c in crowd.clients),
                "the last event to reach all")
            for client in crowd.clients:
                self.assertEqual(client.record, expected)
            self.assertGreater(sum(c.connections > 1 for c in crowd.clients),
                               self.CLIENTS // 6)
        if arguments == SMALL:
            recalls = [s.metric("rivulet_redis_recalls_total") for s in servers[1:]]
            self.assertGreater(sum(recalls), 0)

    def publish(self, server, crowd, round_number):
        """A third of the events, one by one; what all must get of it."""
        connection, published = server.connect(), []
        for n in range(0, self.EVENTS // 3, 25):
            texts = [f"{round_number} {m}" for m in range(n, n + 25)]
            connection.send(b"".join(map(post_bytes, texts)))
            if crowd:
                crowd.pump()
            for text in texts:
                event_id = receipt(connection.read_response())["id"]
                published.append((event_id, text))
        self.assertEqual(published, sorted(published, key=lambda p: place(p[0])))
        return published


if __name__ == "__main__":
    unittest.main()
