"""The scripts of README.md's "Put it to use" do what it says of them.

A block that starts with ```sh example NAME is run as it stands there, but for
where the server is. Those that start with ```html example NAME, and the one that
hands them out, are run by tests/page/examples.test.mjs.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import tarfile
import tempfile
import threading
import unittest
from pathlib import Path

from rivulet import DEADLINE, REPOSITORY, RivuletTest, wait_until

SHOWN = "localhost:3000"
TOKEN = "a-token-of-the-test-0123456789"
RUN_HERE = {"backup", "follow", "post-receive", "deploys"}
RUN_IN_A_BROWSER = {"pages", "backup", "log", "chat"}


def examples(language):
    """The text of each example in this language, by its name."""
    readme = (REPOSITORY / "README.md").read_text()
    blocks = re.findall(rf"(?ms)^```{language} example (\S+)\n(.*?)^```$", readme)
    return dict(blocks)


class ExampleTest(RivuletTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.programs = self.folder / "bin"
        self.programs.mkdir()
        self.environment = {
            **os.environ,
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "HOME": folder.name,
            "XDG_STATE_HOME": str(self.folder / "state"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "no_proxy": "*",
        }

    def program(self, name, text):
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def example(self, name, address, **places):
        """The script of that name, for this server and these places."""
        text = examples("sh")[name]
        for shown, here in {SHOWN: address, **places}.items():
            self.assertIn(shown, text)
            text = text.replace(shown, str(here))
        return self.program(name, text)

    def run_to_end(self, *command):
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, timeout=DEADLINE,
            stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def start(self, *command):
        process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment,
            start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, process)
        return process

    def end(self, process, number=signal.SIGKILL):
        """Ends it and all that it has started, as a terminal does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        return process.wait(DEADLINE)

    def topic(self, server, name):
        stream = server.connect().open_stream(f"/stream?topic={name}")
        return stream.wait_for_greeting()


class NamesTest(unittest.TestCase):
    def test_each_example_is_run_by_a_test(self):
        self.assertEqual(examples("sh").keys() - RUN_IN_A_BROWSER, RUN_HERE - {"backup"})
        self.assertEqual(examples("html").keys() | {"pages"}, RUN_IN_A_BROWSER)
        page_tests = (REPOSITORY / "tests/page/examples.test.mjs").read_text()
        for name in RUN_IN_A_BROWSER:
            self.assertRegex(page_tests, rf"\b{name}\b")


class ProgressTest(ExampleTest):
    def make_folders(self, *names):
        for name in names:
            (self.folder / name).mkdir()
            (self.folder / name / "file").write_text(name)

    def reports(self, stream, count):
        events = [stream.next_event() for _ in range(count)]
        self.assertEqual({event.type for event in events}, {"progress"})
        told = [json.loads(event.data) for event in events]
        return [(one["state"], one["done"], one["total"]) for one in told]

    def test_it_tells_how_far_it_is_and_packs(self):
        server = self.serve()
        stream = self.topic(server, "backup")
        self.make_folders("letters", "my photos")
        done = self.run_to_end(
            self.example("backup", server.address), "letters", "my photos")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.reports(stream, 3), [
            ("running", 0, 2), ("running", 1, 2), ("finished", 2, 2)])
        with tarfile.open(self.folder / "my photos.tar.gz") as archive:
            self.assertEqual(archive.extractfile("my photos/file").read(), b"my photos")

    def test_it_tells_that_it_failed(self):
        server = self.serve()
        stream = self.topic(server, "backup")
        self.make_folders("letters")
        done = self.run_to_end(
            self.example("backup", server.address), "letters", "nothing")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.reports(stream, 3), [
            ("running", 0, 2), ("running", 1, 2), ("failed", 1, 2)])

    def test_it_tells_that_it_was_interrupted(self):
        server = self.serve()
        stream = self.topic(server, "backup")
        self.program("tar", "#!/bin/sh\n: > packing\nexec sleep 1000\n")
        job = self.start(self.example("backup", server.address), "letters")
        self.assertEqual(self.reports(stream, 1), [("running", 0, 1)])
        # A shell that has just forked may keep a signal from what it executes.
        wait_until((self.folder / "packing").exists, "tar")
        self.assertEqual(self.end(job, signal.SIGINT), 1)
        self.assertEqual(self.reports(stream, 1), [("failed", 0, 1)])

    def test_a_server_that_is_away_does_not_stop_it(self):
        server = self.serve()
        server.terminate()
        self.make_folders("letters")
        done = self.run_to_end(self.example("backup", server.address), "letters")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue((self.folder / "letters.tar.gz").exists())


class FollowTest(ExampleTest):
    def setUp(self):
        super().setUp()
        self.log = self.folder / "the log"
        self.log.touch()

    def write(self, line):
        with self.log.open("ab") as log:
            log.write(line + b"\n")

    def follow(self, server):
        return self.start(self.example("follow", server.address), self.log, "log")

    def next_line(self, stream):
        """The data of the next event that is no probe."""
        while (data := stream.next_event().data) == "probe":
            pass
        return data

    def wait_until_followed(self, stream):
        """Writes probes until one comes."""
        came = threading.Event()

        def probe():
            while not came.wait(0.02):
                self.write(b"probe")

        prober = threading.Thread(target=probe)
        prober.start()
        try:
            self.assertEqual(stream.next_event().data, "probe")
        finally:
            came.set()
            prober.join()

    def test_each_line_is_an_event_whatever_is_in_it(self):
        server = self.serve()
        stream = self.topic(server, "log")
        self.follow(server)
        self.wait_until_followed(stream)
        for line, data in (
            (b"one", "one"),
            (b"", ""),
            ("olá <b> & \\n".encode(), "olá <b> & \\n"),
            (b"a\revent: evil\rdata: b", "aevent: evildata: b"),
            (b"\x1b[31mred\t\0!", "[31mred!"),
        ):
            self.write(line)
            self.assertEqual(self.next_line(stream), data)
        self.assertEqual({event.type for event in stream.events}, {"message"})

    def test_a_log_that_is_rotated_is_followed(self):
        server = self.serve()
        stream = self.topic(server, "log")
        self.follow(server)
        self.wait_until_followed(stream)
        self.log.rename(self.log.with_suffix(".1"))
        self.write(b"in the new file")
        self.assertEqual(self.next_line(stream), "in the new file")

    def test_it_goes_on_after_a_line_that_is_refused(self):
        server = self.serve()
        stream = self.topic(server, "log")
        self.follow(server)
        self.wait_until_followed(stream)
        self.write(b"\xff")
        server.publish("after it")
        self.assertEqual(self.next_line(stream), "after it")
        self.wait_until_followed(stream)

    def test_it_goes_on_when_the_server_is_back(self):
        server = self.serve()
        follower = self.follow(server)
        self.wait_until_followed(self.topic(server, "log"))
        server.terminate()
        again = self.serve(listen=server.address)
        self.wait_until_followed(self.topic(again, "log"))
        self.end(follower)


class DeployTest(ExampleTest):
    def setUp(self):
        super().setUp()
        self.site = self.folder / "site"
        self.site.mkdir()
        (self.folder / "token").write_text(TOKEN + "\n")
        header = self.folder / "deployer"
        header.write_text(f"Authorization: Bearer {TOKEN}\n")
        self.server = self.serve_with_token()
        self.git("init", "-q", "--bare", "-b", "main", "shop.git")
        self.git("init", "-q", "-b", "main", "work")
        hook = self.example("post-receive", self.server.address, **{
            "/srv/site": self.site, "/etc/rivulet/deployer": header})
        hook.rename(self.folder / "shop.git/hooks/post-receive")
        self.shown = self.folder / "shown"
        self.shown.touch()
        self.program("notify-send", f'#!/bin/sh\necho "$1: $2" >> "{self.shown}"\n')
        self.listener = self.example("deploys", self.server.address)

    def serve_with_token(self, **options):
        return self.serve(
            "--publish-token-file", str(self.folder / "token"), **options)

    def git(self, *arguments):
        done = self.run_to_end(
            "git", "-c", "user.name=Ana", "-c", "user.email=ana@example.org",
            *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def push(self, subject, branch="main"):
        """Pushes a commit and gives its short name."""
        work = ("-C", "work")
        (self.folder / "work/page").write_text(subject)
        self.git(*work, "add", "page")
        self.git(*work, "commit", "-q", "-m", subject)
        self.git(*work, "push", "-q", "../shop.git", f"HEAD:{branch}")
        return self.git(*work, "log", "-n", "1", "--format=%h").strip()

    def listen(self, server):
        listener = self.start(self.listener)
        self.wait_until_listening(server)
        return listener

    def wait_until_listening(self, server):
        wait_until(
            lambda: len(json.loads(server.request("/clients?detail=1").body)) == 1,
            "the listener")

    def wait_until_shown(self, *lines):
        expected = [f"Deploy: {line}" for line in lines]
        wait_until(
            lambda: self.shown.read_text().splitlines() == expected,
            lambda: f"{expected}; there is\n{self.shown.read_text()}")

    def test_a_push_to_main_is_deployed_and_shown(self):
        self.listen(self.server)
        first = self.push("It's \"new\" & 50 % off")
        self.assertIn("50 %", (self.site / "page").read_text())
        self.push("Not yet", branch="draft")
        self.assertIn("50 %", (self.site / "page").read_text())
        self.site.rename(self.folder / "elsewhere")
        second = self.push("Too bold")
        self.wait_until_shown(
            f"live: {first} It's \"new\" & 50 % off (Ana)",
            f"failed: {second} Too bold (Ana)")

    def test_what_happens_while_nobody_listens_is_shown_later(self):
        listener = self.listen(self.server)
        first = self.push("One")
        self.wait_until_shown(f"live: {first} One (Ana)")
        wait_until((self.folder / "state/deploys").read_text, "the id that was seen")
        self.end(listener)
        second = self.push("Two")
        self.listen(self.server)
        self.wait_until_shown(
            f"live: {first} One (Ana)", f"live: {second} Two (Ana)")

    def test_it_comes_back_to_another_server_and_says_that_some_were_missed(self):
        listener = self.listen(self.server)
        first = self.push("One")
        self.wait_until_shown(f"live: {first} One (Ana)")
        self.server.terminate()
        again = self.serve_with_token(listen=self.server.address)
        self.wait_until_listening(again)
        second = self.push("Two")
        self.wait_until_shown(
            f"live: {first} One (Ana)", "some were missed",
            f"live: {second} Two (Ana)")
        self.end(listener)


if __name__ == "__main__":
    unittest.main()
