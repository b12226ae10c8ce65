"""The notation of README.md and src/README.md: fenced blocks, the commands in
them, and what they print. test_readme.py tells it in full.
"""

import re
from dataclasses import dataclass, field

# Numbers that stand for ports in commands.
PORT = re.compile(r"(?<![\w.])(?:300\d|8080|6379)(?!\w|\.\d)")
# Folders of the machine that commands may speak of.
FOLDER = re.compile(r"(?<![\w.~-])(?=/(?:run|etc/rivulet|etc/redis|usr/sbin)/)")
# What differs from run to run in a line of the log, in the pattern made of it.
VARIES = (
    (re.compile(r"\b((?:milli)?seconds|ms|bytes|pid)=\d+"), r"\1=\\d+"),
    (re.compile(r"\b(from|to|version)=\d+\\\.\d+\\\.\d+"), r"\1=\\d+\\.\\d+\\.\\d+"),
    (re.compile(r"^(?!.*msg=listening)(.*\baddress=\S+):\d+"), r"\1:\\d+"),
)
LISTENING = "msg=listening"


@dataclass
class Command:
    text: str
    line: int  # of the document
    expected: list = field(default_factory=list)

    @property
    def stays_running(self):
        return self.text.endswith(" &")

    @property
    def serves(self):
        """A server that says so."""
        return any(LISTENING in line for line in self.expected)


@dataclass
class Block:
    kind: str
    about: list  # the words behind it
    line: int
    lines: list = field(default_factory=list)

    @property
    def text(self):
        return "".join(line + "\n" for line in self.lines)

    @property
    def has_a_server(self):
        return LISTENING in self.text


def parse_blocks(markdown):
    """All fenced blocks. What a reader takes for one and this would not see is
    an error."""
    blocks = []
    fence = None
    before = ""
    for number, line in enumerate(markdown.splitlines(), 1):
        opening = re.fullmatch(r"(`{3,}|~{3,})\s*([^`]*)", line)
        if fence is None and opening:
            fence = opening[1]
            kind, *about = opening[2].split() or [""]
            blocks.append(Block(kind, about, number))
        elif fence is None:
            check_prose(before, line, number)
        elif line.rstrip() == fence:
            fence = None
        else:
            blocks[-1].lines.append(line)
        before = line
    if fence is not None:
        raise AssertionError("the document ends inside a fenced block")
    return blocks


def check_prose(before, line, number):
    indented = re.match(r"\t| {4}", line) and not before.strip()
    hidden = re.match(r"[\s>*+-]+(```|~~~)", line) or "<pre" in line
    if indented or hidden:
        raise AssertionError(f"line {number}: a block that is not fenced: {line}")


def parse_commands(block):
    """The commands of a ```console block."""
    commands = []
    goes_on = False
    for number, line in enumerate(block.lines, block.line + 1):
        if goes_on:
            line = line.removeprefix("> ")
            commands[-1].text = commands[-1].text[:-1].rstrip() + " " + line.strip()
            goes_on = line.endswith("\\")
        elif line.startswith("$ "):
            commands.append(Command(line[2:].strip(), number))
            goes_on = line.endswith("\\")
        elif not commands:
            raise AssertionError(f"line {number} is output of no command")
        elif line.startswith("> ") and not commands[-1].expected:
            commands[-1].text += "\n" + line[2:]
        else:
            commands[-1].expected.append(line)
    return commands


# -- what they print


def without_last_empty_lines(lines):
    lines = [line.rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def pattern_of(line):
    if line.strip() == "…":
        return r"(?:.*\n)*"
    pattern = ".*".join(map(re.escape, line.split("…")))
    if line.startswith("level="):
        for varies, anything in VARIES:
            pattern = varies.sub(anything, pattern)
    return pattern + r"\n"


def matches(expected, printed):
    """Whether the printed lines are those shown, `…` being anything."""
    expected = without_last_empty_lines(expected)
    printed = without_last_empty_lines(printed)
    text = "".join(line + "\n" for line in printed)
    return re.fullmatch("".join(map(pattern_of, expected)), text) is not None


# -- what they are called here


class Names:
    """The ports and folders that a block shows, and those it has in the test."""

    def __init__(self, root, ports, free_port):
        self._root = str(root)
        self._ports = {str(shown): str(port) for shown, port in ports.items()}
        self._free_port = free_port

    def port(self, shown):
        """The port for this number."""
        shown = str(shown)
        if shown not in self._ports:
            self._ports[shown] = str(self._free_port())
        return self._ports[shown]

    def real(self, text):
        text = PORT.sub(lambda match: self.port(match[0]), text)
        return FOLDER.sub(lambda _: self._root, text)

    def shown(self, text):
        for shown, real in self._ports.items():
            text = re.sub(rf"(?<![\w.]){real}(?!\w)", shown, text)
        return text.replace("\r", "").replace(self._root, "")
