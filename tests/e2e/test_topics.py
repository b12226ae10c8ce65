"""Topics: who subscribes to what, and what reaches them."""

import unittest

from publisher import post, receipt
from rivulet import RivuletTest


class TopicTest(RivuletTest):
    def setUp(self):
        self.server = self.serve()

    def listen(self, target):
        return self.server.connect().open_stream(target).wait_for_greeting()

    def publish(self, data, target):
        return receipt(post(self.server, data, target))["receivers"]

    def assert_receives(self, stream, *data):
        received = [stream.next_event().data for _ in data]
        self.assertEqual(received, list(data))

    def assert_only(self, *pairs):
        """Each stream receives just this; a broadcast shows that no more came."""
        self.server.publish("marker")
        for stream, data in pairs:
            self.assert_receives(stream, *data, "marker")

    def test_an_event_goes_to_the_subscribers_of_its_topic(self):
        news = self.listen("/stream?topic=news")
        both = self.listen("/stream?topic=news&topic=sport")
        none = self.listen("/stream")
        self.assertEqual(self.publish("n", "/publish?topic=news"), 2)
        self.assertEqual(self.publish("s", "/publish?topic=sport"), 1)
        self.assertEqual(self.publish("w", "/publish?topic=weather"), 0)
        self.assert_only((news, "n"), (both, "ns"), (none, ""))

    def test_an_event_of_several_topics_comes_once(self):
        both = self.listen("/stream?topic=a&topic=b")
        one = self.listen("/stream?topic=b")
        self.assertEqual(self.publish("x", "/publish?topic=a&topic=b&topic=c"), 2)
        self.assertEqual(self.publish("y", "/publish?topic=a&topic=a"), 1)
        self.assert_only((both, "xy"), (one, "x"))

    def test_a_topic_named_twice_is_one(self):
        stream = self.listen("/stream/ana?topic=a&topic=a&topic=%61")
        self.assertEqual(self.publish("x", "/publish?topic=a"), 1)
        self.assert_only((stream, "x"))

    def test_a_client_has_its_own_events_and_its_topics(self):
        ana = self.listen("/stream/ana?topic=a")
        tab = self.listen("/stream/ana")
        bob = self.listen("/stream/bob?topic=a")
        self.assertEqual(self.publish("id", "/publish/ana"), 2)
        self.assertEqual(self.publish("topic", "/publish?topic=a"), 2)
        self.assert_only((ana, ["id", "topic"]), (tab, ["id"]), (bob, ["topic"]))

    def test_a_topic_is_no_client_and_a_client_no_topic(self):
        client = self.listen("/stream/a")
        topic = self.listen("/stream?topic=a")
        self.assertEqual(self.publish("c", "/publish/a"), 1)
        self.assertEqual(self.publish("t", "/publish?topic=a"), 1)
        self.assert_only((client, "c"), (topic, "t"))
        topic.close()
        client.close()
        self.server.wait_for_clients([])
        self.listen("/stream?topic=b")
        self.assert_error(post(self.server, "x", "/publish/b"), 404)

    def test_names_are_whole_and_exact(self):
        stream = self.listen("/stream?topic=a/b")
        for topic in ("a", "a/", "b", "A/B", "a/b/c", "a%2Fb%2F", "a/B"):
            self.assertEqual(self.publish("no", "/publish?topic=" + topic), 0)
        self.assertEqual(self.publish("yes", "/publish?topic=a%2Fb"), 1)
        self.assert_only((stream, ["yes"]))

    def test_a_topic_has_up_to_128_bytes_of_any_script(self):
        for topic in ("x" * 128, "%C3%A9" * 64, "%F0%9F%8E%89", "a:b.c-d_e~f!", "%22"):
            stream = self.listen("/stream?topic=" + topic)
            self.assertEqual(self.publish("x", "/publish?topic=" + topic), 1)
            self.assert_receives(stream, "x")

    def test_a_topic_outlives_nobody(self):
        for _ in range(3):
            first = self.listen("/stream?topic=a")
            second = self.listen("/stream?topic=a")
            self.assertEqual(self.publish("x", "/publish?topic=a"), 2)
            self.assert_receives(first, "x")
            first.close()
            second.close()
            self.server.wait_for_descriptors_at_start()
            self.assertEqual(self.publish("y", "/publish?topic=a"), 0)


class AnonymousTest(RivuletTest):
    def test_anonymous_streams_are_served_and_in_no_list_of_ids(self):
        server = self.serve()
        streams = [server.connect().open_stream("/stream") for _ in range(3)]
        server.stream("ana").wait_for_greeting()
        self.assertEqual(server.clients(), ["ana"])
        self.assertEqual(receipt(post(server, "x"))["receivers"], 4)
        for stream in streams:
            self.assertEqual(stream.next_event().data, "x")

    def test_anonymous_streams_count_towards_the_limit(self):
        server = self.serve("--max-streams", "2", "--max-streams-per-id", "1")
        streams = [server.connect().open_stream("/stream") for _ in range(2)]
        for stream in streams:
            stream.wait_for_greeting()
        turned_away = server.connect().open_stream("/stream")
        turned_away.wait_for(lambda: turned_away.ended, "clean end")
        self.assertEqual(turned_away.events, [])


if __name__ == "__main__":
    unittest.main()
