"""Tokens that are not good: none of them opens a stream."""

import os
import subprocess
import time
import unittest

from rivulet import bearer, binary
from subscribing import INVALID, KEY, NEW_KEY, SubscribeTokenTest, cookie
from web_token import encode, encode_json, mint, signature, unsigned


class ForgeryTest(SubscribeTokenTest):
    # Long: a line for each way to make one.
    def bad_tokens(self):
        """The name and the text of each."""
        now = int(time.time())
        good = mint(KEY, sub="ana")
        header, payload, mark = good.split(".")
        claims = {"sub": "ana", "exp": now + 3600}
        yield "another key", mint(NEW_KEY, sub="ana")
        yield "a part of the key", mint(KEY[:-1], sub="ana")
        yield "expired", mint(KEY, sub="ana", exp=now - 1)
        yield "expired long ago", mint(KEY, sub="ana", exp=0)
        yield "expires this second", mint(KEY, sub="ana", exp=now)
        yield "no exp", mint(KEY, sub="ana", exp=None)
        yield "exp is a string", mint(KEY, sub="ana", exp=str(now + 3600))
        yield "exp is a list", mint(KEY, sub="ana", exp=[now + 3600])
        yield "nbf", mint(KEY, sub="ana", nbf=now + 600)
        yield "sub is a number", mint(KEY, sub=1)
        yield "topics is a string", mint(KEY, sub="ana", topics="*")
        yield "for others", mint(KEY, sub="ana", aud="elsewhere")
        yield "crit", mint(KEY, sub="ana", header={"crit": ["b64"], "b64": False})
        for name in ("none", "None", "NONE", "nOnE", ""):
            text = unsigned(claims, {"alg": name, "typ": "JWT"})
            yield f"alg {name!r}, not signed", text + "."
            yield f"alg {name!r}, signed", f"{text}.{signature(text, KEY)}"
        for header_only in ({"typ": "JWT"}, {"alg": None}, {"alg": 1}, {"alg": ["HS256"]},
                            {"alg": "hs256"}, {"alg": "HS256 "}, {"alg": "ES256"}):
            text = unsigned(claims, header_only)
            yield f"header {header_only}", f"{text}.{signature(text, KEY)}"
        # A key that is a secret is not a public one, and the other way round.
        text = unsigned(claims, {"alg": "RS256", "typ": "JWT"})
        yield "RS256, signed as HS256", f"{text}.{signature(text, KEY)}"
        yield "RS256, signed by nobody", f"{text}.{encode(bytes(256))}"
        yield "HS384", mint(KEY, "HS384", sub="ana")
        yield "HS512", mint(KEY, "HS512", sub="ana")
        text = unsigned(claims, {"alg": "HS512", "typ": "JWT"})
        yield "HS512, signed as HS256", f"{text}.{signature(text, KEY)}"
        yield "typ", mint(KEY, sub="ana", header={"typ": "JWE"})
        yield "other claims", f"{header}.{encode_json(claims | {'x': 1})}.{mark}"
        yield "no signature", f"{header}.{payload}."
        yield "half a signature", f"{header}.{payload}.{mark[:21]}"
        yield "two parts", f"{header}.{payload}"
        yield "four parts", f"{good}.{mark}"
        yield "padding", good + "="
        yield "all bits of the last digit", good[:-1] + chr(ord(good[-1]) + 1)
        yield "no header", f".{payload}.{mark}"
        yield "no payload", f"{header}..{mark}"
        yield "dots", ".."
        yield "a word", "nonsense"
        yield "deep", f"{encode(b'[' * 3000)}.{payload}.{mark}"
        yield "long", f"{header}.{'A' * 7000}.{mark}"

    def test_no_bad_token_opens_a_stream(self):
        server = self.serve_with(KEY)
        connection = server.connect()
        for name, token in self.bad_tokens():
            for target, headers in (("/stream/ana", bearer(token)),
                                    (f"/stream/ana?token={token}", {}),
                                    ("/stream/ana", cookie(token))):
                with self.subTest(name, target=target[:30]):
                    answer = connection.request(target, headers=headers)
                    self.assert_error(answer, 401)
                    self.assertEqual(answer.get("WWW-Authenticate"), INVALID)
                    self.assertNotIn(token, answer.text)
        self.assertEqual(server.clients(), [])

    def test_a_token_as_long_as_a_target_may_be(self):
        """libjwt copies tokens to the stack: a long one never gets there."""
        server = self.serve_with(KEY, options=("--max-event-bytes", "16MiB"))
        token = "A" * (12 << 20)
        answer = server.request(f"/stream/ana?token={token}.e30.e30")
        self.assert_error(answer, 401)
        self.open(server, "/stream/ana", bearer(mint(KEY, sub="ana")))

    def test_clocks_may_differ_a_little(self):
        soon = bearer(mint(KEY, sub="ana", nbf=int(time.time()) + 2))
        self.open(self.serve_with(KEY), "/stream/ana", soon)

    def test_bad_keys_are_refused_at_start(self):
        for keys, said in (
            ((KEY, "only-31-characters-are-too-few!"), "line 2: a key has 32 to 512"),
            (("# none",), "it holds no key"),
            ((KEY + " " + KEY,), "line 1: a key is visible ASCII"),
        ):
            path = self.key_file(*keys)
            for arguments, environment, status in (
                (["--subscribe-key-file", path], {}, 64),
                ([], {"RIVULET_SUBSCRIBE_KEY_FILE": path}, 78),
            ):
                result = subprocess.run(
                    [*binary(), "--listen", "127.0.0.1:0", *arguments],
                    capture_output=True, text=True, timeout=30,
                    env={**os.environ, **environment})
                self.assertEqual(result.returncode, status, result.stderr)
                self.assertIn(f"'{path}': {said}", result.stderr)
                for key in keys:
                    self.assertNotIn(key, result.stderr + result.stdout)


if __name__ == "__main__":
    unittest.main()
