"""A thousand clients whose connections break at random while 5,000 events go
out: with Last-Event-ID each one's record is complete, in order, nothing twice."""

import os
import random
import unittest
from collections import deque

from publisher import post, post_bytes, receipt
from returners import Returners
from rivulet import RivuletTest, batches

CLIENTS = int(os.environ.get("RIVULET_TEST_RETURNERS", "1000"))
EVENTS = 5000
TOPICS = 50
AT_ONCE = 25  # events between two rounds of cuts
CUTS = max(1, CLIENTS // 40)  # in a round
SEED = int(os.environ.get("RIVULET_TEST_SEED", "1"))


class StormTest(RivuletTest):
    def setUp(self):
        self.random = random.Random(SEED)
        # Who is to receive which event: those that the server has accepted.
        self.expected = [[] for _ in range(CLIENTS)]
        self.refused = 0

    def topics_of(self, n):
        return {n % TOPICS, (n * 7 + 1) % TOPICS}

    def target_of(self, n):
        topics = "&".join(f"topic=t{t}" for t in sorted(self.topics_of(n)))
        return f"/stream/c{n}?{topics}"

    def choose(self):
        """A publish target, and the numbers of those whom it is for."""
        kind = self.random.random()
        if kind < 0.08:
            return "/publish", range(CLIENTS)
        if kind < 0.5:
            n = self.random.randrange(CLIENTS)
            return f"/publish/c{n}", [n]
        topics = self.random.sample(range(TOPICS), self.random.choice((1, 1, 2)))
        query = "&".join(f"topic=t{t}" for t in topics)
        meant = [n for n in range(CLIENTS) if self.topics_of(n) & set(topics)]
        return "/publish?" + query, meant

    def publish(self, connection, numbers, disturb):
        """Sends some publishes, lets `disturb` do its work, and reads answers."""
        chosen = [(f"event {n}", *self.choose()) for n in numbers]
        connection.send(b"".join(
            post_bytes(data, target) for data, target, _ in chosen))
        disturb()
        for data, target, meant in chosen:
            answer = connection.read_response()
            if answer.status == 404 and target.startswith("/publish/c"):
                self.refused += 1  # not there just now: so it must not appear
                continue
            event = (receipt(answer)["id"], data)
            for n in meant:
                self.expected[n].append(event)

    def test_every_record_is_complete_in_order_and_has_nothing_twice(self):
        server = self.serve()
        publisher = server.connect()
        with Returners(server) as crowd:
            for batch in batches(range(CLIENTS), 100):
                added = [crowd.add(self.target_of(n)) for n in batch]
                crowd.pump_until(lambda: all(client.greeted for client in added),
                                 "the first bytes of each stream")
            cuts = self.storm(crowd, publisher)
            end = receipt(post(publisher, "end"))["id"]
            for events in self.expected:
                events.append((end, "end"))
            crowd.pump_until(
                lambda: all(client.last_id == end for client in crowd.clients),
                "the last event to reach each client")
            for client, expected in zip(crowd.clients, self.expected):
                if client.record != expected:
                    self.fail(self.describe(client, expected))
            returns = sum(client.connections - 1 for client in crowd.clients)
        self.assertGreaterEqual(returns, cuts)
        self.assertGreater(self.refused, 0, "nobody was away when it mattered")
        deliveries = sum(map(len, self.expected))
        print(f"{CLIENTS} clients, {EVENTS} events, {deliveries} deliveries, "
              f"{returns} returns, {self.refused} refused; ", end="", flush=True)

    def storm(self, crowd, publisher):
        """Publishes it all; returns how many connections were cut."""
        present = list(crowd.clients)
        away = deque()  # clients who are not connected, for some rounds
        cuts = 0

        def disturb():
            nonlocal cuts
            # A small read leaves off in the middle of an event.
            crowd.pump(most=self.random.choice((1, 50, 700, 65536)))
            for _ in range(CUTS):
                at = self.random.randrange(len(present))
                client = present[at]
                if self.random.random() < 0.3 and client.greeted:
                    client.read(self.random.randrange(1, 200))
                crowd.cut(client, reset=self.random.random() < 0.5)
                cuts += 1
                if self.random.random() < 0.5:
                    crowd.connect(client)
                else:
                    present[at] = present[-1]
                    present.pop()
                    away.append(client)

        def bring_back(most_away):
            while len(away) > most_away:
                present.append(away.popleft())
                crowd.connect(present[-1])

        for numbers in batches(range(EVENTS), AT_ONCE):
            self.publish(publisher, numbers, disturb)
            bring_back(most_away=CLIENTS // 20)
            for _ in range(3):
                crowd.pump()
        bring_back(most_away=0)
        return cuts

    def describe(self, client, expected):
        at = next((i for i, pair in enumerate(zip(client.record, expected))
                   if pair[0] != pair[1]), min(len(client.record), len(expected)))
        return (f"{client.target}, {client.connections} connections: "
                f"{len(client.record)} events, not {len(expected)}; from {at} on "
                f"{client.record[at:at + 4]}, not {expected[at:at + 4]}")


if __name__ == "__main__":
    unittest.main()
