"""/stats: the server's figures as an event stream, for those who watch it."""

import json
import signal

from publisher import post
from rivulet import Connection, RivuletTest, bearer, wait_until
from wire import EventParser

TOKEN = "a-token-of-the-test-0123456789"


def voluntary_switches(server):
    """How often the process went to sleep: with a timer, once more each time."""
    with open(f"/proc/{server.pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("voluntary_ctxt_switches"):
                return int(line.split()[1])
    raise AssertionError("no count of switches")


class StatsTest(RivuletTest):
    def watch(self, server, **options):
        return server.connect().open_stream("/stats", **options)

    def figures(self, stream):
        event = stream.next_event()
        self.assertEqual((event.type, event.last_id), ("stats", ""))
        return json.loads(event.data)

    def wait_for(self, stream, **expected):
        """Reads figures until these are as expected."""
        seen = self.figures(stream)
        while not expected.items() <= seen.items():
            seen = self.figures(stream)
        return seen

    def test_it_is_a_stream_that_nobody_may_share_or_keep(self):
        watcher = self.watch(self.serve(), headers={"Origin": "https://a.example"})
        head = watcher.head
        self.assertEqual(head.get("Content-Type"), "text/event-stream")
        self.assertIn("no-cache", head.tokens("Cache-Control"))
        self.assertIsNone(head.get("Access-Control-Allow-Origin"))
        watcher.wait_for_greeting()

    def test_the_first_figures_come_at_once_and_the_next_by_themselves(self):
        server = self.serve("--history-events", "7")
        watcher = self.watch(server)
        first = self.figures(watcher)
        for name in ("streams", "published", "deliveries", "sent", "sent_bytes",
                     "queued_bytes", "slow", "gaps"):
            self.assertEqual(first[name], 0, name)
        self.assertIsNone(first["newest"])
        server.stream("ana").wait_for_greeting()
        other = server.stream("bob").wait_for_greeting()
        answer = json.loads(post(server.connect(), "x").body)
        seen = self.wait_for(watcher, streams=2, published=1, deliveries=2, sent=2)
        self.assertEqual(seen["newest"], answer["id"])
        self.assertGreaterEqual(seen["milliseconds"] - first["milliseconds"], 1000)
        other.close()
        self.wait_for(watcher, streams=1)

    def test_whoever_watches_changes_nothing(self):
        server = self.serve()
        watchers = [self.watch(server) for _ in range(3)]
        ana = server.stream("ana").wait_for_greeting()
        self.assertEqual(server.clients(), ["ana"])
        self.assertEqual(len(json.loads(server.request("/clients?detail=1").body)), 1)
        ids = []
        for n in range(3):
            answer = json.loads(post(server.connect(), f"n{n}").body)
            self.assertEqual(answer["receivers"], 1)
            ids.append(answer["id"])
            self.figures(watchers[0])  # between two events
        self.assertEqual([ana.next_event().last_id for _ in ids], ids)
        numbers = [int(one.rpartition("-")[2]) for one in ids]
        self.assertEqual(numbers, [1, 2, 3])
        back = server.stream("ana", headers={"Last-Event-ID": ids[0]})
        self.assertEqual([back.next_event().data for _ in "12"], ["n1", "n2"])
        for watcher in watchers:
            self.wait_for(watcher, streams=2, published=3)
            self.assertEqual({event.type for event in watcher.events}, {"stats"})

    def test_it_cannot_be_published_to(self):
        server = self.serve()
        watcher = self.watch(server)
        for method in ("POST", "PUT", "DELETE", "HEAD"):
            self.assertEqual(server.request("/stats", method).status, 405)
        server.request("/publish?topic=stats&event=stats", "POST",
                       headers={"Content-Length": 2}, body=b"{}")
        seen = self.wait_for(watcher, published=1)
        self.assertEqual(seen["deliveries"], 0)

    def test_with_a_token_it_needs_that(self):
        server = self.serve("--publish-token", TOKEN)
        refused = server.request("/stats")
        self.assert_error(refused, 401)
        self.assertEqual(refused.get("WWW-Authenticate"), 'Bearer realm="rivulet"')
        server.log.wait_for(msg="watch-refused", reason="token")
        watcher = self.watch(server, headers=bearer(TOKEN))
        self.assertEqual(self.figures(watcher)["streams"], 0)

    def test_it_is_for_operators_where_they_have_an_address(self):
        server = self.serve("--admin-listen", "127.0.0.1:0", listeners=2)
        self.assert_error(server.request("/stats"), 404)
        with Connection(server.admin) as connection:
            watcher = connection.open_stream("/stats")
            self.assertEqual(self.figures(watcher)["streams"], 0)

    def test_no_timer_runs_once_the_last_has_gone(self):
        server = self.serve("--heartbeat", "1h")
        watcher = self.watch(server)
        self.figures(watcher)
        self.figures(watcher)  # the timer runs
        watcher.close()
        server.wait_for_descriptors_at_start()
        # Another server's timer says when enough time has passed.
        clock = self.serve("--heartbeat", "1h")
        ticking = self.watch(clock)
        self.figures(ticking)
        before = voluntary_switches(server)
        for _ in range(3):
            self.figures(ticking)
        self.assertEqual(voluntary_switches(server), before)

    def test_a_server_that_ends_says_so(self):
        server = self.serve()
        watcher = self.watch(server).wait_for_greeting()
        first_retry = watcher.retry
        server.send_signal(signal.SIGTERM)
        watcher.read_to_end()
        self.assertGreater(watcher.retry, first_retry)
        watcher.close()
        server.wait_for_exit()

    def test_http_1_0_and_a_half_closed_client_are_served_too(self):
        server = self.serve()
        connection = server.connect()
        connection.send(b"GET /stats HTTP/1.0\r\n\r\n")
        connection.read_head()
        parser = EventParser()
        while not parser.events:
            parser.feed(connection.take_received())
            if not parser.events:
                self.assertTrue(connection.receive())
        connection.half_close()
        connection.read_to_end()
        wait_until(lambda: server.descriptors() <= server.descriptors_at_start,
                   "the end of the connection")
