"""Thousands of streams in one epoll loop, each checked as its bytes come.

    with Crowd(server, ids) as crowd:
        crowd.expect("a", "b")            # everyone, in this order
        crowd.expect("c", to="id-7")      # then one of them
        ...publish them...
        crowd.wait()                      # all there, in order, nothing else
"""

import resource
import select
import time
from collections import deque

import rivulet
from wire import EventParser, WireError, body_of, take_head


def raise_descriptor_limit():
    """Returns how many descriptors this process may hold."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Member:
    """One stream: where its bytes are, and which events must come next."""

    __slots__ = ("id", "socket", "expected", "ended", "_head", "_body", "_parser")

    def __init__(self, client_id, connected_socket):
        self.id = client_id
        self.socket = connected_socket
        self.expected = deque()
        self.ended = False
        self._head = bytearray()  # while the response head is not complete
        self._body = None
        self._parser = EventParser()

    @property
    def greeted(self):
        return self._parser.retry is not None

    def read(self):
        """Takes what is there; returns how many expected events came."""
        try:
            data = self.socket.recv(262144)
        except BlockingIOError:
            return 0
        if not data:
            self._end()
            return 0
        if self._body is None:
            self._head += data
            head = take_head(self._head)
            if head is None:
                return 0
            if head.status != 200:
                raise WireError(f"{self.id} is no stream: {head}")
            self._body = body_of(head)
            data, self._head = bytes(self._head), None
        self._parser.feed(self._body.feed(data))
        return self._check_events()

    def _check_events(self):
        events = self._parser.events
        for event in events:
            if not self.expected:
                raise WireError(f"{self.id}: {event.data!r} is one too many")
            due = self.expected.popleft()
            if event.data != due:
                raise WireError(f"{self.id}: due {due!r}, came {event.data!r}")
        count = len(events)
        events.clear()
        return count

    def _end(self):
        if self._body is None:
            raise WireError(f"{self.id}: closed before its head was there")
        self._body.end_of_input()
        if self.expected or self._parser.mid_event:
            raise WireError(f"{self.id}: ended, {len(self.expected)} events lost")
        self.ended = True


class Crowd:
    def __init__(self, server, ids):
        self._server = server
        self._poll = select.epoll()
        self._members = {}  # by descriptor
        self._by_id = {}
        self._missing = 0  # expected events that have not come yet
        self.deliveries = 0
        raise_descriptor_limit()
        try:
            # In batches, so that no connection waits for a place in the
            # listener's queue.
            for batch in rivulet.batches(ids, 100):
                opened = [self._open(client_id) for client_id in batch]
                self._pump_until(
                    lambda: all(member.greeted for member in opened),
                    "the first bytes of each stream",
                )
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __len__(self):
        return len(self._members)

    def _open(self, client_id):
        connection = rivulet.Connection(self._server.address)
        target = "/stream/" + rivulet.path_part(client_id)
        connection.send(rivulet.request_bytes(target))
        connection.socket.setblocking(False)
        member = Member(client_id, connection.socket)
        self._members[member.socket.fileno()] = member
        self._by_id.setdefault(client_id, []).append(member)
        self._poll.register(member.socket, select.EPOLLIN)
        return member

    def expect(self, *data, to=None):
        """These events are next for everyone, or for the streams of one id."""
        members = self._members.values() if to is None else self._by_id[to]
        for member in members:
            member.expected.extend(data)
        self._missing += len(members) * len(data)

    def wait(self):
        """Until everything expected has come; any other event raises."""
        self._pump_until(lambda: self._missing == 0, self._describe_missing)

    def wait_for_end(self):
        """Until the server has ended every stream cleanly."""
        self._pump_until(
            lambda: all(member.ended for member in self._members.values()),
            "the end of every stream",
        )

    def _describe_missing(self):
        behind = [m.id for m in self._members.values() if m.expected]
        return f"{self._missing} events to {len(behind)} streams: {behind[:5]}…"

    def _pump_until(self, condition, what):
        """Reads until condition() holds."""
        give_up = time.monotonic() + rivulet.DEADLINE
        while not condition():
            for descriptor, _ in self._poll.poll(0.1, 1024):
                member = self._members[descriptor]
                count = member.read()
                self._missing -= count
                self.deliveries += count
                if member.ended:
                    self._poll.unregister(descriptor)
            if time.monotonic() > give_up:
                raise AssertionError(
                    "waited in vain for " + (what() if callable(what) else what)
                )

    def close(self):
        for member in self._members.values():
            member.socket.close()
        self._members.clear()
        self._by_id.clear()
        self._poll.close()
