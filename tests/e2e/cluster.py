"""Several instances of the server on one Redis.

    class SomethingTest(ClusterTest):
        def test_it_goes_across(self):
            a, b = self.instances(2)
            ana = b.stream("ana").wait_for_greeting()
            event_id = publish(a, "hi", "/publish/ana")
            self.assertEqual(ana.next_event(), ("message", "hi", event_id))

What rivulet.py checks at the end of a test holds for each instance. There is
one Redis for each test, self.redis, unless the test wants another.
"""

import contextlib
import json
import re
import signal
import threading
import time

from prometheus import scrape
from publisher import post, post_bytes, post_events
from redis_server import RedisServer
from rivulet import RivuletTest, Server, batches, wait_until
from valve import Valve

ID = re.compile(r"[1-9][0-9]*-[0-9]+")
PAUSE = 0.02  # of a publisher that was sent away


class Instance(Server):
    def __init__(self, url, *arguments, ready=True, **options):
        """`url` may be "": then it stands elsewhere."""
        super().__init__(*(["--redis", url] if url else []), *arguments, **options)
        if not ready:
            self.descriptors_at_start += 4  # of its connections to Redis
            return
        try:
            self.wait_until_ready()
        except BaseException:
            self.kill()
            raise
        self.descriptors_at_start = self.descriptors()

    def ready(self):
        return self.request("/readyz", address=self.admin).status == 200

    def wait_until_ready(self):
        wait_until(self.ready, lambda: f"readiness; log:\n{self.log.text}")

    def wait_until_away(self):
        wait_until(lambda: not self.ready(), "an instance that misses Redis")

    def metric(self, name):
        return scrape(self)[name]

    def wait_until_alone(self):
        """Others may still have clients, and Redis may be away."""
        wait_until(lambda: self.metric("rivulet_streams") == 0, "no stream")


class ClusterTest(RivuletTest):
    def setUp(self):
        self.redis = self.redis_server()

    def redis_server(self, *options, **named):
        redis = RedisServer(*options, **named)
        self.addCleanup(redis.stop)
        return redis.start()

    def valve(self):
        valve = Valve(self.redis.port)
        self.addCleanup(valve.stop)
        return valve

    def instance(self, *arguments, url=None, **options):
        url = self.redis.url() if url is None else url
        server = Instance(url, *arguments, **options)
        self.addCleanup(server.stop)
        return server

    def instances(self, count, *arguments, **options):
        return [self.instance(*arguments, **options) for _ in range(count)]

    def assert_away(self, answer):
        """What they hear who need Redis now."""
        self.assert_error(answer, 503)
        self.assertRegex(answer.get("Retry-After"), r"\A[1-9][0-9]*\Z", answer)
        return answer

    def assert_events(self, stream, *events):
        """These (data, id) come next."""
        for event in events:
            self.assertEqual(stream.next_event(), ("message", *event))

    def assert_gap(self, stream, after=None):
        """A gap comes next; returns (after, before, id)."""
        event = stream.next_event()
        self.assertEqual(event.type, "gap", event)
        said = json.loads(event.data)
        self.assertEqual(said.keys(), {"after", "before"})
        if after is not None:
            self.assertEqual(said["after"], after)
        return said["after"], said["before"], event.last_id


@contextlib.contextmanager
def stopped(instance):
    """It stands still, while the kernel goes on taking what is sent to it."""
    instance.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        instance.send_signal(signal.SIGCONT)


def place(event_id):
    """Where an event stands in the order of all."""
    return tuple(map(int, event_id.split("-")))


def receipt(answer):
    """What the answer to one event, or to a body of them, says."""
    if answer.status != 200 or answer.get("Content-Type") != "application/json":
        raise AssertionError(f"publish answered {answer}")
    said = json.loads(answer.body)
    if not ID.fullmatch(said["id"]) or said["receivers"] is not None:
        raise AssertionError(f"not the answer of an instance on Redis: {said}")
    return said


def publish(where, data, target="/publish", **options):
    """The id that Redis has given to the event."""
    return receipt(post(where, data, target, **options))["id"]


def publish_all(where, texts, target="/publish"):
    """As one body; the id of the last."""
    texts = list(texts)
    body = "".join(f"data: {text}\n\n" for text in texts)
    said = receipt(post_events(where, body, target))
    if said["events"] != len(texts):
        raise AssertionError(f"{len(texts)} events published: {said}")
    return said["id"]


def resume(server, last, target="/stream"):
    return server.connect().open_stream(target, headers={"Last-Event-ID": last})


def wait_for_id(stream, event_id):
    """Until this event is the last that it has got."""
    stream.wait_for(
        lambda: stream.events[-1:] and stream.events[-1].last_id == event_id,
        f"the event {event_id}")


class Publisher(threading.Thread):
    """Publishes texts over one connection, some at once. Who is sent away with
    a 503 tries again: so a text may be there twice, once with nobody's answer."""

    def __init__(self, server, texts, at_once=50):
        super().__init__(daemon=True)
        self._connection = server.connect()
        self._texts = list(texts)
        self._at_once = at_once
        self.answered = {}  # id: text
        self.refused = 0
        self.fault = None

    def run(self):
        try:
            for batch in batches(self._texts, self._at_once):
                while batch:
                    batch = self._publish(batch)
        except BaseException as fault:
            self.fault = fault

    def _publish(self, batch):
        """Those of them that were refused."""
        self._connection.send(b"".join(map(post_bytes, batch)))
        refused, latest = [], (0, 0)
        for text in batch:
            answer = self._connection.read_response()
            if answer.status == 503 and answer.get("Retry-After"):
                refused.append(text)
                continue
            event_id = receipt(answer)["id"]
            if place(event_id) <= latest or event_id in self.answered:
                raise AssertionError(f"{event_id} was answered after {latest}")
            latest = place(event_id)
            self.answered[event_id] = text
        self.refused += len(refused)
        if refused:
            time.sleep(PAUSE)
        return refused

    @property
    def done(self):
        if self.fault:
            raise self.fault
        return not self.is_alive()
