"""An event-stream client of Python's standard library: http.client and a loop.

usage: follow.py URL HEADERS-AS-JSON

Prints a line of JSON for each answer ({"status"}) and event ({"type", "data", "id"}).
"""

import http.client
import json
import sys
import time
from urllib.parse import urlsplit


def say(**said):
    print(json.dumps(said), flush=True)


class Follower:
    def __init__(self, url, headers):
        self.url = urlsplit(url)
        self.headers = headers
        self.retry = 3.0
        self.fields = {"data": []}

    def follow(self):
        while self.once():
            time.sleep(self.retry)

    def once(self):
        """One connection to its end; whether to come back."""
        self.fields = {"data": []}
        connection = http.client.HTTPConnection(self.url.netloc)
        try:
            path = self.url.path + (self.url.query and "?" + self.url.query)
            connection.request("GET", path, headers=self.headers)
            response = connection.getresponse()
            say(status=response.status)
            if response.status != 200:
                return False
            # readline() of a body in chunks gives a cut line as if it were whole.
            while (line := response.readline()).endswith(b"\n"):
                self.take(line.decode().removesuffix("\n"))
        except (OSError, http.client.HTTPException):
            pass  # cut off, or nobody there: the same as an end
        finally:
            connection.close()
        return True

    def take(self, line):
        if not line:
            self.dispatch()
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self.fields["data"].append(value)
        elif name == "retry":
            self.retry = int(value) / 1000
        else:
            self.fields[name] = value

    def dispatch(self):
        fields, self.fields = self.fields, {"data": []}
        if "id" in fields:
            self.headers["Last-Event-ID"] = fields["id"]
        if fields["data"]:
            say(type=fields.get("event"), data="\n".join(fields["data"]),
                id=fields.get("id"))


Follower(sys.argv[1], json.loads(sys.argv[2])).follow()
