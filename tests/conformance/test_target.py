"""RFC 9112 section 3.2 and 3.3, RFC 9110 section 4.2, RFC 3986.

The four forms of a request target, and what a URI means: percent-encoding,
UTF-8, path, query, equivalence.
"""

import unittest

from conformance import GET, HOST, ConformanceTest, head, raw, table


def get(target):
    return head(f"GET {target} HTTP/1.1")


REFUSED = [
    ("9112 3.2", "a space in the target", get("/livez x")),
    ("9112 3.2", "a control character in the target", get("/li\x01vez")),
    ("9112 3.2", "a DEL in the target", get("/livez\x7f")),
    ("9112 3.2", "a NUL in the target", get("/livez\0")),
    ("9112 3.2", "a bare LF in the target", get("/livez\nx")),
    ("9112 3.2.1", "a path without its slash", get("livez")),
    ("9112 3.2.1", "a query without a path", get("?x=1")),
    ("9110 4.2.1", "absolute form without a host", get("http:///livez")),
    ("9110 4.2.1", "absolute form with a port alone", get("http://:80/livez")),
    ("9110 4.2.4", "absolute form with a user", get("http://me@rivulet.test/livez")),
    ("9112 3.2.2", "absolute form with a bad port", get("http://rivulet.test:x/livez")),
    ("9112 3.2.2", "absolute form with one slash", get("http:/livez")),
    ("9112 3.2.2", "absolute form with a back slash", get("http://a\\@b/livez")),
    ("9112 3.2.2", "absolute form does not stand in for Host",
     raw("GET http://rivulet.test/livez HTTP/1.1")),
    ("9112 3.2.2", "absolute form does not excuse two Hosts",
     head("GET http://rivulet.test/livez HTTP/1.1", HOST)),
    # Only http and https name something here.
    ("9112 3.2.2", "absolute form with another scheme",
     get("ftp://rivulet.test/livez")),
    ("9112 3.2.2", "absolute form of a file", get("file:///etc/passwd")),
    ("9112 3.2.3", "authority form with GET", get("rivulet.test:80")),
    # Not handled here, so refused; section 9.3.6 of RFC 9110 leaves it open.
    ("9112 3.2.3", "CONNECT with authority form",
     head("CONNECT rivulet.test:80 HTTP/1.1"), 400, 405, 501),
    ("9112 3.2.4", "asterisk form with GET", get("*")),
    ("9112 3.2.4", "asterisk form with POST", head("POST * HTTP/1.1")),
    ("9112 3.2.4", "asterisk form with a query", head("OPTIONS *?x HTTP/1.1")),
    ("3986 3.5", "a fragment in a path", get("/livez#x")),
    ("3986 3.5", "a fragment in absolute form", get("http://rivulet.test/livez#x")),
    ("3986 3.5", "a fragment in a query", get("/livez?x#y")),
]

ANSWERED = [
    ("9112 3.2.1", "origin form", get("/livez"), 200),
    ("9112 3.2.1", "origin form with a query", get("/livez?x=1&y"), 200),
    ("9112 3.2.2", "absolute form", get("http://rivulet.test/livez"), 200),
    ("9112 3.2.2", "absolute form with a port",
     get("http://rivulet.test:80/livez"), 200),
    ("9112 3.2.2", "absolute form of an IPv6 address",
     get("http://[::1]:80/livez"), 200),
    ("9112 3.2.2", "absolute form with https", get("https://rivulet.test/livez"), 200),
    ("9112 3.2.2", "absolute form overrides Host",
     raw("GET http://rivulet.test/livez HTTP/1.1", "Host: other.test"), 200),
    ("9112 3.2.2", "absolute form of nothing here",
     get("http://rivulet.test/nope"), 404),
    ("9110 4.2.3", "the scheme is case insensitive",
     get("HTTP://rivulet.test/livez"), 200),
    ("9110 4.2.3", "an empty path in absolute form is a slash",
     get("http://rivulet.test"), 200),
    ("9110 4.2.3", "an empty path before a query is a slash",
     get("http://rivulet.test?x"), 200),
    # Fixed words are compared as they are sent, as Express compared them: an
    # encoded one is another path, so that two layers cannot differ about it.
    ("9110 4.2.3", "a fixed word of the path is not decoded", get("/%6Civez"), 404),
    ("9110 4.2.3", "the path is case sensitive", get("/LIVEZ"), 404),
    ("3986 3.3", "two slashes are another path", get("//livez"), 404),
    ("3986 3.3", "two slashes are no authority", get("//rivulet.test/livez"), 404),
    ("3986 3.4", "an empty query", get("/livez?"), 200),
    ("3986 3.4", "a query may hold slashes and question marks",
     get("/livez?/nope?/x"), 200),
    ("3986 2.2", "an encoded slash does not separate",
     get("/publish%2Fstatus%2Fx"), 404),
    ("3986 2.2", "an encoded question mark begins no query", get("/livez%3Fx"), 404),
    ("3986 5.2.4", "dot segments do not leave the root",
     get("/../../../etc/passwd"), 404),
    ("3986 5.2.4", "encoded dot segments do not leave the root",
     get("/%2e%2e/%2e%2e/etc/passwd"), 404),
    ("3986 5.2.4", "an encoded slash in dot segments",
     get("/..%2f..%2fetc%2fpasswd"), 404),
    ("3986 2.1", "a percent sign alone", get("/publish/status/%"), 400),
    ("3986 2.1", "a percent sign with one digit", get("/publish/status/a%4"), 400),
    ("3986 2.1", "a percent sign with other letters", get("/publish/status/%G0"), 400),
    ("3986 2.1", "a percent sign with a sign", get("/publish/status/%+1"), 400),
    ("3986 2.1", "a percent sign twice", get("/publish/status/%%41"), 400),
    ("3986 2.1", "the other encoding of old browsers",
     get("/publish/status/%u0041"), 400),
    # Ids and data are UTF-8, which RFC 3986 section 2.5 recommends only.
    ("3986 2.5", "a byte that is not UTF-8", get("/publish/status/%FF"), 400),
    ("3986 2.5", "an overlong slash", get("/publish/status/%C0%AF"), 400),
    ("3986 2.5", "a surrogate", get("/publish/status/%ED%A0%80"), 400),
    ("3986 2.5", "a code point past the last",
     get("/publish/status/%F4%90%80%80"), 400),
    ("3986 2.5", "a sequence cut short", get("/publish/status/%F0%9F%8E"), 400),
    ("3986 7.3", "a percent encoded NUL in data", get("/publish/status/a%00b"), 400),
    ("3986 7.3", "a percent encoded NUL in an id", get("/publish/a%00b/status/x"), 400),
]


def status(text):
    return "/publish/status/" + text


PUBLISHED = [
    ("3986 2.1", "hexadecimal digits in both cases", status("%c3%a9%C3%A9"), "éé"),
    ("3986 2.3", "unreserved characters may be encoded",
     status("%61%2D%2E%5F%7E"), "a-._~"),
    ("3986 2.4", "decoded once only", status("%2541"), "%41"),
    ("3986 2.5", "UTF-8 of two three and four bytes",
     status("%C3%A9%E2%82%AC%F0%9F%8E%89"), "é€🎉"),
    ("3986 2.2", "an encoded slash is data", status("a%2Fb"), "a/b"),
    ("3986 2.2", "encoded delimiters are data", status("a%3Fb%23c%5Bd%5D"), "a?b#c[d]"),
    ("3986 3.3", "characters that a segment may hold as they are",
     status("!$&'()*+,;=:@-._~"), "!$&'()*+,;=:@-._~"),
    ("3986 3.3", "a plus sign is a plus sign", status("a+b"), "a+b"),
    ("3986 3.4", "a query is not part of the path", status("a?b=c"), "a"),
    ("9112 3.2.2", "a publish in absolute form",
     "http://other.test" + status("absolute"), "absolute"),
]


@table("check_refused", REFUSED)
@table("check_answered", ANSWERED)
@table("check_published", PUBLISHED)
class TargetTest(ConformanceTest):
    def test_9112_3_2_4_asterisk_form_with_options(self):
        answer = self.ask(head("OPTIONS * HTTP/1.1"))
        self.assertEqual((answer.status, answer.body), (204, b""))

    def test_9112_3_2_raw_utf_8_is_refused_or_read_as_if_encoded(self):
        """It is not in the grammar, but people type it into curl."""
        answer = self.ask(get(status("é".encode().decode("latin-1"))))
        self.assertIn(answer.status, (200, 400))
        self.assertEqual(self.seen(), ["é"] if answer.status == 200 else [])

    def test_9112_3_2_raw_bytes_that_are_not_utf_8(self):
        self.assert_error(self.ask(get(status("\xff"))), 400)
        self.assertEqual(self.seen(), [])

    def test_9112_11_1_encoded_line_ends_split_no_answer(self):
        for text in ("%0D%0AX-Injected:%201", "%0AX-Injected:%201%0A%0A"):
            for target in (f"/stream/{text}", f"/{text}", f"/{text}/x?{text}"):
                answer = self.ask(get(target))
                self.assert_error(answer, answer.status)
                self.assertIsNone(answer.get("X-Injected"))
                self.assertNotIn("Injected", answer.text)

    def test_9112_3_3_host_does_not_choose_what_is_served(self):
        """There is one site: whatever name it was reached by, it answers."""
        for host in ("rivulet.test", "127.0.0.1:3000", "[::1]", "other"):
            self.assertEqual(self.ask(raw(GET, "Host: " + host)).status, 200)


if __name__ == "__main__":
    unittest.main()
