"""The watch that every test keeps over the server's secrets would see one."""

import signal
import unittest

from rivulet import RivuletTest, Server, run_to_exit, temporary_folder
from secrecy import Secrets

IN_THE_LOG = "address=127.0.0.1"  # of msg=listening
IN_AN_ANSWER = "text/event-stream"
IN_THE_METRICS = "rivulet_streams_opened_total"
IN_THE_CONFIG = "a-folder-of-pages"


class WatchTest(RivuletTest):
    """Servers whose tokens are something that they say all the time."""

    def setUp(self):
        self.folder = temporary_folder(self)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def check_found(self, where, *arguments, **options):
        server = Server(*arguments, **options)
        self.addCleanup(server.kill)
        with self.assertRaisesRegex(AssertionError, f"the secret .* is in {where}"):
            server.stop()

    def test_a_token_in_the_log_is_found_wherever_it_comes_from(self):
        tokens = self.write("tokens", f"# one\n\n other-{'x' * 16}\n {IN_THE_LOG}\n")
        config = self.write("conf", f"retry = 1s\npublish-token = {IN_THE_LOG}\n")
        naming = self.write("naming", f"publish-token-file = {tokens}\n")
        for arguments, variables in (
            (["--publish-token", IN_THE_LOG], {}),
            ([f"--publish-token={IN_THE_LOG}"], {}),
            (["--publish-token-file", tokens], {}),
            (["--config", config], {}),
            ([f"--config={naming}"], {}),
            ([], {"RIVULET_PUBLISH_TOKEN": IN_THE_LOG}),
            ([], {"RIVULET_PUBLISH_TOKEN_FILE": tokens}),
            ([], {"RIVULET_CONFIG": config}),
        ):
            with self.subTest(arguments or variables):
                self.check_found("the log", *arguments, environment=variables)

    def test_a_token_that_a_reload_brings_is_one_too(self):
        tokens = self.write("tokens", "one-" + "x" * 16)
        server = Server("--publish-token-file", tokens)
        self.addCleanup(server.kill)
        self.write("tokens", IN_THE_LOG)
        server.send_signal(signal.SIGHUP)
        with self.assertRaisesRegex(AssertionError, "is in the log"):
            server.stop()

    def test_a_token_in_an_answer_is_found_at_once(self):
        server = self.serve("--publish-token", IN_AN_ANSWER)
        with self.assertRaisesRegex(AssertionError, "is in an answer"):
            server.stream("ana")

    def test_a_token_in_what_nobody_asked_for_is_found_at_the_end(self):
        self.check_found("an answer", "--publish-token", IN_THE_METRICS)
        folder = self.folder / IN_THE_CONFIG
        folder.mkdir()
        self.check_found(
            "--print-config", "--publish-token", IN_THE_CONFIG, "--www", str(folder))

    def test_a_token_that_a_program_prints_as_it_exits_is_found(self):
        with self.assertRaisesRegex(AssertionError, "the secret"):
            run_to_exit("--publish-token", "Server-Sent-Events", "--help")

    def test_a_token_in_two_pieces_is_one(self):
        watch = Secrets(["--publish-token", IN_AN_ANSWER], {}).watch("an answer")
        watch.feed(b"x" * 100 + b"text/ev")
        with self.assertRaises(AssertionError):
            watch.feed(b"ent-stream")

    def test_the_password_in_a_url_is_one_however_it_is_written(self):
        url = "redis://ana:of%20a%2Ftest@127.0.0.1:6379/1"
        for arguments, variables in (
            (["--redis", url], {}), ([], {"RIVULET_REDIS": url}),
            (["--config", self.write("conf", f"redis = {url}\n")], {}),
        ):
            secrets = Secrets(arguments, variables)
            for secret in ("of%20a%2Ftest", "of a/test"):
                self.assertIn(secret, secrets)
        self.assertFalse(Secrets(["--redis", "redis://127.0.0.1:6379/1"], {}))
        self.assertFalse(Secrets(["--redis", "redis://[::1"], {}))

    def test_a_server_without_a_secret_has_none(self):
        self.assertFalse(Secrets(["--retry", "1s", "--config", "/nowhere"], {}))
        self.assertFalse(Secrets(["--publish-token", "short"], {}))


if __name__ == "__main__":
    unittest.main()
