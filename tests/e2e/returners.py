"""Clients in one epoll loop whose connections break, and who come back.

Each keeps what EventSource keeps: the events that were complete, the id of the
last of them, nothing of an event that was cut.

    with Returners(server) as crowd:
        client = crowd.add("/stream/ana?topic=a")
        crowd.cut(client)
        crowd.connect(client)         # it comes back with its last id
        crowd.pump_until(condition, "what is waited for")
        client.record                 # [(id, data), …]
"""

import select
import socket
import struct
import time

import rivulet
from crowd import raise_descriptor_limit
from wire import EventParser, WireError, body_of, take_head

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST


class Returner:
    def __init__(self, target):
        self.target = target
        self.record = []
        self.last_id = "0"  # all that is held: nothing is missed before the first
        self.connections = 0
        self.socket = None

    def connect(self, where):
        self.connections += 1
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(where)
        self._head = bytearray()
        self._body = None
        self._parser = EventParser()

    def ask(self):
        """Half of them by the field, half by the query, as polyfills do."""
        target, headers = self.target, {}
        if self.connections % 2:
            headers = {"Last-Event-ID": self.last_id}
        else:
            target += ("&" if "?" in target else "?") + "lastEventId=" + self.last_id
        try:
            self.socket.send(rivulet.request_bytes(target, headers=headers))
        except ConnectionError:  # nobody listens there: reading will say so
            pass

    @property
    def greeted(self):
        return self._body is not None

    def read(self, most):
        """Takes what is there, at most so many bytes; False at the end."""
        try:
            data = self.socket.recv(most)
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        if not data:
            return False
        if self._body is None:
            self._head += data
            head = take_head(self._head)
            if head is None:
                return True
            if head.status != 200:
                raise WireError(f"{self.target} is no stream: {head}")
            self._body = body_of(head)
            data = bytes(self._head)
        self._parser.feed(self._body.feed(data))
        for event in self._parser.events:
            if event.type != "message":
                raise WireError(f"{self.target}: {event}")
            self.record.append((event.last_id, event.data))
            self.last_id = event.last_id
        self._parser.events.clear()
        return True

    def close(self, reset=False):
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.socket.close()


class Returners:
    def __init__(self, server):
        self.server = server  # of those who connect; another may take its place
        self._poll = select.epoll()
        self._by_descriptor = {}
        self.clients = []
        raise_descriptor_limit()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self._by_descriptor.values():
            client.close()
        self._poll.close()

    def add(self, target):
        client = Returner(target)
        self.clients.append(client)
        self.connect(client)
        return client

    def connect(self, client):
        host, _, port = self.server.address.rpartition(":")
        client.connect((host, int(port)))
        self._by_descriptor[client.socket.fileno()] = client
        self._poll.register(client.socket, select.EPOLLOUT)

    def cut(self, client, reset=False):
        """Breaks its connection; connect() brings it back."""
        del self._by_descriptor[client.socket.fileno()]
        client.close(reset)

    def pump(self, timeout=0.0, most=65536):
        """Reads once from each that has something."""
        for descriptor, ready in self._poll.poll(timeout, 256):
            client = self._by_descriptor[descriptor]
            if ready & select.EPOLLOUT:
                client.ask()
                self._poll.modify(descriptor, select.EPOLLIN)
            elif not client.read(most):
                self.cut(client)  # the server's choice; it comes back all the same
                self.connect(client)

    def pump_until(self, condition, what):
        give_up = time.monotonic() + rivulet.DEADLINE
        while not condition():
            self.pump(0.1)
            if time.monotonic() > give_up:
                raise AssertionError("waited in vain for " + what)
