"""What a client may be called, and several that have one name."""

import unittest

from broken_text import BROKEN_UTF_8
from rivulet import RivuletTest, path_part, publish_target


class ClientIdTest(RivuletTest):
    def setUp(self):
        self.server = self.serve()

    def test_ids_are_percent_decoded(self):
        for encoded, client_id in (
            ("1234", "1234"),
            ("%61na", "ana"),
            ("Jos%C3%A9", "José"),
            ("%F0%9F%8E%89", "🎉"),
            ("a%20b", "a b"),
            ("a+b", "a+b"),
            ("a%2Fb", "a/b"),
            ("a%2fb%2Fc", "a/b/c"),
            ("%2E%2E", ".."),
            ("a%3Fb%23c", "a?b#c"),
            ("50%25", "50%"),
            ("%22%5C%3C", '"\\<'),
            ("123e4567-e89b-42d3-a456-426614174000",) * 2,
        ):
            with self.subTest(encoded):
                stream = self.server.connect().open_stream("/stream/" + encoded)
                stream.wait_for_greeting()
                self.assertEqual(self.server.clients(), [client_id])
                self.server.publish("hi", to=client_id)
                self.assertEqual(stream.next_event().data, "hi")
                stream.close()
                self.server.wait_for_clients([])

    def test_an_id_has_up_to_128_bytes(self):
        for client_id in ("x" * 128, "é" * 64, "🎉" * 32):
            self.server.stream(client_id).wait_for_greeting()
            self.server.publish("hi", to=client_id)
        for client_id in ("x" * 129, "é" * 64 + "x", "🎉" * 33, "x" * 5000):
            answer = self.server.request("/stream/" + path_part(client_id))
            self.assert_error(answer, 400)
            answer = self.server.request(publish_target("x", to=client_id))
            self.assert_error(answer, 400)
        self.assertEqual(len(self.server.clients()), 3)

    def test_an_empty_id_is_refused(self):
        """It does not make the stream anonymous, nor a publish one to all."""
        bob = self.server.stream("bob").wait_for_greeting()
        for method, target in (
            ("GET", "/stream/"), ("POST", "/publish/"), ("PUT", "/publish/"),
            ("GET", "/stream/?topic=a"), ("POST", "/publish/?topic=a"),
            ("GET", "/publish//status/x"),
        ):
            answer = self.server.request(target, method)
            self.assertIn(answer.status, (400, 404))
            self.assert_error(answer, answer.status)
        self.server.publish("marker")
        self.assertEqual(bob.next_event().data, "marker")

    def test_control_characters_and_broken_utf_8_are_refused(self):
        controls = ("%00", "a%0Ab", "a%0D", "%09", "%1B", "%1F", "%7F", "%C2%85")
        for bad in controls + BROKEN_UTF_8:
            for target in (f"/stream/{bad}", f"/publish/{bad}/status/x"):
                with self.subTest(target):
                    self.assert_error(self.server.request(target), 400)
        self.assertEqual(self.server.clients(), [])


class SameIdTest(RivuletTest):
    """Several connections under one id."""

    def setUp(self):
        self.server = self.serve()
        self.older = self.server.stream("ana").wait_for_greeting()
        self.newer = self.server.stream("ana").wait_for_greeting()

    def assert_receives(self, *streams):
        for data, to in (("to one", "ana"), ("to all", None)):
            self.server.publish(data, to)
            for stream in streams:
                self.assertEqual(stream.next_event().data, data)

    def test_each_gets_everything_and_the_id_is_listed_once(self):
        self.assertEqual(self.server.clients(), ["ana"])
        self.assert_receives(self.older, self.newer)

    def test_closing_the_older_leaves_the_newer(self):
        self.older.close()
        self.server.log.wait_for(msg="stream-end", id="ana")
        self.assertEqual(self.server.clients(), ["ana"])
        self.assert_receives(self.newer)

    def test_closing_the_newer_leaves_the_older(self):
        self.newer.reset()
        self.server.log.wait_for(msg="stream-end", id="ana")
        self.assertEqual(self.server.clients(), ["ana"])
        self.assert_receives(self.older)

    def test_the_id_is_gone_with_the_last_one(self):
        self.older.close()
        self.newer.close()
        self.server.wait_for_clients([])
        third = self.server.stream("ana").wait_for_greeting()
        self.assert_receives(third)


if __name__ == "__main__":
    unittest.main()
