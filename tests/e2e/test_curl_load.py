"""scripts/curl-load counts right, and finds what a bad server does."""

import re
import subprocess
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from rivulet import DEADLINE, REPOSITORY, RivuletTest


def curl_load(*arguments):
    return subprocess.run(
        [str(REPOSITORY / "scripts" / "curl-load"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=4 * DEADLINE,
    )


def figure(name, output):
    return int(re.search(rf"^{name} +(\d+)$", output, re.MULTILINE)[1])


class GoodServerTest(RivuletTest):
    def test_every_delivery_is_counted(self):
        server = self.serve()
        result = curl_load(20, 30, "http://" + server.address)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(figure("deliveries", result.stdout), 600)
        for name in ("lost", "repeated", "out of order"):
            self.assertEqual(figure(name, result.stdout), 0)
        server.wait_for_clients([])

    def test_events_of_others_are_not_counted(self):
        server = self.serve()
        other = server.stream("other").wait_for_greeting()
        with ThreadPoolExecutor() as pool:
            load = pool.submit(curl_load, 3, 20, "http://" + server.address)
            while not load.done():
                server.publish("noise")
        result = load.result()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(figure("deliveries", result.stdout), 60)
        other.close()


class BadServer(ThreadingHTTPServer):
    """Spoils event 3 on the stream whose id ends in `-2`."""

    daemon_threads = True

    def __init__(self, spoil):
        super().__init__(("127.0.0.1", 0), BadServerHandler)
        self.spoil = spoil
        self.streams = {}


class BadServerHandler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        path = [unquote(part) for part in self.path.split("/")]
        streams = self.server.streams
        if path[1] == "livez":
            self.wfile.write(b"ok")
        elif path[1] == "clients":
            ids = ",".join(f'"{client_id}"' for client_id in streams)
            self.wfile.write(f"[{ids}]".encode())
        elif path[1] == "stream":
            streams[path[2]] = self.wfile
            self.connection.recv(1)  # until the client goes
        else:
            for client_id, stream in list(streams.items()):
                data = [path[3]]
                if client_id.endswith("-2"):
                    data = self.server.spoil(path[3])
                for text in data:
                    stream.write(f"data: {text}\n\n".encode())
                    stream.flush()
            self.wfile.write(b"Ok")


class BadServerTest(unittest.TestCase):
    def load(self, spoil):
        server = BadServer(spoil)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            result = curl_load(3, 5, "http://127.0.0.1:%d" % server.server_port)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        return result

    def test_a_repeated_event_fails(self):
        result = self.load(lambda text: [text] * (2 if text.endswith("-3") else 1))
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertEqual(figure("repeated", result.stdout), 1)

    def test_a_changed_order_fails(self):
        held = []

        def spoil(text):
            if text.endswith("-3"):
                held.append(text)
                return []
            return [text] + ([held.pop()] if held else [])

        result = self.load(spoil)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertEqual(figure("out of order", result.stdout), 1)
        self.assertEqual(figure("deliveries", result.stdout), 15)

    def test_a_lost_event_fails(self):
        """One takes the place of another, so that the count is right."""
        result = self.load(lambda text: [re.sub("-3$", "-4", text)])
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertEqual(figure("lost", result.stdout), 1)
        self.assertEqual(figure("repeated", result.stdout), 1)

    def test_no_server_is_said(self):
        result = curl_load(1, 1, "http://127.0.0.1:1")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no server at http://127.0.0.1:1", result.stderr)

    def test_wrong_usage_is_said(self):
        for arguments in ((), (1,), (0, 1), ("x", 1), (1, 1, "http://x", 1)):
            self.assertEqual(curl_load(*arguments).returncode, 64)


if __name__ == "__main__":
    unittest.main()
