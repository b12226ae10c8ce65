"""GET /stream?last=N: begin with the last N events that were for this stream."""

import json

from publisher import post
from rivulet import RivuletTest, request_bytes


class Exercise(RivuletTest):
    RED = r"\['new'\]|200 != 400"

    def seen(self, server, target, **options):
        """What a stream gets up to the first event after it was opened."""
        stream = server.connect().open_stream(target, **options)
        stream.wait_for_greeting()
        post(server, "new")
        seen = []
        while not seen or seen[-1] != "new":
            event = stream.next_event()
            seen.append(event.data if event.type == "message" else event.type)
        return seen

    def serve_with_history(self, *arguments):
        """One with 1 to 9: for topic a, for topic b, for everybody, in turn."""
        server = self.serve(*arguments)
        targets = ("/publish?topic=a", "/publish?topic=b", "/publish")
        answers = [post(server, str(n), targets[(n - 1) % 3]) for n in range(1, 10)]
        return server, [json.loads(answer.body)["id"] for answer in answers]

    def test_it_begins_with_the_last_that_were_for_it(self):
        server, _ = self.serve_with_history()
        self.assertEqual(self.seen(server, "/stream?last=2"), ["6", "9", "new"])
        server, _ = self.serve_with_history()
        self.assertEqual(self.seen(server, "/stream?topic=a&last=3"),
                         ["6", "7", "9", "new"])
        server, _ = self.serve_with_history()
        self.assertEqual(self.seen(server, "/stream/ana?topic=b&topic=a&last=1"),
                         ["9", "new"])

    def test_it_is_content_with_what_is_held(self):
        server, _ = self.serve_with_history("--history-events", "4")
        self.assertEqual(self.seen(server, "/stream?last=1000"), ["6", "9", "new"])

    def test_who_comes_back_goes_on_where_it_was(self):
        server, ids = self.serve_with_history()
        self.assertEqual(self.seen(server, "/stream?last=1"), ["9", "new"])
        server, ids = self.serve_with_history()
        self.assertEqual(
            self.seen(server, "/stream?last=1", headers={"Last-Event-ID": ids[1]}),
            ["3", "6", "9", "new"])

    def test_other_values_are_refused(self):
        server = self.serve()
        for value in ("0", "1001", "-1", "two", ""):
            connection = server.connect()
            connection.send(request_bytes(f"/stream?last={value}"))
            self.assertEqual(connection.read_head().status, 400)
            connection.close()
