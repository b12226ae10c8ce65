"""Last-Event-ID: what a stream missed is replayed, or a gap says what is gone."""

import json
import unittest

from publisher import post, post_events, receipt, sequence
from rivulet import RivuletTest

REPLAY_NAMES = ("lastEventId", "evs_last_event_id")


class HistoryTest(RivuletTest):
    def publish(self, data, target="/publish"):
        """The id of the event."""
        return receipt(post(self.server, data, target))["id"]

    def resume(self, last, target="/stream", **options):
        return self.server.connect().open_stream(
            target, headers={"Last-Event-ID": last}, **options)

    def assert_events(self, stream, *events):
        """These (data, id) come next; a broadcast shows that no more did."""
        marker = self.publish("marker")
        for data, event_id in (*events, ("marker", marker)):
            event = stream.next_event()
            self.assertEqual((event.type, event.data, event.last_id),
                             ("message", data, event_id))

    def assert_gap(self, stream, after, before):
        """The stream starts with it; its own id is the last of what is gone."""
        event = stream.next_event()
        self.assertIs(stream.events[0], event)
        self.assertEqual(event.type, "gap")
        self.assertEqual(json.loads(event.data), {"after": after, "before": before})
        self.assertEqual(sequence(event.last_id), sequence(before) - 1)
        return event.last_id


class ReplayTest(HistoryTest):
    def setUp(self):
        self.server = self.serve()
        self.events = [(text, self.publish(text)) for text in "abcd"]

    def test_what_comes_after_the_last_id_is_replayed(self):
        for n, (_, last) in enumerate(self.events):
            for version in ("1.1", "1.0"):
                stream = self.resume(last, version=version)
                stream.wait_for(lambda: len(stream.events) == 3 - n, "replay")
                self.assertEqual([e[1:] for e in stream.events], self.events[n + 1 :])
        self.assert_events(stream)

    def test_the_query_is_as_good_as_the_field(self):
        last = self.events[1][1]
        for name in REPLAY_NAMES:
            stream = self.server.connect().open_stream(f"/stream/ana?{name}={last}")
            for event in self.events[2:]:
                self.assertEqual(stream.next_event()[1:], event)

    def test_the_field_goes_first_then_either_name(self):
        b, c, d = (event_id for _, event_id in self.events[1:])
        for field, query, first in (
            (c, f"lastEventId={b}", "d"),
            (b, f"evs_last_event_id={d}", "c"),
            ("", f"lastEventId={c}", "d"),
            (None, f"evs_last_event_id={b}&lastEventId={c}", "d"),
            (None, f"lastEventId=&evs_last_event_id={c}", "d"),
            (None, f"lastEventId={b}&lastEventId={c}", "d"),
        ):
            headers = {} if field is None else {"Last-Event-ID": field}
            stream = self.server.connect().open_stream(
                "/stream?" + query, headers=headers)
            self.assertEqual(stream.next_event().data, first, f"{field} {query}")

    def test_0_means_all_that_is_held(self):
        self.assert_events(self.resume("0"), *self.events)

    def test_without_a_last_id_nothing_is_replayed(self):
        for target in ("/stream", "/stream?lastEventId=", "/stream?other=0"):
            stream = self.server.connect().open_stream(target).wait_for_greeting()
            self.assert_events(stream)

    def test_the_opening_comes_before_the_replay(self):
        stream = self.resume("0")
        stream.wait_for(lambda: len(stream.events) == 4, "replay")
        self.assertRegex(bytes(stream.content), rb"\Aretry: \d+\n:[^\n]*\ndata: a\n")

    def test_a_replayed_event_is_the_same_as_a_live_one(self):
        live = self.server.stream("ana").wait_for_greeting()
        start = len(live.content)
        self.publish("two\nlines", "/publish?event=x&retry=5")
        live.next_event()
        self.publish("plain")
        live.next_event()
        replay = self.resume(self.events[-1][1])
        replay.wait_for(lambda: len(replay.events) == 2, "replay")
        self.assertTrue(replay.content.endswith(live.content[start:]))

    def test_it_is_what_that_stream_would_have_received(self):
        ana = self.server.connect().open_stream("/stream/ana?topic=x&topic=y")
        ana.wait_for_greeting()
        self.server.stream("bob").wait_for_greeting()
        start = self.events[-1][1]
        for data, target in (
            ("to ana", "/publish/ana"), ("to bob", "/publish/bob"),
            ("x", "/publish?topic=x"), ("z", "/publish?topic=z"),
            ("y and z", "/publish?topic=y&topic=z"),
            ("x and y", "/publish?topic=x&topic=y"), ("all", "/publish"),
        ):
            self.publish(data, target)
        for target, expected in (
            ("/stream/ana?topic=x&topic=y",
             ["to ana", "x", "y and z", "x and y", "all"]),
            ("/stream/ana", ["to ana", "all"]),
            ("/stream/bob?topic=z", ["to bob", "z", "y and z", "all"]),
            ("/stream?topic=y", ["y and z", "x and y", "all"]),
            ("/stream?topic=other", ["all"]),
            ("/stream", ["all"]),
            ("/stream/carol", ["all"]),
        ):
            with self.subTest(target):
                stream = self.resume(start, target)
                received = [stream.next_event().data for _ in expected]
                self.assertEqual(received, expected)
                stream.close()

    def test_a_client_gets_its_own_after_it_was_away(self):
        """Its id, and its topic, had nobody left in between."""
        ana = self.server.connect().open_stream("/stream/ana?topic=t")
        ana.wait_for_greeting()
        self.publish("mine", "/publish/ana")
        last = ana.next_event().last_id
        self.publish("mine too", "/publish/ana")
        ana.close()
        self.server.wait_for_clients([])
        self.publish("topic", "/publish?topic=t")
        again = self.resume(last, "/stream/ana?topic=t")
        for data in ("mine too", "topic"):
            self.assertEqual(again.next_event().data, data)

    def test_many_events_in_one_replay_and_live_ones_right_behind(self):
        count = 5000
        last = self.events[-1][1]
        receipt(post_events(self.server, "".join(
            f"data: {n} {'x' * 200}\n\n" for n in range(count))))
        stream = self.resume(last)
        publisher = self.server.connect()
        for n in range(count, count + 200):
            receipt(post(publisher, f"{n} live"))
        numbers = [int(stream.next_event().data.split()[0]) for _ in range(count + 200)]
        self.assertEqual(numbers, list(range(count + 200)))

    def test_a_replay_of_any_length_runs_into_the_live_events(self):
        """However many are taken at once, none is lost where it ends."""
        receipt(post_events(self.server, "".join(f"data: {n}\n\n" for n in range(300))))
        first = self.server.connect().open_stream("/stream?lastEventId=0")
        ids = [first.next_event().last_id for _ in range(304)]
        streams = [self.resume(ids[-1 - n]) for n in range(300)]
        self.publish("live")
        for n, stream in enumerate(streams):
            received = [stream.next_event().data for _ in range(n + 1)]
            expected = [str(m) for m in range(300 - n, 300)] + ["live"]
            self.assertEqual(received, expected)

    def test_many_events_for_others_do_not_hide_the_next_of_its_own(self):
        start = self.events[-1][1]
        for between in (1022, 1023, 1024, 1025, 2048):
            self.publish(f"before {between}", "/publish?topic=mine")
            receipt(post_events(
                self.server, "data: x\n\n" * between, "/publish?topic=other"))
        stream = self.resume(start, "/stream?topic=mine")
        self.publish("live", "/publish?topic=mine")
        received = [stream.next_event().data for _ in range(6)]
        self.assertEqual(received[0], "before 1022")
        self.assertEqual(received[-2:], ["before 2048", "live"])

    def test_a_broken_last_id_is_a_gap_and_no_error(self):
        first = self.events[0][1]
        epoch, _, newest = self.events[-1][1].rpartition("-")
        for last in ("7", "x", "-", "-1", epoch, epoch + "-", "1-" + newest,
                     f"{epoch}-0{newest}", epoch.upper() + "X-1", "é", "a" * 300,
                     f"{epoch}-99999999999999999999999", f"{epoch}-{int(newest) + 1}"):
            with self.subTest(last):
                stream = self.server.connect().open_stream(
                    "/stream?lastEventId=" + "".join(f"%{b:02X}" for b in last.encode()))
                self.assert_gap(stream, last, first)
                for event in self.events:
                    self.assertEqual(stream.next_event()[1:], event)

    def test_a_last_id_that_is_no_text_is_a_gap(self):
        for target in ("/stream?lastEventId=%FF", "/stream?lastEventId=%zz"):
            stream = self.server.connect().open_stream(target)
            self.assertEqual(stream.next_event().type, "gap")
            self.assertEqual(stream.next_event().data, "a")


class GapTest(HistoryTest):
    def test_what_the_history_has_given_up_is_a_gap(self):
        self.server = self.serve("--history-events", "5")
        ids = [self.publish(str(n)) for n in range(12)]
        for seen in range(6):
            stream = self.resume(ids[seen])
            self.assert_gap(stream, ids[seen], ids[7])
            for n in range(7, 12):
                self.assertEqual(stream.next_event()[1:], (str(n), ids[n]))
        for seen in range(6, 12):
            stream = self.resume(ids[seen])
            for n in range(seen + 1, 12):
                self.assertEqual(stream.next_event()[1:], (str(n), ids[n]))
        self.assert_events(stream)

    def test_the_id_of_a_gap_leads_on_from_there(self):
        """Cut right behind it, a client comes back and has no second gap."""
        self.server = self.serve("--history-events", "3")
        ids = [self.publish(str(n)) for n in range(6)]
        gap = self.assert_gap(self.resume(ids[0]), ids[0], ids[3])
        self.assert_events(self.resume(gap), *zip("345", ids[3:]))

    def test_0_after_a_loss_is_no_gap(self):
        self.server = self.serve("--history-events", "2")
        ids = [self.publish(str(n)) for n in range(5)]
        stream = self.resume("0")
        self.assertEqual(stream.next_event()[1:], ("3", ids[3]))

    def test_the_history_is_bounded_in_bytes_too(self):
        self.server = self.serve("--history-bytes", "8KiB")
        ids = [self.publish(f"{n} ".ljust(1000, "x")) for n in range(100)]
        stream = self.resume(ids[0])
        event = stream.next_event()
        self.assertEqual(event.type, "gap")
        held = 99 - ids.index(event.last_id)
        self.assertIn(held, range(4, 9))
        for n in range(100 - held, 100):
            self.assertEqual(stream.next_event().last_id, ids[n])

    def test_an_event_larger_than_the_history_is_delivered_and_not_kept(self):
        self.server = self.serve("--history-bytes", "4KiB")
        ana = self.server.stream("ana").wait_for_greeting()
        small = self.publish("small")
        large = self.publish("x" * 50_000)
        self.assertEqual(ana.next_event().data, "small")
        self.assertEqual(len(ana.next_event().data), 50_000)
        gap = self.resume(small).next_event()
        self.assertEqual((gap.type, gap.last_id), ("gap", large))
        self.assert_events(self.resume(large))

    def test_after_a_restart_an_id_of_before_is_a_gap(self):
        self.server = self.serve()
        old = self.publish("before")
        self.server.terminate()
        self.server = self.serve()
        stream = self.resume(old)
        gap = stream.next_event()
        self.assertEqual(gap.type, "gap")
        self.assertEqual(json.loads(gap.data)["after"], old)
        new = self.publish("after")
        self.assertNotEqual(old.partition("-")[0], new.partition("-")[0])
        self.assertEqual(stream.next_event()[1:], ("after", new))
        self.assert_events(self.resume(gap.last_id), ("after", new))

    def test_a_stream_that_misses_nothing_has_no_gap(self):
        self.server = self.serve("--history-events", "1")
        last = self.publish("x")
        self.assert_events(self.resume(last))


class OffTest(HistoryTest):
    def test_without_history_there_are_no_ids_and_no_replay(self):
        server = self.serve("--history-events", "0")
        server.publish("before")
        for last in ("0", None):
            headers = {"Last-Event-ID": last} if last else {}
            stream = server.stream("ana", headers=headers).wait_for_greeting()
            server.publish("after")
            self.assertEqual(stream.next_event(), ("message", "after", ""))
            self.assertNotIn(b"\nid", stream.content)

    def test_whoever_has_an_id_hears_of_the_gap(self):
        server = self.serve("--history-events", "0")
        stream = server.stream("ana", headers={"Last-Event-ID": "1a-7"})
        gap = stream.next_event()
        self.assertEqual(gap.type, "gap")
        self.assertEqual(json.loads(gap.data)["after"], "1a-7")
        server.publish("after")
        self.assertEqual(stream.next_event().data, "after")


if __name__ == "__main__":
    unittest.main()
