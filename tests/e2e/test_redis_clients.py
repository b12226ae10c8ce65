"""Who is connected anywhere: /clients, publishes to one client, DELETE, and what
becomes of the clients of an instance that is gone."""

import json
import unittest

from cluster import ClusterTest, publish
from publisher import post
from rivulet import wait_until

PRESENCE = "rivulet:clients:*"


class ClientsTest(ClusterTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.servers = self.instances(2)

    def wait_for_clients(self, *expected):
        for server in self.servers:
            server.wait_for_clients(expected)

    def test_clients_of_all_are_listed_once_and_sorted(self):
        names = ["zoe", "ana", "m\u00fcller", 'a "b"']
        for n, name in enumerate(names):
            self.servers[n % 2].stream(name).wait_for_greeting()
        for server in self.servers:
            server.stream("both").wait_for_greeting()
            server.connect().open_stream("/stream?topic=x").wait_for_greeting()
        self.wait_for_clients(*names, "both")
        for server in self.servers:
            answer = server.request("/clients")
            self.assertEqual(answer.get("Content-Type"), "application/json")
            listed = json.loads(answer.body)
            self.assertEqual(listed, sorted(listed, key=str.encode))

    def test_they_go_when_their_last_stream_goes(self):
        first, second = (self.a.stream("ana").wait_for_greeting() for _ in range(2))
        third = self.b.stream("ana").wait_for_greeting()
        self.wait_for_clients("ana")
        first.close()
        third.close()
        self.wait_for_clients("ana")
        wait_until(lambda: self.b.metric("rivulet_streams") == 0, "third to go")
        publish(self.b, "x", "/publish/ana")
        self.assertEqual(second.next_event().data, "x")
        second.close()
        self.wait_for_clients()
        self.assert_error(post(self.b, "x", "/publish/ana"), 404)

    def test_who_has_just_come_is_known_at_once_where_it_is(self):
        for n in range(50):
            stream = self.a.stream(f"c{n}").wait_for_greeting()
            event_id = publish(self.a, "x", f"/publish/c{n}")
            self.assert_events(stream, ("x", event_id))
            stream.close()

    def test_details_are_those_of_this_instance(self):
        self.a.stream("ana").wait_for_greeting()
        self.b.stream("bob").wait_for_greeting()
        self.wait_for_clients("ana", "bob")
        for server, its, other in ((self.a, "ana", "bob"), (self.b, "bob", "ana")):
            (said,) = json.loads(server.request("/clients?detail=1").body)
            self.assertEqual(said["id"], its)
            (said,) = json.loads(server.request(f"/clients/{its}").body)
            self.assertEqual(said["id"], its)
            answer = server.request(f"/clients/{other}")
            self.assertEqual((answer.status, answer.body), (200, b"[]"))
            self.assert_error(server.request("/clients/nobody"), 404)

    def test_the_latest_event_of_a_stream_is_named(self):
        self.a.stream("ana").wait_for_greeting()
        event_id = publish(self.b, "x")
        wait_until(lambda: json.loads(self.a.request("/clients/ana").body)[0][
            "last_event_id"] == event_id, "the event to reach ana")

    def test_delete_ends_the_streams_of_all_instances(self):
        streams = [server.stream("ana").wait_for_greeting()
                   for server in (self.a, self.b, self.b)]
        bob = self.a.stream("bob").wait_for_greeting()
        self.wait_for_clients("ana", "bob")
        for server in self.servers:
            wait_until(lambda: self.streams_of("ana") == 3, "three streams of ana")
        answer = self.a.request("/clients/ana", "DELETE")
        self.assertEqual((answer.status, json.loads(answer.body)), (200, {"ended": 3}))
        for stream in streams:
            stream.read_to_end()
        for server in self.servers:
            server.log.wait_for(msg="stream-end", id="ana", reason="kicked")
        self.wait_for_clients("bob")
        self.assert_error(self.b.request("/clients/ana", "DELETE"), 404)
        self.assert_events(bob, ("x", publish(self.b, "x")))
        again = self.b.stream("ana").wait_for_greeting()
        self.wait_for_clients("ana", "bob")
        self.assert_events(again, ("y", publish(self.a, "y", "/publish/ana")))

    def streams_of(self, client):
        """By what stands in Redis."""
        counts = [self.redis("HGET", key, client) for key in self.redis("KEYS", PRESENCE)]
        return sum(int(count) for count in counts if count)

    def test_delete_of_one_who_is_elsewhere_only(self):
        ana = self.b.stream("ana").wait_for_greeting()
        self.wait_for_clients("ana")
        answer = self.a.request("/clients/ana", "DELETE")
        self.assertEqual((answer.status, json.loads(answer.body)), (200, {"ended": 1}))
        ana.read_to_end()
        self.assert_error(self.a.request("/clients/nobody", "DELETE"), 404)

    def test_a_client_that_was_ended_comes_back_and_stays(self):
        """The entry that ended it is past: a replay must not end it again."""
        ana = self.b.stream("ana").wait_for_greeting()
        first = publish(self.a, "first")
        self.assert_events(ana, ("first", first))
        self.assertEqual(self.a.request("/clients/ana", "DELETE").status, 200)
        ana.read_to_end()
        second = publish(self.a, "second")
        again = self.b.stream("ana", headers={"Last-Event-ID": first})
        self.assert_events(again, ("second", second))
        self.assert_events(again, ("third", publish(self.a, "third")))


class PresenceTest(ClusterTest):
    def test_an_instance_that_ends_takes_its_clients_along(self):
        a, b = self.instances(2, "--drain-timeout", "1s")
        b.stream("bob").wait_for_greeting()
        a.wait_for_clients(["bob"])
        b.terminate()
        left = [client for key in self.redis("KEYS", PRESENCE)
                for client in self.redis("HKEYS", key)]
        self.assertNotIn("bob", left)
        self.assertEqual(a.clients(), [])

    def test_the_clients_of_a_killed_instance_disappear(self):
        a, b = self.instances(2)
        a.stream("ana").wait_for_greeting()
        b.stream("bob").wait_for_greeting()
        a.wait_for_clients(["ana", "bob"])
        b.kill()
        (key,) = [k for k in self.redis("KEYS", PRESENCE)
                  if self.redis("HEXISTS", k, "bob")]
        self.assertIn(self.redis("TTL", key), range(16))
        self.redis("PEXPIRE", key, 200)  # for there is no need to wait so long
        a.wait_for_clients(["ana"])
        self.assert_error(post(a, "x", "/publish/bob"), 404)

    def test_presence_is_refreshed(self):
        (server,) = self.instances(1)
        server.stream("ana").wait_for_greeting()
        server.wait_for_clients(["ana"])
        (key,) = self.redis("KEYS", PRESENCE)
        self.redis("PEXPIRE", key, 7000)
        wait_until(lambda: self.redis("PTTL", key) > 7000, "a new time to live")

    def test_many_clients_come_and_go(self):
        a, b = self.instances(2)
        streams = [a.stream(f"c{n}").wait_for_greeting() for n in range(300)]
        b.wait_for_clients([f"c{n}" for n in range(300)])
        for stream in streams[::2]:
            stream.close()
        b.wait_for_clients([f"c{n}" for n in range(1, 300, 2)])

    def test_redis_comes_back_and_so_do_all_clients(self):
        a, b = self.instances(2)
        ana = a.stream("ana").wait_for_greeting()
        b.stream("bob").wait_for_greeting()
        a.wait_for_clients(["ana", "bob"])
        self.redis.kill()
        for server in (a, b):
            server.wait_until_away()
        ana.close()
        b.stream("carol").wait_for_greeting()
        self.redis.start()
        for server in (a, b):
            server.wait_until_ready()
            server.wait_for_clients(["bob", "carol"])


if __name__ == "__main__":
    unittest.main()
