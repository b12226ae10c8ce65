"""SIGHUP: what changes in a server that runs."""

import json
import signal
import time
import unittest
from pathlib import Path

from prometheus import scrape
from publisher import post
from reloading import NEW, OLD, ReloadTest
from rivulet import bearer
from web_token import mint

OLD_KEY = "a-key-for-subscribers-0123456789abcdef"
NEW_KEY = "the-next-key-of-them-0123456789abcdef"
APP = "https://app.example"


class TakenTest(ReloadTest):
    def test_a_token_is_exchanged_without_a_moment_without_one(self):
        tokens = self.write(OLD + "\n", "tokens")
        Path(tokens).chmod(0o600)
        server = self.start(f"publish-token-file = {tokens}\n")
        ana = server.stream("ana").wait_for_greeting()
        sent = []

        def check(*allowed):
            for token in (OLD, NEW):
                data = str(len(sent))
                answer = post(server, data, headers=bearer(token))
                self.assertEqual(
                    answer.status, 200 if token in allowed else 401, answer)
                if token in allowed:
                    sent.append(data)

        check(OLD)
        for content, allowed in ((f"{OLD}\n{NEW}", [OLD, NEW]), (NEW, [NEW])):
            self.write(content, "tokens")
            self.reload(server, f"publish-token-file = {tokens}\n")
            check(*allowed)
        self.assertEqual([ana.next_event().data for _ in sent], sent)
        counts = [line["publish-tokens"] for line in server.log.lines(msg="reloaded")]
        self.assertEqual(counts, ["2", "1"])

    def test_keys_of_subscribers_are_exchanged_and_open_streams_stay(self):
        keys = self.write(OLD_KEY + "\n", "keys")
        Path(keys).chmod(0o600)
        server = self.start(f"subscribe-key-file = {keys}\n")

        def come(key):
            return server.connect().open_stream(
                "/stream/ana", headers=bearer(mint(key, sub="ana")))

        first = come(OLD_KEY).wait_for_greeting()
        self.write(f"{OLD_KEY}\n{NEW_KEY}\n", "keys")
        self.reload(server, f"subscribe-key-file = {keys}\n")
        both = [come(OLD_KEY).wait_for_greeting(), come(NEW_KEY).wait_for_greeting()]
        self.write(NEW_KEY + "\n", "keys")
        self.reload(server, f"subscribe-key-file = {keys}\n")
        refused = server.request(
            "/stream/ana", headers=bearer(mint(OLD_KEY, sub="ana")))
        self.assertEqual(refused.status, 401)
        server.publish("still here", to="ana")
        for stream in (first, *both):
            self.assertEqual(stream.next_event().data, "still here")

    def test_an_old_token_is_refused_on_a_connection_that_showed_it_before(self):
        server = self.start(f"publish-token = {OLD}\n")
        publisher = server.connect()
        self.assertEqual(post(publisher, "x", headers=bearer(OLD)).status, 200)
        self.reload(server, f"publish-token = {NEW}\n")
        self.assert_error(post(publisher, "x", headers=bearer(OLD)), 401)

    def test_who_watches_has_to_show_the_new_token(self):
        server = self.start(f"publish-token = {OLD}\n")
        watcher = server.connect().open_stream("/stats", headers=bearer(OLD))
        watcher.wait_for(lambda: watcher.events, "figures")
        self.reload(server, f"publish-token = {OLD}\nretry = 1s\n")
        seen = len(watcher.events)
        watcher.wait_for(lambda: len(watcher.events) > seen, "more figures")
        self.reload(server, f"publish-token = {NEW}\n")
        watcher.read_to_end()

    def test_a_server_that_is_opened_to_strangers_warns(self):
        server = self.start(f"publish-token = {OLD}\n", listen="0.0.0.0:0")
        server.address = server.address.replace("0.0.0.0", "127.0.0.1")
        self.assertEqual(server.log.lines(msg="open-to-publishers"), [])
        self.reload(server, "")
        self.assertEqual(len(server.log.lines(msg="open-to-publishers")), 1)
        self.reload(server, "retry = 1s\n")
        self.assertEqual(len(server.log.lines(msg="open-to-publishers")), 1)

    def test_how_much_is_logged_and_how(self):
        server = self.start("access-log = on\n")
        server.request("/one")
        self.reload(server, "access-log = on\nlog-level = warning\n")
        server.request("/two")
        self.reload(server, "log-level = info\naccess-log = off\n")
        server.request("/three")
        self.reload(server, "access-log = on\nlog-level = info\nlog-format = json\n")
        server.request("/four")
        server.log.wait_for(msg="request", path="/four")
        paths = [line["path"] for line in server.log.lines(msg="request")]
        self.assertEqual([p for p in paths if p != "/metrics"], ["/one", "/four"])
        self.assertIn('\n{"level":"info","msg":"reloaded",', server.log.text)

    def test_which_pages_may_read_and_publish(self):
        server = self.start()
        page = {"Origin": APP, "Sec-Fetch-Site": "cross-site"}

        def ask():
            read = server.request("/clients", headers=page)
            publish = server.request("/publish/status/x", headers=page)
            return read.get("Access-Control-Allow-Origin"), publish.status

        self.assertEqual(ask(), ("*", 403))
        self.reload(server, f"allow-origin = {APP}\n")
        self.assertEqual(ask(), (APP, 200))
        self.reload(server, "allow-origin = https://other.example\n")
        self.assertEqual(ask(), (None, 403))

    def test_whose_word_about_clients_is_believed(self):
        server = self.start()
        client = {"X-Forwarded-For": "192.0.2.1"}
        self.reload(server, "trusted-proxy = 127.0.0.1\n")
        server.stream("ana", headers=client).wait_for_greeting().close()
        server.log.wait_for(msg="stream-end", address="192.0.2.1")
        self.reload(server, "trusted-proxy = 10.0.0.1\n")
        stream = server.stream("bob", headers=client).wait_for_greeting()
        address = "%s:%d" % stream.connection.socket.getsockname()
        stream.close()
        server.log.wait_for(msg="stream-end", address=address)

    def test_a_stream_that_is_open_hears_more_often(self):
        server = self.start("heartbeat = 1h\n")
        ana = server.stream("ana").wait_for_greeting()
        self.reload(server, "heartbeat = 100ms\n")
        ana.wait_for(lambda: len(ana.comments) >= 3, "two heartbeats")
        self.reload(server, "heartbeat = 1h\n")
        server.publish("still there")
        self.assertEqual(ana.next_event().data, "still there")

    def test_when_clients_come_back_is_told_to_new_streams(self):
        server = self.start("retry = 9s\n")
        self.assertIn(server.stream("ana").wait_for_greeting().retry,
                      range(9000, 13501))
        self.reload(server, "retry = 2s\n")
        self.assertIn(server.stream("bob").wait_for_greeting().retry,
                      range(2000, 3001))

    def test_a_connection_that_waits_already_waits_no_longer(self):
        server = self.start("keepalive-timeout = 1h\nheader-timeout = 1h\n")
        idle = server.connect()
        idle.request("/livez")
        asking = server.connect()
        asking.send(b"GET /livez HTTP/1.1\r\n")
        self.reload(server, "keepalive-timeout = 100ms\nheader-timeout = 100ms\n")
        self.assertEqual(idle.read_to_end(), b"")
        self.assertEqual(asking.read_response().status, 408)

    def test_limits(self):
        server = self.start("max-streams-per-id = 1\nmax-event-bytes = 4\n")

        def stays_open(client_id):
            stream = server.stream(client_id)
            stream.wait_for(lambda: stream.comments, "a comment")
            return "come back later" not in str(stream.comments)

        self.assertEqual([stays_open("ana"), stays_open("ana")], [True, False])
        self.assertEqual(post(server, "12345").status, 413)
        self.reload(server, "max-streams-per-id = 2\nmax-streams-per-address = 3\n")
        self.assertEqual(post(server, "12345").status, 200)
        self.assertEqual(  # with ana's first one, then three
            [stays_open("ana"), stays_open("bob"), stays_open("eva")],
            [True, True, False])
        self.reload(server, "max-streams = 3\nmemory-limit = 1MiB\n")
        self.assertFalse(stays_open("eva"))
        metrics = scrape(server)
        self.assertEqual(metrics["rivulet_streams_limit"], 3)
        self.assertEqual(metrics["rivulet_queued_bytes_limit"], 1 << 20)

    def test_the_history_and_what_those_who_come_back_get(self):
        server = self.start("history-events = 2\n")
        ids = [json.loads(post(server, data).body)["id"] for data in "abc"]

        def check_replay(expected, last="0"):
            stream = server.stream("ana", headers={"Last-Event-ID": last})

            def letters():  # and neither gaps nor earlier ends
                return "".join(e.data for e in stream.events if len(e.data) == 1)

            stream.wait_for(lambda: len(letters()) >= len(expected), "replay")
            end = f"end {time.monotonic()}"
            server.publish(end)
            while stream.next_event().data != end:
                pass
            self.assertEqual(letters(), expected)

        check_replay("bc", ids[0])
        self.reload(server, "history-events = 100\n")
        for data in "defg":
            post(server, data)
        check_replay("cdefg")
        self.reload(server, "history-events = 0\n")
        self.assertEqual(scrape(server)["rivulet_history_events"], 0)
        self.assertIsNone(json.loads(post(server, "h").body)["id"])
        check_replay("")
        self.reload(server, "history-events = 100\n")
        post(server, "i")
        check_replay("i")
        check_replay("i", ids[2])

    def test_the_folder_of_the_page(self):
        page = self.folder / "www"
        page.mkdir()
        (page / "index.html").write_text("mine")
        server = self.start()
        self.reload(server, f"www = {page}\n")
        self.assertEqual(server.request("/").text, "mine")
        self.reload(server, "")
        self.assertIn("Rivulet", server.request("/").text)

    def test_without_max_streams_it_is_what_it_was_at_start(self):
        server = self.start()
        before = scrape(server)["rivulet_streams_limit"]
        self.reload(server, "max-streams = 7\n")
        self.reload(server, "")
        self.assertEqual(scrape(server)["rivulet_streams_limit"], before)

    def test_flags_and_environment_still_go_before_the_file(self):
        server = self.start("", "--retry", "2s",
                            environment={"RIVULET_HEARTBEAT": "1h"})
        self.reload(server, "retry = 9s\nheartbeat = 100ms\nmax-streams = 3\n")
        line = server.log.wait_for(msg="reloaded")
        self.assertEqual(line["changed"], "max-streams")
        ana = server.stream("ana").wait_for_greeting()
        self.assertIn(ana.retry, range(2000, 3001))

    def test_a_server_without_a_file_reloads_to_the_same(self):
        server = self.serve("--retry", "2s")
        self.assertEqual(self.hang_up(server), [1, 0])
        self.assertEqual(server.log.wait_for(msg="reloaded")["changed"], "")

    def test_open_streams_live_through_it_and_miss_nothing(self):
        server = self.start()
        streams = [server.connect().open_stream(f"/stream/s{n}?topic=a")
                   for n in range(20)]
        sent = []
        publisher = server.connect()
        for n in range(30):
            sent.append(str(n))
            post(publisher, str(n), "/publish?topic=a" if n % 2 else "/publish")
            if n % 3 == 0:
                self.write(f"heartbeat = {n + 1}s\nretry = {n}s\n")
                server.send_signal(signal.SIGHUP)
        for stream in streams:
            self.assertEqual([stream.next_event().data for _ in sent], sent)
        last = streams[0].events[-1].last_id
        again = server.stream("s0", headers={"Last-Event-ID": last})
        again.wait_for_greeting()
        post(publisher, "after")
        self.assertEqual(again.next_event().data, "after")


if __name__ == "__main__":
    unittest.main()
