"""A real nginx in front of the server, with the site file that is shipped.

The file is used as it is, but for what each machine sets: ports, the name and
the certificate, which is made here.
"""

import re
import signal
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path

import rivulet
from rivulet import REPOSITORY, wait_until

SITE = REPOSITORY / "scripts" / "nginx" / "rivulet.conf"
MAIN = """
daemon off;
pid {folder}/pid;
error_log {folder}/log warn;
worker_processes 2;
worker_rlimit_nofile 8192;
{main}
events {{ worker_connections 4096; }}
http {{
  access_log {folder}/access;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  include {folder}/site;
}}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def make_certificate(folder):
    """folder/key and folder/certificate, for localhost."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", folder / "key",
         "-out", folder / "certificate"],
        check=True, capture_output=True,
    )


class Proxy:
    """nginx for the server at `address`; stop() when done.

    `main` are more lines of its main file, `changes` more of the site's, by
    pattern.
    """

    def __init__(self, address, main="", changes=()):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self.folder.chmod(0o755)  # its workers have another user
        self.port = free_port()
        make_certificate(self.folder)
        site = self._site(address, free_port(), dict(changes))
        (self.folder / "site").write_text(site)
        (self.folder / "conf").write_text(MAIN.format(folder=self.folder, main=main))
        self._process = subprocess.Popen(
            ["nginx", "-p", self.folder, "-e", self.folder / "log",
             "-c", self.folder / "conf"],
            stderr=subprocess.PIPE,
        )
        wait_until(self._listens, lambda: f"nginx: {self.log()}")

    def _site(self, address, plain_port, changes):
        changes = {
            **changes,
            r"127\.0\.0\.1:3000": address,
            r"listen 80;": f"listen 127.0.0.1:{plain_port};",
            r"listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            r" *listen \[::\]:.*\n": "",
            r"example\.org": "localhost",
            r"/var/log/nginx/access\.log": str(self.folder / "access"),
            r"/etc/ssl/certs/[^;]*": str(self.folder / "certificate"),
            r"/etc/ssl/private/[^;]*": str(self.folder / "key"),
        }
        site = SITE.read_text()
        for pattern, text in changes.items():
            site, count = re.subn(pattern, text, site)
            if count == 0:
                raise AssertionError(f"{SITE} has no {pattern}")
        return site

    def _listens(self):
        if self._process.poll() is not None:
            raise AssertionError(f"nginx ended: {self._process.stderr.read()}")
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def log(self):
        return (self.folder / "log").read_text()

    def workers(self):
        """The process numbers of those that take connections."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return set(children.read_text().split())

    def reload(self):
        """Until none of the workers of before takes connections."""
        before = self.workers()
        self._process.send_signal(signal.SIGHUP)

        def renewed():
            new = self.workers() - before
            return len(new) == 2 and all(self._accepting(one) for one in new)

        wait_until(renewed, "new workers of nginx")

    def replace_workers(self, meanwhile):
        """Reloads, calls `meanwhile` once there are new workers, and waits until
        the old ones have ended; streams need a worker_shutdown_timeout in `main`
        for that."""
        before = self.workers()
        self.reload()
        meanwhile()
        wait_until(
            lambda: not self.workers() & before, "the end of nginx's old workers"
        )

    @staticmethod
    def _accepting(worker):
        title = Path(f"/proc/{worker}/cmdline").read_text()
        return "shutting down" not in title and "worker process" in title

    def connect(self):
        """A TLS connection, to speak HTTP/1.1 on."""
        connection = rivulet.Connection(f"127.0.0.1:{self.port}")
        context = ssl.create_default_context(cafile=self.folder / "certificate")
        connection.socket = context.wrap_socket(
            connection.socket, server_hostname="localhost"
        )
        return connection

    def curl(self, target, *options):
        """What curl prints for a request over HTTP/2."""
        return subprocess.run(
            self._curl(target, *options), check=True, capture_output=True
        ).stdout

    def start_curl(self, target, *options):
        """The same while it goes on, each byte as it comes."""
        return subprocess.Popen(
            self._curl(target, "-N", *options), stdout=subprocess.PIPE
        )

    def _curl(self, target, *options):
        return [
            "curl", "-sS", "--http2", "--max-time", str(rivulet.DEADLINE),
            "--cacert", self.folder / "certificate",
            *options, f"https://localhost:{self.port}{target}",
        ]

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(rivulet.DEADLINE)
        self._process.stderr.close()
        self._folder.cleanup()
