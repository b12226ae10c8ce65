"""Pages of other origins: what they may read, and that they may not publish."""

import unittest

from rivulet import RivuletTest, request_bytes, run_to_exit

APP = "https://app.example"
EVIL = "https://evil.example"


def browser(site, origin=None):
    return {"Sec-Fetch-Site": site, **({"Origin": origin} if origin else {})}


class CrossSitePublishTest(RivuletTest):
    def ask(self, server, headers, target="/publish/status/x", method="GET"):
        return server.request(target, method, headers=headers)

    def test_who_may_publish(self):
        own = "http://rivulet.test"  # as the harness's Host has it
        for headers, by_default, when_listed in (
            ({}, 200, 200),
            (browser("none"), 200, 200),
            (browser("same-origin", own), 200, 200),
            ({"Origin": own}, 200, 200),
            (browser("same-site", APP), 403, 200),
            (browser("cross-site", APP), 403, 200),
            ({"Origin": APP}, 403, 200),
            (browser("cross-site", EVIL), 403, 403),
            (browser("cross-site"), 403, 403),
            ({"Origin": EVIL}, 403, 403),
            ({"Origin": "null"}, 403, 403),
        ):
            with self.subTest(headers):
                for arguments, status in (
                    ((), by_default),
                    (("--allow-origin", f"http://a.example, {APP}"), when_listed),
                ):
                    server = self.serve(*arguments)
                    for target, method in (
                        ("/publish/status/x", "GET"),
                        ("/publish", "POST"),
                    ):
                        answer = self.ask(server, headers, target, method)
                        self.assertEqual(answer.status, status, answer)
                    if status == 403:
                        self.assert_error(answer, 403)
                        line = server.log.wait_for(msg="publish-refused")
                        self.assertEqual(line["reason"], "cross-site")
                    server.stop()

    def test_a_body_is_not_asked_for(self):
        server = self.serve()
        connection = server.connect()
        headers = {**browser("cross-site", EVIL), "Expect": "100-continue",
                   "Content-Length": 10}
        connection.send(request_bytes("/publish", "POST", headers=headers))
        self.assert_error(connection.read_response(), 403)
        self.assertEqual(connection.read_to_end(), b"")


class ReadingTest(RivuletTest):
    def shared(self, head):
        names = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
                 "Vary")
        return tuple(head.get(name) for name in names)

    def test_by_default_any_page_reads(self):
        server = self.serve()
        for headers in ({}, browser("cross-site", EVIL)):
            stream = server.stream("ana", headers=headers)
            self.assertEqual(self.shared(stream.head), ("*", None, None))
            answer = server.request("/clients", headers=headers)
            self.assertEqual(self.shared(answer), ("*", None, None))

    def test_with_a_list_its_pages_read(self):
        server = self.serve("--allow-origin", f"{APP} http://b.example:8080")
        for headers, expected in (
            (browser("cross-site", APP), (APP, "true", "Origin")),
            (browser("cross-site", EVIL), (None, None, "Origin")),
            ({}, (None, None, "Origin")),
        ):
            with self.subTest(headers):
                stream = server.stream("ana", headers=headers)
                self.assertEqual(self.shared(stream.head), expected)
                for target in ("/clients", "/clients/nobody", "/publish/status/%00"):
                    answer = server.request(target, headers=headers)
                    self.assertEqual(self.shared(answer), expected, target)

    def test_preflight(self):
        server = self.serve("--allow-origin", APP)
        for target, method in (
            ("/stream/ana", "GET"), ("/clients/ana", "DELETE"),
            ("/publish", "POST"), ("/publish/ana", "PUT"),
            ("/publish/status/x", "GET"),
        ):
            ask = {
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "authorization,last-event-id",
            }
            with self.subTest(target):
                answer = server.request(
                    target, "OPTIONS", headers={**ask, "Origin": APP}
                )
                self.assertEqual((answer.status, answer.body), (204, b""))
                self.assertEqual(self.shared(answer), (APP, "true", "Origin"))
                self.assertIn(
                    method.lower(), answer.tokens("Access-Control-Allow-Methods")
                )
                fields = answer.tokens("Access-Control-Allow-Headers")
                for field in ("authorization", "content-type", "last-event-id"):
                    self.assertIn(field, fields)
                answer = server.request(
                    target, "OPTIONS", headers={**ask, "Origin": EVIL}
                )
                self.assertEqual(self.shared(answer), (None, None, "Origin"))
                self.assertIsNone(answer.get("Access-Control-Allow-Methods"))

    def test_wrong_values_are_refused_at_start(self):
        for value in ("", "null", "example.com", "https://a/", "*,https://a"):
            with self.subTest(value):
                result = run_to_exit("--listen", "127.0.0.1:0", "--allow-origin", value)
                self.assertEqual(result.returncode, 64, result.stderr)
                self.assertIn("--allow-origin", result.stderr)


if __name__ == "__main__":
    unittest.main()
