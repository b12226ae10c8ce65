"""A server whose streams need a token, and what clients show it."""

from rivulet import RivuletTest, temporary_folder

KEY = "the-key-of-this-test-0123456789abcdef"
NEW_KEY = "another-key-of-this-test-0123456789ab"
ANA = {"sub": "ana", "topics": ["news", "weather"]}
CHALLENGE = 'Bearer realm="rivulet"'
INVALID = CHALLENGE + ', error="invalid_token"'
SCOPE = CHALLENGE + ', error="insufficient_scope"'


def cookie(token):
    """A field that shows a token as a browser does, among others."""
    return {"Cookie": f"other=1; rivulet_token={token}"}


class SubscribeTokenTest(RivuletTest):
    def key_file(self, *keys):
        """The path of a file that only we may read."""
        path = temporary_folder(self) / "keys"
        path.touch(0o600)
        path.write_text("".join(f"{key}\n" for key in keys))
        return str(path)

    def serve_with(self, *keys, options=()):
        """A server that takes tokens signed with any of these keys."""
        return self.serve("--subscribe-key-file", self.key_file(*keys), *options)

    def open(self, server, target, headers=()):
        stream = server.connect().open_stream(target, headers=headers)
        return stream.wait_for_greeting()

    def assert_refused(self, server, target, headers, status, challenge):
        answer = server.request(target, headers=headers)
        self.assert_error(answer, status)
        self.assertEqual(answer.get("WWW-Authenticate"), challenge)
        return answer
