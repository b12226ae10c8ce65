"""A real Redis for the tests, which may be killed, stopped, and emptied.

    redis = RedisServer()                      # its file is synced at each write
    redis("XLEN", "rivulet:events")            # 3
    redis.kill(); redis.start()                # on the same port, with its data
    with redis.stopped(): ...                  # SIGSTOP, SIGCONT
    redis.url(), redis.unix_url(database=2)

It listens on a port and on a unix socket in a folder of its own, and keeps an
append-only file there. RIVULET_TEST_REDIS names another server, such as
valkey-server. Whoever speaks to it here speaks by a RESP client of 40 lines,
over the unix socket, so that the port is all the server's under test.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

from proxy import free_port
from rivulet import DEADLINE, wait_until

# Where to sync a file takes no time. It outlives Redis there as well.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
PROGRAM = os.environ.get("RIVULET_TEST_REDIS", "redis-server")


class RedisError(Exception):
    """What Redis answered with a minus in front."""


class Resp:
    """One connection that speaks RESP2, one command at a time."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DEADLINE)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._input = self._socket.makefile("rb")

    def close(self):
        self._input.close()
        self._socket.close()

    def __call__(self, *words):
        encoded = [word if isinstance(word, bytes) else str(word).encode()
                   for word in words]
        self._socket.sendall(b"*%d\r\n" % len(encoded) + b"".join(
            b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded))
        answer = self._read()
        if isinstance(answer, RedisError):
            raise answer
        return answer

    def _read(self):
        line = self._input.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"+":
            return rest
        if kind == b"-":
            return RedisError(rest)
        if kind == b":":
            return int(rest)
        size = int(rest)
        if size < 0:
            return None
        if kind == b"*":
            return [self._read() for _ in range(size)]
        return self._input.read(size + 2)[:-2].decode()


class RedisServer:
    """`fsync` is appendfsync: always, everysec; or no for no file at all. With
    `password` it must be given by who comes, with `user` under that name.
    `folder` is where it has its own; None: where temporary files are."""

    def __init__(self, *options, fsync="always", user=None, password=None,
                 folder=IN_MEMORY):
        self._folder = tempfile.TemporaryDirectory(prefix="redis", dir=folder)
        self.folder = Path(self._folder.name)
        self.port = free_port()
        self.socket = self.folder / "socket"
        self.user, self.password = user, password
        self._options = [*_file_options(fsync), *_login_options(user, password),
                         *options]
        self._process = None
        self._resp = None

    # -- where it is

    def url(self, database=None, port=None):
        path = "" if database is None else f"/{database}"
        return f"redis://{self._login()}127.0.0.1:{port or self.port}{path}"

    def unix_url(self, database=None):
        query = "" if database is None else f"?db={database}"
        return f"redis+unix://{self._login()}{self.socket}{query}"

    def _login(self):
        if self.password is None:
            return ""
        name = quote(self.user or "", safe="")
        return f"{name}:{quote(self.password, safe='')}@"

    # -- its life

    def start(self):
        self._process = subprocess.Popen(
            [PROGRAM, "--port", str(self.port), "--bind", "127.0.0.1",
             "--unixsocket", str(self.socket), "--dir", str(self.folder),
             "--logfile", str(self.folder / "log"), "--save", "", *self._options],
            stdin=subprocess.DEVNULL)
        wait_until(self._answers, lambda: f"{PROGRAM} to start: {self.log()}")
        return self

    def _answers(self):
        if self._process.poll() is not None:
            raise AssertionError(f"{PROGRAM} exited: {self.log()}")
        try:
            return self("PING") == "PONG"
        except (OSError, RedisError):  # not there yet; or it loads its file
            return False

    def log(self):
        file = self.folder / "log"
        return file.read_text()[-2000:] if file.exists() else ""

    def kill(self):
        """SIGKILL: what it had not written is gone."""
        self._hang_up()
        if self._process:
            self._process.kill()
            self._process.wait()

    def forget(self):
        """While it is dead: it will start empty."""
        for entry in self.folder.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)

    def restart(self):
        self.kill()
        self.start()

    @contextlib.contextmanager
    def stopped(self):
        """It stands still, as a machine does that swaps."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self):
        self.kill()
        self._folder.cleanup()

    def cpu(self):
        """Seconds that it has taken so far, of all its threads."""
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(file.read_text().split()[0]) for file in threads) / 1e9

    # -- asking

    def __call__(self, *words):
        """What it answers to a command."""
        if self._resp is None:
            self._resp = Resp(self.socket)
            if self.password is not None and words[0] != "AUTH":
                self("AUTH", *([self.user] if self.user else []), self.password)
        try:
            return self._resp(*words)
        except OSError:
            self._hang_up()
            raise

    def _hang_up(self):
        if self._resp is not None:
            self._resp.close()
            self._resp = None


def _file_options(fsync):
    if fsync == "no":
        return ["--appendonly", "no"]
    return ["--appendonly", "yes", "--appendfsync", fsync]


def _login_options(user, password):
    if user:  # who gives no name may do nothing
        return ["--user", "default", "off", "--user", user, "on", f">{password}",
                "~*", "&*", "+@all"]
    return ["--requirepass", password] if password is not None else []
