"""Publishes bodies: one event, or a stream of events that stays open.

    post(server, "hello", "/publish/ana")             # Response
    receipt(post(server, "hello"))                    # {"id": …, "receivers": …}
    with OpenBody(server) as body:                    # text/event-stream
        body.send("data: one\\n\\n")
        body.send("data: two\\n\\n")
        receipt(body.finish())                        # {"events": 2, …}
"""

import json
import re

from rivulet import request_bytes

EVENT_STREAM = {"Content-Type": "text/event-stream"}
ID = re.compile(r"[0-9a-f]+-[1-9][0-9]*")


def as_bytes(text):
    return text.encode() if isinstance(text, str) else bytes(text)


def post_bytes(body, target="/publish", method="POST", headers=()):
    body = as_bytes(body)
    headers = {**dict(headers), "Content-Length": len(body)}
    return request_bytes(target, method, headers=headers, body=body)


def post(where, body, target="/publish", method="POST", headers=()):
    """Sends a body of known length to a server or over a connection."""
    body = as_bytes(body)
    headers = {**dict(headers), "Content-Length": len(body)}
    return where.request(target, method, headers=headers, body=body)


def post_events(where, body, target="/publish"):
    return post(where, body, target, headers=EVENT_STREAM)


def chunk(data):
    data = as_bytes(data)
    return b"%x\r\n%s\r\n" % (len(data), data)


def receipt(answer):
    """What a publish that worked has answered."""
    if answer.status != 200 or not answer.get("Content-Type").startswith(
        "application/json"
    ):
        raise AssertionError(f"publish answered {answer}")
    said = json.loads(answer.body)
    if said["id"] is not None and not ID.fullmatch(said["id"]):
        raise AssertionError(f"not an id: {said}")
    return said


def sequence(event_id):
    """Where an event stands in the order of all."""
    return int(event_id.rpartition("-")[2])


class OpenBody:
    """A request whose chunked body goes on until finish()."""

    def __init__(self, server, target="/publish", headers=EVENT_STREAM, **options):
        self.connection = server.connect()
        headers = {**dict(headers), "Transfer-Encoding": "chunked"}
        head = request_bytes(target, "POST", headers=headers, **options)
        self.connection.send(head)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, data):
        """One chunk."""
        self.connection.send(chunk(data))

    def finish(self):
        self.connection.send(b"0\r\n\r\n")
        return self.connection.read_response()
