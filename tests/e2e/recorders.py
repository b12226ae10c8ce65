"""Very many streams in one epoll loop, whose bytes are kept and read at the end.

    with Recorders() as crowd:
        crowd.open(server, ["/stream/a", "/stream/b"])
        ...publish, with crowd.pump_until(condition, "…") to wait...
        crowd.wait_for_data("end")        # everyone has an event with this data
        crowd.records()                   # [((type, data, id), …), …]: a record each

Those who have received the same bytes are read as one: strictly, and cheaply.
"""

import select
import time

import rivulet
from crowd import raise_descriptor_limit
from wire import EventParser, WireError, body_of, take_head

TAIL = 4096  # bytes at the end in which the last event is looked for


class Recorder:
    __slots__ = ("target", "socket", "head", "raw")

    def __init__(self, server, target):
        self.target = target
        connection = rivulet.Connection(server.address)
        connection.send(rivulet.request_bytes(target))
        self.socket = connection.socket
        self.socket.setblocking(False)
        self.head = None
        self.raw = bytearray()

    @property
    def greeted(self):
        return self.head is not None and b": " in self.raw

    def read(self):
        try:
            data = self.socket.recv(262144)
        except BlockingIOError:
            return
        if not data:
            raise WireError(f"{self.target} ended")
        self.raw += data
        if self.head is None:
            self.head = take_head(self.raw)
            if self.head is not None and self.head.status != 200:
                raise WireError(f"{self.target} is no stream: {self.head}")

    def has(self, needle):
        return self.raw.find(needle, max(0, len(self.raw) - TAIL)) >= 0


class Recorders:
    def __init__(self):
        self._poll = select.epoll()
        self._by_descriptor = {}
        raise_descriptor_limit()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for recorder in self._by_descriptor.values():
            recorder.socket.close()
        self._poll.close()

    def __len__(self):
        return len(self._by_descriptor)

    def open(self, server, targets):
        """In batches, so that none waits for a place in the listener's queue."""
        for batch in rivulet.batches(targets, 100):
            opened = [Recorder(server, target) for target in batch]
            for recorder in opened:
                self._by_descriptor[recorder.socket.fileno()] = recorder
                self._poll.register(recorder.socket, select.EPOLLIN)
            self.pump_until(lambda: all(r.greeted for r in opened),
                            "the first bytes of each stream")

    def pump(self, timeout=0.0):
        for descriptor, _ in self._poll.poll(timeout, 4096):
            self._by_descriptor[descriptor].read()

    def pump_until(self, condition, what):
        give_up = time.monotonic() + rivulet.DEADLINE
        while not condition():
            self.pump(0.02)
            if time.monotonic() > give_up:
                raise AssertionError("waited in vain for " + what)

    def wait_for_data(self, text):
        needle = f"data: {text}\n".encode()
        waiting = list(self._by_descriptor.values())

        def all_have_it():
            waiting[:] = [r for r in waiting if not r.has(needle)]
            return not waiting

        self.pump_until(all_have_it, f"{text!r} at each of {len(self)} streams")

    def records(self):
        """What each has received, in the order in which they were opened."""
        known = {}
        for recorder in self._by_descriptor.values():
            raw = bytes(recorder.raw)
            if raw not in known:
                known[raw] = read_events(recorder.head, raw)
            yield known[raw]


def read_events(head, raw):
    parser = EventParser()
    parser.feed(body_of(head).feed(raw))
    return parser.events
