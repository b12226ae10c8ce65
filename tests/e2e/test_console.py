"""What test_readme.py relies on: that documents are read as it says, that what is
printed and not shown is found, and that servers are ended and looked at."""

import unittest

import run_elsewhere
from console import Block, Command, Names, matches, parse_blocks, parse_commands
from proxy import free_port
from rivulet import RivuletTest
from terminal import Checkout, Terminal


class BlockTest(unittest.TestCase):
    def test_finds_blocks_of_every_kind(self):
        blocks = parse_blocks(
            "text\n$ not a command\n"
            "```console\n$ a\n```\n"
            "```\nnone\n```\n"
            "~~~html file a.html\n```\n~~~\n"
        )
        self.assertEqual(blocks, [
            Block("console", [], 3, ["$ a"]),
            Block("", [], 6, ["none"]),
            Block("html", ["file", "a.html"], 9, ["```"]),
        ])

    def test_refuses_what_it_would_not_see(self):
        for markdown in (
            "```console\n$ a\n",
            "- item\n  ```console\n  $ a\n  ```\n",
            "> ```console\n> $ a\n> ```\n",
            "text:\n\n    $ a\n",
            "<pre>\n$ a\n</pre>\n",
        ):
            with self.subTest(markdown), self.assertRaises(AssertionError):
                parse_blocks(markdown)


class CommandTest(unittest.TestCase):
    def commands(self, text):
        return parse_commands(Block("console", [], 1, text.splitlines()))

    def test_finds_the_commands_and_their_output(self):
        found = self.commands("$ a\none\n\ntwo\n$ b \\\n  -c \\\n> -d &")
        self.assertEqual(
            found, [Command("a", 2, ["one", "", "two"]), Command("b -c -d &", 6)])
        self.assertEqual([c.stays_running for c in found], [False, True])

    def test_a_loop_has_several_lines(self):
        found = self.commands("$ while a; do\n>   b\n> done\nc\n> d")
        self.assertEqual(found, [Command("while a; do\n  b\ndone", 2, ["c", "> d"])])

    def test_output_of_no_command_is_refused(self):
        with self.assertRaises(AssertionError):
            self.commands("output")

    def test_knows_what_is_run_elsewhere(self):
        for text, elsewhere in (
            ("docker build -t rivulet .", True),
            ("sudo systemctl daemon-reload", True),
            ("make run", False),
            ("curl localhost:3000/clients", False),
        ):
            self.assertEqual(run_elsewhere.entry_for(text) is not None, elsewhere, text)

    def test_knows_which_tests_there_are(self):
        for test, there in (
            ("tests/run:sim", True),
            ("tests/run:si", False),
            ("tests/e2e/test_console.py:test_knows_which_tests_there_are", True),
            ("tests/clients/clients.test.mjs:no such", False),
        ):
            self.assertEqual(run_elsewhere.is_there(test), there, test)


class MatchTest(unittest.TestCase):
    def check(self, cases):
        for expected, printed, same in cases:
            with self.subTest(f"{expected!r} {printed!r}"):
                found = matches(expected.split("\n"), printed.split("\n"))
                self.assertEqual(found, same)

    def test_dots_stand_for_anything(self):
        self.check((
            ("a", "a", True),
            ("a", "a\n\n", True),
            ("a\n", "a", True),
            ("a", "b", False),
            ("a", "a\nb", False),
            ("a\nb", "a", False),
            ("a.c", "abc", False),
            ("a…c", "abbc", True),
            ("a…c", "ab\nc", False),
            ("id: …", "id: 7", True),
            ("a\n…\nd", "a\nb\nc\nd", True),
            ("a\n…\nd", "a\nd", True),
            ("a\n\nb", "a\n\nb", True),
            ("…", "", True),
            ("", "", True),
            ("", "a", False),
        ))

    def test_in_the_log_what_differs_is_any_number(self):
        self.check((
            ("level=info seconds=41 bytes=7", "level=info seconds=0 bytes=18", True),
            ("level=info seconds=41", "level=info seconds=x", False),
            ("level=info status=200", "level=info status=404", False),
            ("level=info events=1", "level=info events=2", False),
            ("seconds=41", "seconds=0", False),
            ("level=info from=0.1.0", "level=info from=1.20.3", True),
            ("level=info from=0.1.0", "level=info from=old", False),
            ("level=info address=192.0.2.1:1 a=1", "level=info address=192.0.2.1:22 a=1", True),
            ("level=info address=192.0.2.1:1", "level=info address=192.0.2.2:1", False),
            ("level=info msg=listening address=192.0.2.1:1",
             "level=info msg=listening address=192.0.2.1:2", False),
        ))


class NamesTest(unittest.TestCase):
    def test_ports_and_folders_are_those_of_the_test_and_back(self):
        names = Names("/tmp/root", {3000: 7000, 8080: 8000}, free_port)
        for shown, real in (
            ("localhost:3000", "localhost:7000"),
            ("PORT=8080 x --listen 0.0.0.0:3000", "PORT=8000 x --listen 0.0.0.0:7000"),
            ("-d 13000 0.3000 3000.5 x3000", "-d 13000 0.3000 3000.5 x3000"),
            ("unix:/run/a.sock ///run/b", "unix:/tmp/root/run/a.sock ///tmp/root/run/b"),
            ("build/run/a ./usr/sbin/b", "build/run/a ./usr/sbin/b"),
        ):
            self.assertEqual(names.real(shown), real)
            self.assertEqual(names.shown(real).replace("//tmp/root", "//"), shown)


class TerminalTest(RivuletTest):
    """A terminal against the real server, with a document of its own."""

    @classmethod
    def setUpClass(cls):
        cls.checkout = Checkout().__enter__()
        cls.addClassCleanup(cls.checkout.__exit__)

    def run_block(self, text, ports=()):
        names = Names(self.checkout.root, dict(ports), free_port)
        environment = {"RIVULET_LISTEN": f"127.0.0.1:{names.port(3000)}"}
        block = Block("console", [], 1, text.splitlines())
        with Terminal(self.checkout, names, environment) as terminal:
            for command in parse_commands(block):
                terminal.run(command)
            terminal.finish()

    def test_output_with_and_without_a_line_end(self):
        self.run_block("$ printf a\na\n$ echo b; echo c >&2\nb\nc\n$ true")

    def test_one_bash_runs_a_block(self):
        self.run_block("$ name=ana; cd scripts\n$ echo $name; ls curl-load\nana\n…")

    def test_another_output_fails(self):
        with self.assertRaisesRegex(AssertionError, "line 2: `echo a` prints\na"):
            self.run_block("$ echo a\nb")

    def test_what_bash_cannot_read_is_said(self):
        with self.assertRaisesRegex(AssertionError, "syntax error"):
            self.run_block("$ if true; then")

    def test_a_stream_in_the_background_shows_what_came(self):
        server = self.serve()
        self.run_block(
            "$ curl -N localhost:3000/stream/ana &\n"
            "retry: …\n:…\ndata: hi\nid: …\n\ndata: all\nid: …\n\n"
            "$ curl localhost:3000/publish/ana/status/hi\nOk\n"
            '$ curl localhost:3000/clients\n["ana"]\n'
            "$ curl localhost:3000/publish/status/all\nOk",
            {3000: server.address.rpartition(":")[2]})
        server.wait_for_clients([])

    def test_a_failing_background_command_is_shown(self):
        with self.assertRaises(AssertionError):
            self.run_block("$ curl -N localhost:3000/stream/ana &\nretry: …")

    def test_one_that_says_nothing_is_not_waited_for(self):
        self.run_block("$ sleep 1000 &\n$ kill %1; wait %1; echo $?\n143")

    def test_a_server_in_front_gets_ctrl_c(self):
        listening = "level=info msg=listening address=127.0.0.1:%d\n"
        self.run_block("$ build/rivulet\n" + listening % 3000
                       + "$ PORT=8080 rivulet\n" + listening % 8080)

    def test_what_a_server_says_meanwhile_is_compared(self):
        block = ("$ build/rivulet &\nlevel=info msg=listening address=127.0.0.1:3000\n"
                 "level=info msg=reloaded changed=%s publish-tokens=0 subscribe-keys=0\n"
                 "…\n$ kill -HUP %%1\n$ kill -INT %%1; wait %%1\n")
        self.run_block(block % '""')
        with self.assertRaisesRegex(AssertionError, "as shown"):
            self.run_block(block % "retry")

    def test_a_server_that_ends_badly_fails(self):
        shown = "level=info msg=listening address=127.0.0.1:3000"
        with self.assertRaisesRegex(AssertionError, "ends with 3"):
            self.run_block(
                f"$ (trap 'exit 3' INT; echo {shown}; sleep 1000) &\n{shown}")


class CheckoutTest(unittest.TestCase):
    def test_what_is_not_installed_is_found(self):
        def missing(*texts):
            return checkout.missing_tool([Command(text, 1) for text in texts])

        with Checkout() as checkout:
            self.assertIsNone(missing("a() { b; }", "echo | a", "A=1 sudo ls", "cd x"))
            self.assertEqual(missing("ls", "no-such-tool -x"), "no-such-tool")
            self.assertEqual(missing("ls | no-such-tool"), "no-such-tool")

    def test_files_of_the_repository_are_not_written(self):
        with Checkout() as checkout:
            checkout.write("chat/index.html", "a\n")
            for name in ("www/index.html", "../x", "/tmp/x"):
                with self.assertRaises(AssertionError):
                    checkout.write(name, "a\n")


if __name__ == "__main__":
    unittest.main()
