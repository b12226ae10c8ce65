"""The configuration: flags, environment and file, and what is wrong with them."""

import unittest

from configuring import ConfigTest
from rivulet import run_to_exit


class FileTest(ConfigTest):
    def retry_of(self, *arguments, **options):
        server = self.serve(*arguments, **options)
        return server.stream("ana").wait_for_greeting().retry

    def test_a_server_does_what_its_file_says(self):
        path = self.write("# slow\n\nretry = 9s\n")
        self.assertIn(self.retry_of("--config", path), range(9000, 13501))

    def test_the_environment_may_name_the_file(self):
        variables = {"RIVULET_CONFIG": self.write("retry = 9s\n")}
        retry = self.retry_of(environment=variables)
        self.assertIn(retry, range(9000, 13501))

    def test_a_file_may_be_a_link(self):
        self.write("retry = 9s\n")
        link = self.folder / "link"
        link.symlink_to("rivulet.conf")
        self.assertIn(self.retry_of("--config", str(link)), range(9000, 13501))

    def test_the_environment_goes_before_the_file(self):
        path = self.write("retry = 9s\nheartbeat = 1s\n")
        retry = self.retry_of(
            "--config", path, environment={"RIVULET_RETRY": "2s"}
        )
        self.assertIn(retry, range(2000, 3001))

    def test_a_file_may_say_where_to_listen(self):
        path = self.write(f"listen = unix:{self.folder}/socket\n")
        server = self.serve("--config", path, listen=None)
        self.assertEqual(server.address, f"unix:{self.folder}/socket")
        self.assertEqual(server.request("/livez").body, b"ok")
        server.stop()

    def test_a_bad_file_is_refused_with_all_that_is_wrong(self):
        path = self.write("queue-bytes = 1\nretry = 1s\nretry = 2s\nrety = 1\n")
        result = run_to_exit("--config", path)
        self.assertEqual(result.returncode, 78, result.stderr)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 3, lines)
        self.assertIn(
            f"rivulet: {path}:1: queue-bytes: '1': must be from 4KiB to 1GiB",
            lines,
        )
        self.assertIn(f"rivulet: {path}:3: retry: is set already in line 2", lines)
        self.assertIn(f"{path}:4: unknown option 'rety'", result.stderr)

    def test_a_file_that_is_not_there_is_refused(self):
        path = str(self.folder / "missing")
        for result in (
            run_to_exit("--config", path),
            run_to_exit(environment={"RIVULET_CONFIG": path}),
        ):
            self.assertEqual(result.returncode, 78, result.stderr)
            self.assertIn(f"'{path}': No such file", result.stderr)


class TaskTest(ConfigTest):
    """What is asked of a configuration without serving."""

    def test_a_good_configuration_is_ok(self):
        path = self.write("retry = 9s\n")
        result = run_to_exit("--config", path, "--check-config")
        self.assertEqual((result.returncode, result.stdout), (0, "ok\n"))

    def test_a_bad_one_is_refused_as_at_start(self):
        path = self.write("retry = soon\n")
        for arguments, code in (
            (["--config", path], 78),
            (["--retry", "soon"], 64),
            (["--no-such-option"], 64),
        ):
            with self.subTest(" ".join(arguments)):
                checked = run_to_exit(*arguments, "--check-config")
                started = run_to_exit(*arguments)
                self.assertEqual(checked.returncode, code, checked.stderr)
                self.assertEqual(checked.stderr, started.stderr)
                self.assertEqual(checked.stdout, "")

    def test_what_is_printed_is_a_file_that_prints_the_same(self):
        arguments = ["--retry", "9s", "--port", "0", "--max-streams", "3"]
        printed = run_to_exit(*arguments, "--print-config")
        self.assertEqual(printed.returncode, 0, printed.stderr)
        path = self.write(printed.stdout)
        again = run_to_exit("--config", path, "--print-config")
        self.assertEqual(again.returncode, 0, again.stderr)

        def values(text):
            lines = [line for line in text.splitlines() if line]
            return [line for line in lines if not line.startswith("#")]

        self.assertEqual(values(printed.stdout), values(again.stdout))
        self.assertIn("retry = 9s", values(again.stdout))
        server = self.serve("--config", path, listen=None)
        self.assertEqual(server.request("/livez").body, b"ok")


if __name__ == "__main__":
    unittest.main()
