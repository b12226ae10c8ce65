"""SSE in, SSE out: a body of text/event-stream, each event published at once."""

import codecs
import contextlib
import os
import signal
import subprocess
import unittest

from crowd import Crowd
from publisher import (
    EVENT_STREAM,
    OpenBody,
    post,
    post_bytes,
    post_events,
    receipt,
    sequence,
)
from rivulet import RivuletTest, publish_target, request_bytes, wait_until

BOM = codecs.BOM_UTF8.decode()


class OpenBodyTest(RivuletTest):
    """A chunked body that stays open."""

    def setUp(self):
        self.server = self.serve()
        self.ana = self.server.stream("ana").wait_for_greeting()

    def test_events_appear_while_the_body_is_open(self):
        with OpenBody(self.server) as body:
            for n in range(20):
                body.send(f"data: {n}\n\n")
                self.assertEqual(self.ana.next_event().data, str(n))
            said = receipt(body.finish())
        last = self.ana.events[-1].last_id
        self.assertEqual(said, {"events": 20, "id": last, "receivers": 20})

    def test_an_event_appears_at_its_blank_line_whatever_comes_next(self):
        """After a CR nobody waits for the LF that may belong to it."""
        for end in ("\n\n", "\r\r", "\r\n\r\n", "\r\n\r", "\n\r\n", "\r\n\n", "\n\r"):
            with OpenBody(self.server) as body:
                body.send("data: one" + end)
                self.assertEqual(self.ana.next_event().data, "one")
                body.send("data: two" + end)
                self.assertEqual(self.ana.next_event().data, "two")
                self.assertEqual(receipt(body.finish())["events"], 2)

    def test_an_event_byte_by_byte(self):
        with OpenBody(self.server) as body:
            for byte in f"{BOM}: c\r\nevent: é\r\ndata: 🎉\r\ndata:\r\n\r\n".encode():
                body.send(bytes([byte]))
            event = self.ana.next_event()
            self.assertEqual((event.type, event.data), ("é", "🎉\n"))
            self.assertEqual(receipt(body.finish())["events"], 1)

    def test_other_publishes_go_in_between(self):
        with OpenBody(self.server) as one, OpenBody(self.server) as other:
            for body, data in ((one, "1"), (other, "2"), (None, "3"), (one, "4")):
                if body:
                    body.send(f"data: {data}\n\n")
                else:
                    self.server.publish(data)
                self.assertEqual(self.ana.next_event().data, data)
            self.assertEqual(receipt(one.finish())["events"], 2)
            self.assertEqual(receipt(other.finish())["events"], 1)

    def test_the_whole_body_goes_to_one_client_or_to_topics(self):
        bob = self.server.stream("bob").wait_for_greeting()
        with OpenBody(self.server, "/publish/bob") as body:
            body.send("data: 1\n\ndata: 2\n\n")
            self.assertEqual(receipt(body.finish())["receivers"], 2)
        listener = self.server.connect().open_stream("/stream?topic=a")
        listener.wait_for_greeting()
        said = receipt(post_events(self.server, "data: 3\n\n", "/publish?topic=a"))
        self.assertEqual(said["receivers"], 1)
        self.server.publish("marker")
        self.assertEqual([bob.next_event().data for _ in range(3)], ["1", "2", "marker"])
        self.assertEqual([listener.next_event().data for _ in range(2)], ["3", "marker"])
        self.assertEqual(self.ana.next_event().data, "marker")

    def test_a_client_who_comes_and_goes_meanwhile(self):
        """What nobody was there for is not published, and takes no id."""
        with OpenBody(self.server, "/publish/bob") as body:
            body.send("data: too early\n\n")
            self.server.publish("marker")  # so the one before has been read
            self.assertEqual(self.ana.next_event().data, "marker")
            bob = self.server.stream("bob").wait_for_greeting()
            body.send("data: in time\n\n")
            event = bob.next_event()
            self.assertEqual(event.data, "in time")
            said = receipt(body.finish())
        self.assertEqual(said["id"], event.last_id)
        self.assertEqual(said["receivers"], 1)
        first = sequence(self.ana.events[0].last_id)
        self.assertEqual(sequence(event.last_id), first + 1)

    def test_events_for_nobody_at_all_are_404(self):
        answer = post_events(self.server, "data: x\n\n", "/publish/nobody")
        self.assert_error(answer, 404)

    def test_a_publisher_that_is_cut_has_published_what_was_complete(self):
        for end in ("close", "reset", "half_close"):
            with OpenBody(self.server) as body:
                body.send("data: whole\n\ndata: half")
                self.assertEqual(self.ana.next_event().data, "whole")
                getattr(body.connection, end)()
                self.server.publish("marker")
                self.assertEqual(self.ana.next_event().data, "marker")
        wait_until(
            lambda: self.server.descriptors() <= self.server.descriptors_at_start + 1,
            "the end of the publishers",
        )

    def test_sigterm_ends_an_open_body_with_an_answer(self):
        server = self.serve("--drain-timeout", "5s")
        bob = server.stream("bob").wait_for_greeting()
        with OpenBody(server) as body:
            body.send("data: before\n\ndata: half")
            self.assertEqual(bob.next_event().data, "before")
            server.send_signal(signal.SIGTERM)
            answer = body.connection.read_response()
            self.assert_error(answer, 503)
            self.assertIsNotNone(answer.get("Retry-After"))
            self.assertEqual(body.connection.read_to_end(), b"")
        bob.read_to_end()
        self.assertEqual(len(bob.events), 1)
        server.wait_for_exit()

    def test_many_open_bodies_at_once(self):
        with contextlib.ExitStack() as stack:
            bodies = [stack.enter_context(OpenBody(self.server)) for _ in range(100)]
            for n, body in enumerate(bodies):
                body.send(f"data: {n}\n\n")
                self.assertEqual(self.ana.next_event().data, str(n))
            for body in bodies:
                self.assertEqual(receipt(body.finish())["events"], 1)

    def test_a_long_silence_is_no_fault(self):
        """Unlike in the body of one event, which has to go on."""
        server = self.serve("--header-timeout", "100ms", "--keepalive-timeout", "100ms")
        bob = server.stream("bob").wait_for_greeting()
        with OpenBody(server) as body, OpenBody(server, headers={}) as single:
            body.send("data: a\n\n")
            single.send("x")
            self.assert_error(single.connection.read_response(), 408)
            body.send("data: b\n\n")
            self.assertEqual(receipt(body.finish())["events"], 2)
        self.assertEqual([bob.next_event().data for _ in range(2)], ["a", "b"])


class FormatTest(RivuletTest):
    """What is an event and what is none."""

    def setUp(self):
        self.server = self.serve()
        self.ana = self.server.stream("ana").wait_for_greeting()

    def test_it_is_read_as_the_standard_reads_it(self):
        for body, events in (
            ("data: a\n\n", [("message", "a")]),
            ("data: a\r\rdata: b\r\n\r\n", [("message", "a"), ("message", "b")]),
            (BOM + "data: a\n\n", [("message", "a")]),
            (BOM + BOM + "data: a\n\ndata: b\n\n", [("message", "b")]),
            ("data: a\n\n" + BOM + "data: b\n\n", [("message", "a")]),
            (": comment\ndata: a\n: data: b\n\n", [("message", "a")]),
            (":" + "c" * 200_000 + "\n\ndata: a\n\n", [("message", "a")]),
            ("x" * 200_000 + ": y\ndata: a\n\n", [("message", "a")]),
            ("data\n\n", [("message", "")]),
            ("data:\n\n", [("message", "")]),
            ("data: \n\n", [("message", "")]),
            ("data\ndata\n\n", [("message", "\n")]),
            ("data:a\ndata:  b\n\n", [("message", "a\n b")]),
            (" data: a\n\ndata : b\n\nDATA: c\n\ndatas: d\n\n", []),
            ("event: x\n\ndata: a\n\n", [("message", "a")]),
            ("event: x\nevent: y\ndata: a\n\ndata: b\n\n", [("y", "a"), ("message", "b")]),
            ("data: a\nevent: x\n\n", [("x", "a")]),
            ("event: x\nevent\ndata: a\n\n", [("message", "a")]),
            ("event:  x \ndata: a\n\n", [(" x ", "a")]),
            ("\n\n\n\r\n\rdata: a\n\n\n\n", [("message", "a")]),
            ("data: a\n\ndata: b", [("message", "a")]),
            ("data: a\n\ndata: b\n", [("message", "a")]),
            ("", []),
            ("\n", []),
            (BOM, []),
        ):
            with self.subTest(body[:60]):
                said = receipt(post_events(self.server, body))
                self.assertEqual(said["events"], len(events))
                received = [self.ana.next_event() for _ in events]
                self.assertEqual([e[:2] for e in received], events)
                last = received[-1].last_id if received else None
                self.assertEqual(said["id"], last)
        self.server.publish("marker")
        self.assertEqual(self.ana.next_event().data, "marker")

    def test_ids_and_waits_of_another_server_stay_behind(self):
        """They are about the connection that they came over."""
        before = len(self.ana.content)
        body = "id: 7\nretry: 1\ndata: a\n\nretry: 2\n\nid\n\ndata: b\n\n"
        said = receipt(post_events(self.server, body))
        self.assertEqual(said["events"], 2)
        events = [self.ana.next_event() for _ in range(2)]
        wire = "".join(f"data: {e.data}\nid: {e.last_id}\n\n" for e in events)
        self.assertEqual(self.ana.content[before:], wire.encode())

    def test_the_query_sets_fields_that_an_event_does_not_set(self):
        before = len(self.ana.content)
        body = "data: a\n\nevent: own\ndata: b\n\n"
        receipt(post_events(self.server, body, "/publish?event=tick&retry=9"))
        events = [self.ana.next_event() for _ in range(2)]
        self.assertEqual([e.type for e in events], ["tick", "own"])
        wire = "".join(
            f"event: {e.type}\nretry: 9\ndata: {e.data}\nid: {e.last_id}\n\n"
            for e in events
        )
        self.assertEqual(self.ana.content[before:], wire.encode())

    def test_the_type_may_have_parameters_and_any_case(self):
        for name in ("text/event-stream; charset=utf-8", "Text/Event-Stream",
                     "text/event-stream;x", "text/event-stream ;charset=UTF-8"):
            headers = {"Content-Type": name}
            answer = post(self.server, "data: a\n\n", headers=headers)
            self.assertEqual(receipt(answer)["events"], 1, name)
            self.assertEqual(self.ana.next_event().data, "a")

    def test_a_fault_says_how_many_events_went_before(self):
        good = "".join(f"data: {n}\n\n" for n in range(3)).encode()
        for bad, status, words in (
            (b"data: \xff\n\n", 400, "UTF-8"),
            (b"data: a\0\n\n", 400, "NUL"),
            (b"data: " + b"x" * 65537 + b"\n\n", 413, "max-event-bytes"),
        ):
            body = good + bad + b"data: never\n\n"
            answer = post_events(self.server, body)
            self.assert_error(answer, status)
            for word in (words, "event 4", "published before it: 3"):
                self.assertIn(word, answer.text)
            self.server.publish("marker")
            data = [self.ana.next_event().data for _ in range(4)]
            self.assertEqual(data, ["0", "1", "2", "marker"])

    def test_a_fault_ends_an_open_body(self):
        with OpenBody(self.server) as body:
            body.send("data: a\n\n")
            self.assertEqual(self.ana.next_event().data, "a")
            body.send(b"data: \xc0\n\n")
            answer = body.connection.read_response()
            self.assert_error(answer, 400)
            self.assertIn("close", answer.tokens("Connection"))
            self.assertEqual(body.connection.read_to_end(), b"")

    def test_a_bad_chunk_ends_it_and_nothing_half_is_published(self):
        with OpenBody(self.server) as body:
            body.send("data: a\n\ndata: b\n")
            self.assertEqual(self.ana.next_event().data, "a")
            body.connection.send(b"zz\r\n\n")
            self.assert_error(body.connection.read_response(), 400)
        self.server.publish("marker")
        self.assertEqual(self.ana.next_event().data, "marker")


class LargeBodyTest(RivuletTest):
    def test_more_than_a_turn_of_the_loop_delivers(self):
        """Two million deliveries from one body; a probe is answered between."""
        server = self.serve()
        events, streams = 4000, 500
        body = "".join(f"data: {n}\n\n" for n in range(events))
        with Crowd(server, [f"c{n}" for n in range(streams)]) as crowd:
            crowd.expect(*map(str, range(events)))
            publisher, probe = server.connect(), server.connect()
            publisher.send(post_bytes(body, headers=EVENT_STREAM))
            self.assertEqual(probe.request("/livez").body, b"ok")
            crowd.wait()
            said = receipt(publisher.read_response())
        self.assertEqual(said["events"], events)
        self.assertEqual(said["receivers"], events * streams)

    def test_a_pipeline_behind_a_large_body_is_served_after_it(self):
        server = self.serve()
        body = "".join(f"data: {n}\n\n" for n in range(2000))
        with Crowd(server, [f"c{n}" for n in range(100)]) as crowd:
            crowd.expect(*map(str, range(2000)), "after")
            connection = server.connect()
            connection.send(post_bytes(body, headers=EVENT_STREAM)
                            + request_bytes(publish_target("after")))
            self.assertEqual(receipt(connection.read_response())["events"], 2000)
            self.assertEqual(connection.read_response().body, b"Ok")
            crowd.wait()


class PipeTest(RivuletTest):
    """One server's stream is another's publisher, with nothing but curl."""

    def setUp(self):
        self.upstream = self.serve()
        self.server = self.serve()
        self.ana = self.server.stream("ana").wait_for_greeting()

    def pipe(self, source, target):
        """Starts the pipe; it is ended with the test."""
        command = (
            'curl -sSN --noproxy "*" "$0" | curl -sS --noproxy "*" -T - '
            "-H 'Content-Type: text/event-stream' \"$1\""
        )
        pipe = subprocess.Popen(
            ["sh", "-c", command, f"http://{self.upstream.address}{source}",
             f"http://{self.server.address}{target}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.addCleanup(pipe.stdout.close)
        self.addCleanup(pipe.wait)
        self.addCleanup(self.end, pipe)
        return pipe

    @staticmethod
    def end(pipe):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pipe.pid, signal.SIGTERM)

    def test_events_go_through_with_names_and_lines(self):
        self.pipe("/stream/pipe", "/publish")
        self.upstream.wait_for_clients(["pipe"])
        for name, data in (("", "plain"), ("tick", "two\nlines"), ("é", " 🎉 ")):
            receipt(post(self.upstream, data, "/publish?event=" + name))
            event = self.ana.next_event()
            self.assertEqual(event[:2], (name or "message", data))

    def test_the_end_of_the_source_ends_the_publish_with_a_summary(self):
        pipe = self.pipe("/stream/pipe", "/publish/ana")
        self.upstream.wait_for_clients(["pipe"])
        for n in range(3):
            self.upstream.publish(str(n))
            self.assertEqual(self.ana.next_event().data, str(n))
        self.upstream.terminate()
        printed = pipe.stdout.read().decode()
        self.assertIn('{"events":3,"id":', printed)
        self.assertIn('"receivers":3}', printed)


if __name__ == "__main__":
    unittest.main()
