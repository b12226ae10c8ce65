"""A thousand streams, and one among them that never reads."""

import os
import unittest

from crowd import Crowd
from rivulet import SMALL_QUARANTINE, RivuletTest, batches, publish_target


class CrowdTest(RivuletTest):
    COUNT = 1000

    def setUp(self):
        self.server = self.serve()
        self.ids = [f"member-{n}" for n in range(self.COUNT)]

    def publish(self, publisher, data, to=None):
        """Pipelines one publish for each text in data."""
        answers = publisher.pipeline(publish_target(text, to) for text in data)
        self.assertEqual({a.body for a in answers}, {b"Ok"})

    def test_broadcasts_reach_all_in_order(self):
        publisher = self.server.connect()
        data = [f"event {n}" for n in range(50)]
        with Crowd(self.server, self.ids) as crowd:
            self.assertEqual(sorted(self.server.clients()), sorted(self.ids))
            crowd.expect(*data)
            self.publish(publisher, data)
            crowd.wait()
            self.assertEqual(crowd.deliveries, 50 * self.COUNT)

    def test_each_gets_its_own_between_the_broadcasts(self):
        publisher = self.server.connect()
        with Crowd(self.server, self.ids) as crowd:
            crowd.expect("first")
            self.publish(publisher, ["first"])
            for batch in batches(self.ids, 100):
                for client_id in batch:
                    crowd.expect("for " + client_id, to=client_id)
                answers = publisher.pipeline(
                    publish_target("for " + client_id, to=client_id)
                    for client_id in batch
                )
                self.assertEqual({a.body for a in answers}, {b"Ok"})
            crowd.expect("last")
            self.publish(publisher, ["last"])
            crowd.wait()

    def test_many_streams_of_one_id(self):
        publisher = self.server.connect()
        with Crowd(self.server, ["ana"] * self.COUNT) as crowd:
            self.assertEqual(self.server.clients(), ["ana"])
            crowd.expect("a", "b")
            self.publish(publisher, ["a", "b"], to="ana")
            crowd.wait()

    def test_streams_that_come_and_go_during_broadcasts(self):
        publisher = self.server.connect()
        with Crowd(self.server, self.ids[:200]) as crowd:
            for n in range(20):
                with Crowd(self.server, self.ids[200:250]) as passing:
                    data = [f"{n} {m}" for m in range(10)]
                    crowd.expect(*data)
                    passing.expect(*data)
                    self.publish(publisher, data)
                    if n % 2:
                        passing.wait()
                crowd.wait()
            self.server.wait_for_clients(self.ids[:200])

    def test_all_streams_end_cleanly_on_sigterm(self):
        server = self.serve("--drain-timeout", "2s")
        with Crowd(server, self.ids) as crowd:
            crowd.expect("last")
            server.publish("last")
            server.send_signal(15)
            crowd.wait_for_end()
        server.wait_for_exit()

    def test_descriptors_and_clients_are_back_at_the_start(self):
        with Crowd(self.server, self.ids):
            self.assertGreater(
                self.server.descriptors(),
                self.server.descriptors_at_start + self.COUNT - 1,
            )
        self.server.wait_for_clients([])
        self.server.wait_for_descriptors_at_start()


class StuckReaderTest(RivuletTest):
    """One stream never reads, and no history keeps what it misses. Those that
    do read get everything, and promptly: each batch must have reached them
    before the next is published."""

    READERS = int(os.environ.get("RIVULET_TEST_READERS", "100"))
    EVENTS = 10_000

    def open_stuck(self, server):
        connection = server.connect(receive_buffer=4096)
        connection.send(b"GET /stream/stuck HTTP/1.0\r\n\r\n")
        server.wait_for_clients(["stuck"])
        return connection

    def publish_to_readers(self, server, readers, data, at_once):
        publisher = server.connect()
        with Crowd(server, [f"reader-{n}" for n in range(readers)]) as crowd:
            for batch in batches(data, at_once):
                crowd.expect(*batch)
                answers = publisher.pipeline(map(publish_target, batch))
                self.assertEqual({a.body for a in answers}, {b"Ok"})
                crowd.wait()
            self.assertEqual(crowd.deliveries, readers * len(data))

    def test_the_readers_get_all_and_the_stuck_one_is_ended(self):
        server = self.serve("--history-events", "0", environment=SMALL_QUARANTINE)
        self.open_stuck(server)
        before = server.memory()
        data = [f"{n} ".ljust(1000, "x") for n in range(self.EVENTS)]
        self.publish_to_readers(server, self.READERS, data, at_once=200)
        end = server.log.wait_for(msg="stream-end", id="stuck")
        self.assertEqual(end["reason"], "slow")
        server.wait_for_clients([])
        self.assertEqual(len(server.log.lines(reason="slow")), 1)
        self.assertLess(server.memory("VmHWM") - before, 16 << 20)

    def test_stuck_streams_cost_the_limit_of_their_queue_and_no_more(self):
        """80 MB go out. Frames are shared: ten stuck ones cost as one."""
        server = self.serve("--history-events", "0", "--queue-bytes", "2MiB",
                            environment=SMALL_QUARANTINE)
        for _ in range(10):
            self.open_stuck(server)
        before = server.memory()
        data = [f"{n} ".ljust(16_000, "x") for n in range(5000)]
        self.publish_to_readers(server, 3, data, at_once=20)
        server.wait_for_clients([])
        self.assertEqual(len(server.log.lines(id="stuck", reason="slow")), 10)
        self.assertLess(server.memory("VmHWM") - before, 16 << 20)

    def test_a_slow_reader_below_the_limit_gets_everything(self):
        server = self.serve("--history-events", "0", "--queue-bytes", "8MiB")
        late = server.connect(receive_buffer=4096).open_stream("/stream/late")
        data = [f"{n} ".ljust(1000, "x") for n in range(6000)]
        publisher = server.connect()
        for batch in batches(data, 200):
            publisher.pipeline(map(publish_target, batch))
        self.assertEqual(server.clients(), ["late"])
        for text in data:
            self.assertEqual(late.next_event().data, text)


if __name__ == "__main__":
    unittest.main()
