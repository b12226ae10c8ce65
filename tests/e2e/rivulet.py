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
report, and have told nobody a token (secrecy.py). Nothing here waits for time to pass: everything waits for a
condition, and DEADLINE (RIVULET_TEST_DEADLINE, in seconds) only bounds failure.
"""

import json
import os
import re
import select
import shlex
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path
from urllib.parse import quote

from secrecy import Secrets
from wire import EventParser, Response, WireError, body_of, take_head

REPOSITORY = Path(__file__).resolve().parents[2]
DEADLINE = float(os.environ.get("RIVULET_TEST_DEADLINE", "30"))
SANITIZER_REPORT = re.compile(
    r"ERROR: \w+Sanitizer|WARNING: \w+Sanitizer|runtime error:"
    r"|ERROR SUMMARY: [1-9]"
)
# For tests that look at memory: AddressSanitizer keeps what was freed.
SMALL_QUARANTINE = {
    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
}
_LOGFMT_PAIR = re.compile(r'([\w.-]+)=("(?:\\.|[^"\\])*"|\S*)')


def binary():
    """The server under test, as the start of a command line.

    RIVULET_WRAPPER puts a command before it, such as `valgrind -q`.
    """
    path = os.environ.get("RIVULET_BIN", "build/rivulet")
    wrapper = shlex.split(os.environ.get("RIVULET_WRAPPER", ""))
    return wrapper + [str(REPOSITORY / path)]


def wait_until(condition, what):
    """Waits for a true value and returns it. `what` may be a function."""
    give_up = time.monotonic() + DEADLINE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > give_up:
            said = what() if callable(what) else what
            raise AssertionError(f"waited {DEADLINE:g} s in vain for {said}")
        time.sleep(0.005)


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def batches(items, size):
    items = list(items)
    for start in range(0, len(items), size):
        yield items[start : start + size]


def path_part(text):
    """Text (or bytes) as one percent-encoded segment of a path."""
    return quote(text, safe="")


def publish_target(data, to=None):
    if to is None:
        return f"/publish/status/{path_part(data)}"
    return f"/publish/{path_part(to)}/status/{path_part(data)}"


def request_bytes(target, method="GET", version="1.1", headers=(), body=b""):
    lines = [f"{method} {target} HTTP/{version}", "Host: rivulet.test"]
    lines += [f"{name}: {value}" for name, value in dict(headers).items()]
    return "\r\n".join(lines + ["", ""]).encode() + body


class Log:
    """The server's stderr. A thread keeps the pipe empty; who looks takes what
    waits there first, so that each line is seen that was written before."""

    def __init__(self, pipe):
        self._pipe = pipe
        self._raw = bytearray()
        self._ended = False
        self._lock = threading.Lock()
        os.set_blocking(pipe.fileno(), False)
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self):
        with self._pipe:
            waiting = select.poll()
            waiting.register(self._pipe, select.POLLIN)
            while not self._take_waiting():
                waiting.poll()

    def _take_waiting(self):
        """True when the pipe has come to its end."""
        with self._lock:
            try:
                while not self._ended:
                    piece = os.read(self._pipe.fileno(), 1 << 16)
                    self._raw += piece
                    self._ended = not piece
            except BlockingIOError:
                pass
            return self._ended

    @property
    def raw(self):
        self._take_waiting()
        return bytes(self._raw)

    @property
    def text(self):
        return self.raw.decode("utf-8", "backslashreplace")

    def join(self):
        self._thread.join(DEADLINE)

    def lines(self, **fields):
        """Log lines as dicts, those whose fields have the given values."""
        whole_lines = self.text.split("\n")[:-1]
        parsed = [self.parse(line) for line in whole_lines]
        return [p for p in parsed if fields.items() <= p.items()]

    def wait_for(self, **fields):
        """The first line with these fields, as soon as it is there."""
        return wait_until(
            lambda: self.lines(**fields), lambda: f"log line {fields} in\n{self.text}"
        )[0]

    @staticmethod
    def parse(line):
        """A line of either format, all values as text."""
        if line.startswith("{"):
            return {name: str(value) for name, value in json.loads(line).items()}
        pairs = {}
        for name, value in _LOGFMT_PAIR.findall(line):
            quoted = value.startswith('"')
            pairs[name] = re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value
        return pairs


class Server:
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
        self.log = Log(self._process.stderr)
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


class Connection:
    """One blocking connection; nothing on it waits longer than DEADLINE."""

    def __init__(self, address, receive_buffer=None, secrets=None):
        self._watch = secrets.watch("an answer") if secrets is not None else None
        if address.startswith("unix:"):
            family, where = socket.AF_UNIX, address.removeprefix("unix:")
        else:
            host, _, port = address.rpartition(":")
            family = socket.AF_INET6 if host[0] == "[" else socket.AF_INET
            where = (host.strip("[]"), int(port))
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(DEADLINE)
        if receive_buffer:
            self.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer
            )
        self.socket.connect(where)
        if family != socket.AF_UNIX:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()  # what no reader has taken yet

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """Waits for bytes and appends them; False at the end of the input."""
        data = self.socket.recv(65536)
        if self._watch:
            self._watch.feed(data)
        self.received += data
        return bool(data)

    def take_received(self):
        data = bytes(self.received)
        self.received.clear()
        return data

    def read_head(self):
        while (head := take_head(self.received)) is None:
            if not self.receive():
                raise WireError(f"closed, not answered; got {self.received!r}")
        return head

    def read_response(self, method="GET"):
        head = self.read_head()
        body = body_of(head, method)
        content = body.feed(self.take_received())
        while not body.done:
            if self.receive():
                content += body.feed(self.take_received())
            else:
                body.end_of_input()
        self.received += body.rest
        return Response(**vars(head), body=content)

    def request(self, target, method="GET", **options):
        self.send(request_bytes(target, method, **options))
        return self.read_response(method)

    def pipeline(self, targets):
        """Sends all requests at once, then reads their answers in order."""
        requests = [request_bytes(target) for target in targets]
        self.send(b"".join(requests))
        return [self.read_response() for _ in requests]

    def open_stream(self, target, **options):
        self.send(request_bytes(target, **options))
        return Stream(self)

    def read_to_end(self):
        """All bytes up to the server's FIN; a reset raises."""
        while self.receive():
            pass
        return self.take_received()

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Closes with RST in place of FIN."""
        self.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self.close()

    def close(self):
        self.socket.close()


class Stream:
    """A connection whose request for a stream has been sent."""

    def __init__(self, connection):
        self.connection = connection
        self.head = connection.read_head()
        if self.head.status != 200:
            raise WireError(f"not a stream: {self.head}")
        self._body = body_of(self.head)
        self._parser = EventParser()
        self._events_taken = 0
        self.content = bytearray()  # all of the body so far
        self._feed(connection.take_received())

    @property
    def events(self):
        return self._parser.events

    @property
    def comments(self):
        return self._parser.comments

    @property
    def retry(self):
        return self._parser.retry

    @property
    def ended(self):
        return self._body.done

    def _feed(self, data):
        content = self._body.feed(data)
        self.content += content
        self._parser.feed(content)
        if self._body.rest:
            raise WireError(f"bytes after the last chunk: {self._body.rest!r}")

    def wait_for(self, condition, what):
        """Reads until condition() holds."""
        give_up = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > give_up:
                raise AssertionError(f"no {what} in {DEADLINE:g} s: {self.content}")
            if not self.connection.receive():
                raise WireError(f"stream ended before {what}: {self.content}")
            self._feed(self.connection.take_received())

    def wait_for_greeting(self):
        """The first bytes: `retry:` and a comment."""
        self.wait_for(lambda: self.retry and self.comments, "retry and a comment")
        return self

    def next_event(self):
        self.wait_for(lambda: len(self.events) > self._events_taken, "event")
        self._events_taken += 1
        return self.events[self._events_taken - 1]

    def read_to_end(self):
        """Waits for the server's clean end: last chunk, then FIN, no RST."""
        while self.connection.receive():
            self._feed(self.connection.take_received())
        self._body.end_of_input()
        if self._parser.mid_event:
            raise WireError(f"ended in the middle of an event: {self.content}")
        # In CLOSE_WAIT the FIN came and nothing else; a reset leads to CLOSE.
        info = self.connection.socket.getsockopt(
            socket.IPPROTO_TCP, socket.TCP_INFO, 1
        )
        if info[0] != 8:
            raise WireError(f"TCP state {info[0]} after the end: reset, not FIN")

    def close(self):
        self.connection.close()

    def reset(self):
        self.connection.reset()


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
