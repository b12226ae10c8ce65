"""Another binary under open streams (SIGUSR2)."""

import json
import time
import unittest
from pathlib import Path

from crowd import Crowd
from prometheus import scrape
from publisher import OpenBody, post, receipt, sequence
from rivulet import bearer
from slow_reading import SlowReaderTest
from upgrading import VERSION, UpgradeTest
from web_token import mint

KEY = "a-key-of-the-test-0123456789-0123456789"
TOKEN = "a-token-of-the-test-0123456789"


class StreamTest(UpgradeTest):
    def test_ten_upgrades_under_a_crowd_and_a_publisher(self):
        """200 events a second; each stream gets each, in order, once."""
        server = self.serve()
        sent = 0
        with OpenBody(server) as body, Crowd(
                server, [f"id-{n}" for n in range(200)]) as crowd:
            for n in range(10):
                self.ask(server)
                while self.upgrades(server) == n:
                    self.assertEqual(self.failures(server), [])
                    crowd.expect(str(sent))
                    body.send(f"data: {sent}\n\n")
                    sent += 1
                    time.sleep(1 / 200)
            crowd.wait()
            said = receipt(body.finish())
            self.assertEqual(said["events"], sent)
            self.assertEqual(said["receivers"], 200 * sent)
            self.assertEqual(crowd.deliveries, 200 * sent)

    def test_it_is_the_same_process_with_another_version(self):
        server = self.serve("--publish-token", TOKEN)
        right = bearer(TOKEN)
        ana = server.stream("ana").wait_for_greeting()
        receipt(post(server, "one", headers=right))
        before = scrape(server)
        said = self.upgrade(server)
        self.assertEqual((said["from"], said["streams"]), (VERSION.decode(), "1"))
        receipt(post(server, "two", headers=right))
        first, second = ana.next_event(), ana.next_event()
        self.assertEqual((first.data, second.data), ("one", "two"))
        self.assertEqual(sequence(second.last_id), sequence(first.last_id) + 1)
        self.assertEqual(first.last_id.split("-")[0], second.last_id.split("-")[0])
        after = scrape(server)
        self.assertEqual(after["rivulet_streams_opened_total"], 1)
        self.assertEqual(after["rivulet_events_published_total", "broadcast"], 2)
        self.assertEqual(after["rivulet_events_sent_total"], 2)
        self.assertEqual(after["rivulet_upgrades_total", "done"], 1)
        self.assertEqual(after["rivulet_upgrades_total", "failed"], 0)
        self.assertEqual(before["rivulet_build_info", VERSION.decode()], 1)
        self.assertEqual(after["rivulet_build_info", said["to"]], 1)
        name = "rivulet_process_start_time_seconds"
        self.assertEqual(after[name], before[name])

    def test_secrets_stay_where_they_are(self):
        server = self.serve("--publish-token", TOKEN)
        self.upgrade(server)
        self.upgrade(server)
        process = Path(f"/proc/{server.pid}")
        shown = process.joinpath("cmdline").read_bytes()
        self.assertIn(b"--publish-token\0***", shown)
        self.assertNotIn(TOKEN.encode(), shown)
        variables = process.joinpath("environ").read_bytes()
        # Named as the process started; gone from what it hands on.
        self.assertEqual(variables.count(b"RIVULET_UPGRADE_STATE"), 1)
        self.assertEqual(server.request("/publish/status/a").status, 401)

    def test_history_topics_and_ids_go_on(self):
        server = self.serve()
        named = server.stream("ana").wait_for_greeting()
        second = server.stream("ana").wait_for_greeting()
        news = server.connect().open_stream("/stream?topic=news&topic=x")
        news.wait_for_greeting()
        receipt(post(server, "1", "/publish?topic=news"))
        receipt(post(server, "2", "/publish/ana"))
        self.upgrade(server)
        receipt(post(server, "3", "/publish?topic=news"))
        receipt(post(server, "4", "/publish/ana"))
        self.assertEqual([news.next_event().data for _ in "13"], ["1", "3"])
        for stream in (named, second):
            self.assertEqual([stream.next_event().data for _ in "24"], ["2", "4"])
        again = server.connect().open_stream(
            "/stream?topic=news", headers={"Last-Event-ID": news.events[0].last_id})
        self.assertEqual(again.next_event().data, "3")
        self.assertEqual(server.clients(), ["ana"])
        detail = json.loads(server.request("/clients?detail=1").body)
        self.assertEqual([one["topics"] for one in detail],
                         [[], [], ["news", "x"], ["news"]])

    def test_where_a_proxy_says_that_clients_are(self):
        server = self.serve("--trusted-proxy", "127.0.0.1",
                            "--max-streams-per-address", "1")
        said = {"X-Forwarded-For": "192.0.2.1"}
        server.stream("ana", headers=said).wait_for_greeting()
        self.upgrade(server)
        detail = json.loads(server.request("/clients/ana").body)
        self.assertEqual(detail[0]["address"], "192.0.2.1")
        sent_away = server.stream("bob", headers=said)
        sent_away.wait_for(lambda: sent_away.ended, "the end of who is sent away")
        self.assertEqual(server.clients(), ["ana"])

    def test_a_token_expires_all_the_same(self):
        keys = self.folder / "keys"
        keys.touch(0o600)
        keys.write_text(KEY + "\n")
        server = self.serve("--subscribe-key-file", str(keys))
        token = mint(KEY, sub="ana", exp=int(time.time()) + 10)
        ana = server.stream("ana", headers=bearer(token)).wait_for_greeting()
        self.upgrade(server)
        self.assertEqual(len(server.clients()), 1)
        ana.read_to_end()
        self.assertIn(b": the token has expired", ana.content)

    def test_who_watches_watches_on(self):
        server = self.serve()
        watcher = server.connect().open_stream("/stats")
        watcher.next_event()
        server.publish("one")
        self.upgrade(server)
        while json.loads(watcher.next_event().data)["published"] < 1:
            pass
        watcher.next_event()

    def test_heartbeats_go_on(self):
        server = self.serve("--heartbeat", "300ms")
        ana = server.stream("ana").wait_for_greeting()
        self.upgrade(server)
        count = len(ana.comments)
        ana.wait_for(lambda: len(ana.comments) > count + 1, "heartbeats")


class SlowStreamTest(UpgradeTest, SlowReaderTest):
    def test_frames_that_are_written_in_part_go_on_at_the_byte(self):
        server = self.serve()
        slow = [self.open_slow(server, "slow", version)
                for version in ("1.1", "1.0")]
        read = {one: [] for one in slow}
        for n in range(4):
            self.publish_numbers(server, range(n * 1000, n * 1000 + 1000), size=2999)
            for one in slow:
                read[one] += self.read_numbers(one, 100)
            self.upgrade(server)
        for one in slow:
            read[one] += self.read_numbers(one, 3600)
            self.assertEqual(read[one], list(range(4000)))
        self.assertEqual(
            scrape(server)["rivulet_evictions_total", "stream"], 0)

    def test_a_stream_that_is_ending_ends(self):
        server = self.serve()
        slow = self.open_slow(server, "slow")
        self.publish_numbers(server, range(300), size=10_000)
        self.assertEqual(server.request("/clients/slow", "DELETE").status, 200)
        self.upgrade(server)
        slow.read_to_end()
        server.wait_for_clients([])

    def test_what_no_history_keeps(self):
        server = self.serve("--history-events", "0", "--queue-bytes", "8MiB")
        slow = self.open_slow(server, "slow")
        self.publish_numbers(server, range(1000), size=3000)
        queued = self.detail(server, "slow")["bytes_queued"]
        self.upgrade(server)
        self.assertGreater(queued, 0)
        # The kernel may have taken more meanwhile.
        self.assertLessEqual(self.detail(server, "slow")["bytes_queued"], queued)
        self.assertGreater(self.detail(server, "slow")["bytes_queued"], 0)
        self.assertEqual(self.read_numbers(slow, 1000), list(range(1000)))


if __name__ == "__main__":
    unittest.main()
