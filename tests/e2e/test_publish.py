"""POST /publish: the body is the data of one event."""

import subprocess
import unittest

from publisher import (
    OpenBody,
    chunk,
    post,
    post_bytes,
    receipt,
    sequence,
)
from rivulet import DEADLINE, RivuletTest, publish_target, request_bytes, wait_until


class BodyTest(RivuletTest):
    def setUp(self):
        self.server = self.serve()
        self.ana = self.server.stream("ana").wait_for_greeting()

    def test_the_answer_has_the_id_of_the_event_and_who_received_it(self):
        bob = self.server.stream("bob").wait_for_greeting()
        for target, receivers in (("/publish", 2), ("/publish/ana", 1)):
            answer = post(self.server, "hi", target)
            self.assertEqual(answer.get("Cache-Control"), "no-store")
            self.assertEqual(answer.get("Access-Control-Allow-Origin"), "*")
            said = receipt(answer)
            event = self.ana.next_event()
            self.assertEqual(event, ("message", "hi", said["id"]))
            self.assertEqual(said, {"id": said["id"], "receivers": receivers})
        self.assertEqual(bob.next_event().data, "hi")
        self.server.publish("marker")
        self.assertEqual(bob.next_event().data, "marker")

    def test_ids_go_up_by_one_whoever_publishes(self):
        connection = self.server.connect()
        ids = [
            receipt(post(connection, "a"))["id"],
            receipt(post(self.server, "b", "/publish?topic=nobody-listens"))["id"],
            receipt(post(connection, "c", "/publish/ana"))["id"],
        ]
        self.server.publish("d")
        received = [self.ana.next_event() for _ in range(3)]
        self.assertEqual([e.last_id for e in received][:2], [ids[0], ids[2]])
        ids.append(received[2].last_id)
        first = sequence(ids[0])
        self.assertEqual([sequence(i) for i in ids], list(range(first, first + 4)))
        self.assertEqual(len({i.partition("-")[0] for i in ids}), 1)

    def test_nobody_under_an_id_is_404_and_takes_no_id(self):
        before = sequence(receipt(post(self.server, "a"))["id"])
        self.assert_error(post(self.server, "b", "/publish/nobody"), 404)
        after = sequence(receipt(post(self.server, "c"))["id"])
        self.assertEqual(after, before + 1)
        self.assertEqual(self.ana.next_event().data, "a")
        self.assertEqual(self.ana.next_event().data, "c")

    def test_to_nobody_at_all_is_published_all_the_same(self):
        said = receipt(post(self.server, "a", "/publish?topic=empty"))
        self.assertEqual(said["receivers"], 0)
        self.assertIsNotNone(said["id"])

    def test_any_content_type_is_data_as_it_is(self):
        for content_type in (
            None,
            "text/plain",
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/octet-stream",
            "text/event-streams",
            "x-text/event-stream",
            "no type at all",
        ):
            headers = {"Content-Type": content_type} if content_type else {}
            data = '{"a": [1, 2]} data: x&y=%41+b 🎉'
            receipt(post(self.server, data, headers=headers))
            self.assertEqual(self.ana.next_event().data, data, content_type)

    def test_all_line_ends_split_lines_and_add_no_field(self):
        for data, lines in (
            ("a\nb", ["a", "b"]),
            ("a\rb", ["a", "b"]),
            ("a\r\nb", ["a", "b"]),
            ("a\n\rb", ["a", "", "b"]),
            ("a\r\r\n\nb", ["a", "", "", "b"]),
            ("\n", ["", ""]),
            ("a\r\n", ["a", ""]),
            ("a\n\nevent: x\ndata: y\n\n", ["a", "", "event: x", "data: y", "", ""]),
            ("a\rid: 7\rretry: 1\r: c", ["a", "id: 7", "retry: 1", ": c"]),
            ("\ufeffa", ["\ufeffa"]),
            (" a", [" a"]),
        ):
            with self.subTest(data):
                before = len(self.ana.content)
                event_id = receipt(post(self.server, data))["id"]
                event = self.ana.next_event()
                self.assertEqual(event, ("message", "\n".join(lines), event_id))
                wire = "".join(f"data: {line}\n" for line in lines)
                wire += f"id: {event_id}\n\n"
                self.assertEqual(self.ana.content[before:], wire.encode())

    def test_an_empty_body_is_an_event_with_empty_data(self):
        requests = (
            post_bytes(""),
            request_bytes("/publish", "POST"),
            request_bytes("/publish", "POST", headers={"Transfer-Encoding": "chunked"})
            + b"0\r\n\r\n",
        )
        for request in requests:
            with self.server.connect() as connection:
                connection.send(request)
                event_id = receipt(connection.read_response())["id"]
            self.assertEqual(self.ana.next_event(), ("message", "", event_id))

    def test_event_and_retry_set_those_fields(self):
        for query, kind, fields in (
            ("event=tick", "tick", "event: tick\n"),
            ("event=two%20words", "two words", "event: two words\n"),
            ("event=a+b", "a b", "event: a b\n"),
            ("event=%C3%A9%3A%3D", "é:=", "event: é:=\n"),
            ("event=" + "x" * 128, "x" * 128, "event: " + "x" * 128 + "\n"),
            ("event=", "message", ""),
            ("retry=1234", "message", "retry: 1234\n"),
            ("retry=0", "message", "retry: 0\n"),
            ("retry=86400000", "message", "retry: 86400000\n"),
            ("retry=", "message", ""),
            ("event=a&retry=5", "a", "event: a\nretry: 5\n"),
            ("retry=5&other=x&event=a&event=b", "b", "event: b\nretry: 5\n"),
        ):
            with self.subTest(query):
                before = len(self.ana.content)
                event_id = receipt(post(self.server, "x", "/publish?" + query))["id"]
                self.assertEqual(self.ana.next_event(), (kind, "x", event_id))
                wire = f"{fields}data: x\nid: {event_id}\n\n"
                self.assertEqual(self.ana.content[before:], wire.encode())

    def test_a_client_id_is_percent_decoded(self):
        stream = self.server.stream("a/b é").wait_for_greeting()
        receipt(post(self.server, "x", "/publish/a%2Fb%20%C3%A9"))
        self.assertEqual(stream.next_event().data, "x")

    def test_a_client_may_be_named_status(self):
        stream = self.server.stream("status").wait_for_greeting()
        receipt(post(self.server, "x", "/publish/status"))
        self.assertEqual(stream.next_event().data, "x")

    def test_put_is_as_good_as_post(self):
        for target in ("/publish", "/publish/ana", "/publish?event=x"):
            said = receipt(post(self.server, target, target, method="PUT"))
            event = self.ana.next_event()
            self.assertEqual((event.data, event.last_id), (target, said["id"]))

    def test_without_history_the_id_is_null(self):
        server = self.serve("--history-events", "0")
        bob = server.stream("bob").wait_for_greeting()
        said = receipt(post(server, "x"))
        self.assertEqual(said, {"id": None, "receivers": 1})
        self.assertEqual(bob.next_event(), ("message", "x", ""))


class ConnectionTest(RivuletTest):
    """How the requests of publishers come in."""

    def setUp(self):
        self.server = self.serve()
        self.ana = self.server.stream("ana").wait_for_greeting()

    def test_many_over_one_connection(self):
        connection = self.server.connect()
        for n in range(200):
            receipt(post(connection, str(n)))
            self.assertEqual(self.ana.next_event().data, str(n))

    def test_a_pipeline_is_published_and_answered_in_order(self):
        connection = self.server.connect()
        requests = []
        for n in range(600):
            requests += [
                post_bytes(f"post {n}"),
                post_bytes(f"nobody {n}", "/publish/nobody"),
                request_bytes(publish_target(f"get {n}")),
            ]
        connection.send(b"".join(requests))
        for n in range(600):
            said = receipt(connection.read_response())
            self.assertEqual(connection.read_response().status, 404)
            self.assertEqual(connection.read_response().body, b"Ok")
            self.assertEqual(
                self.ana.next_event(), ("message", f"post {n}", said["id"])
            )
            self.assertEqual(self.ana.next_event().data, f"get {n}")

    def test_bodies_in_chunks_cut_anywhere(self):
        body = "aé🎉\r\n" * 3 + "end"
        encoded = body.encode()
        for size in (1, 2, 3, 7, len(encoded)):
            pieces = [encoded[at : at + size] for at in range(0, len(encoded), size)]
            with OpenBody(self.server, headers={}) as request:
                for piece in pieces:
                    request.send(piece)
                receipt(request.finish())
            self.assertEqual(self.ana.next_event().data, body.replace("\r", ""))

    def test_a_body_byte_by_byte(self):
        request = post_bytes("slow\ndata")
        connection = self.server.connect()
        for at in range(len(request)):
            connection.send(request[at : at + 1])
        receipt(connection.read_response())
        self.assertEqual(self.ana.next_event().data, "slow\ndata")

    def test_an_event_is_not_published_before_its_body_has_ended(self):
        request = post_bytes("whole")
        connection = self.server.connect()
        connection.send(request[:-1])
        self.server.publish("first")
        connection.send(request[-1:])
        receipt(connection.read_response())
        self.assertEqual(self.ana.next_event().data, "first")
        self.assertEqual(self.ana.next_event().data, "whole")

    def test_a_body_that_is_cut_is_not_published(self):
        for end in ("close", "reset", "half_close"):
            for request in (
                post_bytes("cut" * 100)[:-1],
                request_bytes(
                    "/publish", "POST", headers={"Transfer-Encoding": "chunked"}
                )
                + chunk("cut"),
            ):
                connection = self.server.connect()
                connection.send(request)
                getattr(connection, end)()
        wait_until(
            lambda: self.server.descriptors() <= self.server.descriptors_at_start + 4,
            "the end of the publishers",
        )
        self.server.publish("marker")
        self.assertEqual(self.ana.next_event().data, "marker")

    def test_http_1_0(self):
        body = b"old"
        with self.server.connect() as connection:
            answer = connection.request(
                "/publish", "POST", version="1.0", body=body,
                headers={"Content-Length": len(body)},
            )
            receipt(answer)
            self.assertEqual(connection.read_to_end(), b"")
        self.assertEqual(self.ana.next_event().data, "old")

    def test_connection_close_is_obeyed(self):
        with self.server.connect() as connection:
            answer = post(connection, "x", headers={"Connection": "close"})
            receipt(answer)
            self.assertIn("close", answer.tokens("Connection"))
            self.assertEqual(connection.read_to_end(), b"")

    def expect(self, target, body=b"hi", **headers):
        """Sends a head that waits for 100 Continue, and no body yet."""
        connection = self.server.connect()
        headers = {"Content-Length": len(body), **headers, "Expect": "100-continue"}
        connection.send(request_bytes(target, "POST", headers=headers))
        return connection, connection.read_head()

    def test_who_expects_100_continue_is_told_to_go_on(self):
        for target in ("/publish", "/publish/ana", "/publish?topic=a"):
            connection, interim = self.expect(target)
            self.assertEqual((interim.status, interim.fields), (100, []))
            connection.send(b"hi")
            receipt(connection.read_response())
        self.assertEqual(self.ana.next_event().data, "hi")
        self.assertEqual(self.ana.next_event().data, "hi")

    def test_who_expects_100_continue_is_refused_at_once(self):
        """And the connection closes: nobody knows whether the body comes."""
        too_long = b"x" * 65537
        for target, body, status in (
            ("/publish?retry=soon", b"hi", 400),
            ("/publish?topic=a%20b", b"hi", 400),
            ("/publish/a%00", b"hi", 400),
            ("/publish/" + "x" * 129, b"hi", 400),
            ("/publish/ana?topic=a", b"hi", 400),
            ("/publish", too_long, 413),
            ("/publish/ana", too_long, 413),
        ):
            with self.subTest(target):
                connection, head = self.expect(target, body)
                self.assertEqual(head.status, status)
                self.assertIn("close", head.tokens("Connection"))
                length = int(head.get("Content-Length"))
                self.assertEqual(len(connection.read_to_end()), length)
        self.server.publish("marker")
        self.assertEqual(self.ana.next_event().data, "marker")


class CurlTest(RivuletTest):
    """The command lines that people write."""

    def setUp(self):
        self.server = self.serve()
        self.ana = self.server.stream("ana").wait_for_greeting()

    def curl(self, *arguments, input=b""):
        """Arguments that start with a slash are targets of the server."""
        command = ["curl", "-sS", "--noproxy", "*", "--max-time", str(DEADLINE)]
        for argument in arguments:
            slash = argument.startswith("/")
            command.append(
                f"http://{self.server.address}{argument}" if slash else argument
            )
        run = subprocess.run(command, input=input, capture_output=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout.decode()

    def test_data_on_the_command_line(self):
        self.assertIn('"receivers":1}', self.curl("-d", "hi there", "/publish"))
        self.assertEqual(self.ana.next_event().data, "hi there")

    def test_a_file_as_it_is(self):
        data = "two\nlines é\n" * 1000  # more than 1 KiB: old curls send Expect
        self.curl("--data-binary", "@-", "/publish/ana", input=data.encode())
        self.assertEqual(self.ana.next_event().data, data)

    def test_an_upload_of_unknown_length(self):
        answer = self.curl("-T", "-", "/publish?event=up", input=b"piped\nin")
        self.assertIn('"receivers":1}', answer)
        event = self.ana.next_event()
        self.assertEqual((event.type, event.data), ("up", "piped\nin"))

    def test_an_upload_that_expects_100_continue(self):
        answer = self.curl(
            "-T", "-", "-H", "Expect: 100-continue", "--expect100-timeout", "60",
            "-w", "%{http_code}", "/publish", input=b"x" * 65536)
        self.assertTrue(answer.endswith("200"), answer)
        self.assertEqual(len(self.ana.next_event().data), 65536)

    def test_a_refusal_is_shown(self):
        self.assertEqual(
            self.curl("-d", "x", "/publish/nobody"),
            "no client is connected under this id\n",
        )


if __name__ == "__main__":
    unittest.main()
