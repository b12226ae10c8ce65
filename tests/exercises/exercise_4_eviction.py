"""--evict largest-backlog: past memory-limit the stream with the most goes first."""

import json

from publisher import post
from rivulet import RivuletTest

EVENT = "x" * 60_000


class Exercise(RivuletTest):
    RED = "exited 64 at start"

    def queued(self, server, client):
        answer = server.request(f"/clients/{client}")
        return json.loads(answer.body)[0]["bytes_queued"] if answer.status == 200 else 0

    def stall(self, server, client):
        """A stream that is not read, and has a little waiting."""
        connection = server.connect(receive_buffer=4096)
        connection.open_stream(f"/stream/{client}").wait_for_greeting()
        while self.queued(server, client) == 0:
            post(server, EVENT, f"/publish/{client}")

    def overload(self, policy):
        """Who is ended when one who waits for a short time has the most."""
        server = self.serve(
            "--memory-limit", "1MiB", "--history-events", "0",
            "--queue-bytes", "64MiB", "--evict", policy)
        for client in ("first", "greedy", "last"):
            self.stall(server, client)
        while not (ended := server.log.lines(msg="stream-end")):
            post(server, EVENT, "/publish/greedy")
        self.assertEqual({line["reason"] for line in ended}, {"slow"})
        return [line["id"] for line in ended]

    def test_the_largest_backlog_goes_and_that_is_enough(self):
        self.assertEqual(self.overload("largest-backlog"), ["greedy"])

    def test_who_waits_longest_goes_first_as_before(self):
        self.assertEqual(self.overload("longest-waiting")[0], "first")
