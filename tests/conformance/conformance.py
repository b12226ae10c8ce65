"""What the cases of this folder have in common.

A case is a method of a test class, or a row of a table that becomes one:

    REFUSED = [
        ("9112 3.2", "no Host in HTTP/1.1", raw(GET)),
    ]

    @table("check_refused", REFUSED)
    class HostTest(ConformanceTest): ...

adds test_9112_3_2_no_host_in_http_1_1, which calls check_refused(raw(GET)).
The first column is the document (an RFC's number, or html for the HTML
standard) and the section in it; the second says what is so. Where a case asks
for more than its section does, because Rivulet promises more, a comment says
so.

A class has one server, and on it a stream, the witness, that sees every event:
what is sent as a refused request ends with a publish that hides in it, and a
case fails when the witness sees that.
"""

import itertools
import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "e2e"))

from rivulet import RivuletTest, Server, request_bytes  # noqa: E402

GET = "GET /livez HTTP/1.1"
POST = "POST /clients HTTP/1.1"
HOST = "Host: rivulet.test"
LENGTH = "Content-Length: "
CODING = "Transfer-Encoding: "
SMUGGLED = request_bytes("/publish/status/smuggled")
BYTE_BY_BYTE_UP_TO = 1000  # bytes; longer requests are sent in one piece


def raw(*lines):
    """Lines, and the empty line that ends a head. As Latin-1: é is one byte."""
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def head(line, *fields):
    """A request head with a Host field."""
    return raw(line, HOST, *fields)


def chunked(*pieces):
    """A body of these chunks, whole and right, without trailers."""
    lines = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return lines + b"0\r\n\r\n"


def name_of(section, sentence):
    words = re.findall(r"[a-z0-9]+", f"{section} {sentence}".lower())
    return "_".join(["test", *words])


def table(check, rows):
    """Gives a class a test method for each row; see above."""

    def add_to(cls):
        for section, sentence, *arguments in rows:

            def test(self, arguments=arguments):
                getattr(self, check)(*arguments)

            name = name_of(section, sentence)
            assert not hasattr(cls, name), f"{name} is there twice"
            test.__name__ = name
            setattr(cls, name, test)
        return cls

    return add_to


def deliveries(request):
    """The ways to send a request: in one piece, and byte by byte."""
    yield [request]
    if len(request) <= BYTE_BY_BYTE_UP_TO:
        yield [request[at : at + 1] for at in range(len(request))]


class ConformanceTest(RivuletTest):
    OPTIONS = ()  # of the server of this class

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.OPTIONS)
        cls.addClassCleanup(cls.server.stop)
        cls.witness = cls.server.stream("witness").wait_for_greeting()
        cls.markers = itertools.count(1)

    def setUp(self):
        self.seen()  # and forget it: it is the fault of the case before

    def ask(self, request, method="GET"):
        """The answer to these bytes, on a connection of their own."""
        with self.server.connect() as connection:
            connection.send(request)
            return connection.read_response(method)

    def seen(self):
        """What the witness received since the last call."""
        marker = f"marker {next(self.markers)}"
        self.server.publish(marker)
        events = []
        while not events or events[-1] != marker:
            events.append(self.witness.next_event().data)
        return events[:-1]

    def assert_refused(self, connection, statuses):
        """One error in one line, then a FIN; nothing behind it is served."""
        answer = connection.read_response()
        self.assertIn(answer.status, statuses, answer)
        self.assert_error(answer, answer.status)
        self.assertIn("close", answer.tokens("Connection"))
        self.assertEqual(connection.read_to_end(), b"")
        self.assertEqual(self.seen(), [])

    # -- what a row of a table is checked with

    def check_refused(self, request, *statuses):
        """One of these statuses (400 when none is named), and a close."""
        for pieces in deliveries(request + SMUGGLED):
            with self.server.connect() as connection:
                for piece in pieces:
                    connection.send(piece)
                self.assert_refused(connection, statuses or (400,))

    def check_answered(self, request, *statuses):
        """These statuses, in this order, and the connection stays usable."""
        for pieces in deliveries(request):
            with self.server.connect() as connection:
                for piece in pieces:
                    connection.send(piece)
                for status in statuses:
                    answer = connection.read_response()
                    self.assertEqual(answer.status, status, answer)
                    if status >= 400:
                        self.assert_error(answer, status)
                self.assertEqual(connection.request("/livez").body, b"ok")
        self.assertEqual(self.seen(), [])

    def check_published(self, target, *data):
        """GET of the target is a publish of this data, to everyone."""
        answer = self.ask(head(f"GET {target} HTTP/1.1"))
        self.assertEqual((answer.status, answer.body), (200, b"Ok"), target)
        self.assertEqual(self.seen(), list(data))
