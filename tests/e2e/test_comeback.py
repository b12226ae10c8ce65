"""A crowd comes back in one instant, each 500 events behind: all catch up, and
a fresh stream is served meanwhile.

What it took is printed. RIVULET_TEST_COMEBACK=10000 makes it the crowd that the
server is built for; figures mean something with RIVULET_BIN=build/rivulet.
"""

import json
import os
import select
import socket
import statistics
import subprocess
import sys
import time
import unittest

import rivulet
from crowd import raise_descriptor_limit
from publisher import chunk, post, post_bytes, post_events, receipt
from rivulet import Connection, RivuletTest
from wire import take_head

CLIENTS = int(os.environ.get("RIVULET_TEST_COMEBACK", "1000"))
BEHIND = 500
DATA_BYTES = 100


class Follower:
    """Compares what it reads with what it has missed."""

    def __init__(self, address, missed):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setblocking(False)
        self._missed = missed
        self._start = bytearray()  # until the head and the opening chunk are there
        self._head = None
        self._at = None

    @property
    def done(self):
        return self._at == len(self._missed)

    def read(self):
        data = self.socket.recv(262_144)
        if not data:
            raise AssertionError(f"ended at byte {self._at}: {bytes(self._start)}")
        if self._at is None:
            data = self._without_start(data)
        if data:
            end = self._at + len(data)
            if self._missed[self._at : end] != data:
                raise AssertionError(f"at byte {self._at} came {data[:200]}")
            self._at = end

    def _without_start(self, data):
        self._start += data
        self._head = self._head or take_head(self._start)
        first_event = self._start.find(b"data: ")
        if self._head is None or first_event < 0:
            return b""
        first_event = self._start.rindex(b"\r\n", 0, first_event - 2) + 2
        self._at = 0
        return bytes(self._start[first_event:])


class ComebackTest(RivuletTest):
    def setUp(self):
        raise_descriptor_limit()
        # They are connected for some time before they ask.
        self.server = self.serve("--header-timeout", "5m")

    def missed(self):
        """An id, and the bytes of the events that came after it."""
        witness = self.server.stream("witness").wait_for_greeting()
        last = receipt(post(self.server, "seen by all"))["id"]
        witness.next_event()
        receipt(post_events(self.server, "".join(
            "data: " + f"{n} ".ljust(DATA_BYTES, "x") + "\n\n" for n in range(BEHIND))))
        events = [witness.next_event() for _ in range(BEHIND)]
        witness.close()
        return last, b"".join(
            chunk(f"data: {event.data}\nid: {event.last_id}\n\n") for event in events)

    def test_a_crowd_that_comes_back_at_once_catches_up(self):
        last, missed = self.missed()
        followers = [Follower(self.server.address, missed) for _ in range(CLIENTS)]
        poll = select.epoll()
        by_descriptor = {follower.socket.fileno(): follower for follower in followers}
        for follower in followers:
            self.addCleanup(follower.socket.close)
            poll.register(follower.socket, select.EPOLLIN)
        probe = subprocess.Popen(
            [sys.executable, __file__, self.server.address],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual(probe.stdout.readline(), b"ready\n")
        request = rivulet.request_bytes("/stream", headers={"Last-Event-ID": last})
        start = time.monotonic()
        for follower in followers:
            follower.socket.send(request)
        probe.stdin.write(b"go\n")
        probe.stdin.flush()
        left = len(followers)
        while left:
            ready = poll.poll(rivulet.DEADLINE, 1024)
            self.assertTrue(ready, f"{left} are still behind, and nothing comes")
            for descriptor, _ in ready:
                follower = by_descriptor[descriptor]
                follower.read()
                if follower.done:
                    left -= 1
                    poll.unregister(descriptor)
        seconds = time.monotonic() - start
        said = json.loads(probe.communicate(b"stop\n")[0])
        poll.close()
        delays = sorted(said["delays"])
        print(
            f"{CLIENTS} clients caught up on {BEHIND} events each in {seconds:.2f} s "
            f"({CLIENTS * BEHIND / seconds:,.0f} events/s, "
            f"{CLIENTS * len(missed) / seconds / 1e6:,.0f} MB/s); a fresh stream "
            f"opened in {said['opened'] * 1e3:.1f} ms, its {len(delays)} events took "
            f"{statistics.median(delays) * 1e3:.1f} ms (median), "
            f"{delays[int(len(delays) * 0.99)] * 1e3:.1f} (99 of 100), "
            f"{delays[-1] * 1e3:.1f} (longest); ", end="", flush=True)


def probe(address):
    """A fresh stream, and how long each event takes from its publish to it."""
    publisher = Connection(address)
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.monotonic()
    stream = Connection(address).open_stream("/stream/fresh").wait_for_greeting()
    opened = time.monotonic() - start
    delays = []
    while not select.select([sys.stdin], [], [], 0.002)[0]:
        sent = time.monotonic()
        publisher.send(post_bytes(str(len(delays)), "/publish/fresh"))
        if stream.next_event().data != str(len(delays)):
            raise AssertionError(f"{len(delays)} was due, came {stream.events[-1]}")
        delays.append(time.monotonic() - sent)
        receipt(publisher.read_response())
    print(json.dumps({"opened": opened, "delays": delays}))


if __name__ == "__main__":
    if len(sys.argv) == 2 and ":" in sys.argv[1]:
        probe(sys.argv[1])
    else:
        unittest.main()
