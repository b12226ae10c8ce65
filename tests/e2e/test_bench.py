"""tests/bench/run prints its table, and bench-load finds what a bad server does."""

import json
import subprocess
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

from rivulet import DEADLINE, REPOSITORY

STREAMS = 3


def setUpModule():
    subprocess.run(["make", "-s", "bench-tools"], cwd=REPOSITORY, check=True,
                   stdout=subprocess.DEVNULL)


class TableTest(unittest.TestCase):
    def test_a_quick_run_has_every_row(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "samples.json"
            result = subprocess.run(
                [REPOSITORY / "tests/bench/run", "--quick", "--streams", "50",
                 "--json", file],
                capture_output=True, text=True, timeout=4 * DEADLINE)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            samples = json.loads(file.read_text())["samples"]
        for metric in {sample["metric"] for sample in samples}:
            self.assertIn(f"\n{metric}", result.stdout)
        for line in (
            *("connects a second", "server CPU of a connect", "memory of a server"),
            *("memory of an idle stream", "CPU of idle streams", "  no stream"),
            *("server CPU of a delivery", "deliveries a second"),
            *(f"latency of a broadcast alone, {p}" for p in ("p50", "p99", "max")),
            *(f"  50 streams, {size} B, broadcast, alone" for size in ("100", "1,000")),
            *(f"  50 streams, {size} B, {target}, {count} in flight"
              for target in ("broadcast", "topic") for count in (1, 16)
              for size in ("100", "1,000")),
        ):
            self.assertIn("\n" + line, result.stdout)
        systems = [{s["row"] for s in samples if s["system"] == name}
                   for name in ("floor", "rivulet")]
        self.assertEqual(*systems)


class PlotTest(unittest.TestCase):
    def test_a_picture_has_a_line_for_each_server(self):
        samples = [
            {"row": f"{streams} streams, 100 B, broadcast, {load}", "system": name,
             "metric": "server CPU of a delivery, µs", "value": cost}
            for streams in ("1,000", "10,000") for load in ("alone", "16 in flight")
            for name, cost in (("floor", 7), ("rivulet", 8))]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"samples": samples}, file)
            file.flush()
            drawn = subprocess.run([REPOSITORY / "tests/bench/plot", file.name],
                                   check=True, capture_output=True, text=True).stdout
        picture = ElementTree.fromstring(drawn)
        lines = picture.findall("{http://www.w3.org/2000/svg}polyline")
        self.assertEqual([len(line.get("points").split()) for line in lines], 4 * [2])
        self.assertEqual(drawn.count(">rivulet<"), 2)


class BadServer(ThreadingHTTPServer):
    """Sends event n of a phase to stream i as spoil(i, n, data) has it: a list
    of the data of what is sent in its place."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, spoil, torn):
        super().__init__(("127.0.0.1", 0), BadServerHandler)
        self.spoil = spoil
        self.torn = torn
        self.streams = []
        self.published = 0
        self.over = threading.Event()
        self.lock = threading.Lock()

    def broadcast(self, data):
        with self.lock:
            for i, stream in enumerate(self.streams):
                for text in self.spoil(i, self.published, data):
                    self.send(stream, f"event: x\ndata: {text}\nid: 1\n\n".encode())
            self.published += 1

    def send(self, stream, event):
        """As one chunk in one write, or each byte as a chunk of two writes."""
        for piece in [bytes([byte]) for byte in event] if self.torn else [event]:
            chunk = b"%x\r\n%s\r\n" % (len(piece), piece)
            for part in (chunk[:2], chunk[2:]) if self.torn else (chunk,):
                stream.write(part)


class BadServerHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        with self.server.lock:  # and only then the head: now it is published to
            self.server.streams.append(self.wfile)
        self.end_headers()
        self.server.over.wait()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.broadcast(body.decode())
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")


def good(stream, event, data):
    return [data]


def swap(which, first):
    """Events `first` and the next change places, on this stream."""
    held = []

    def spoil(stream, event, data):
        if stream != which or event not in (first, first + 1):
            return [data]
        held.append(data)
        return held[::-1] if event > first else []

    return spoil


class LoadTest(unittest.TestCase):
    def faults(self, spoil, command="publish 8 100 1 /", torn=False):
        """(lost, out of order) of a phase at a server that spoils."""
        server = BadServer(spoil, torn)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            result = subprocess.run(
                [REPOSITORY / "build/bench-load", str(server.server_port), "/{}"],
                input=f"connect {STREAMS}\n{command}\n", capture_output=True,
                text=True, timeout=DEADLINE)
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
            server.server_close()
        self.assertEqual(result.returncode, 0, result.stderr)
        answer = json.loads(result.stdout.splitlines()[1])
        self.assertEqual(answer["closed"], 0)
        return answer["lost"], answer["out_of_order"]

    def test_a_good_server_has_no_faults(self):
        for command in ("publish 8 100 1 /", "publish 8 100 4 /", "alone 8 100 /"):
            with self.subTest(command):
                self.assertEqual(self.faults(good, command), (0, 0))

    def test_events_in_pieces_are_read(self):
        self.assertEqual(self.faults(good, torn=True), (0, 0))

    def test_a_lost_event_is_counted(self):
        def spoil(stream, event, data):
            return [] if (stream, event) == (1, 3) else [data]

        self.assertEqual(self.faults(spoil), (1, 0))

    def test_a_last_event_that_nobody_gets_is_counted(self):
        def spoil(stream, event, data):
            return [data] if event < 7 else []

        self.assertEqual(self.faults(spoil, "publish 8 100 4 /"), (STREAMS, 0))

    def test_a_repeated_event_is_counted(self):
        def spoil(stream, event, data):
            return [data, data] if (stream, event) == (2, 3) else [data]

        # The others' last may not have come when there are as many as there
        # should be, so how many are lost depends on the moment.
        self.assertEqual(self.faults(spoil)[1], 1)

    def test_one_in_the_place_of_another_is_counted(self):
        """The number of deliveries is right."""
        kept = []

        def spoil(stream, event, data):
            kept.append(data)
            return [kept[0]] if (stream, event) == (1, 3) else [data]

        self.assertGreater(self.faults(spoil)[1], 0)

    def test_two_that_change_places_are_counted(self):
        self.assertEqual(self.faults(swap(1, 3)), (0, 1))

    def test_with_many_in_flight_one_order_is_as_good_as_another(self):
        # Four publishers: no one order can be known. But it must be that of all.
        lost, out_of_order = self.faults(swap(1, 2), "publish 8 100 4 /")
        self.assertEqual(lost, 0)
        self.assertGreater(out_of_order, 0)


if __name__ == "__main__":
    unittest.main()
