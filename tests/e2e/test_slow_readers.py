"""A reader that falls behind is served from the history at its own pace."""

import json
import unittest

from crowd import Crowd
from publisher import post, post_events, receipt
from rivulet import SMALL_QUARANTINE, batches, wait_until
from slow_reading import SlowReaderTest

MIB = 1 << 20


class FallBackTest(SlowReaderTest):
    def test_who_stops_and_goes_on_gets_everything_in_order(self):
        server = self.serve()
        for version in ("1.1", "1.0"):
            slow = self.open_slow(server, "slow", version)
            self.publish_numbers(server, range(8000))
            self.assertTrue(self.detail(server, "slow")["catching_up"])
            self.assertEqual(self.read_numbers(slow, 8000), list(range(8000)))
            wait_until(lambda: not self.detail(server, "slow")["catching_up"],
                       "a stream that is live again")
            self.assertEqual(self.detail(server, "slow")["events_sent"], 8000)
            server.publish("live")
            self.assertEqual(slow.next_event().data, "live")
            slow.close()
            server.wait_for_clients([])

    def test_who_reads_a_little_now_and_then_gets_everything_in_order(self):
        server = self.serve()
        slow = self.open_slow(server, "slow")
        read = []
        for n in range(0, 6000, 300):
            self.publish_numbers(server, range(n, n + 300))
            read += self.read_numbers(slow, 200)
        read += self.read_numbers(slow, 2000)
        self.assertEqual(read, list(range(6000)))

    def test_it_gets_only_what_is_for_it(self):
        server = self.serve()
        connection = server.connect(receive_buffer=4096)
        slow = connection.open_stream("/stream/slow?topic=a").wait_for_greeting()
        self.open_slow(server, "other")
        expected = []
        publisher = server.connect()
        for n in range(3000):
            target = ("/publish", "/publish?topic=a", "/publish?topic=b",
                      "/publish/slow", "/publish/other")[n % 5]
            receipt(post(publisher, f"{n} ".ljust(2000, "x"), target))
            if n % 5 in (0, 1, 3):
                expected.append(n)
        self.assertTrue(self.detail(server, "slow")["catching_up"])
        self.assertEqual(self.read_numbers(slow, len(expected)), expected)

    def test_one_cut_while_behind_comes_back_and_misses_nothing(self):
        server = self.serve()
        slow = self.open_slow(server, "slow")
        self.publish_numbers(server, range(8000))
        read = self.read_numbers(slow, 100)
        last = slow.events[99].last_id
        slow.reset()
        again = self.open_slow(server, "slow", headers={"Last-Event-ID": last})
        read += self.read_numbers(again, 7900)
        self.assertEqual(read, list(range(8000)))

    def test_many_slow_ones_are_behind_in_different_places(self):
        server = self.serve()
        slow = []
        for n in range(20):
            slow.append(self.open_slow(server, f"slow-{n}"))
            self.publish_numbers(server, range(n * 300, n * 300 + 300))
        for n in reversed(range(20)):
            first = n * 300
            self.assertEqual(self.read_numbers(slow[n], 6000 - first),
                             list(range(first, 6000)))

    def test_the_others_are_not_delayed_and_it_gets_all_in_the_end(self):
        """Each batch must have reached them before the next is published."""
        server = self.serve()
        slow = self.open_slow(server, "slow")
        data = [f"{n} ".ljust(1000, "x") for n in range(8000)]
        publisher = server.connect()
        with Crowd(server, [f"reader-{n}" for n in range(50)]) as crowd:
            for batch in batches(data, 200):
                crowd.expect(*batch)
                receipt(post_events(publisher, "".join(
                    f"data: {text}\n\n" for text in batch)))
                crowd.wait()
        self.assertEqual(self.read_numbers(slow, 8000), list(range(8000)))

    def test_heartbeats_come_again_once_it_has_caught_up(self):
        server = self.serve("--heartbeat", "200ms")
        slow = self.open_slow(server, "slow")
        self.publish_numbers(server, range(6000))
        self.assertEqual(self.read_numbers(slow, 6000), list(range(6000)))
        seen = len(slow.comments)
        slow.wait_for(lambda: len(slow.comments) >= seen + 3, "heartbeats")


class OvertakenTest(SlowReaderTest):
    def check_overtaken(self, *options):
        """It ends as slow; who comes back is told what is gone."""
        server = self.serve(*options)
        slow = self.open_slow(server, "slow")
        self.publish_numbers(server, range(8000))
        server.log.wait_for(msg="stream-end", id="slow", reason="slow")
        server.wait_for_clients([])
        events = self.read_to_reset(slow)
        numbers = [int(event.data.split()[0]) for event in events]
        self.assertEqual(numbers, list(range(len(numbers))))
        last = events[-1].last_id
        again = server.stream("slow", headers={"Last-Event-ID": last})
        gap = again.next_event()
        self.assertEqual(gap.type, "gap")
        missing = json.loads(gap.data)
        self.assertEqual(missing["after"], last)
        self.publish_numbers(server, [8000])
        first = again.next_event()
        self.assertEqual(first.last_id, missing["before"])
        number = int(first.data.split()[0])
        self.assertGreater(number, numbers[-1] + 1)
        rest = self.read_numbers(again, 8000 - number)
        self.assertEqual(rest, list(range(number + 1, 8001)))

    def test_by_a_history_short_of_events(self):
        self.check_overtaken("--history-events", "1000")

    def test_by_a_history_short_of_bytes(self):
        self.check_overtaken("--history-bytes", "1MiB")

    def test_without_history_it_is_ended_at_the_bound_of_its_queue(self):
        server = self.serve("--history-events", "0", "--queue-bytes", "256KiB")
        slow = self.open_slow(server, "slow")
        self.publish_numbers(server, range(8000))
        server.log.wait_for(msg="stream-end", id="slow", reason="slow")
        events = self.read_to_reset(slow)
        self.assertLess(len(events), 8000)
        self.assertEqual([int(e.data.split()[0]) for e in events],
                         list(range(len(events))))

    def test_one_that_takes_nothing_at_all_is_ended_after_write_timeout(self):
        server = self.serve("--write-timeout", "500ms")
        self.open_slow(server, "slow")
        self.publish_numbers(server, range(8000))
        server.log.wait_for(msg="stream-end", id="slow", reason="timeout")

    def test_a_slow_replay_that_is_overtaken_ends_too(self):
        server = self.serve("--history-events", "5000")
        self.publish_numbers(server, range(5000))
        slow = self.open_slow(server, "slow", headers={"Last-Event-ID": "0"})
        slow.wait_for(lambda: slow.events, "the start of the replay")
        self.publish_numbers(server, range(5000, 12_000))
        server.log.wait_for(msg="stream-end", id="slow", reason="slow")
        numbers = [int(e.data.split()[0]) for e in self.read_to_reset(slow)]
        self.assertEqual(numbers, list(range(len(numbers))))


class MemoryTest(SlowReaderTest):
    def test_slow_ones_cost_places_in_the_history_and_no_copies(self):
        """200 MB go past a hundred of them, and 4 MiB of it are kept."""
        server = self.serve("--history-bytes", "4MiB", "--write-timeout", "1h",
                            environment=SMALL_QUARANTINE)
        for n in range(100):
            self.open_slow(server, f"slow-{n}")
        before = server.memory()
        self.publish_numbers(server, range(12_500), size=16_000)
        self.assertLess(server.memory("VmHWM") - before, 32 * MIB)

    def test_the_memory_limit_ends_nobody_whom_the_history_serves(self):
        server = self.serve("--memory-limit", "4MiB", "--write-timeout", "1h")
        slow = [self.open_slow(server, f"slow-{n}") for n in range(50)]
        self.publish_numbers(server, range(3000), size=4000)
        self.assertEqual(len(server.clients()), 50)
        for stream in slow[::10]:
            self.assertEqual(self.read_numbers(stream, 3000), list(range(3000)))


if __name__ == "__main__":
    unittest.main()
