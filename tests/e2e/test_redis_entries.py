"""Entries that somebody adds to Redis by hand: events, or passed over with a line
in the log."""

import unittest

from cluster import ClusterTest


class EntriesTest(ClusterTest):
    def add(self, *fields):
        return self.redis("XADD", "rivulet:events", "*", *fields)

    def test_whoever_has_access_to_redis_may_publish(self):
        a, b = self.instances(2)
        everybody = [server.stream("ana").wait_for_greeting() for server in (a, b)]
        event_id = self.add("d", "hello", "n", "greeting", "v", "of a later version")
        for stream in everybody:
            self.assertEqual(stream.next_event(), ("greeting", "hello", event_id))

    def test_what_no_instance_would_have_written_is_passed_over(self):
        (server,) = self.instances(1)
        ana = server.connect().open_stream("/stream/ana?topic=news")
        ana.wait_for_greeting()
        strange = []
        for fields in (
            ("data", "hello"),  # as a name of a later version
            ("n", "an event without data"),
            ("d", "for one and for many", "c", "ana", "t", "news"),
            ("d", "nobody", "c", ""),
            ("d", b"\0"),
            ("d", b"\xff"),
            ("d", "two lines", "n", "a\nb"),
        ):
            with self.subTest(fields):
                strange.append(self.add(*fields))
                good = self.add("d", "good")
                self.assertEqual(ana.next_event(), ("message", "good", good))
        line = server.log.wait_for(msg="redis-strange-entry")
        self.assertEqual(line["entry"], strange[0])


if __name__ == "__main__":
    unittest.main()
