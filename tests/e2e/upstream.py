"""https://upstream.example/events: another server of events, that of two and no
more, for one program of these tests.
"""

import ssl
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from proxy import make_certificate


class Upstream:
    def __init__(self):
        with tempfile.TemporaryDirectory() as folder:
            make_certificate(Path(folder))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{folder}/certificate", f"{folder}/key")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Events)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def curl_options(self):
        """How curl finds it by its name, as lines of a .curlrc."""
        port = self._server.server_address[1]
        return f'connect-to = "upstream.example:443:127.0.0.1:{port}"\ninsecure\n'

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class Events(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b": two\n\nid: 1\ndata: one\n\nid: 2\ndata: two\n\n")

    def log_message(self, *_):
        pass
