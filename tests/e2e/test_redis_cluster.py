"""Three instances on one Redis, three thousand clients, one order for all."""

import os
import unittest

from cluster import ClusterTest, Publisher, place, publish
from recorders import Recorders
from rivulet import SMALL_QUARANTINE

CLIENTS = int(os.environ.get("RIVULET_TEST_CLIENTS", "1000"))  # of each instance
EVENTS = 60  # published through each


class OneOrderTest(ClusterTest):
    def test_everybody_has_all_in_the_same_order(self):
        servers = self.instances(3, "--heartbeat", "1h", environment=SMALL_QUARANTINE)
        with Recorders() as crowd:
            for n, server in enumerate(servers):
                crowd.open(server, [f"/stream/{n}-{m}" for m in range(CLIENTS)])
            answered = self.publish_through_all(servers, crowd)
            answered[publish(servers[0], "end")] = "end"
            crowd.wait_for_data("end")
            order = [("message", answered[event_id], event_id)
                     for event_id in sorted(answered, key=place)]
            self.assertEqual(len(order), 3 * EVENTS + 1)
            for record in crowd.records():
                self.assertEqual(record, order)
            self.assertEqual(len(crowd), 3 * CLIENTS)

    def publish_through_all(self, servers, crowd):
        """At the same time; the text of each id."""
        publishers = [
            Publisher(server, [f"{n} {m}" for m in range(EVENTS)], at_once=10)
            for n, server in enumerate(servers)
        ]
        for publisher in publishers:
            publisher.start()
        crowd.pump_until(lambda: all(p.done for p in publishers), "all publishes")
        self.assertEqual(sum(p.refused for p in publishers), 0)
        self.assert_mixed(publishers)
        return {i: text for p in publishers for i, text in p.answered.items()}

    def assert_mixed(self, publishers):
        """Or the order would say nothing: each began before another was done."""
        spans = [sorted(map(place, p.answered)) for p in publishers]
        self.assertLess(max(s[0] for s in spans), min(s[-1] for s in spans))


if __name__ == "__main__":
    unittest.main()
