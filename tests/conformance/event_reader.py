"""Reads an event stream as the HTML standard has it (section 9.2.6).

As a browser does, so kinder than the parser of the other tests: it takes all
three line ends and passes over fields that it does not know. What a test wants
to know beyond that, it looks up in `lines`.
"""

import re
from typing import NamedTuple


class Dispatched(NamedTuple):
    type: str
    data: str
    last_id: str


class EventReader:
    def __init__(self, content):
        text = bytes(content).decode("utf-8", "replace").removeprefix("\ufeff")
        self.lines = re.split("\r\n|\n|\r", text)
        self.unfinished = self.lines.pop()  # of the last line, which has no end
        self.events = []
        self.retry = None
        self._type = self._data = self._last_id = ""
        for line in self.lines:
            self._take(line)

    def _take(self, line):
        if line == "":
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data += value + "\n"
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._last_id = value
        elif name == "retry" and re.fullmatch("[0-9]+", value, re.ASCII):
            self.retry = int(value)

    def _dispatch(self):
        if self._data:
            data = self._data.removesuffix("\n")
            self.events.append(
                Dispatched(self._type or "message", data, self._last_id)
            )
        self._type = self._data = ""
