"""Redis is killed, or stands still, while 10,000 events are published through
three instances: what was answered with 200 reaches every client, once, in order."""

import os
import time
import unittest

from cluster import ClusterTest, Publisher, place, publish
from publisher import post
from recorders import Recorders
from rivulet import SMALL_QUARANTINE

EVENTS = int(os.environ.get("RIVULET_TEST_EVENTS", "10000"))
READERS = 10  # of each instance
PUBLISHERS = 5  # of each, and each has one publish on its way at a time
STANDSTILL = 5.0  # seconds
WAIT = ("--redis-wait", "20s")


class LossTest(ClusterTest):
    """Without --redis-wait, publishers are sent away and come again."""

    def storm(self, trouble, *arguments):
        """Returns what was answered, by id, and how often with a refusal."""
        self.waits = "--redis-wait" in arguments
        servers = self.instances(3, "--heartbeat", "1h", *arguments,
                                 environment=SMALL_QUARANTINE)
        each = EVENTS // (3 * PUBLISHERS)
        publishers = [Publisher(servers[n % 3], [f"{n} {m}" for m in range(each)])
                      for n in range(3 * PUBLISHERS)]
        with Recorders() as crowd:
            for server in servers:
                crowd.open(server, [f"/stream/{n}" for n in range(READERS)])
            for publisher in publishers:
                publisher.start()
            crowd.pump_until(
                lambda: all(len(p.answered) > each // 4 for p in publishers),
                "the first publishes")
            trouble(crowd, servers)
            crowd.pump_until(lambda: all(p.done for p in publishers), "all publishes")
            publish(servers[0], "end")
            crowd.wait_for_data("end")
            records = list(crowd.records())
        answered = {i: text for p in publishers for i, text in p.answered.items()}
        self.assertEqual(len(answered), len(publishers) * each)
        self.check(records, answered)
        return records[0], answered, sum(p.refused for p in publishers)

    def check(self, records, answered):
        for record in records:
            self.assertEqual(record, records[0])
        ids = [event.last_id for event in records[0]]
        self.assertEqual(ids, sorted(set(ids), key=place))
        received = {event.last_id: event.data for event in records[0]}
        lost = answered.items() - received.items()
        self.assertEqual(lost, set())
        self.assertEqual({event.type for event in records[0]}, {"message"})

    def check_once(self, record, answered):
        """Nothing but what was answered, and so each text once."""
        self.assertEqual([e.data for e in record[:-1]],
                         [answered[i] for i in sorted(answered, key=place)])
        self.assertEqual(len(set(answered.values())), len(answered))

    def missed(self, crowd, servers):
        crowd.pump_until(lambda: not any(s.ready() for s in servers),
                         "all instances to miss Redis")

    def kill(self, crowd, servers):
        self.redis.kill()
        self.missed(crowd, servers)
        self.redis.start()

    def stand_still(self, crowd, servers):
        with self.redis.stopped():
            over = time.monotonic() + STANDSTILL
            self.missed(crowd, servers)
            self.refused_meanwhile = [
                post(server, "nobody's").status for server in servers
                if not self.waits]
            crowd.pump_until(lambda: time.monotonic() > over, "the time to pass")

    def test_redis_killed(self):
        _, _, refused = self.storm(self.kill)
        self.assertGreater(refused, 0)

    def test_redis_killed_and_publishes_wait(self):
        record, answered, refused = self.storm(self.kill, *WAIT)
        self.assertEqual(refused, 0)
        self.check_once(record, answered)

    def test_redis_stands_still(self):
        self.storm(self.stand_still)
        self.assertEqual(self.refused_meanwhile, [503] * 3)

    def test_redis_stands_still_and_publishes_wait(self):
        record, answered, refused = self.storm(self.stand_still, *WAIT)
        self.assertEqual(refused, 0)
        self.check_once(record, answered)


if __name__ == "__main__":
    unittest.main()
