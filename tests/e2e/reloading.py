"""A server that reads its configuration again at SIGHUP."""

import signal

from configuring import ConfigTest
from prometheus import scrape
from rivulet import wait_until

OLD = "the-old-token-0123456789"
NEW = "the-new-token-0123456789"


class ReloadTest(ConfigTest):
    """A server whose file a test rewrites."""

    def start(self, text="", *arguments, **options):
        """A server whose file has this text."""
        return self.serve("--config", self.write(text), *arguments, **options)

    def hang_up(self, server):
        """Sends SIGHUP and waits until all that it asks for is done."""
        before = self.readings(server)
        server.send_signal(signal.SIGHUP)
        wait_until(lambda: sum(self.readings(server)) == sum(before) + 1, "a reading")
        return self.readings(server)

    def readings(self, server):
        """How many were taken, and how many failed."""
        metrics = scrape(server)
        return [metrics["rivulet_reloads_total", result]
                for result in ("ok", "failed")]

    def reload(self, server, text):
        """The file has `text` now, and the server takes it and says so."""
        self.write(text)
        taken, _ = self.readings(server)
        lines = len(server.log.lines(msg="reloaded"))
        self.assertEqual(self.hang_up(server)[0], taken + 1, server.log.text)
        if "log-level" not in text:
            wait_until(lambda: len(server.log.lines(msg="reloaded")) == lines + 1,
                       "a line about it")
