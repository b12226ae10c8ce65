"""Publishing through one instance to the streams of all: ids, targets, topics,
bodies, and the answers that come when Redis has the event."""

import contextlib
import json
import time
import unittest

from cluster import ClusterTest, ID, place, publish, publish_all, receipt
from publisher import OpenBody, post, post_bytes, post_events
from rivulet import publish_target, request_bytes


class AcrossTest(ClusterTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.servers = self.instances(2)

    def streams(self, *targets):
        """One of each target at each instance, greeted."""
        return [server.connect().open_stream(target).wait_for_greeting()
                for target in targets for server in self.servers]

    def entry(self, event_id):
        """The fields of one entry in Redis, as (name, value) pairs."""
        ((found, fields),) = self.redis("XRANGE", "rivulet:events", event_id, event_id)
        self.assertEqual(found, event_id)
        return list(zip(fields[::2], fields[1::2]))

    def test_the_id_is_that_of_redis_and_the_same_for_all(self):
        streams = self.streams("/stream/ana", "/stream/bob", "/stream?topic=t")
        before = int(time.time() * 1000)
        for n, server in enumerate(self.servers):
            event_id = publish(server, f"hello {n}")
            for stream in streams:
                self.assert_events(stream, (f"hello {n}", event_id))
            self.assertIn(("d", f"hello {n}"), self.entry(event_id))
            self.assertLess(abs(place(event_id)[0] - before), 60_000)

    def test_ids_rise_whichever_instance_publishes(self):
        (stream, _) = self.streams("/stream")
        ids = [publish(self.servers[n % 2], str(n)) for n in range(50)]
        self.assertEqual(ids, sorted(set(ids), key=place))
        for n, event_id in enumerate(ids):
            self.assert_events(stream, (str(n), event_id))

    def test_every_field_of_an_event_goes_across(self):
        data = "zwei\nLinien \u00fc\U0001f600\n\n: keine\n"
        streams = self.streams("/stream?topic=t")
        event_id = publish(self.a, data, "/publish?topic=t&event=%C3%BC%20x&retry=77")
        for stream in streams:
            event = stream.next_event()
            self.assertEqual(event, ("\u00fc x", data, event_id))
            self.assertEqual(stream.retry, 77)
        (one, other) = (bytes(s.content).partition(b"event:")[2] for s in streams)
        self.assertEqual(one, other)
        large = "x" * (64 << 10)
        event_id = publish(self.b, large)
        for stream in streams:
            self.assert_events(stream, (large, event_id))
        event_id = publish(self.b, "")
        for stream in streams:
            self.assert_events(stream, ("", event_id))

    def test_a_client_of_another_instance_gets_its_own(self):
        ana = self.a.stream("ana").wait_for_greeting()
        bob = self.b.stream("bob \u00e9/%").wait_for_greeting()
        for server in self.servers:
            server.wait_for_clients(["ana", "bob \u00e9/%"])
        for server in self.servers:
            to_ana = publish(server, "for ana", "/publish/ana")
            to_bob = publish(server, "for bob", "/publish/bob%20%C3%A9%2F%25")
            self.assert_events(ana, ("for ana", to_ana))
            self.assert_events(bob, ("for bob", to_bob))
            self.assertEqual(self.entry(to_ana)[-1][0], "o")

    def test_a_client_at_both_instances_gets_it_at_both(self):
        streams = self.streams("/stream/ana")
        event_id = publish(self.a, "x", "/publish/ana")
        for stream in streams:
            self.assert_events(stream, ("x", event_id))

    def test_a_client_that_nobody_has_is_404_and_nothing_is_kept(self):
        (ana, _) = self.streams("/stream/ana")
        kept = self.redis("XLEN", "rivulet:events")
        for server in self.servers:
            self.assert_error(post(server, "x", "/publish/nobody"), 404)
            self.assert_error(server.request("/publish/nobody/status/x"), 404)
            self.assert_error(
                post_events(server, "data: x\n\n", "/publish/nobody"), 404)
        self.assertEqual(self.redis("XLEN", "rivulet:events"), kept)
        self.assert_events(ana, ("marker", publish(self.b, "marker")))

    def test_topics_go_across(self):
        x, y, both, none = (
            self.a.connect().open_stream("/stream?" + query).wait_for_greeting()
            for query in ("topic=x", "topic=y", "topic=x&topic=y", ""))
        to_x = publish(self.b, "x", "/publish?topic=x")
        to_y = publish(self.b, "y", "/publish?topic=y")
        to_both = publish(self.b, "x and y", "/publish?topic=x&topic=y")
        to_all = publish(self.b, "all")
        self.assertEqual([v for n, v in self.entry(to_both) if n == "t"], ["x", "y"])
        every = [("x", to_x), ("y", to_y), ("x and y", to_both), ("all", to_all)]
        for stream, left_out in ((x, ["y"]), (y, ["x"]), (both, []),
                                 (none, ["x", "y", "x and y"])):
            self.assert_events(stream, *[e for e in every if e[0] not in left_out])

    def test_the_plain_routes_answer_ok(self):
        ana = self.b.stream("ana").wait_for_greeting()
        self.a.wait_for_clients(["ana"])
        self.a.publish("to all")  # fails unless the answer is Ok
        self.a.publish("to ana", to="ana")
        answer = self.a.request(publish_target("by HEAD"), "HEAD")
        self.assertEqual((answer.status, answer.get("Content-Length")), (200, "2"))
        for data in ("to all", "to ana", "by HEAD"):
            event = ana.next_event()
            self.assertEqual(event.data, data)
            self.assertRegex(event.last_id, ID)

    def test_answers_have_what_others_have(self):
        """CORS fields, whether they come at once or turns later."""
        origin = {"Origin": "https://shop.example"}
        server = self.instance("--allow-origin", "https://shop.example")
        for target, status in (("/publish", 200), ("/publish/nobody", 404)):
            answer = post(server, "x", target, headers=origin)
            self.assertEqual(answer.status, status, answer)
            self.assertEqual(answer.get("Access-Control-Allow-Origin"),
                             "https://shop.example")
        local = self.serve().request("/publish/status/x")
        answer = self.a.request("/publish/status/x")
        self.assertEqual([n for n, _ in answer.fields], [n for n, _ in local.fields])


    def test_late_answers_are_in_the_access_log(self):
        server = self.instance("--access-log", "on")
        publish(server, "x", "/publish?topic=t")
        post(server, "x", "/publish/nobody")
        for path, status in (("/publish", "200"), ("/publish/nobody", "404")):
            server.log.wait_for(msg="request", method="POST", path=path, status=status)


class BodyTest(ClusterTest):
    """Bodies of many events, and many requests on one connection."""

    COUNT = 5000

    def setUp(self):
        super().setUp()
        self.a, self.b = self.instances(2)
        self.stream = self.b.stream("ana").wait_for_greeting()
        self.a.wait_for_clients(["ana"])

    def assert_numbers(self, count):
        """All of them, in order; the id of the last."""
        events = [self.stream.next_event() for _ in range(count)]
        self.assertEqual([e.data for e in events], [str(n) for n in range(count)])
        ids = [e.last_id for e in events]
        self.assertEqual(ids, sorted(set(ids), key=place))
        return ids[-1]

    def test_a_body_with_thousands_of_events(self):
        last = publish_all(self.a, range(self.COUNT))
        self.assertEqual(self.assert_numbers(self.COUNT), last)

    def test_each_event_of_an_open_body_is_published_as_it_comes(self):
        with OpenBody(self.a, "/publish/ana") as body:
            for n in range(20):
                body.send(f"data: {n}\n\n")
                event = self.stream.next_event()
                self.assertEqual(event.data, str(n))
            said = receipt(body.finish())
            self.assertEqual((said["events"], said["id"]), (20, event.last_id))

    def test_a_body_without_an_event(self):
        answer = post_events(self.a, ": nothing\n\n")
        self.assertEqual(answer.status, 200, answer)
        said = json.loads(answer.body)
        self.assertEqual((said["events"], said["id"]), (0, None))

    def test_many_bodies_at_once_keep_their_own_order(self):
        with contextlib.ExitStack() as stack:
            bodies = [stack.enter_context(OpenBody(self.a)) for _ in range(20)]
            for n in range(50):
                for m, body in enumerate(bodies):
                    body.send(f"data: {m} {n}\n\n")
            for body in bodies:
                self.assertEqual(receipt(body.finish())["events"], 50)
        received = [self.stream.next_event().data.split() for _ in range(1000)]
        for m in range(20):
            self.assertEqual([int(n) for which, n in received if which == str(m)],
                             list(range(50)))

    def test_pipelined_publishes_are_answered_in_order(self):
        connection = self.a.connect()
        connection.send(b"".join(
            post_bytes(str(n)) + request_bytes(f"/livez?{n}") for n in range(300)))
        ids = []
        for _ in range(300):
            ids.append(receipt(connection.read_response())["id"])
            self.assertEqual(connection.read_response().text, "ok")
        self.assertEqual(self.assert_numbers(300), ids[-1])
        self.assertEqual(ids, sorted(set(ids), key=place))

    def test_routes_of_all_kinds_in_one_pipeline(self):
        connection = self.a.connect()
        connection.send(
            post_bytes("0") + request_bytes("/clients")
            + post_bytes("x", "/publish/nobody") + request_bytes("/publish/status/1")
            + request_bytes("/nothing") + post_bytes("2", "/publish/ana"))
        answers = [connection.read_response() for _ in range(6)]
        self.assertEqual([a.status for a in answers], [200, 200, 404, 200, 404, 200])
        self.assertEqual(answers[1].body, b'["ana"]')
        self.assertEqual(answers[3].body, b"Ok")
        self.assertEqual(self.assert_numbers(3), receipt(answers[5])["id"])

    def test_an_old_client_gets_its_answer_and_the_end(self):
        connection = self.a.connect()
        connection.send(post_bytes("0").replace(b"HTTP/1.1", b"HTTP/1.0"))
        answer = connection.read_response()
        self.assertEqual(receipt(answer)["id"], self.assert_numbers(1))
        self.assertEqual(connection.read_to_end(), b"")

    def test_who_closes_its_side_still_gets_the_answer(self):
        connection = self.a.connect()
        connection.send(post_bytes("0"))
        connection.half_close()
        receipt(connection.read_response())
        self.assert_numbers(1)


class InFlightTest(ClusterTest):
    """What is on its way when somebody goes."""

    def test_a_connection_that_dies_while_its_publish_is_in_flight(self):
        a, b = self.instances(2)
        ana = b.stream("ana").wait_for_greeting()
        with self.redis.stopped():
            for end in ("close", "reset"):
                connection = a.connect()
                connection.send(post_bytes(end) * 3)
                a.request("/livez")  # by now it has read those
                getattr(connection, end)()
            a.request("/livez")
        marker = publish(a, "marker")
        received = [ana.next_event()]
        while received[-1].last_id != marker:
            received.append(ana.next_event())
        self.assertLessEqual(len(received), 7)  # those it read before they were gone
        self.assertEqual(received[0].data, "close")

    def test_sigterm_with_publishes_in_flight(self):
        a, b = self.instances(2, "--drain-timeout", "10s")
        ana = b.stream("ana").wait_for_greeting()
        connections = [a.connect() for _ in range(5)]
        with self.redis.stopped():
            for n, connection in enumerate(connections):
                connection.send(post_bytes(str(n)))
            a.request("/livez")
            a.send_signal(15)
            a.log.wait_for(msg="draining")
        ids = [receipt(c.read_response())["id"] for c in connections]
        for n, event_id in sorted(enumerate(ids), key=lambda pair: place(pair[1])):
            self.assert_events(ana, (str(n), event_id))
        for connection in connections:
            self.assertEqual(connection.read_to_end(), b"")
        a.wait_for_exit()

    def test_sigterm_while_redis_stands_still(self):
        (server,) = self.instances(1, "--drain-timeout", "500ms", "--redis-wait", "1h")
        connection = server.connect()
        with self.redis.stopped():
            connection.send(post_bytes("x"))
            server.request("/livez")
            server.terminate()


if __name__ == "__main__":
    unittest.main()
