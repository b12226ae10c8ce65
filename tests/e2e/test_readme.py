"""The commands of README.md print what README.md shows.

A fenced block that starts with ```console is what a terminal shows:

    $ curl -N localhost:3000/stream/ana &
    retry: …
    : …
    data: hi
    id: …

    $ curl localhost:3000/publish/ana/status/hi
    Ok

- A line that starts with `$ ` is a command; one that ends in a backslash goes
  on in the next line (after `> `, where that is shown). The lines below, up to
  the next command, are what it prints.
- `…` stands for any text; a line of nothing else stands for any lines. Empty
  lines at the end do not count.
- A command that ends in ` &` stays running. Once its first bytes are there the
  next command runs; when the block ends it must have printed what stands below
  it, and is ended.
- The commands of a block share one bash, in the root of the repository. All
  talk to a server of this test, whatever port they name it by.
- Commands that start with one of CHECKED_ELSEWHERE are not run.
"""

import os
import re
import signal
import subprocess
import tempfile
import time
import unittest
from dataclasses import dataclass, field
from pathlib import Path

from rivulet import DEADLINE, REPOSITORY, RivuletTest, binary

README = REPOSITORY / "README.md"
SHOWN_ADDRESS = "localhost:3000"
CHECKED_ELSEWHERE = (
    "apt",
    "build/rivulet",
    "cd ",
    "docker ",
    "git clone ",
    "make",
    "PORT=",
    "sudo ",
)


@dataclass
class Command:
    text: str
    line: int  # of the README
    expected: list = field(default_factory=list)

    @property
    def stays_running(self):
        return self.text.endswith(" &")

    @property
    def checked_elsewhere(self):
        return self.text.startswith(CHECKED_ELSEWHERE)


def parse_blocks(markdown):
    """The commands of each ```console block."""
    blocks = []
    block = fence = None
    goes_on = False
    for number, line in enumerate(markdown.splitlines(), 1):
        opening = re.fullmatch(r"(`{3,}|~{3,})\s*([\w-]*).*", line)
        if fence is None:
            if opening:
                fence = opening[1]
                block = [] if opening[2] == "console" else None
                goes_on = False
        elif line.rstrip() == fence:
            if block is not None:
                blocks.append(block)
            fence = None
        elif block is None:
            continue
        elif goes_on:
            line = line.removeprefix("> ")
            block[-1].text = block[-1].text[:-1].rstrip() + " " + line.strip()
            goes_on = line.endswith("\\")
        elif line.startswith("$ "):
            block.append(Command(line[2:].strip(), number))
            goes_on = line.endswith("\\")
        elif block:
            block[-1].expected.append(line)
        else:
            raise AssertionError(f"README line {number} is output of no command")
    if fence is not None:
        raise AssertionError("README ends inside a fenced block")
    return blocks


def without_last_empty_lines(lines):
    lines = [line.rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def matches(expected, printed):
    """Whether the printed lines are those shown, `…` being anything."""
    expected = without_last_empty_lines(expected)
    printed = without_last_empty_lines(printed)
    pattern = ""
    for line in expected:
        if line.strip() == "…":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(map(re.escape, line.split("…"))) + r"\n"
    text = "".join(line + "\n" for line in printed)
    return re.fullmatch(pattern, text) is not None


class Terminal:
    """One bash for the commands of one block."""

    _END = "end of command"

    def __init__(self, address):
        self.address = address
        self._folder = tempfile.TemporaryDirectory()
        # At a terminal curl shows no progress; here it must be told.
        Path(self._folder.name, ".curlrc").write_text("silent\nshow-error\n")
        self._background = []  # commands and the files of their output
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=REPOSITORY,
            env={
                **os.environ,
                "CURL_HOME": self._folder.name,
                "RIVULET_BIN": binary()[-1],
                "no_proxy": "*",
            },
            start_new_session=True,
        )
        os.set_blocking(self._bash.stdout.fileno(), False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.wait()
        self._bash.stdin.close()
        self._bash.stdout.close()
        self._folder.cleanup()

    def run(self, command):
        text = command.text.replace(SHOWN_ADDRESS, self.address)
        if command.stays_running:
            self._start(command, text.removesuffix(" &"))
            return
        self._type(f"{{ {text}\n}} </dev/null; printf '\\n%s\\n' '{self._END}'")
        printed = self._read_to_end_mark(command)
        self._check(command, printed)

    def _start(self, command, text):
        output = Path(self._folder.name, f"output-{len(self._background)}")
        ended = output.with_suffix(".ended")
        self._type(f"(({text}\n) </dev/null >{output} 2>&1; : >{ended}) &")
        self._background.append((command, output, ended))
        self._wait(
            lambda: ended.exists() or output.exists() and output.stat().st_size,
            command,
        )

    def finish(self):
        """What was left running has printed what the README shows."""
        for command, output, ended in self._background:
            give_up = time.monotonic() + DEADLINE
            while not (ended.exists() or time.monotonic() > give_up):
                if matches(command.expected, self._lines(output)):
                    break
                time.sleep(0.01)
            self._check(command, output.read_text())

    def _type(self, line):
        self._bash.stdin.write(line.encode() + b"\n")
        self._bash.stdin.flush()

    def _wait(self, condition, command):
        give_up = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > give_up:
                raise AssertionError(
                    f"README line {command.line}: `{command.text}` is not done "
                    f"after {DEADLINE:g} s (is it to stay running? end it in ` &`)"
                )
            time.sleep(0.01)

    def _read_to_end_mark(self, command):
        mark = f"\n{self._END}\n".encode()
        printed = bytearray()

        def ended():
            printed.extend(self._bash.stdout.read() or b"")
            return printed.endswith(mark) or self._bash.poll() is not None

        self._wait(ended, command)
        return printed.removesuffix(mark).decode()

    def _lines(self, output):
        return self._as_shown(output.read_text()).split("\n")

    def _as_shown(self, printed):
        return printed.replace("\r", "").replace(self.address, SHOWN_ADDRESS)

    def _check(self, command, printed):
        lines = self._as_shown(printed).split("\n")
        if not matches(command.expected, lines):
            raise AssertionError(
                f"README line {command.line}: `{command.text}` prints\n"
                + "\n".join(lines)
                + "\nthe README shows\n"
                + "\n".join(command.expected)
            )


class ReadmeTest(RivuletTest):
    def test_every_command_prints_what_the_readme_shows(self):
        if not README.exists() and os.environ.get("CI") != "true":
            self.skipTest("there is no README.md")
        blocks = parse_blocks(README.read_text())
        server = self.serve()
        ran = []
        for block in blocks:
            with Terminal(server.address) as terminal:
                for command in block:
                    if command.checked_elsewhere:
                        continue
                    with self.subTest(command.text, line=command.line):
                        terminal.run(command)
                    ran.append(command)
                with self.subTest("what was left running"):
                    terminal.finish()
            server.wait_for_clients([])
        skipped = [c for block in blocks for c in block if c.checked_elsewhere]
        self.assertEqual(len(ran) + len(skipped), sum(map(len, blocks)))
        # A README whose blocks are called anything else would pass unread.
        every_dollar = re.findall(r"^\s*\$ ", README.read_text(), re.MULTILINE)
        self.assertEqual(len(every_dollar), sum(map(len, blocks)))
        self.assertNotEqual(ran, [])


class ParserTest(unittest.TestCase):
    def test_finds_the_commands_and_their_output(self):
        first, second = parse_blocks(
            "text\n$ not a command\n"
            "```console\n$ a\none\n\ntwo\n$ b \\\n  -c \\\n> -d &\n```\n"
            "```sh\n$ not one either\n```\n"
            "````console\n$ e\n```\n````\n"
        )
        self.assertEqual(
            first,
            [Command("a", 4, ["one", "", "two"]), Command("b -c -d &", 8)],
        )
        self.assertEqual([c.stays_running for c in first], [False, True])
        self.assertEqual(second, [Command("e", 16, ["```"])])

    def test_refuses_what_it_would_misread(self):
        for markdown in ("```console\noutput\n```\n", "```console\n$ a\n"):
            with self.assertRaises(AssertionError):
                parse_blocks(markdown)

    def test_dots_stand_for_anything(self):
        for expected, printed, same in (
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
        ):
            with self.subTest(f"{expected!r} {printed!r}"):
                found = matches(expected.split("\n"), printed.split("\n"))
                self.assertEqual(found, same)

    def test_knows_what_is_checked_elsewhere(self):
        for text, elsewhere in (
            ("make run", True),
            ("docker build -t rivulet .", True),
            ("curl localhost:3000/clients", False),
            ("scripts/curl-load 500 200", False),
        ):
            self.assertEqual(Command(text, 1).checked_elsewhere, elsewhere)


class TerminalTest(RivuletTest):
    """A terminal against the real server, with a README of its own."""

    def run_block(self, markdown, address="127.0.0.1:1"):
        (block,) = parse_blocks(f"```console\n{markdown}\n```")
        with Terminal(address) as terminal:
            for command in block:
                terminal.run(command)
            terminal.finish()

    def test_output_with_and_without_a_line_end(self):
        self.run_block("$ printf a\na\n$ echo b; echo c >&2\nb\nc\n$ true")

    def test_one_bash_runs_a_block(self):
        self.run_block("$ name=ana; cd scripts\n$ echo $name; ls curl-load\nana\n…")

    def test_another_output_fails(self):
        with self.assertRaisesRegex(AssertionError, "line 2: `echo a` prints\na"):
            self.run_block("$ echo a\nb")

    def test_the_address_is_that_of_the_test(self):
        self.run_block("$ echo http://localhost:3000/x\nhttp://localhost:3000/x")
        self.run_block("$ echo localhost:3000 | tr 1 2\n227.0.0.2:2")

    def test_a_stream_in_the_background_shows_what_came(self):
        server = self.serve()
        block = (
            "$ curl -N localhost:3000/stream/ana &\n"
            "retry: …\n:…\ndata: hi\nid: …\n\ndata: %s\nid: …\n\n"
            "$ curl localhost:3000/publish/ana/status/hi\nOk\n"
            "$ curl localhost:3000/clients\n[\"ana\"]\n"
            "$ curl localhost:3000/publish/status/all\nOk"
        )
        self.run_block(block % "all", server.address)
        server.wait_for_clients([])

    def test_a_failing_background_command_is_shown(self):
        with self.assertRaises(AssertionError):
            self.run_block("$ curl -N localhost:3000/stream/ana &\nretry: …")


if __name__ == "__main__":
    unittest.main()
