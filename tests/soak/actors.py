"""Those who make life hard for the server during a soak.

Each actor is a thread that plays its part again and again until told to stop,
and decides everything by a random generator of its own, seeded from the
soak's seed and its name. None of them broadcasts: the crowd in tests/soak/soak
checks every event of every stream of its own, so broadcasts are its alone.
What an actor must see is checked on the spot; the first failure ends the soak.
"""

import random
import threading

from publisher import OpenBody, post, receipt
from rivulet import Connection, publish_target, request_bytes
from wire import WireError

HOST = "Host: rivulet.test\r\n"
# What no server may take for a request, and what it must not do anything for.
# A publish that hides in one of these would reach the crowd, which counts.
HIDDEN = request_bytes(publish_target("hidden")).decode()
MALFORMED = [
    "\0" * 100,
    "GET / HTTP/1.1\r\n\r\n" + HIDDEN,
    "GET  / HTTP/1.1\r\n" + HOST + "\r\n" + HIDDEN,
    "GET / HTTP/1.1\n" + HOST + "\r\n" + HIDDEN,
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + HIDDEN,
    "GET / HTTP/1.1\r\n" + HOST + " folded\r\n\r\n" + HIDDEN,
    "GET / HTTP/9.9\r\n" + HOST + "\r\n" + HIDDEN,
    "BREW / HTTP/1.1\r\n" + HOST + "\r\n" + HIDDEN,
    "GET /" + "x" * 70_000 + " HTTP/1.1\r\n" + HOST + "\r\n",
    "GET / HTTP/1.1\r\n" + HOST + "A: b\r\n" * 20_000 + "\r\n",
    "POST / HTTP/1.1\r\n" + HOST + "Content-Length: -1\r\n\r\n" + HIDDEN,
    "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 999999999\r\n\r\n",
    "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 5\r\n"
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: gzip\r\n\r\n" + HIDDEN,
    "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n"
    "zz\r\n" + HIDDEN,
]
# Cut anywhere, these are requests that never end.
UNFINISHED = [
    request_bytes("/clients", headers={"A": "b" * 300}),
    request_bytes("/livez", "POST", headers={"Content-Length": 5000}) + b"b" * 999,
    request_bytes("/livez", "POST", headers={"Transfer-Encoding": "chunked"})
    + b"400\r\n" + b"b" * 500,
]


class Actor(threading.Thread):
    """One part, played again and again. Subclasses have play()."""

    def __init__(self, server, seed, stop, counts):
        super().__init__(name=type(self).__name__, daemon=True)
        self.server = server
        self.random = random.Random(f"{seed} {self.name}")
        self.stop = stop  # an Event
        self.counts = counts
        self.failure = None
        self._serial = 0

    def run(self):
        try:
            while not self.stop.is_set():
                self.play()
        except Exception as failure:  # shown by whoever looks
            self.failure = failure
        finally:
            self.leave()

    def leave(self):
        """Closes what is still open."""

    def count(self, what, number=1):
        self.counts[what] += number

    def new_id(self):
        self._serial += 1
        return f"{self.name}-{self._serial}"

    def pause(self, seconds):
        self.stop.wait(seconds)

    def connect(self, **options):
        return Connection(self.server.address, **options)


class Churner(Actor):
    """Streams that come, get something of their own, and go in every way."""

    def play(self):
        opened = [self._open() for _ in range(self.random.randint(1, 40))]
        for client_id, stream in opened:
            if self.random.random() < 0.5:
                self._publish_to(client_id, stream)
        self.pause(self.random.random())
        for _, stream in opened:
            self._end(stream)
        self.count("churned", len(opened))

    def _open(self):
        client_id = self.new_id()
        version = self.random.choice(["1.1", "1.1", "1.0"])
        target = "/stream/" + client_id
        return client_id, self.connect().open_stream(target, version=version)

    def _publish_to(self, client_id, stream):
        data = f"for {client_id} " + "x" * self.random.randint(0, 2000)
        self.server.publish(data, to=client_id)
        while (event := stream.next_event()).data != data:
            if not event.data.startswith("all "):
                raise WireError(f"{client_id} got {event.data[:80]!r}")
        self.count("own events")

    def _end(self, stream):
        how = self.random.choice(["close", "reset", "half"])
        if how == "half":
            stream.connection.half_close()
            while stream.connection.receive():
                pass
        stream.reset() if how == "reset" else stream.close()


class StuckReader(Actor):
    """Streams that never read, until the server has had enough of them."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._open = []

    def play(self):
        connection = self.connect(receive_buffer=4096)
        target = "/stream/" + self.new_id()
        connection.send(request_bytes(target, version="1.0"))
        self._open.append(connection)
        if len(self._open) > 20:
            gone = self._open.pop(self.random.randrange(len(self._open)))
            gone.reset() if self.random.random() < 0.5 else gone.close()
        self.count("stuck")
        self.pause(self.random.uniform(0.1, 1))

    def leave(self):
        for connection in self._open:
            connection.close()


class SlowReader(Actor):
    """Streams that read in drips; they may be ended, but never in a mess."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._open = []

    def play(self):
        while len(self._open) < 10:
            connection = self.connect(receive_buffer=4096)
            connection.send(request_bytes("/stream/" + self.new_id()))
            connection.socket.setblocking(False)
            self._open.append(connection)
            self.count("slow")
        for connection in list(self._open):
            if not self._drip(connection) or self.random.random() < 0.002:
                self._open.remove(connection)
                connection.close()
        self.pause(0.05)

    def _drip(self, connection):
        try:
            return bool(connection.socket.recv(self.random.randint(1, 8000)))
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False  # evicted

    def leave(self):
        for connection in self._open:
            connection.close()


class HalfOpen(Actor):
    """Requests that are never finished; some wait for their deadline."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._open = []

    def play(self):
        connection = self.connect()
        request = self.random.choice(UNFINISHED)
        connection.send(request[: self.random.randint(0, len(request) - 1)])
        self._open.append(connection)
        self.count("half-open")
        if len(self._open) > 100:
            oldest = self._open.pop(0)
            if self.random.random() < 0.2:
                self._wait_for_end(oldest)
            oldest.reset() if self.random.random() < 0.3 else oldest.close()
        self.pause(0.05)

    def _wait_for_end(self, connection):
        answer = connection.read_to_end()
        if answer and not answer.startswith(b"HTTP/1.1 "):
            raise WireError(f"a half request was answered {answer[:80]!r}")
        self.count("timed out")

    def leave(self):
        for connection in self._open:
            connection.close()


class Vandal(Actor):
    """Malformed input: one refusal and the end, whatever follows."""

    def play(self):
        if self.random.random() < 0.2:
            data = self.random.randbytes(self.random.randint(1, 3000))
        else:
            data = self.random.choice(MALFORMED).encode()
        with self.connect() as connection:
            try:
                connection.send(data)
                connection.half_close()
                answer = connection.read_to_end()
            except (ConnectionResetError, BrokenPipeError):
                answer = b""  # sent more than any refusal waits for
        if answer.count(b"\r\nDate: ") > 1 or answer.startswith(b"HTTP/1.1 2"):
            raise WireError(f"{data[:200]!r} was answered {answer[:200]!r}")
        self.count("malformed")
        self.pause(0.02)


class Burst(Actor):
    """Everything at once: long pipelines, and crowds that only connect."""

    def play(self):
        part = self.random.choice([self._pipeline, self._connect_and_reset])
        part()
        self.pause(self.random.uniform(0, 2))

    def _pipeline(self):
        client_id = self.new_id()
        targets = self.random.choices(
            ["/livez", "/clients", "/style.css", publish_target("x", client_id)],
            k=self.random.randint(10, 400),
        )
        with self.connect() as connection:
            sender = threading.Thread(
                target=connection.send,
                args=[b"".join(request_bytes(target) for target in targets)],
            )
            sender.start()
            for target in targets:
                status = connection.read_response().status
                if status != (404 if client_id in target else 200):
                    raise WireError(f"{target} was answered {status}")
            sender.join()
        self.count("pipelined", len(targets))

    def _connect_and_reset(self):
        many = [self.connect() for _ in range(self.random.randint(10, 200))]
        for connection in many:
            connection.reset()
        self.count("reset", len(many))


class Returner(Actor):
    """A topic of its own, published to in one open body or in many, and a
    stream that is cut again and again and comes back with the id of the last
    event that it has read: it misses nothing."""

    def play(self):
        self._target = f"/publish?topic={self.new_id()}"
        self._sent = self._seen = 0
        self._last_id = receipt(post(self.server, "before", self._target))["id"]
        if self.random.random() < 0.1:
            self._read_all_that_is_held()
        if self.random.random() < 0.5:
            with self.connect() as connection:
                self._come_and_go(lambda data: post(connection, data, self._target))
        else:
            with OpenBody(self.server, self._target) as body:
                self._come_and_go(lambda data: body.send(f"data: {data}\n\n"))
                if (answer := body.finish()).status != 200:
                    raise WireError(f"the body was answered {answer}")
        self.count("replayed", self._seen)

    def _open(self, last_id):
        target = self._target.replace("publish", "stream")
        headers = {"Last-Event-ID": last_id}
        return self.connect().open_stream(target, headers=headers)

    def _read_all_that_is_held(self):
        """From the edge of the history, which moves on meanwhile: a gap may
        come in place of old broadcasts, and nothing of its own is among them."""
        stream = self._open("0")
        while (event := stream.next_event()).data != "before":
            if event.type != "gap" and not event.data.startswith("all "):
                raise WireError(f"in place of a broadcast came {event}"[:200])
        stream.close()
        self.count("read from the edge")

    def _come_and_go(self, publish):
        for _ in range(self.random.randint(2, 8)):
            stream = self._open(self._last_id)
            for _ in range(self.random.randint(0, 50)):
                self._sent += 1
                publish(f"{self._sent} {'x' * self.random.randint(0, 500)}")
            self._read(stream, self.random.randint(self._seen, self._sent))
            self.random.choice([stream.reset, stream.close])()

    def _read(self, stream, until):
        while self._seen < until:
            event = stream.next_event()
            self._last_id = event.last_id
            if event.data.startswith("all "):
                continue
            self._seen += 1
            if event.type != "message" or event.data.split()[0] != str(self._seen):
                raise WireError(f"in place of {self._seen} came {event}"[:200])


ACTORS = [Churner, StuckReader, SlowReader, HalfOpen, Vandal, Burst, Returner]
