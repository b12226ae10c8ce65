"""Another binary in one of several instances (SIGUSR2), while all publish."""

import os
import unittest
from unittest import mock

from cluster import ClusterTest, Publisher, publish, receipt, resume
from publisher import OpenBody
from recorders import Recorders
from rivulet import wait_until
from upgrading import UpgradeTest


class UpgradeOfOneTest(UpgradeTest, ClusterTest):
    def setUp(self):
        UpgradeTest.setUp(self)
        ClusterTest.setUp(self)

    def changing(self, *arguments):
        """An instance whose binary changes."""
        with mock.patch.dict(os.environ, RIVULET_BIN=str(self.path)):
            return self.instance(*arguments)

    def test_streams_and_publishers_of_both_notice_nothing(self):
        changing, other = self.changing(), self.instance()
        texts = [[f"{name}{n}" for n in range(1500)] for name in "ab"]
        with Recorders() as crowd:
            crowd.open(changing, [f"/stream/a{n}" for n in range(50)])
            crowd.open(other, [f"/stream/b{n}" for n in range(50)])
            publishers = [Publisher(changing, texts[0], at_once=3),
                          Publisher(other, texts[1], at_once=3)]
            for publisher in publishers:
                publisher.start()
            for n in range(5):
                self.ask(changing)
                crowd.pump_until(
                    lambda: self.upgrades(changing) > n or self.failures(changing),
                    "an upgrade")
                self.assertEqual(self.failures(changing), [])
            crowd.pump_until(lambda: not any(p.is_alive() for p in publishers),
                             "the end of the publishers")
            for publisher in publishers:
                self.assertTrue(publisher.done)  # raises what went wrong
                self.assertEqual(publisher.refused, 0)
            publish(other, "end")
            crowd.wait_for_data("end")
            records = list(crowd.records())
            for record in records:
                self.assertEqual(record, records[0])
            data = [event[1] for event in records[0]]
            for publisher, sent in zip(publishers, texts):
                mine = [text for text in data if text in set(sent)]
                self.assertEqual(mine, sent)
        self.assertGreaterEqual(self.upgrades(changing), 5)

    def test_it_is_the_same_instance(self):
        changing, other = self.changing(), self.instance()
        ana = changing.stream("ana").wait_for_greeting()
        first = publish(other, "1", "/publish/ana")
        self.upgrade(changing)
        changing.wait_until_ready()
        publish(other, "2", "/publish/ana")
        self.assertEqual([ana.next_event().data for _ in "12"], ["1", "2"])
        self.assertEqual(other.clients(), ["ana"])
        self.assertEqual(len(self.redis("SMEMBERS", "rivulet:instances")), 2)
        again = resume(changing, first, "/stream/ana")
        self.assertEqual(again.next_event().data, "2")

    def test_a_status_in_the_path_is_answered_as_ever(self):
        changing = self.changing()
        ana = changing.stream("ana").wait_for_greeting()
        publisher = changing.connect()
        sent = 0
        for n in range(3):
            self.ask(changing)
            while self.upgrades(changing) == n:
                self.assertEqual(self.failures(changing), [])
                answers = publisher.pipeline(
                    [f"/publish/status/{sent + i}" for i in range(3)])
                self.assertEqual([a.body for a in answers], [b"Ok"] * 3)
                sent += 3
        self.assertEqual([ana.next_event().data for _ in range(sent)],
                         [str(n) for n in range(sent)])

    def test_a_body_that_stays_open_goes_on(self):
        changing, other = self.changing(), self.instance()
        rui = other.stream("rui").wait_for_greeting()
        with OpenBody(changing) as body:
            body.send("data: before\n\ndata: half")
            self.assertEqual(rui.next_event().data, "before")
            self.upgrade(changing)
            body.send(" and half\n\n")
            self.assertEqual(rui.next_event().data, "half and half")
            said = receipt(body.finish())
            self.assertEqual(said["events"], 2)
            self.assertEqual(said["id"], rui.events[-1].last_id)

    def test_not_while_redis_owes_an_answer(self):
        changing = self.changing("--redis-wait", "1h")
        ana = changing.stream("ana").wait_for_greeting()
        self.redis.kill()
        changing.wait_until_away()
        waiting = changing.connect()
        waiting.send(b"GET /publish/status/kept HTTP/1.1\r\nHost: r\r\n\r\n")
        wait_until(lambda: changing.metric("rivulet_redis_publishes_waiting") == 1,
                   "a publish that waits")
        self.ask(changing)
        wait_until(lambda: self.failures(changing), "a refusal")
        self.assertIn("redis does not answer", self.failures(changing)[0]["reason"])
        self.redis.start()
        self.assertEqual(waiting.read_response("GET").body, b"Ok")
        self.assertEqual(ana.next_event().data, "kept")
        self.upgrade(changing)


if __name__ == "__main__":
    unittest.main()
