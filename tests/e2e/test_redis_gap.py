"""What Redis has lost is told: trimmed past an instance or a client, flushed,
restarted empty, or an id that it never gave."""

import unittest
from urllib.parse import quote

from cluster import (
    ClusterTest, place, publish, publish_all, resume, stopped, wait_for_id)
from rivulet import wait_until

# Redis trims whole nodes of a stream, of 100 entries each; and no instance that
# runs is so far behind.
FEW = ("--redis-events", "1000")


class UnknownIdTest(ClusterTest):
    def test_an_id_that_is_none_of_redis_is_a_gap(self):
        (server,) = self.instances(1)
        events = [(text, publish(server, text)) for text in "abc"]
        newest = events[-1][1]
        for last in ("7", "x", "-", "-1", "1a210e95b89-5", newest + "-1", "\u00e9",
                     "99999999999999999999999-0", "a" * 300, newest + "x"):
            with self.subTest(last):
                stream = server.connect().open_stream(
                    "/stream?lastEventId=" + quote(last, safe=""))
                self.assert_gap(stream, last)
                self.assert_events(stream, *events)
                stream.close()

    def test_an_id_of_before_the_first_is_a_gap(self):
        (server,) = self.instances(1)
        events = [(text, publish(server, text)) for text in "abc"]
        stream = resume(server, "1000-0")
        _, before, gap = self.assert_gap(stream, "1000-0")
        self.assertLessEqual(place(before), place(events[0][1]))
        self.assert_events(stream, *events)
        self.assertLess(place(gap), place(before))

    def test_0_is_all_that_is_held_and_no_gap(self):
        a, b = self.instances(2)
        events = [(text, publish(a, text)) for text in "abc"]
        for server in (a, b):
            self.assert_events(resume(server, "0"), *events)


class TrimmedTest(ClusterTest):
    def test_what_is_trimmed_is_a_gap_for_those_who_come_back(self):
        a, b = self.instances(2, *FEW, "--history-events", "10")
        first = publish(a, "first")
        for n in range(0, 3000, 200):
            publish_all(a, range(n, n + 200))
        held = [(fields[1], event_id) for event_id, fields in
                self.redis("XRANGE", "rivulet:events", "-", "+")]
        self.assertLess(len(held), 2000)
        for server in (a, b):
            stream = resume(server, first)
            _, before, gap = self.assert_gap(stream, first)
            self.assertEqual(before, held[0][1])
            self.assert_events(stream, *held)
            self.assertLess(place(gap), place(before))
            self.assert_events(resume(server, gap), *held)

    def test_an_instance_that_is_left_behind_tells_its_streams(self):
        a, b = self.instances(2, *FEW)
        ana = a.stream("ana").wait_for_greeting()
        bob = b.stream("bob").wait_for_greeting()
        self.assert_events(bob, ("before", publish(a, "before")))
        with stopped(b):
            for _ in range(20):  # what b is sent at once, and much more
                last = publish_all(a, ["x" * 1000] * 250)
                wait_for_id(ana, last)
        wait_for_id(bob, last)
        end = publish(a, "end")
        for stream in (ana, bob):
            wait_for_id(stream, end)
        self.assertEqual(len(ana.events), 5002)
        self.check_what_was_left_out(ana.events, bob.events)
        b.log.wait_for(msg="redis-trimmed")
        self.assertEqual(a.log.lines(msg="redis-trimmed"), [])

    def check_what_was_left_out(self, everything, received):
        """One gap, in its place, and it names what is missing."""
        (gap,) = [e for e in received if e.type != "message"]
        self.assertEqual(gap.type, "gap")
        at = received.index(gap)
        whole = [e for e in received if e is not gap]
        known = [e.last_id for e in everything]
        start = known.index(received[at + 1].last_id)
        self.assertEqual(whole, everything[:at] + everything[start:])
        self.assertGreater(start, at)
        self.assertIn(f'"after":"{known[at - 1]}"', gap.data.replace(" ", ""))
        self.assertIn(f'"before":"{known[start]}"', gap.data.replace(" ", ""))


class LostTest(ClusterTest):
    """All of it is gone: a new epoch, for the streams of every instance."""

    def setUp(self):
        super().setUp()
        self.servers = self.instances(2)
        self.old = publish(self.servers[0], "old")
        self.streams = [
            server.stream(f"{n}", headers={"Last-Event-ID": "0"})
            for n, server in enumerate(self.servers)]
        for stream in self.streams:
            self.assert_events(stream, ("old", self.old))

    def check_lost(self):
        """Everyone hears of it, and so does who comes with an old id."""
        for server in self.servers:
            server.log.wait_for(msg="redis-lost-history")
        new = publish(self.servers[1], "new")
        self.assertGreater(place(new), place(self.old))
        for stream in self.streams:
            self.assert_gap(stream, self.old)
            self.assert_events(stream, ("new", new))
        for server in self.servers:
            line = server.log.wait_for(msg="redis-lost-history")
            self.assertEqual(line["level"], "error")
            stream = resume(server, self.old)
            self.assertEqual(stream.next_event().type, "gap")
            self.assert_events(stream, ("new", new))
            stream.close()
            server.wait_for_clients(["0", "1"])
            wait_until(lambda: len(self.redis("KEYS", "rivulet:clients:*")) == 2,
                       "both instances' clients in Redis")
        for server in self.servers:
            to = publish(server, "mine", "/publish/1")
            self.assert_events(self.streams[1], ("mine", to))
            self.assertEqual(len(server.log.lines(msg="redis-lost-history")), 1)

    def test_flushed(self):
        self.redis("FLUSHALL")
        self.check_lost()

    def test_an_event_right_behind_the_loss_is_no_less_there(self):
        """It may come before anybody has noticed."""
        self.redis("FLUSHALL")
        new = publish(self.servers[1], "new")
        for stream in self.streams:
            stream.wait_for(lambda: len(stream.events) == 3, "a gap and an event")
            events = {e.type: e for e in stream.events[1:]}
            self.assertEqual(events["message"][1:], ("new", new))
            self.assertIn("gap", events)

    def test_restarted_empty(self):
        self.redis.kill()
        self.redis.forget()
        for server in self.servers:
            server.wait_until_away()
        self.redis.start()
        for server in self.servers:
            server.wait_until_ready()
        self.check_lost()

    def test_restarted_with_its_file_nothing_is_lost(self):
        self.redis.restart()
        for server in self.servers:
            server.wait_until_ready()
        new = publish(self.servers[1], "new")
        for stream in self.streams:
            self.assert_events(stream, ("new", new))
        for server in self.servers:
            self.assertEqual(server.log.lines(msg="redis-lost-history"), [])

    def test_an_instance_that_comes_after_the_loss_knows_nothing_of_it(self):
        self.redis("FLUSHALL")
        self.check_lost()
        (late,) = self.instances(1)
        stream = late.connect().open_stream("/stream?lastEventId=0")
        self.assertEqual(stream.next_event().data, "new")
        self.assertEqual(late.log.lines(msg="redis-lost-history"), [])
        self.assert_gap(resume(late, self.old), self.old)


if __name__ == "__main__":
    unittest.main()
