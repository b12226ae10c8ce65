"""What a server says on stderr, as text and as parsed lines."""

import json
import os
import re
import select
import threading

from waiting import DEADLINE, wait_until

_LOGFMT_PAIR = re.compile(r'([\w.-]+)=("(?:\\.|[^"\\])*"|\S*)')


class Log:
    """The server's stderr. A thread keeps the pipe empty; who looks takes what
    waits there first, so that each line is seen that was written before."""

    def __init__(self, pipe):
        self._pipe = pipe
        self._raw = bytearray()
        self._ended = False
        self._lock = threading.Lock()
        os.set_blocking(pipe.fileno(), False)
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self):
        with self._pipe:
            waiting = select.poll()
            waiting.register(self._pipe, select.POLLIN)
            while not self._take_waiting():
                waiting.poll()

    def _take_waiting(self):
        """True when the pipe has come to its end."""
        with self._lock:
            try:
                while not self._ended:
                    piece = os.read(self._pipe.fileno(), 1 << 16)
                    self._keep(piece)
                    self._ended = not piece
            except BlockingIOError:
                pass
            return self._ended

    def _keep(self, piece):
        self._raw += piece

    @property
    def raw(self):
        self._take_waiting()
        return bytes(self._raw)

    @property
    def text(self):
        return self.raw.decode("utf-8", "backslashreplace")

    def join(self):
        """Waits for its end."""
        self._thread.join(DEADLINE)

    def lines(self, **fields):
        """Log lines as dicts, those whose fields have the given values."""
        whole_lines = self.text.split("\n")[:-1]
        parsed = [self.parse(line) for line in whole_lines]
        return [p for p in parsed if fields.items() <= p.items()]

    def wait_for(self, **fields):
        """The first line with these fields, as soon as it is there."""
        return wait_until(
            lambda: self.lines(**fields), lambda: f"log line {fields} in\n{self.text}"
        )[0]

    @staticmethod
    def parse(line):
        """A line of either format, all values as text."""
        if line.startswith("{"):
            return {name: str(value) for name, value in json.loads(line).items()}
        pairs = {}
        for name, value in _LOGFMT_PAIR.findall(line):
            quoted = value.startswith('"')
            pairs[name] = re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value
        return pairs
