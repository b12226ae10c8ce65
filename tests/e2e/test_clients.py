"""Who is connected: /clients, ?detail=1, /clients/:id, and DELETE."""

import json
import unittest

from publisher import post, post_events, receipt
from rivulet import RivuletTest, wait_until

MEMBERS = {
    "id", "topics", "address", "seconds_connected", "bytes_queued", "events_sent",
    "catching_up", "last_event_id",
}


class DetailTest(RivuletTest):
    def setUp(self):
        self.server = self.serve()

    def ask(self, target):
        answer = self.server.request(target)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.get("Content-Type"), "application/json")
        self.assertEqual(answer.get("Cache-Control"), "no-store")
        connections = json.loads(answer.body)
        for connection in connections:
            self.assertEqual(connection.keys(), MEMBERS)
            self.assertGreaterEqual(connection["seconds_connected"], 0)
        return connections

    def address_of(self, stream):
        return "%s:%d" % stream.connection.socket.getsockname()

    def test_without_anybody_the_list_is_empty(self):
        self.assertEqual(self.ask("/clients?detail=1"), [])
        self.assertEqual(self.server.clients(), [])
        self.assert_error(self.server.request("/clients/ana"), 404)

    def test_each_connection_with_its_id_topics_and_address(self):
        ana = self.server.connect().open_stream("/stream/ana?topic=b&topic=a&topic=b")
        tab = self.server.stream("ana")
        nameless = self.server.connect().open_stream("/stream?topic=%22")
        for stream in (ana, tab, nameless):
            stream.wait_for_greeting()
        said = {c["address"]: c for c in self.ask("/clients?detail=1")}
        self.assertEqual(
            {a: (c["id"], c["topics"]) for a, c in said.items()},
            {
                self.address_of(ana): ("ana", ["b", "a"]),
                self.address_of(tab): ("ana", []),
                self.address_of(nameless): (None, ['"']),
            },
        )
        of_ana = self.ask("/clients/ana")
        self.assertEqual({c["address"] for c in of_ana},
                         {self.address_of(ana), self.address_of(tab)})
        self.assertEqual(self.server.clients(), ["ana"])

    def test_detail_0_and_none_give_ids(self):
        self.server.stream("ana").wait_for_greeting()
        for target in ("/clients", "/clients/", "/clients?detail=0"):
            self.assertEqual(json.loads(self.server.request(target).body), ["ana"])

    def test_events_are_counted_and_the_latest_is_named(self):
        ana = self.server.stream("ana").wait_for_greeting()
        (said,) = self.ask("/clients/ana")
        self.assertEqual((said["events_sent"], said["last_event_id"]), (0, None))
        self.server.publish("a")
        last = receipt(post(self.server, "b", "/publish/ana"))["id"]
        receipt(post(self.server, "for others", "/publish?topic=x"))
        for _ in range(2):
            ana.next_event()
        (said,) = self.ask("/clients/ana")
        self.assertEqual((said["events_sent"], said["last_event_id"]), (2, last))
        self.assertEqual((said["bytes_queued"], said["catching_up"]), (0, False))

    def test_a_slow_one_shows_what_waits_and_that_it_is_behind(self):
        stuck = self.server.connect(receive_buffer=4096)
        stuck.open_stream("/stream/stuck").wait_for_greeting()
        publisher = self.server.connect()

        def behind():
            for _ in range(20):
                receipt(post(publisher, "x" * 10_000))
            return self.ask("/clients/stuck")[0]["catching_up"]

        wait_until(behind, "a stream that falls behind")
        (said,) = self.ask("/clients/stuck")
        self.assertGreater(said["bytes_queued"], 0)
        self.assertLess(said["bytes_queued"], 1 << 20)

    def test_without_history_there_is_no_last_id(self):
        server = self.serve("--history-events", "0")
        ana = server.stream("ana").wait_for_greeting()
        server.publish("a")
        ana.next_event()
        (said,) = json.loads(server.request("/clients/ana").body)
        self.assertEqual((said["events_sent"], said["last_event_id"]), (1, None))

    def test_ids_that_json_has_to_escape(self):
        for client_id in ('quo"te', "back\\slash", "é/🎉"):
            stream = self.server.stream(client_id).wait_for_greeting()
            (said,) = self.ask("/clients/" + "".join(
                f"%{byte:02X}" for byte in client_id.encode()))
            self.assertEqual(said["id"], client_id)
            stream.close()

    def test_an_id_at_fault_is_400(self):
        for method in ("GET", "DELETE"):
            for bad in ("a%0Ab", "%FF", "%00", "x" * 129):
                answer = self.server.request("/clients/" + bad, method)
                self.assert_error(answer, 400)

    def test_head_has_no_content(self):
        self.server.stream("ana").wait_for_greeting()
        answer = self.server.request("/clients/ana", "HEAD")
        self.assertEqual((answer.status, answer.body), (200, b""))


class DeleteTest(RivuletTest):
    def setUp(self):
        self.server = self.serve()

    def test_every_stream_of_the_id_ends_cleanly_and_no_other(self):
        tabs = [self.server.stream("ana", version=v) for v in ("1.1", "1.0")]
        for tab in tabs:
            tab.wait_for_greeting()
        bob = self.server.stream("bob").wait_for_greeting()
        nameless = self.server.connect().open_stream("/stream").wait_for_greeting()
        self.server.publish("last")
        answer = self.server.request("/clients/ana", "DELETE")
        self.assertEqual((answer.status, json.loads(answer.body)), (200, {"ended": 2}))
        for tab in tabs:
            tab.read_to_end()
            self.assertEqual([e.data for e in tab.events], ["last"])
        self.assertEqual(self.server.clients(), ["bob"])
        ends = wait_until(
            lambda: len(found := self.server.log.lines(msg="stream-end")) == 2 and found,
            "two log lines")
        self.assertEqual([(e["id"], e["reason"]) for e in ends], [("ana", "kicked")] * 2)
        self.server.publish("marker")
        for stream in (bob, nameless):
            self.assertEqual(stream.next_event().data, "last")
            self.assertEqual(stream.next_event().data, "marker")

    def test_who_comes_back_misses_nothing(self):
        ana = self.server.stream("ana").wait_for_greeting()
        self.server.publish("before")
        last = ana.next_event().last_id
        self.server.request("/clients/ana", "DELETE")
        ana.read_to_end()
        self.server.publish("meanwhile")
        again = self.server.stream("ana", headers={"Last-Event-ID": last})
        self.assertEqual(again.next_event().data, "meanwhile")

    def test_nobody_there_is_404(self):
        self.server.connect().open_stream("/stream?topic=ana").wait_for_greeting()
        self.assert_error(self.server.request("/clients/ana", "DELETE"), 404)

    def test_a_second_one_finds_nobody(self):
        self.server.stream("ana").wait_for_greeting()
        with self.server.connect() as connection:
            self.assertEqual(connection.request("/clients/ana", "DELETE").status, 200)
            self.assert_error(connection.request("/clients/ana", "DELETE"), 404)

    def test_a_pipeline_of_publish_and_delete(self):
        """What was published before it is still sent, what comes after is not."""
        ana = self.server.stream("ana").wait_for_greeting()
        with self.server.connect() as connection:
            connection.send(
                b"GET /publish/ana/status/first HTTP/1.1\r\nHost: x\r\n\r\n"
                b"DELETE /clients/ana HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(connection.read_response().status, 200)
            self.assertEqual(connection.read_response().status, 200)
        ana.read_to_end()
        self.assertEqual([event.data for event in ana.events], ["first"])

    def test_a_stuck_one_is_ended_too(self):
        server = self.serve("--write-timeout", "2s")
        stuck = server.connect(receive_buffer=4096)
        stuck.open_stream("/stream/stuck").wait_for_greeting()
        event = "data: " + "x" * 60_000 + "\n\n"
        receipt(post_events(server, event * 100))
        self.assertEqual(server.request("/clients/stuck", "DELETE").status, 200)
        server.wait_for_clients([])
        server.log.wait_for(msg="stream-end", id="stuck", reason="kicked")


if __name__ == "__main__":
    unittest.main()
