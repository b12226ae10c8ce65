"""What a server of a test must keep to itself, and whether it has.

Its secrets are the values of options that are one, the passwords in URLs, and
the lines of the files that other options say hold some, be they given as flags,
in the environment or in the configuration file. rivulet.Server looks for them in all that it hears of
the server: each answer, and, when it ends, its log, /metrics, /clients and what
--print-config prints.
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

HOLDS_ONE = ("-token",)
NAMES_A_FILE = ("-token-file", "-key-file")
URLS = ("redis",)
TASKS = ("check-config", "print-config", "healthcheck", "help", "man", "version")
SHORTEST = 8  # less is no secret, and stands in any text


class Secrets:
    def __init__(self, arguments, environment):
        self._arguments = [str(argument) for argument in arguments]
        self._environment = {
            name.removeprefix("RIVULET_").lower().replace("_", "-"): str(value)
            for name, value in dict(environment).items()
            if name.startswith("RIVULET_")
        }
        self._known = set()
        self.read_again()

    def __bool__(self):
        return bool(self._known)

    def __contains__(self, secret):
        return secret.encode() in self._known

    def add(self, secret):
        if len(secret) >= SHORTEST:
            self._known.add(secret.encode())

    def read_again(self):
        """Adds those that its files hold by now; old ones stay secret."""
        for name, value in self._options():
            if name.endswith(HOLDS_ONE):
                self.add(value)
            elif name in URLS:
                password = _password_of(value)
                self.add(password)
                self.add(unquote(password))
            elif name.endswith(NAMES_A_FILE):
                for line in _lines_of(value):
                    self.add(line)

    def check(self, data, where):
        data = data.encode() if isinstance(data, str) else data
        for secret in self._known:
            if secret in data:
                raise AssertionError(f"the secret {secret!r} is in {where}: {data!r}")

    def watch(self, where):
        """Looks at what comes in pieces."""
        return _Watch(self, where)

    def longest(self):
        return max(map(len, self._known), default=0)

    def _options(self):
        options = list(self._environment.items()) + list(self._flags())
        for name, value in options:
            yield name, value
            if name == "config":
                for line in _lines_of(value):
                    key, _, setting = line.partition("=")
                    yield key.strip(), setting.strip()

    def _flags(self):
        rest = iter(self._arguments)
        for argument in rest:
            name, equals, value = argument.partition("=")
            if name.startswith("--") and name[2:] not in TASKS:
                yield name[2:], value if equals else next(rest, "")


class _Watch:
    def __init__(self, secrets, where):
        self._secrets = secrets
        self._where = where
        self._end = b""

    def feed(self, data):
        if not self._secrets:
            return
        seen = self._end + data
        self._secrets.check(seen, self._where)
        self._end = seen[-self._secrets.longest():]


def _password_of(url):
    """As it is written there."""
    try:
        return urlsplit(url).password or ""
    except ValueError:  # no URL: the server will say so
        return ""


def _lines_of(path):
    path = Path(path)
    if not path.is_file():
        return []
    lines = path.read_text(errors="replace").splitlines()
    return [line.strip() for line in lines if not line.strip().startswith("#")]
