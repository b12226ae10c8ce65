"""Starts the real server and talks to it over real sockets.

    class SomethingTest(RivuletTest):
        def test_it_answers(self):
            server = self.serve("--heartbeat", "1s")
            ana = server.stream("ana")
            server.publish("hi", to="ana")
            self.assertEqual(ana.next_event().data, "hi")

RIVULET_BIN names the binary (default build/rivulet). When a test is over, its
connections are closed, and the server must then list no client, hold no
descriptor more than at its start, exit 0 on SIGTERM, have printed no sanitizer
report, and have told nobody a token (secrecy.py). Nothing here waits for time to
pass: everything waits for a condition, and DEADLINE (RIVULET_TEST_DEADLINE, in
seconds) only bounds failure.
"""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from client import (
    Connection,
    Stream,
    bearer,
    path_part,
    publish_target,
    request_bytes,
)
from secrecy import Secrets
from server_log import Log
from waiting import DEADLINE, wait_until

# What a test may take from here.
__all__ = [
    *("Connection", "DEADLINE", "Log", "REPOSITORY", "RivuletTest"),
    *("SMALL_QUARANTINE", "Server", "Stream", "batches", "bearer", "binary"),
    *("has_ipv6", "path_part", "publish_target", "request_bytes", "run_to_exit"),
    *("temporary_folder", "wait_until"),
]

REPOSITORY = Path(__file__).resolve().parents[2]
SANITIZER_REPORT = re.compile(
    r"ERROR: \w+Sanitizer|WARNING: \w+Sanitizer|runtime error:"
    r"|ERROR SUMMARY: [1-9]"
)
# For tests that look at memory: AddressSanitizer keeps what was freed.
SMALL_QUARANTINE = {
    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
}


def binary():
    """The server under test, as the start of a command line.

    RIVULET_WRAPPER puts a command before it, such as `valgrind -q`.
    """
    path = os.environ.get("RIVULET_BIN", "build/rivulet")
    wrapper = shlex.split(os.environ.get("RIVULET_WRAPPER", ""))
    return wrapper + [str(REPOSITORY / path)]


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def temporary_folder(test):
    """A folder that is there until the test is over."""
    folder = tempfile.TemporaryDirectory()
    test.addCleanup(folder.cleanup)
    return Path(folder.name)


def batches(items, size):
    """Lists of so many items each; the last may be shorter."""
    items = list(items)
    for start in range(0, len(items), size):
        yield items[start : start + size]


def run_to_exit(*arguments, environment=(), wrapper=(), **options):
    """Runs the server as far as its own end, and returns what it said."""
    environment = {**os.environ, **dict(environment)}
    secrets = Secrets(arguments, environment)
    ended = subprocess.run(
        [*wrapper, *binary(), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        cwd=REPOSITORY,
        env=environment,
        text=True,
        timeout=DEADLINE,
        **options,
    )
    secrets.check(ended.stdout + ended.stderr, f"what {arguments} prints")
    return ended


class Server:
    """One process of the server; when this returns, it listens.

    `arguments` and `environment` (beside ours) are what it is started with;
    `wrapper` is a command in front of it, `listeners` how many addresses it is
    to listen on, and `popen` goes to subprocess.Popen. `addresses` are those,
    `address` the first of them, and `admin` the one for operators, if there is
    one.
    """

    Log = Log  # what takes its stderr

    def __init__(
        self,
        *arguments,
        listen="127.0.0.1:0",
        environment=(),
        wrapper=(),
        listeners=1,
        **popen,
    ):
        listening = ("--listen", listen) if listen else ()
        self._connections = []
        self._command = [*binary(), *listening, *arguments]
        self._environment = {**os.environ, **dict(environment)}
        self.secrets = Secrets(arguments, self._environment)
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [*wrapper, *self._command],
            stdout=self._said,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            cwd=REPOSITORY,
            env=self._environment,
            **popen,
        )
        self.pid = self._process.pid
        self.log = self.Log(self._process.stderr)
        try:
            self._wait_for_addresses(listeners)
        except BaseException:
            self.kill()
            raise
        self.descriptors_at_start = self.descriptors()

    def _wait_for_addresses(self, listeners):
        def listening():
            if self._process.poll() is not None:
                self.log.join()
                raise AssertionError(
                    f"exited {self._process.returncode} at start:\n{self.log.text}"
                )
            lines = self.log.lines(msg="listening")
            return lines if len(lines) == listeners else None

        lines = wait_until(listening, lambda: f"msg=listening in\n{self.log.text}")
        self.addresses = [line["address"] for line in lines]
        self.address = self.addresses[0]
        admin = [line["address"] for line in lines if line.get("routes") == "admin"]
        self.admin = (admin or self.addresses)[0]

    # -- asking

    def connect(self, address=None, **options):
        connection = Connection(
            address or self.address, secrets=self.secrets, **options)
        self._connections.append(connection)
        return connection

    def request(self, target, method="GET", address=None, **options):
        """One request on a connection of its own."""
        with Connection(address or self.address, secrets=self.secrets) as connection:
            return connection.request(target, method, **options)

    def stream(self, client_id, address=None, **options):
        target = "/stream/" + path_part(client_id)
        return self.connect(address).open_stream(target, **options)

    def publish(self, data, to=None):
        """Publishes, and fails unless the answer is 200 `Ok`."""
        answer = self.request(publish_target(data, to), address=self.admin)
        if (answer.status, answer.body) != (200, b"Ok"):
            raise AssertionError(f"publish answered {answer}")

    def clients(self):
        answer = self.request("/clients", address=self.admin)
        if answer.status != 200:
            raise AssertionError(f"/clients answered {answer}")
        return json.loads(answer.body)

    def wait_for_clients(self, expected):
        """Until /clients lists just these ids, in any order."""
        wait_until(
            lambda: sorted(self.clients()) == sorted(expected),
            lambda: f"clients {expected}, there are {self.clients()}",
        )

    def wait_until_alone(self):
        """Until it serves no stream."""
        self.wait_for_clients([])

    # -- looking at the process

    def descriptors(self):
        """How many it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def wait_for_descriptors_at_start(self):
        def open_files():
            folder = f"/proc/{self.pid}/fd"
            links = [os.path.join(folder, name) for name in os.listdir(folder)]
            return sorted(os.readlink(p) for p in links if os.path.islink(p))

        wait_until(
            lambda: self.descriptors() <= self.descriptors_at_start,
            lambda: f"{self.descriptors_at_start} descriptors: {open_files()}",
        )

    def memory(self, field="VmRSS"):
        """Bytes, by a field of /proc/PID/status: VmRSS, VmHWM (its peak)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) * 1024

    def alive(self):
        return self._process.poll() is None

    # -- ending

    def send_signal(self, number):
        if number == signal.SIGHUP:
            self.secrets.read_again()
        self._process.send_signal(number)

    def wait_for_exit(self, code=0):
        """The process ends by itself, cleanly, with this status (None: any)."""
        try:
            self._process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"does not exit; log:\n{self.log.text}") from None
        self.log.join()
        self._close_connections()
        self._check_output()
        if SANITIZER_REPORT.search(self.log.text):
            raise AssertionError(f"sanitizer report:\n{self.log.text}")
        if code is not None and self._process.returncode != code:
            raise AssertionError(
                f"exit status {self._process.returncode}, not {code}; log:\n"
                + self.log.text[-4000:]
            )

    def _check_output(self):
        self.secrets.check(self.log.raw, "the log")
        if self._said.closed:
            return
        with self._said:
            self._said.seek(0)
            said = self._said.read()
        if said:
            raise AssertionError(f"a server says nothing on stdout: {said!r}")

    def check_secrecy(self):
        """Asks for all that could hold a secret (Connection looks at it)."""
        if not self.secrets:
            return
        for target in ("/metrics", "/clients?detail=1"):
            self.request(target)
        printed = subprocess.run(
            [*self._command, "--print-config"], cwd=REPOSITORY,
            env=self._environment, stdin=subprocess.DEVNULL, capture_output=True)
        self.secrets.check(printed.stdout + printed.stderr, "--print-config")

    def terminate(self, number=signal.SIGTERM):
        """Asks it to end, and waits until it has, cleanly."""
        self.send_signal(number)
        self.wait_for_exit()

    def stop(self):
        """Ends what is left of the test and checks that nothing stayed."""
        if self._process.returncode is not None:
            return
        self._close_connections()
        try:
            if self.alive():
                self.check_secrecy()
                self.wait_until_alone()
                self.wait_for_descriptors_at_start()
                self.send_signal(signal.SIGTERM)
            self.wait_for_exit()
        finally:
            self.kill()

    def kill(self):
        if self.alive():
            self._process.kill()
            self._process.wait()
        self.log.join()
        self._said.close()

    def _close_connections(self):
        for connection in self._connections:
            connection.close()


class RivuletTest(unittest.TestCase):
    def serve(self, *arguments, **options):
        """A server for this test; see Server."""
        server = Server(*arguments, **options)
        self.addCleanup(server.stop)
        return server

    def assert_error(self, response, status):
        """The status, and a reason: one line of plain text, ended by LF."""
        self.assertEqual(response.status, status, response)
        self.assertRegex(response.get("Content-Type"), r"^text/plain\b")
        self.assertRegex(response.text, r"\A[^\r\n]{4,}\n\Z")
