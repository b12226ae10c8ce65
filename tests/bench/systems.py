"""The servers that tests/bench/run compares, and the load that each gets.

All servers share one core and bench-load has another.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).resolve().parent / "peers"
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]


class System:
    """One of the servers that are compared; how to start it and talk to it."""

    def __init__(self, name, command, stream, publish, topic="", needs=()):
        self.name = name
        self.command = command  # with {port} and {folder}
        self.stream = stream  # the target of a plain stream
        self.targets = {"broadcast": publish}
        if topic:  # the query that names it
            self.targets["topic"] = publish + topic
        self.topic = topic
        self.missing = not (shutil.which(command[0]) and all(map(Path.exists, needs)))


def systems(with_peers):
    rivulet = os.environ.get("RIVULET_BIN", "build/rivulet")
    found = [
        System("floor", [ROOT / "build/bench-floor", "{port}"], "/", "/", "?"),
        System("rivulet", [ROOT / rivulet, "--port", "{port}"],
               "/stream/client-{}", "/publish", "?topic=bench"),
    ]
    if not with_peers:
        return found
    peers = [
        System("nchan", ["nginx", "-e", "{folder}/log", "-c", "{folder}/nginx.conf"],
               "/sub", "/pub", needs=[NCHAN]),
        System("bare node", ["node", PEERS / "bare.mjs", "{port}"], "/", "/"),
        System("better-sse", ["node", PEERS / "better-sse.mjs", "{port}"],
               "/", "/", needs=[PEERS / "node_modules/better-sse"]),
    ]
    for peer in peers:
        if peer.missing:
            print(f"skipped: {peer.name}; tests/bench/peers/setup installs it")
    return found + [peer for peer in peers if not peer.missing]


def start_on(core, command, **options):
    return subprocess.Popen(
        list(map(str, command)), text=True, bufsize=1,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}), **options)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    running = []

    def __init__(self, system):
        self.system = system
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory()
        names = {"port": self.port, "folder": self.folder.name}
        self.write_configuration(names)
        command = [str(word).format(**names) for word in system.command]
        nowhere = {name: subprocess.DEVNULL for name in ("stdin", "stdout", "stderr")}
        self.process = start_on(SERVER_CORE, command, **nowhere)
        self.running.append(self)
        self.wait_until_it_listens()

    def write_configuration(self, names):
        text = (PEERS / "nginx.conf").read_text()
        for name, value in names.items():
            text = text.replace("{%s}" % name, str(value))
        (Path(self.folder.name) / "nginx.conf").write_text(text)

    def wait_until_it_listens(self):
        give_up = time.monotonic() + 10
        while time.monotonic() < give_up and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self.wait_until_it_rests(give_up)
            except ConnectionRefusedError:
                time.sleep(0.02)
        sys.exit(f"{self.system.name} does not start")

    def wait_until_it_rests(self, give_up):
        """Its start is over when it takes no more CPU."""
        before = None
        while (now := self.cpu()) != before and time.monotonic() < give_up:
            before = now
            time.sleep(0.05)

    def processes(self):
        """The folders in /proc of the server and its children."""
        found = [Path(f"/proc/{self.process.pid}")]
        for folder in found:
            for children in folder.glob("task/*/children"):
                pids = children.read_text().split()
                found += [Path(f"/proc/{pid}") for pid in pids]
        return found

    def cpu(self):
        """Seconds, of all threads."""
        files = [file for folder in self.processes()
                 for file in folder.glob("task/*/schedstat")]
        return sum(int(file.read_text().split()[0]) for file in files) / 1e9

    def memory(self):
        """Bytes; what processes share counts for each in part."""
        total = 0
        for folder in self.processes():
            for line in (folder / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        return total

    def stop(self):
        for folder in reversed(self.processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(folder.name), signal.SIGKILL)
        self.process.wait()
        self.folder.cleanup()
        self.running.remove(self)


class Load:
    """bench-load with streams of one server."""

    def __init__(self, server, topic=""):
        self.server = server
        command = [ROOT / "build/bench-load", server.port, server.system.stream + topic]
        if server.system.name == "floor":
            command.append("--frames")
        self.process = start_on(LOAD_CORE, command, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE)

    def do(self, command):
        """Its answer, and the CPU of the server meanwhile."""
        before = self.server.cpu()
        self.process.stdin.write(command + "\n")
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"bench-load failed at {self.server.system.name}: {command}")
        return {**json.loads(line), "server": self.server.cpu() - before}

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
