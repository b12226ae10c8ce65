"""rivulet_backlog_peak_bytes: the most that has waited for one slow stream."""

import json
import re

from publisher import post
from rivulet import RivuletTest

NAME = "rivulet_backlog_peak_bytes"
EVENT = "x" * 60_000


class Exercise(RivuletTest):
    RED = f"/metrics has no {NAME}"

    def peak(self, server):
        text = server.request("/metrics").text
        found = re.search(rf"(?m)^{NAME} (\d+)$", text)
        self.assertTrue(found, f"/metrics has no {NAME}")
        self.assertIn(f"# TYPE {NAME} gauge\n", text)
        return int(found[1])

    def queued(self, server, client):
        (connection,) = json.loads(server.request(f"/clients/{client}").body)
        return connection["bytes_queued"]

    def stall(self, server, client, least):
        """A stream that is not read, once so many bytes wait; what they are."""
        connection = server.connect(receive_buffer=4096)
        stream = connection.open_stream(f"/stream/{client}").wait_for_greeting()
        sent = 0
        while self.queued(server, client) < least:
            post(server, EVENT, f"/publish/{client}")
            sent += len(EVENT)
        return stream, sent

    def serve_without_history(self):
        return self.serve("--history-events", "0", "--queue-bytes", "64MiB")

    def test_it_is_the_most_that_waited_and_stays(self):
        server = self.serve_without_history()
        self.assertEqual(self.peak(server), 0)
        slow, sent = self.stall(server, "slow", 200_000)
        queued = self.queued(server, "slow")
        peak = self.peak(server)
        self.assertGreaterEqual(peak, queued)
        self.assertLess(peak, sent + 10_000)
        for _ in range(sent // len(EVENT)):
            slow.next_event()
        self.assertEqual(self.queued(server, "slow"), 0)
        self.assertEqual(self.peak(server), peak)

    def test_it_is_of_one_stream_and_not_their_sum(self):
        server = self.serve_without_history()
        self.assertEqual(self.peak(server), 0)
        self.stall(server, "much", 500_000)
        peak = self.peak(server)
        self.stall(server, "little", 100_000)
        self.assertEqual(self.peak(server), peak)

    def test_who_keeps_up_does_not_count(self):
        server = self.serve_without_history()
        fast = server.stream("fast").wait_for_greeting()
        post(server, "hello")
        fast.next_event()
        self.assertEqual(self.peak(server), 0)
