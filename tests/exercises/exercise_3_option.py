"""--max-topics: how many topics a stream or an event may name; 64 unless set."""

import signal
import subprocess
import tempfile
from pathlib import Path

from publisher import post
from rivulet import RivuletTest, binary, request_bytes


class Exercise(RivuletTest):
    RED = "max-topics"

    def status(self, server, count):
        """The answer to a subscriber and to a publisher with so many topics."""
        query = "&".join(f"topic=t{n}" for n in range(count))
        connection = server.connect()
        connection.send(request_bytes(f"/stream?{query}"))
        head = connection.read_head()
        connection.close()
        answer = post(server, "x", f"/publish?{query}")
        self.assertEqual(head.status, answer.status)
        if answer.status != 200:
            self.assertIn(f"at most {count - 1} topics", answer.text)
        return answer.status

    def test_streams_and_events_may_name_so_many(self):
        server = self.serve("--max-topics", "2")
        self.assertEqual(self.status(server, 2), 200)
        self.assertEqual(self.status(server, 3), 400)

    def test_it_is_64_unless_it_is_set(self):
        printed = subprocess.run([*binary(), "--default-config"],
                                 capture_output=True, text=True).stdout
        self.assertRegex(printed, r"(?m)^# *max-topics = 64$")
        server = self.serve()
        self.assertEqual(self.status(server, 64), 200)
        self.assertEqual(self.status(server, 65), 400)

    def test_other_values_are_refused(self):
        for value in ("0", "1025", "many", ""):
            done = subprocess.run([*binary(), "--check-config", "--max-topics", value],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 64)
            self.assertIn("from 1 to 1024", done.stderr)

    def test_a_running_server_takes_another(self):
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder, "rivulet.conf")
            config.write_text("max-topics = 2\n")
            server = self.serve("--config", str(config))
            self.assertEqual(self.status(server, 3), 400)
            config.write_text("max-topics = 3\n")
            server.send_signal(signal.SIGHUP)
            server.log.wait_for(msg="reloaded", changed="max-topics")
            self.assertEqual(self.status(server, 3), 200)
            self.assertEqual(self.status(server, 4), 400)
