"""Who may open a stream: the JSON Web Tokens of --subscribe-key-file."""

import os
import re
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

from publisher import post
from rivulet import REPOSITORY, bearer, binary, request_bytes, wait_until
from subscribing import (
    ANA,
    CHALLENGE,
    INVALID,
    KEY,
    NEW_KEY,
    SCOPE,
    SubscribeTokenTest,
    cookie,
)
from web_token import mint


class AccessTest(SubscribeTokenTest):
    def test_a_stream_needs_a_token(self):
        server = self.serve_with(KEY)
        for target in ("/stream", "/stream/ana", "/stream/ana?topic=news",
                       "/stream/ana?token="):
            self.assert_refused(server, target, {}, 401, CHALLENGE)
        self.assert_refused(
            server, "/stream", {"Authorization": "Basic YTpi"}, 401, CHALLENGE)
        self.assertEqual(server.clients(), [])

    def test_nothing_else_needs_one(self):
        server = self.serve_with(KEY)
        for target in ("/", "/clients", "/clients?detail=1", "/metrics", "/readyz"):
            self.assertEqual(server.request(target).status, 200, target)
        self.assertEqual(server.request("/stream/ana", "OPTIONS").status, 204)
        self.assertEqual(server.request("/stream/ana", "POST").status, 405)
        server.publish("to nobody")

    def test_without_the_option_no_token_is_looked_at(self):
        server = self.serve()
        self.open(server, "/stream/ana?token=nonsense", bearer("nonsense"))

    def test_the_token_of_a_client_opens_its_stream(self):
        server = self.serve_with(KEY)
        token = mint(KEY, **ANA)
        target = "/stream/ana?topic=news&topic=weather"
        streams = [
            self.open(server, target, bearer(token)),
            self.open(server, f"{target}&token={token}"),
            self.open(server, f"/stream/ana?token={token}&topic=news"),
            self.open(server, target, cookie(token)),
        ]
        post(server, "sun", "/publish?topic=news")
        for stream in streams:
            self.assertEqual(stream.next_event().data, "sun")

    def test_another_id_or_topic_is_out_of_scope(self):
        server = self.serve_with(KEY)
        token = mint(KEY, **ANA)
        for target in ("/stream/rui", "/stream/Ana", "/stream/ana%20",
                       "/stream/ana?topic=sport", "/stream?topic=news&topic=sport",
                       "/stream/ana?topic=new", "/stream/rui?topic=news"):
            with self.subTest(target):
                self.assert_refused(server, target, bearer(token), 403, SCOPE)
        nobodys = mint(KEY, topics=["*"])
        self.assert_refused(server, "/stream/ana", bearer(nobodys), 403, SCOPE)
        topicless = mint(KEY, sub="ana")
        self.assert_refused(
            server, "/stream/ana?topic=news", bearer(topicless), 403, SCOPE)

    def test_the_anonymous_stream_takes_any_sub_and_none(self):
        server = self.serve_with(KEY)
        self.open(server, "/stream?topic=news", bearer(mint(KEY, **ANA)))
        self.open(server, "/stream", bearer(mint(KEY)))
        self.open(server, "/stream?topic=a&topic=b", bearer(mint(KEY, topics=["*"])))
        self.assertEqual(server.clients(), [])

    def test_old_and_new_keys_count_while_they_are_exchanged(self):
        server = self.serve_with("# until June", KEY, "", NEW_KEY)
        for key in (KEY, NEW_KEY):
            self.open(server, "/stream/ana", bearer(mint(key, sub="ana")))
        self.assert_refused(
            server, "/stream/ana", bearer(mint(KEY + NEW_KEY, sub="ana")), 401, INVALID)
        self.assertEqual(server.log.lines(msg="unwise-option"), [])

    def test_the_field_counts_before_the_query_and_that_before_the_cookie(self):
        server = self.serve_with(KEY)
        good, bad = mint(KEY, sub="ana"), mint(NEW_KEY, sub="ana")
        self.open(server, f"/stream/ana?token={bad}", {**bearer(good), **cookie(bad)})
        self.open(server, f"/stream/ana?token={good}", cookie(bad))
        self.assert_refused(server, f"/stream/ana?token={good}",
                            {**bearer(bad), **cookie(good)}, 401, INVALID)
        self.assert_refused(
            server, f"/stream/ana?token={bad}", cookie(good), 401, INVALID)

    def test_two_tokens_in_one_place_are_refused(self):
        twice = "/stream/ana?token={0}&token={0}".format(mint(KEY, sub="ana"))
        self.assert_refused(self.serve_with(KEY), twice, {}, 400,
                            CHALLENGE + ', error="invalid_request"')

    def test_a_refused_token_is_told_before_a_full_server(self):
        """EventSource gives up on it, and should; a full server it tries again."""
        server = self.serve_with(KEY, options=("--max-streams", "1"))
        good = bearer(mint(KEY, sub="ana"))
        self.open(server, "/stream/ana", good)
        self.assert_refused(server, "/stream/ana", {}, 401, CHALLENGE)
        later = server.request("/stream/ana", headers=good)
        self.assertEqual((later.status, later.get("Content-Type")),
                         (200, "text/event-stream"))

    def test_pages_of_other_origins_may_show_one(self):
        server = self.serve_with(KEY, options=("--allow-origin", "https://a.example"))
        origin = {"Origin": "https://a.example"}
        refused = server.request("/stream/ana", headers=origin)
        self.assertEqual(refused.get("Access-Control-Allow-Origin"), origin["Origin"])
        shown = cookie(mint(KEY, sub="ana"))
        stream = self.open(server, "/stream/ana", {**shown, **origin})
        self.assertEqual(stream.head.get("Access-Control-Allow-Credentials"), "true")


class ExpiryTest(SubscribeTokenTest):
    def test_a_stream_ends_when_its_token_expires(self):
        server = self.serve_with(KEY)
        lasting = self.open(server, "/stream/rui", bearer(mint(KEY, sub="rui")))
        exp = int(time.time()) + 3
        token = mint(KEY, sub="ana", exp=exp)
        stream = self.open(server, "/stream/ana", bearer(token))
        server.publish("before")
        self.assertEqual(stream.next_event().data, "before")
        stream.read_to_end()  # the last chunk, then FIN
        self.assertGreaterEqual(time.time(), exp)
        self.assertIn("the token has expired", stream.comments[-1])
        server.log.wait_for(msg="stream-end", id="ana", reason="expired")
        self.assertIn('rivulet_streams_ended_total{reason="expired"} 1\n',
                      server.request("/metrics").text)
        self.assertEqual(server.clients(), ["rui"])
        # EventSource comes back by itself, and then knows.
        self.assert_refused(server, "/stream/ana", bearer(token), 401, INVALID)
        server.publish("after")
        lasting.wait_for(lambda: len(lasting.events) == 2, "both events")

    def test_each_ends_at_its_own_time(self):
        server = self.serve_with(KEY)
        now = int(time.time())
        late = self.open(server, "/stream", bearer(mint(KEY, exp=now + 600)))
        soon = self.open(server, "/stream", bearer(mint(KEY, exp=now + 3)))
        gone = self.open(server, "/stream", bearer(mint(KEY, exp=now + 3)))
        gone.close()
        soon.read_to_end()
        server.publish("still there")
        self.assertEqual(late.next_event().data, "still there")
        ends = [line["reason"] for line in server.log.lines(msg="stream-end")]
        self.assertEqual(ends, ["client-closed", "expired"])

    def test_a_token_that_expires_does_not_hinder_the_end(self):
        server = self.serve_with(KEY)
        stream = self.open(server, "/stream", bearer(mint(KEY)))
        server.send_signal(signal.SIGTERM)
        stream.read_to_end()
        server.wait_for_exit()
        self.assertTrue(server.log.lines(msg="stream-end", reason="drain"))


class SecrecyTest(SubscribeTokenTest):
    def greet(self, server, token):
        """Shows the token in each place where it may stand; the heads that come."""
        for target, headers in (
            (f"/stream/ana?token={token}", {}),
            (f"/stream/ana?topic=%ff&token={token}", {}),
            ("/stream/ana", bearer(token)), ("/stream/ana", cookie(token)),
        ):
            connection = server.connect()
            connection.send(request_bytes(target, headers=headers))
            yield repr(connection.read_head())

    def misplace(self, server, token):
        """Shows the token where it does not belong; the answers."""
        for target in ("/stream/ana", "/stream/rui", "/stream", "/nothing", "/",
                       "/publish/status/x", "/clients?detail=1", "/stream/%00",
                       "/stream/ana?topic=sport", "/metrics", f"/{'x' * 300}"):
            mark = "&" if "?" in target else "?"
            for method in ("HEAD", "OPTIONS", "DELETE"):
                answer = server.request(f"{target}{mark}token={token}", method)
                yield repr(answer)
        for target in ("/stream/rui", "/stream/ana?topic=sport"):
            yield repr(server.request(target, headers=bearer(token)))
        for bad in (f"GET /stream/ana?token={token} HTTP/9.9\r\n\r\n",
                    f"GET /stream/ana?token={token} x HTTP/1.1\r\n\r\n",
                    f"GET /stream/ana HTTP/1.1\r\nCookie rivulet_token={token}"
                    "\r\n\r\n"):
            connection = server.connect()
            connection.send(bad.encode())
            yield repr(connection.read_to_end())

    def test_no_output_shows_a_token_or_a_key(self):
        path = self.key_file(KEY, NEW_KEY)
        arguments = ["--subscribe-key-file", path, "--log-level", "debug",
                     "--access-log", "on"]
        server = self.serve(*arguments)
        good = mint(KEY, **ANA)
        soon = mint(NEW_KEY, sub="ana", exp=int(time.time()) + 3)
        tokens = [good, soon, mint(KEY + "x", sub="ana"), mint(KEY, sub="ana", exp=1)]
        said = [*self.greet(server, good), *self.greet(server, soon)]
        said += [server.request(target).text
                 for target in ("/clients?detail=1", "/clients/ana", "/metrics")]
        for token in tokens:
            said += self.misplace(server, token)
        server.log.wait_for(msg="stream-end", reason="expired")
        said.append(Path(f"/proc/{server.pid}/cmdline").read_text())
        server.terminate()
        self.assertIn("msg=request", server.log.text)
        self.assertIn("msg=stream-refused", server.log.text)
        said.append(server.log.text)
        for task in ("--print-config", "--check-config"):
            result = subprocess.run([*binary(), *arguments, task], text=True,
                                    capture_output=True, timeout=30, check=True)
            said.append(result.stdout + result.stderr)
        self.assertIn(path, said[-2])
        secrets = [KEY, NEW_KEY, *tokens]
        secrets += [part for token in tokens for part in token.split(".")[1:]]
        for text in said:
            for secret in secrets:
                self.assertNotIn(secret, text)

    def test_the_log_says_why_once_for_many(self):
        server = self.serve_with(KEY)
        for _ in range(100):
            server.request("/stream/ana", headers=bearer(mint(NEW_KEY, sub="ana")))
        lines = server.log.lines(msg="stream-refused")
        self.assertEqual((lines[0]["reason"], lines[0]["fault"]), ("token", "invalid"))
        self.assertLess(len(lines), 10)
        wait_until(
            lambda: 'rivulet_streams_refused_total{reason="token"} 100\n'
            in server.request("/metrics").text, "a hundred refusals")


class WithoutJwtTest(unittest.TestCase):
    def test_it_compiles_without_libjwt_and_its_header(self):
        """What `make WITH_JWT=0` compiles in another way is one file."""
        sources = [path for path in (REPOSITORY / "src").rglob("*.cpp")
                   if re.search("RIVULET_WITH_JWT|<jwt.h>", path.read_text())]
        self.assertEqual([path.name for path in sources], ["token_claims.cpp"])
        compiler = os.environ.get("CXX") or shutil.which("g++") or "c++"
        said = subprocess.run(
            [compiler, "-std=c++20", "-Isrc", "-Wall", "-Wextra", "-Wpedantic",
             "-Werror", "-fsyntax-only", "-H", sources[0]],
            cwd=REPOSITORY, text=True, capture_output=True, timeout=120)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertNotIn("jwt.h", said.stderr)  # among all that is included


if __name__ == "__main__":
    unittest.main()
