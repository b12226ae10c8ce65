"""Streams whose clients do not read for now, and numbers published to them."""

import contextlib
import json

from publisher import post_events, receipt
from rivulet import RivuletTest, batches
from wire import WireError


class SlowReaderTest(RivuletTest):
    def open_slow(self, server, client_id, version="1.1", **options):
        """A stream whose client has a small buffer and does not read for now."""
        connection = server.connect(receive_buffer=4096)
        stream = connection.open_stream(
            "/stream/" + client_id, version=version, **options)
        return stream.wait_for_greeting()

    def detail(self, server, client_id):
        """What the server says of the first stream with that id."""
        return json.loads(server.request("/clients/" + client_id).body)[0]

    def publish_numbers(self, server, numbers, size=1000):
        """Broadcasts these, each padded to `size` bytes."""
        connection = server.connect()
        for batch in batches(numbers, 200):
            receipt(post_events(connection, "".join(
                "data: " + f"{n} ".ljust(size, "x") + "\n\n" for n in batch)))
        connection.close()

    def read_numbers(self, stream, count):
        """The next of them that this stream has got."""
        return [int(stream.next_event().data.split()[0]) for _ in range(count)]

    def read_to_reset(self, stream):
        """Whatever came before the server closed on a reader this slow."""
        with contextlib.suppress(ConnectionError, WireError):
            stream.read_to_end()
        return stream.events
