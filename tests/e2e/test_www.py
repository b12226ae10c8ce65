"""The page's files as they are served; what the page does is tested elsewhere."""

import re
import tempfile
import unittest
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from rivulet import RivuletTest


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
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = Path(folder.name)
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
