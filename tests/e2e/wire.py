"""What a server puts on the wire, taken apart strictly.

Every reader here is fed bytes in pieces of any size and raises WireError for
what the standards, or Rivulet's own promises, do not allow: a test must never
be kinder than a browser or a proxy. No sockets in here.
"""

import codecs
import re
from dataclasses import dataclass, field
from typing import NamedTuple


class WireError(AssertionError):
    """The server sent something that it must not send."""


# ---------------------------------------------------------------- responses

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2}) ([ -~]*)")
_FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([ -~\t]*?)[ \t]*")


@dataclass
class Head:
    """Status line and fields of one response."""

    version: str
    status: int
    reason: str
    fields: list = field(default_factory=list)

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def get(self, name):
        """The value of a field that may stand there once; None if absent."""
        values = self.all(name)
        if len(values) > 1:
            raise WireError(f"{name} is there {len(values)} times: {values}")
        return values[0] if values else None

    def tokens(self, name):
        """The comma-separated values of a field, in lower case."""
        listed = ",".join(self.all(name)).lower()
        return [t.strip() for t in listed.split(",") if t.strip()]


@dataclass
class Response(Head):
    body: bytes = b""

    @property
    def text(self):
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError:
            raise WireError(f"the body is not UTF-8: {self}") from None


def parse_head(block):
    """Head from the bytes before the empty line."""
    status_line, *field_lines = bytes(block).split(b"\r\n")
    match = _STATUS_LINE.fullmatch(status_line)
    if not match:
        raise WireError(f"bad status line: {status_line!r}")
    head = Head("1." + match[1].decode(), int(match[2]), match[3].decode())
    for line in field_lines:
        match = _FIELD_LINE.fullmatch(line)
        if not match:
            raise WireError(f"bad field line: {line!r}")
        head.fields.append((match[1].decode(), match[2].decode()))
    return head


def take_head(buffer):
    """Cuts one head off the front of a bytearray; None while it is short."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = parse_head(buffer[:end])
    del buffer[: end + 4]
    return head


# ------------------------------------------------------------------- bodies
# A body is fed bytes and returns those of the content. `done` says that its
# end was reached, `rest` holds what came after that.


class LengthBody:
    def __init__(self, length):
        self._missing = length
        self.done = length == 0
        self.rest = b""

    def feed(self, data):
        content, self.rest = data[: self._missing], data[self._missing :]
        self._missing -= len(content)
        self.done = self._missing == 0
        return content

    def end_of_input(self):
        if not self.done:
            raise WireError(f"closed with {self._missing} body bytes missing")


class CloseDelimitedBody:
    done = False
    rest = b""

    def feed(self, data):
        return data

    def end_of_input(self):
        self.done = True


class ChunkedBody:
    """A chunk is handed out once it is whole; no extensions, no trailers."""

    _SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")

    def __init__(self):
        self._buffer = bytearray()
        self.done = False
        self.rest = b""

    def feed(self, data):
        buffer = self._buffer
        buffer += data
        content = []
        at = 0
        while not self.done:
            size_line = self._SIZE_LINE.match(buffer, at)
            if not size_line:
                self._check_partial_size_line(buffer[at:])
                break
            start = size_line.end()
            end = start + int(size_line[1], 16)
            if len(buffer) < end + 2:
                break
            if buffer[end : end + 2] != b"\r\n":
                raise WireError(f"chunk not ended by CRLF: {buffer[at:end+2]!r}")
            at = end + 2
            if start == end:
                self.done = True
                self.rest = bytes(buffer[at:])
            content.append(buffer[start:end])
        del buffer[:at]
        return b"".join(content)

    @staticmethod
    def _check_partial_size_line(partial):
        if not re.fullmatch(rb"(?:[0-9A-Fa-f]{1,8}\r?)?", partial):
            raise WireError(f"bad chunk size line: {bytes(partial[:40])!r}")

    def end_of_input(self):
        if not self.done:
            raise WireError("closed before the last chunk")


def body_of(head, method="GET"):
    """The body that follows this head, as RFC 9112 section 6.3 has it."""
    length = head.get("Content-Length")
    codings = head.tokens("Transfer-Encoding")
    if codings and (length is not None or head.version == "1.0"):
        raise WireError(f"Transfer-Encoding does not belong here: {head}")
    if head.status in (204, 304) or head.status < 200:
        if codings or length is not None:
            raise WireError(f"a {head.status} announces a body: {head}")
        return LengthBody(0)
    if method == "HEAD":
        return LengthBody(0)
    if codings:
        if codings != ["chunked"]:
            raise WireError(f"transfer coding {codings}")
        return ChunkedBody()
    if length is not None:
        if not re.fullmatch("[0-9]+", length):
            raise WireError(f"Content-Length: {length}")
        return LengthBody(int(length))
    return CloseDelimitedBody()


# ------------------------------------------------------------- event streams


class Event(NamedTuple):
    type: str
    data: str
    last_id: str


class EventParser:
    """text/event-stream as the HTML standard reads it.

    Stricter where Rivulet promises more: UTF-8 without faults, lines ended by
    LF only, no NUL, and no field that the standard does not know.
    """

    def __init__(self):
        self.events = []
        self.comments = []
        self.retry = None
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._partial_line = ""
        self._type = ""
        self._data = []
        self._last_id = ""

    def feed(self, content):
        try:
            text = self._decode(content)
        except UnicodeDecodeError as error:
            raise WireError(f"event stream is not UTF-8: {error}") from None
        if "\r" in text or "\0" in text:
            raise WireError(f"CR or NUL in an event stream: {text!r}")
        *lines, self._partial_line = (self._partial_line + text).split("\n")
        for line in lines:
            if not line:
                self._dispatch()
            elif line.startswith(":"):
                self.comments.append(line[1:])
            else:
                name, _, value = line.partition(":")
                self._set(name, value.removeprefix(" "), line)

    def _set(self, name, value, line):
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id":
            self._last_id = value
        elif name == "retry" and re.fullmatch("[0-9]+", value):
            self.retry = int(value)
        else:
            raise WireError(f"not a field of an event stream: {line!r}")

    def _dispatch(self):
        if self._data:
            self.events.append(
                Event(self._type or "message", "\n".join(self._data), self._last_id)
            )
        self._type, self._data = "", []

    @property
    def mid_event(self):
        """Whether the bytes so far stop in the middle of an event."""
        return bool(self._partial_line or self._data)
