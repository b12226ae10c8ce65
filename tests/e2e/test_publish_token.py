"""Who may publish: the tokens of --publish-token and --publish-token-file."""

import unittest
from pathlib import Path

from rivulet import (
    RivuletTest,
    bearer,
    publish_target,
    request_bytes,
    run_to_exit,
    temporary_folder,
)

OLD = "the-old-token-0123456789"
NEW = "the-new-token-0123456789"
ROUTES = [  # and what they answer to who has the token, with ana connected
    ("GET", "/publish/status/x", 200),
    ("GET", "/publish/ana/status/x", 200),
    ("GET", "/publish/bob/status/x", 404),
    ("HEAD", "/publish/status/x", 200),
    ("POST", "/publish", 200),
    ("PUT", "/publish?topic=a", 200),
    ("POST", "/publish/ana", 200),
    ("DELETE", "/clients/bob", 404),
]


class PublishTokenTest(RivuletTest):
    def token_file(self, content, mode=0o600):
        path = temporary_folder(self) / "tokens"
        path.write_text(content)
        path.chmod(mode)
        return str(path)

    def ask(self, server, method, target, headers=()):
        headers = dict(headers)
        body = b""
        if method in ("POST", "PUT"):
            body = b"hello"
            headers["Content-Length"] = len(body)
        return server.request(target, method, headers=headers, body=body)

    def test_each_publisher_needs_a_token(self):
        server = self.serve("--publish-token", OLD)
        ana = server.stream("ana").wait_for_greeting()
        for method, target, status in ROUTES:
            with self.subTest(f"{method} {target}"):
                missing = self.ask(server, method, target)
                self.assertEqual(missing.status, 401)
                self.assertEqual(
                    missing.get("WWW-Authenticate"), 'Bearer realm="rivulet"'
                )
                if method != "HEAD":
                    self.assert_error(missing, 401)
                wrong = self.ask(server, method, target, bearer(NEW))
                self.assertEqual(wrong.status, 401)
                self.assertIn("invalid_token", wrong.get("WWW-Authenticate"))
                right = self.ask(server, method, target, bearer(OLD))
                self.assertEqual(right.status, status, right)
        # Nothing of what was refused has reached anybody.
        for data in ("x", "x", "x", "hello", "hello"):
            self.assertEqual(ana.next_event().data, data)
        self.assertEqual(self.ask(server, "GET", publish_target("last"),
                                  bearer(OLD)).status, 200)
        self.assertEqual(ana.next_event().data, "last")

    def test_reading_needs_none(self):
        server = self.serve("--publish-token", OLD)
        server.stream("ana").wait_for_greeting()
        self.assertEqual(server.clients(), ["ana"])
        for target in ("/", "/clients?detail=1", "/clients/ana", "/readyz"):
            self.assertEqual(server.request(target).status, 200, target)

    def test_each_kind_of_refusal_has_lines_of_its_own(self):
        server = self.serve("--publish-token", OLD)
        for _ in range(5):
            self.assertEqual(self.ask(server, "POST", "/publish").status, 401)
        self.assertEqual(self.ask(server, "GET", "/stats").status, 401)
        for message in ("publish-refused", "watch-refused"):
            self.assertEqual(server.log.wait_for(msg=message)["times"], "1")

    def test_old_and_new_count_while_they_are_exchanged(self):
        path = self.token_file(f"# until June\n{OLD}\n\n# from June\n{NEW}\n")
        server = self.serve("--publish-token-file", path)
        for token, status in ((OLD, 200), (NEW, 200), ("other-" + NEW, 401)):
            answer = self.ask(server, "POST", "/publish", bearer(token))
            self.assertEqual(answer.status, status, token)
        self.assertEqual(server.log.lines(msg="unwise-option"), [])

    def test_a_file_that_everybody_may_read_is_warned_about(self):
        server = self.serve("--publish-token-file", self.token_file(OLD, 0o644))
        self.assertIn("may read", server.log.wait_for(msg="unwise-option")["reason"])

    def test_the_body_is_not_asked_for(self):
        server = self.serve("--publish-token", OLD)
        for headers in (
            {"Content-Length": 10, "Expect": "100-continue"},
            {"Transfer-Encoding": "chunked", "Expect": "100-continue"},
            {"Content-Length": 10**9},
        ):
            with self.subTest(headers):
                connection = server.connect()
                connection.send(request_bytes("/publish", "POST", headers=headers))
                self.assert_error(connection.read_response(), 401)
                self.assertEqual(connection.read_to_end(), b"")

    def test_bad_tokens_are_refused_at_start(self):
        for arguments, said in (
            (["--publish-token", ""], "--publish-token: '********': a token has"),
            (["--publish-token", "short"], "--publish-token: '********': a token has"),
            (["--publish-token", "sixteen and blanks"], "--publish-token: '********': a token is"),
            (["--publish-token-file", "/nowhere"], "'/nowhere'"),
            (["--publish-token-file", self.token_file("# none\n")], "no token"),
            (["--publish-token-file", self.token_file(f"{OLD}\nshort")], "line 2"),
        ):
            with self.subTest(arguments):
                result = run_to_exit("--listen", "127.0.0.1:0", *arguments)
                self.assertEqual(result.returncode, 64, result.stderr)
                self.assertIn(said, result.stderr)
                self.assertNotIn("short", result.stderr)
                self.assertNotIn("sixteen", result.stderr)

    def test_only_a_server_that_strangers_may_publish_on_warns(self):
        for arguments, warned in (
            (["0.0.0.0:0"], True),
            (["127.0.0.1:0"], False),
            (["0.0.0.0:0", "--publish-token", OLD], False),
        ):
            with self.subTest(arguments):
                server = self.serve(*arguments[1:], listen=arguments[0])
                server.address = server.address.replace("0.0.0.0", "127.0.0.1")
                server.request("/livez")
                lines = server.log.lines(msg="open-to-publishers")
                self.assertEqual(bool(lines), warned)
                if warned:
                    self.assertIn("publish-token-file", lines[0]["advice"])


class SecrecyTest(RivuletTest):
    """Whatever the server says, to whomever, holds no token."""

    def assert_silent(self, text, where):
        for token in (OLD, NEW):
            self.assertNotIn(token, text, where)

    def test_no_output_shows_a_token(self):
        server = self.serve(
            "--log-level", "debug", f"--publish-token={OLD}",
            environment={"RIVULET_PUBLISH_TOKEN": NEW},
        )
        server.stream("ana").wait_for_greeting()
        for method, target, _ in ROUTES + [
            ("GET", "/", 200), ("GET", "/clients?detail=1", 200),
            ("GET", "/nothing", 404), ("PATCH", "/publish", 405),
            ("OPTIONS", "/publish", 204),
        ]:
            for token in (OLD, NEW, OLD + " " + NEW):
                answer = server.request(target, method, headers=bearer(token))
                self.assert_silent(repr(answer), target)
        connection = server.connect()
        connection.send(f"GET /publish/status/x\r\nA: {OLD}\r\n\r\n".encode())
        self.assert_silent(connection.read_to_end().decode(), "a bad request")
        command_line = Path(f"/proc/{server.pid}/cmdline").read_text()
        self.assertIn("--publish-token=", command_line)
        self.assert_silent(command_line, "ps")
        server.terminate()
        self.assert_silent(server.log.text, "the log")

    def test_the_help_shows_no_token_either(self):
        result = run_to_exit("--help", environment={"RIVULET_PUBLISH_TOKEN": NEW})
        self.assert_silent(result.stdout + result.stderr, "--help")


if __name__ == "__main__":
    unittest.main()
