"""Another binary under open streams, bodies and connections (SIGUSR2)."""

import contextlib
import json
import os
import resource
import select
import signal
import socket
import time
import unittest
from pathlib import Path

from crowd import Crowd
from prometheus import scrape
from publisher import EVENT_STREAM, OpenBody, chunk, post, receipt, sequence
from rivulet import request_bytes, wait_until
from test_service_manager import ActivationTest, Manager
from test_slow_readers import SlowReaderTest
from test_subscribe_token import bearer
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
        right = {"Authorization": f"Bearer {TOKEN}"}
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


class RequestTest(UpgradeTest):
    """Requests that have not come in whole."""

    def cut_everywhere(self, server, request):
        """One connection for each place in `request`; answers in their order."""
        connections = [server.connect() for _ in request]
        for size, connection in enumerate(connections):
            connection.send(request[:size])
        for _ in range(2):  # by then they have been read
            server.request("/livez")
        self.upgrade(server)
        for size, connection in enumerate(connections):
            if not select.select([connection.socket], [], [], 0)[0]:
                connection.send(request[size:])  # else it is answered already
        return [connection.read_response() for connection in connections]

    def test_a_head_cut_anywhere(self):
        server = self.serve()
        request = request_bytes("/livez?q=%20", headers={"X-Field": " a  b "})
        for answer in self.cut_everywhere(server, request):
            self.assertEqual((answer.status, answer.body), (200, b"ok"), answer)

    def test_a_head_that_is_wrong_is_refused_as_ever(self):
        server = self.serve()
        for request in (b"GET /livez HTTP/1.1\r\nHost : h\r\n\r\n",
                        b"BREW /livez HTTP/1.1\r\nHost: h\r\n\r\n"):
            answers = self.cut_everywhere(server, request)
            whole = server.connect()
            whole.send(request)
            status = whole.read_response().status
            self.assertEqual({answer.status for answer in answers}, {status})

    def test_a_body_of_known_length_cut_anywhere(self):
        server = self.serve()
        ana = server.stream("ana").wait_for_greeting()
        request = request_bytes("/publish/ana?event=e", "POST", headers={
            "Content-Length": 6}, body=b"\xc3\xa4 a\n!")
        answers = self.cut_everywhere(server, request)
        self.assertEqual({receipt(answer)["receivers"] for answer in answers}, {1})
        for _ in request:
            event = ana.next_event()
            self.assertEqual((event.type, event.data), ("e", "ä a\n!"))

    def test_a_chunked_stream_of_events_cut_anywhere(self):
        server = self.serve()
        ana = server.stream("ana").wait_for_greeting()
        head = request_bytes("/publish/ana", "POST", headers={
            **EVENT_STREAM, "Transfer-Encoding": "chunked"})
        body = (chunk("\ufeff: c\r\ndata: on") + b"0a;a=\"b;\"\r\ne\r\n\r\nevent\r\n"
                + chunk(": e\ndata: two\ndata:") + chunk("\n\n")
                + b"0\r\nTrailer: x\r\n\r\n")
        answers = self.cut_everywhere(server, head + body)
        for answer in answers:
            self.assertEqual(receipt(answer)["events"], 2)
        seen = [ana.next_event() for _ in range(2 * len(answers))]
        self.assertEqual(sorted((e.type, e.data) for e in seen),
                         [("e", "two\n")] * len(answers)
                         + [("message", "one")] * len(answers))

    def test_who_waits_for_100_continue(self):
        server = self.serve()
        connection = server.connect()
        connection.send(request_bytes("/publish", "POST", headers={
            "Expect": "100-continue", "Content-Length": 2}))
        self.assertEqual(connection.read_head().status, 100)
        self.upgrade(server)
        connection.send(b"hi")
        self.assertIsNotNone(receipt(connection.read_response())["id"])

    def test_connections_that_are_kept_alive(self):
        server = self.serve()
        used, fresh = server.connect(), server.connect()
        self.assertEqual(used.request("/livez").status, 200)
        for _ in range(3):
            self.upgrade(server)
            self.assertEqual(used.request("/livez").status, 200)
        self.assertEqual(fresh.request("/livez").status, 200)

    def test_a_pipeline_whose_answers_nobody_takes_for_now(self):
        server = self.serve()
        page = server.request("/").body
        greedy = server.connect(receive_buffer=4096)
        count = 1 + (8 << 20) // len(page)
        requests = request_bytes("/") * count
        sent = 0

        def send_more():
            nonlocal sent
            with contextlib.suppress(BlockingIOError):
                while sent < len(requests):
                    sent += greedy.socket.send(requests[sent:], socket.MSG_DONTWAIT)

        for n in range(count):
            send_more()
            if n % 20 == 10 and self.upgrades(server) < 4:
                self.upgrade(server)
            self.assertEqual(greedy.read_response().body, page)
        self.assertEqual(self.upgrades(server), 4)

    def test_a_head_has_its_time_and_no_more(self):
        server = self.serve("--header-timeout", "1s")
        slow = server.connect()
        slow.send(b"GET /livez HTTP/1.1\r\n")
        server.request("/livez")
        body = server.connect()
        body.send(request_bytes("/publish", "POST", headers={"Content-Length": 2}))
        self.upgrade(server)
        self.assertEqual(slow.read_response().status, 408)
        self.assertEqual(body.read_response().status, 408)

    def test_the_other_end_of_a_connection_that_closes(self):
        server = self.serve()
        connection = server.connect()
        answer = connection.request("/livez", headers={"Connection": "close"})
        self.assertEqual(answer.status, 200)
        self.upgrade(server)
        connection.half_close()
        self.assertEqual(connection.read_to_end(), b"")


class ListenerTest(UpgradeTest):
    def test_a_unix_socket_and_its_file(self):
        path = self.folder / "socket"
        server = self.serve(listen=f"unix:{path}")
        ana = server.stream("ana").wait_for_greeting()
        inode = path.stat().st_ino
        for _ in range(2):
            self.upgrade(server)
            server.publish("hi")
            self.assertEqual(ana.next_event().data, "hi")
        self.assertEqual(path.stat().st_ino, inode)
        ana.close()
        server.wait_for_clients([])
        server.terminate()
        self.assertFalse(path.exists())

    def test_an_admin_listener_stays_one(self):
        server = self.serve("--admin-listen", "127.0.0.1:0", listeners=2)
        self.upgrade(server)
        public = next(a for a in server.addresses if a != server.admin)
        self.assertEqual(server.request("/metrics", address=public).status, 404)
        self.assertEqual(server.request("/metrics", address=server.admin).status, 200)

    def test_a_connection_that_waits_to_be_accepted(self):
        server = self.serve()
        server.send_signal(signal.SIGSTOP)
        early = server.connect()
        early.send(request_bytes("/livez"))
        self.put(self.builds[1])
        server.send_signal(signal.SIGUSR2)
        server.send_signal(signal.SIGCONT)
        wait_until(lambda: self.upgrades(server) == 1, "the upgrade")
        self.assertEqual(early.read_response().status, 200)


class ProcessTest(UpgradeTest):
    def test_a_file_that_has_changed_counts(self):
        config = self.folder / "rivulet.conf"
        config.write_text("heartbeat = 10s\nmax-event-bytes = 100\n")
        server = self.serve("--config", str(config))
        config.write_text("heartbeat = 10s\nmax-event-bytes = 10\n")
        self.upgrade(server)
        self.assertEqual(post(server, "x" * 11).status, 413)
        config.write_text("heartbeat = 10s\nmax-event-bytes = 20\n")
        server.send_signal(signal.SIGHUP)
        server.log.wait_for(msg="reloaded")
        self.assertEqual(post(server, "x" * 11).status, 200)

    def test_the_service_manager_hears_of_it(self):
        manager = Manager(str(self.folder / "notify"))
        self.addCleanup(manager.close)
        server = self.serve(environment=manager.environment)
        self.assertEqual(manager.hear(), ["READY=1"])
        self.ask(server)
        said = manager.hear()
        self.assertEqual(said[0], "RELOADING=1")
        self.assertRegex(said[1], r"^MONOTONIC_USEC=\d+$")
        self.assertEqual(manager.hear(), ["READY=1"])
        server.terminate()
        self.assertEqual(manager.hear(), ["STOPPING=1"])

    def test_the_watchdog_is_fed_on(self):
        manager = Manager(str(self.folder / "notify"))
        self.addCleanup(manager.close)
        server = self.serve(environment={
            **manager.environment, "WATCHDOG_USEC": "1000000"})
        self.upgrade(server)
        while manager.hear() != ["READY=1"]:
            pass
        while manager.hear()[0] != "RELOADING=1":
            pass
        self.assertEqual(manager.hear(), ["READY=1"])
        for _ in range(3):
            self.assertEqual(manager.hear(), ["WATCHDOG=1"])

    def test_the_highest_descriptor_that_there_may_be_is_in_use(self):
        server = self.serve()
        streams = [server.stream(f"id-{n}").wait_for_greeting() for n in range(16)]
        highest = max(map(int, os.listdir(f"/proc/{server.pid}/fd")))
        for stream in streams[:-1]:
            stream.close()
        server.wait_for_clients(["id-15"])
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, [highest + 1] * 2)
        self.upgrade(server)
        server.publish("hi")
        self.assertEqual(streams[-1].next_event().data, "hi")

    def test_signals_that_come_meanwhile_are_not_lost(self):
        for n, number in enumerate((signal.SIGTERM, signal.SIGINT)):
            manager = Manager(str(self.folder / f"notify-{n}"))
            self.addCleanup(manager.close)
            server = self.serve(environment=manager.environment)
            ana = server.stream("ana").wait_for_greeting()
            self.assertEqual(manager.hear(), ["READY=1"])
            self.ask(server)
            self.assertEqual(manager.hear()[0], "RELOADING=1")
            server.send_signal(number)  # the old binary reads no more
            ana.read_to_end()
            server.wait_for_exit()
            self.assertEqual(self.upgrades(server), 1)


class PathTest(UpgradeTest):
    """Where the new binary is looked for."""

    def check(self, how):
        server = self.serve(wrapper=("sh", "-c", f'shift; {how} "$@"', "sh"))
        ana = server.stream("ana").wait_for_greeting()
        for _ in range(2):
            self.upgrade(server)
            server.publish("hi")
            self.assertEqual(ana.next_event().data, "hi")

    def test_in_the_folders_of_path(self):
        self.check(f"PATH=/nowhere:{self.folder}:$PATH; exec rivulet")

    def test_from_the_folder_that_it_was_started_in(self):
        self.check(f"cd {self.folder}; exec ./rivulet")

    def test_by_its_own_path_when_it_was_called_by_another_name(self):
        named = f'os.execv("{self.path}", ["other name"] + sys.argv[1:])'
        self.check(f"exec python3 -c 'import os, sys; {named}'")

    def test_links_are_followed_anew(self):
        server_path, real = self.path, self.folder / "version"
        os.replace(server_path, real)
        server_path.symlink_to(real)
        self.put = self.link_to
        self.check(f"exec {server_path}")

    def link_to(self, build):
        fresh = self.folder / "fresh-link"
        fresh.symlink_to(build)
        os.replace(fresh, self.path)


class SocketUnitTest(UpgradeTest):
    listening = ActivationTest.listening
    activate = ActivationTest.activate

    def test_sockets_of_a_service_manager_are_kept(self):
        tcp = self.listening()
        server = self.activate(tcp)
        ana = server.stream("ana").wait_for_greeting()
        for _ in range(2):
            self.upgrade(server)
            server.publish("hi")
            self.assertEqual(ana.next_event().data, "hi")


del ActivationTest, SlowReaderTest

if __name__ == "__main__":
    unittest.main()
