"""A client of the server: requests as bytes, a connection, and a stream on one.

What comes back is taken apart by wire.py, strictly.
"""

import socket
import struct
import time
from urllib.parse import quote

from waiting import DEADLINE
from wire import EventParser, Response, WireError, body_of, take_head


def path_part(text):
    """Text (or bytes) as one percent-encoded segment of a path."""
    return quote(text, safe="")


def publish_target(data, to=None):
    """What GET publishes this as a status, to one client or to all."""
    if to is None:
        return f"/publish/status/{path_part(data)}"
    return f"/publish/{path_part(to)}/status/{path_part(data)}"


def request_bytes(target, method="GET", version="1.1", headers=(), body=b""):
    """A request with `Host` and these fields, and none that frames its body."""
    lines = [f"{method} {target} HTTP/{version}", "Host: rivulet.test"]
    lines += [f"{name}: {value}" for name, value in dict(headers).items()]
    return "\r\n".join(lines + ["", ""]).encode() + body


def bearer(token):
    """The field that shows a token."""
    return {"Authorization": f"Bearer {token}"}


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
        """What receive() has got and nobody has taken."""
        data = bytes(self.received)
        self.received.clear()
        return data

    def read_head(self):
        while (head := take_head(self.received)) is None:
            if not self.receive():
                raise WireError(f"closed, not answered; got {self.received!r}")
        return head

    def read_response(self, method="GET"):
        """Waits for the whole answer to a request with this method."""
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
        """The first event that this has not returned yet, when it is there."""
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
