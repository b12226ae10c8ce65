"""The page's files as they are served; what the page does is tested elsewhere."""

import gzip
import re
import unittest
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from rivulet import RivuletTest, temporary_folder


class BuiltInPageTest(RivuletTest):
    def test_the_page_is_html_under_a_strict_policy(self):
        page = self.serve().request("/")
        self.assertEqual(page.status, 200)
        self.assertRegex(page.get("Content-Type"), r"^text/html; *charset=utf-8$")
        self.assertEqual(page.get("X-Content-Type-Options"), "nosniff")
        policy = page.get("Content-Security-Policy")
        self.assertIsNotNone(policy)
        self.assertIn("default-src", policy)
        self.assertNotIn("unsafe", policy)

    def test_it_is_compressed_for_those_who_take_that(self):
        server = self.serve()
        plain = server.request("/app.js")
        self.assertIsNone(plain.get("Content-Encoding"))
        for accepts, compressed in (
            ("gzip", True), ("GZip", True), ("deflate, gzip;q=1.0, br", True),
            ("br;q=1,gzip ; q=0.5", True),
            ("", False), ("identity", False), ("br", False), ("*", False),
            ("gzip;q=0", False), ("gzip; q=0.000", False), ("x-gzipped", False),
        ):
            with self.subTest(accepts):
                answer = server.request("/app.js", headers={"Accept-Encoding": accepts})
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.get("Vary"), "Accept-Encoding")
                self.assertEqual(answer.get("Content-Type"), plain.get("Content-Type"))
                body = answer.body
                if compressed:
                    self.assertEqual(answer.get("Content-Encoding"), "gzip")
                    self.assertLess(len(body), len(plain.body))
                    body = gzip.decompress(body)
                else:
                    self.assertIsNone(answer.get("Content-Encoding"))
                self.assertEqual(body, plain.body)

    def test_everything_the_page_names_is_there(self):
        server = self.serve()
        page = server.request("/").text
        named = re.findall(r"""<[^>]+\s(?:src|href)=["']?([^"'\s>]+)""", page)
        for name in named:
            if name.startswith(("data:", "#")):
                continue
            with self.subTest(name):
                self.assertEqual(urlsplit(name).netloc, "", "not from here")
                answer = server.request(urljoin("/", name))
                self.assertEqual(answer.status, 200)
                self.assertNotEqual(answer.body, b"")
                kind = {".js": "text/javascript", ".css": "text/css"}
                expected = kind.get(Path(urlsplit(name).path).suffix)
                if expected:
                    self.assertIn(expected, answer.get("Content-Type"))


class FolderTest(RivuletTest):
    def setUp(self):
        root = temporary_folder(self)
        (root / "secret.txt").write_text("secret")
        self.www = root / "www"
        self.www.mkdir()
        (self.www / "index.html").write_text("<p>one")
        (self.www / "app.js").write_text("let a = 1;")
        (self.www / "link.txt").symlink_to(root / "secret.txt")
        self.server = self.serve("--www", str(self.www))

    def test_a_folder_takes_the_place_of_the_built_in_page(self):
        self.assertEqual(self.server.request("/").text, "<p>one")
        self.assertEqual(self.server.request("/app.js").text, "let a = 1;")
        (self.www / "index.html").write_text("<p>two")
        self.assertEqual(self.server.request("/").text, "<p>two")

    def check_missing_and_back(self, take_away, bring_back):
        """What was served is not, for a reason that is said; the server and
        its streams go on; and it is served again as soon as it is back."""
        connection = self.server.connect()
        ana = self.server.stream("ana").wait_for_greeting()
        for data in ("first", "second"):
            self.assertEqual(connection.request("/").text, "<p>one")
            self.assertEqual(connection.request("/app.js").text, "let a = 1;")
            take_away()
            for target in ("/", "/app.js"):
                self.assert_error(connection.request(target), 404)
            self.assertIn("missing", connection.request("/").text)
            self.server.publish(data, to="ana")
            self.assertEqual(ana.next_event().data, data)
            self.assertEqual(connection.request("/livez").text, "ok")
            bring_back()
        self.assertEqual(connection.request("/").text, "<p>one")
        self.assertEqual(connection.request("/app.js").text, "let a = 1;")

    def test_files_that_vanish_are_served_again_when_they_are_back(self):
        files = {path: path.read_text()
                 for path in (self.www / "index.html", self.www / "app.js")}

        def take_away():
            for path in files:
                path.unlink()

        def bring_back():
            for path, content in files.items():
                path.write_text(content)

        self.check_missing_and_back(take_away, bring_back)

    def test_a_folder_that_vanishes_is_served_again_when_it_is_back(self):
        aside = self.www.with_name("aside")
        self.check_missing_and_back(
            lambda: self.www.rename(aside), lambda: aside.rename(self.www))

    def test_a_folder_that_is_replaced_is_served_from_then_on(self):
        self.assertEqual(self.server.request("/").text, "<p>one")
        self.www.rename(self.www.with_name("old"))
        self.www.mkdir()
        (self.www / "index.html").write_text("<p>new")
        self.assertEqual(self.server.request("/").text, "<p>new")
        self.assert_error(self.server.request("/app.js"), 404)

    def test_nothing_outside_the_folder_is_served(self):
        for target in (
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/x/../../secret.txt",
            "/%2e%2e%2fsecret.txt",
            "/" + str(self.www.parent) + "/secret.txt",
            "/app.js%00.html",
            "/./../secret.txt",
        ):
            with self.subTest(target):
                answer = self.server.request(target)
                self.assertIn(answer.status, (400, 404))
                self.assertNotIn("secret\n", answer.text + "\n")


if __name__ == "__main__":
    unittest.main()
