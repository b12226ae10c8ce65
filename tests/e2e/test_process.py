"""The process: how it starts, where it listens, how it ends."""

import resource
import signal
import socket
import tempfile
import unittest
from pathlib import Path

from rivulet import (
    RivuletTest,
    publish_target,
    request_bytes,
    run_to_exit,
    wait_until,
)
from wire import WireError


class EndTest(RivuletTest):
    """The server's own end is a clean end for everyone."""

    def open_some(self, server):
        streams = [
            server.stream(f"id-{n}", version="1.0" if n % 3 == 0 else "1.1")
            for n in range(20)
        ]
        for stream in streams:
            stream.wait_for_greeting()
        return streams

    def check_clean_end(self, number):
        server = self.serve("--drain-timeout", "1s")
        streams = self.open_some(server)
        server.publish("last")
        server.send_signal(number)
        for stream in streams:
            stream.read_to_end()
            self.assertEqual([e.data for e in stream.events], ["last"])
        server.wait_for_exit()
        ends = server.log.lines(msg="stream-end", reason="drain")
        self.assertEqual(len(ends), len(streams), server.log.text)

    def test_sigterm_ends_every_stream_cleanly(self):
        self.check_clean_end(signal.SIGTERM)

    def test_sigint_ends_every_stream_cleanly(self):
        self.check_clean_end(signal.SIGINT)

    def test_bytes_a_client_sent_do_not_turn_the_end_into_a_reset(self):
        server = self.serve("--drain-timeout", "1s")
        streams = self.open_some(server)
        for stream in streams:
            stream.connection.send(b"not asked for")
        server.send_signal(signal.SIGTERM)
        for stream in streams:
            stream.read_to_end()
        server.wait_for_exit()

    def test_a_reader_that_stands_still_does_not_hold_up_the_end(self):
        server = self.serve("--drain-timeout", "1s")
        stuck = server.connect(receive_buffer=4096).open_stream("/stream/stuck")
        stuck.wait_for_greeting()
        publisher = server.connect()
        target = publish_target("x" * 10_000, to="stuck")
        for _ in range(60):  # fewer than --queue-bytes, more than the socket
            publisher.request(target)
        server.terminate()

    def test_open_connections_without_a_stream_do_not_hold_up_the_end(self):
        server = self.serve("--drain-timeout", "1s")
        idle, halfway, _ = (server.connect() for _ in range(3))
        self.assertEqual(idle.request("/livez").status, 200)
        halfway.send(request_bytes("/livez")[:20])
        server.terminate()

    def test_a_second_signal_ends_it_at_once(self):
        server = self.serve("--drain-timeout", "1h")
        stuck = server.connect(receive_buffer=4096).open_stream("/stream/stuck")
        stuck.wait_for_greeting()
        server.send_signal(signal.SIGTERM)
        server.send_signal(signal.SIGINT)
        server.wait_for_exit(code=None)

    def test_it_ends_without_any_connection(self):
        self.serve().terminate()


class StartTest(RivuletTest):
    def test_the_port_comes_from_the_environment_too(self):
        for variables in ({"PORT": "0"}, {"RIVULET_PORT": "0"}):
            with self.subTest(str(variables)):
                server = self.serve(listen=None, environment=variables)
                self.assertEqual(server.request("/livez").body, b"ok")

    def test_a_flag_goes_before_the_environment(self):
        server = self.serve(
            "--retry", "2s", environment={"RIVULET_RETRY": "9s", "PORT": "1"}
        )
        retry = server.stream("ana").wait_for_greeting().retry
        self.assertIn(retry, range(2000, 3001))

    def test_an_option_may_be_set_in_the_environment(self):
        server = self.serve(environment={"RIVULET_RETRY": "9s"})
        retry = server.stream("ana").wait_for_greeting().retry
        self.assertIn(retry, range(9000, 13501))

    def test_it_listens_on_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            server = self.serve(listen=f"unix:{folder}/rivulet.sock")
            self.assertEqual(server.request("/livez").body, b"ok")
            ana = server.stream("ana").wait_for_greeting()
            server.publish("hi", to="ana")
            self.assertEqual(ana.next_event().data, "hi")
            server.stop()

    def test_the_descriptor_limit_is_raised_to_the_hard_one(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        server = self.serve(
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        )
        limits = Path(f"/proc/{server.pid}/limits").read_text()
        self.assertRegex(limits, rf"Max open files +{hard} +{hard} ")

    def test_running_out_of_descriptors_refuses_and_recovers(self):
        limit = (64, 64)
        server = self.serve(
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit)
        )
        ana = server.stream("ana").wait_for_greeting()
        crowd = [server.connect() for _ in range(100)]
        served = 0
        for connection in crowd:
            try:
                served += connection.request("/livez").status == 200
            except (ConnectionError, WireError):
                pass  # refused; a connection left waiting would time out
        self.assertGreater(served, 40)
        self.assertLess(served, 64)
        for connection in crowd:
            connection.close()
        wait_until(lambda: server.descriptors() < 10, "room for connections")
        server.publish("still here", to="ana")
        self.assertEqual(ana.next_event().data, "still here")

    def test_log_level_hides_what_is_below_it(self):
        server = self.serve("--log-level", "info")
        server.stream("ana").wait_for_greeting().close()
        server.log.wait_for(msg="stream-end")
        self.assertEqual(server.log.lines(level="debug"), [])

    def test_wrong_usage_is_refused_with_its_reason(self):
        for arguments, said in (
            (["--no-such-option", "1"], "no-such-option"),
            (["--port"], "port"),
            (["--port", "70000"], "70000"),
            (["--port", "x"], "port"),
            (["--heartbeat", "soon"], "soon"),
            (["--queue-bytes", "many"], "many"),
            (["--log-level", "loud"], "loud"),
            (["--listen", "nowhere"], "nowhere"),
            (["stray"], "stray"),
        ):
            with self.subTest(" ".join(arguments)):
                result = run_to_exit(*arguments)
                self.assertEqual(result.returncode, 64, result.stderr)
                self.assertIn(said, result.stderr)

    def test_a_bad_environment_is_refused_with_its_reason(self):
        result = run_to_exit(environment={"RIVULET_HEARTBEAT": "soon"})
        self.assertEqual(result.returncode, 78, result.stderr)
        self.assertIn("RIVULET_HEARTBEAT", result.stderr)

    def test_an_address_in_use_is_exit_69(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            result = run_to_exit("--listen", address)
        self.assertEqual(result.returncode, 69, result.stderr)
        self.assertIn(address, result.stderr)

    def test_help_tells_every_option(self):
        result = run_to_exit("--help")
        self.assertEqual(result.returncode, 0, result.stderr)
        for option in (
            *("listen", "port", "heartbeat", "retry", "queue-bytes"),
            *("max-event-bytes", "header-timeout", "keepalive-timeout"),
            *("drain-timeout", "log-level", "www"),
        ):
            self.assertIn("--" + option, result.stdout)


if __name__ == "__main__":
    unittest.main()
