"""A checkout as a reader has one, and a terminal in it, for what README.md shows.

    with Checkout() as checkout, Terminal(checkout, names) as terminal:
        for command in commands:
            terminal.run(command)
        terminal.finish()
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from console import LISTENING, matches
from redis_server import PROGRAM as REDIS
from rivulet import DEADLINE, REPOSITORY, SANITIZER_REPORT, Connection, binary
from upstream import Upstream

# They trace, and nothing can look for leaks in what is traced.
TRACERS = {"strace": ["strace", "-o", "/dev/null", "true"],
           "gdb": ["gdb", "-batch", "-nx", "-ex", "run", "true"]}
ENDS = re.compile(r"kill %(\d)$")
TELLS_THE_SERVER = re.compile(r"kill -(HUP|USR2)\b")


class Checkout:
    """A folder that looks like the repository after `make`, with the binary under
    test; beside it the folders of the machine, and programs to start with."""

    def __init__(self):
        self._upstream = Upstream()
        self._folder = tempfile.TemporaryDirectory(prefix="readme")
        top = Path(self._folder.name).resolve()
        self.folder, self.root, self._bin = (
            top / name for name in ("rivulet", "root", "bin"))
        self.programs = f"{self._bin}:{self.root}/usr/sbin:{os.environ['PATH']}"

    def __enter__(self):
        for folder in ("run/redis", "etc/rivulet", "etc/redis", "usr/sbin"):
            (self.root / folder).mkdir(parents=True)
        (self.folder / "build").mkdir(parents=True)
        self._bin.mkdir()
        for entry in REPOSITORY.iterdir():
            if entry.name not in ("build", ".git"):
                (self.folder / entry.name).symlink_to(entry)
        for place in (self.folder / "build", self.root / "usr/sbin"):
            shutil.copy(binary()[-1], place / "rivulet")
        # At a terminal curl shows no progress; here it must be told.
        (self._bin / ".curlrc").write_text(
            "silent\nshow-error\n" + self._upstream.curl_options)
        self._program("sudo", '"$@"')
        self._program("make", f'make -C {REPOSITORY} --no-print-directory "$@"')
        self._program("redis-server", f'{REDIS} --port "$REDIS_PORT" --save "" "$@"')
        self._program("redis-cli", 'redis-cli -p "$REDIS_PORT" "$@"')
        return self

    def __exit__(self, *_):
        self._upstream.stop()
        self._folder.cleanup()

    def _program(self, name, command):
        first, _, rest = command.partition(" ")
        real = first if first == '"$@"' else shutil.which(first)
        if real:  # else it is missing, as it is on the machine
            (self._bin / name).write_text(f"#!/bin/sh\nexec {real} {rest}\n")
            (self._bin / name).chmod(0o755)

    def environment(self):
        ours = {name: value for name, value in os.environ.items()
                if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        return {**ours, "PATH": self.programs, "CURL_HOME": str(self._bin),
                "RIVULET_BIN": binary()[-1], "no_proxy": "*"}

    def write(self, name, text):
        """A file below the folder, but not in what is the repository's."""
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder):
            raise AssertionError(f"{name} would be a file of the repository")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def missing_tool(self, commands):
        """The first program that a command starts with or pipes to and that is
        not here, or that may not do here what it is for; None when all are."""
        text = "\n".join(command.text for command in commands)
        known = set(subprocess.run(["bash", "-c", "compgen -bk"], text=True,
                                   capture_output=True).stdout.split())
        known.update(re.findall(r"(\w+)\(\)", text))
        start = r"(?:^|\| )(?:\w+=\S* )*(?:sudo )?([a-z][\w.-]*)(?= |$)"
        for program in re.findall(start, text, re.MULTILINE):
            if program not in known and not self._works(program):
                return program
        return None

    def _works(self, program):
        if not shutil.which(program, path=self.programs):
            return False
        trial = TRACERS.get(program, ["true"])
        return subprocess.run(trial, capture_output=True).returncode == 0


class Job:
    """A command that stays running."""

    def __init__(self, command, group, output, names):
        self.command = command
        self.group = group  # of its processes
        self._output = output
        self._names = names

    @property
    def raw(self):
        return self._output.read_text(errors="backslashreplace")

    @property
    def lines(self):
        return self._names.shown(self.raw).split("\n")

    @property
    def as_shown(self):
        return matches(self.command.expected, self.lines)

    @property
    def ended(self):
        try:
            os.killpg(self.group, 0)
        except ProcessLookupError:
            return True
        return False

    @property
    def under_way(self):
        """Its first bytes are there; and a server takes what it is sent."""
        raw = self.raw
        if not self.command.expected or self.ended:
            return True
        if not self.command.serves:
            return raw != ""
        address = re.search(rf"{LISTENING} address=(\S+).*\n", raw)
        return address is not None and self._ready(address[1])

    def _ready(self, address):
        if "--redis" not in self.command.text:
            return True
        with Connection(address) as connection:
            return connection.request("/readyz").status != 503

    def signal(self, number):
        try:
            os.killpg(self.group, number)
        except ProcessLookupError:
            pass


class Terminal:
    """One bash for the commands of one block."""

    _END = "end of command"

    def __init__(self, checkout, names, environment=()):
        self._names = names
        self._folder = tempfile.TemporaryDirectory()
        self._jobs = []
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # its own, not the commands'
            cwd=checkout.folder,
            env={**checkout.environment(), **dict(environment)},
            start_new_session=True,
        )
        os.set_blocking(self._bash.stdout.fileno(), False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for job in self._jobs:
            job.signal(signal.SIGKILL)
        os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.wait()
        self._bash.stdin.close()
        self._bash.stdout.close()
        self._folder.cleanup()

    def run(self, command):
        if command.stays_running:
            job = self._start(command)
            self._wait(lambda: job.under_way, command)
        elif command.serves:
            job = self._start(command)
            self._let_it_say_all(job)
            self._check(command, job.lines)
            self._end(job)
            self._jobs.remove(job)
        else:
            self._before_the_end(ENDS.match(command.text))
            said = self._said()
            self._check(command, self._names.shown(self._do(command)).split("\n"))
            if TELLS_THE_SERVER.match(command.text):
                self._wait(lambda: self._said() != said, command)

    def finish(self):
        """What was left running has printed what is shown, and ends well."""
        for job in self._jobs:
            self._let_it_say_all(job)
            self._check(job.command, job.lines)
        for job in reversed(self._jobs):
            self._end(job)

    def _before_the_end(self, of_job):
        """A client that is about to be killed has what is shown."""
        job = self._jobs[int(of_job[1]) - 1] if of_job else None
        if job and not job.command.serves:
            self._let_it_say_all(job)

    def _said(self):
        return [len(job.raw) for job in self._jobs]

    def _do(self, command):
        """What it prints."""
        text = shlex.quote(self._names.real(command.text))
        return self._type(f"eval {text} </dev/null 2>&1", command)

    def _start(self, command):
        text = self._names.real(command.text.removesuffix(" &"))
        output = Path(self._folder.name, f"line-{command.line}")
        # With -m it has a group of its own, and takes Ctrl-C; bash would tell of
        # its end, too, but not when -m is over by then.
        group = self._type(
            f"set -m; eval {shlex.quote(text + ' &')} </dev/null >{output} 2>&1; "
            "set +m; jobs -p %%", command)
        if not group.strip().isdigit():
            raise AssertionError(f"line {command.line}: `{command.text}` does not start")
        self._jobs.append(Job(command, int(group), output, self._names))
        return self._jobs[-1]

    def _end(self, job):
        """Ends it. A server must end as it should."""
        job.signal(signal.SIGINT if job.command.serves else signal.SIGTERM)
        if not job.command.serves:
            return
        self._wait(lambda: job.ended, job.command)
        status = self._type(f"wait {job.group}; echo $?", job.command).strip()
        # make says that it was interrupted.
        expected = ("130", "2") if job.command.text.startswith("make") else ("0",)
        if status not in expected or SANITIZER_REPORT.search(job.raw):
            raise AssertionError(
                f"line {job.command.line}: `{job.command.text}` ends with {status}:\n"
                + job.raw)

    @staticmethod
    def _let_it_say_all(job):
        give_up = time.monotonic() + DEADLINE
        while not (job.as_shown or job.ended or time.monotonic() > give_up):
            time.sleep(0.01)

    def _type(self, line, command):
        """What a line prints."""
        self._bash.stdin.write(f"{line}; printf '\\n%s\\n' '{self._END}'\n".encode())
        self._bash.stdin.flush()
        mark = f"\n{self._END}\n".encode()
        printed = bytearray()

        def ended():
            printed.extend(self._bash.stdout.read() or b"")
            return printed.endswith(mark) or self._bash.poll() is not None

        self._wait(ended, command)
        return printed.removesuffix(mark).decode()

    def _wait(self, condition, command):
        give_up = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > give_up:
                raise AssertionError(
                    f"line {command.line}: `{command.text}` is not done "
                    f"after {DEADLINE:g} s (is it to stay running? end it in ` &`)"
                )
            time.sleep(0.01)

    def _check(self, command, lines):
        if not matches(command.expected, lines):
            raise AssertionError(
                f"line {command.line}: `{command.text}` prints\n"
                + "\n".join(lines)
                + "\nand not, as shown,\n"
                + "\n".join(command.expected)
            )
