"""The commands of README.md, and of src/README.md, print what is shown there.

Each fenced block says of what kind it is; one of no or of another kind fails.

```console is what a terminal shows:

    $ curl -N localhost:3000/stream/ana &
    retry: …
    : …
    data: hi
    id: …

    $ curl localhost:3000/publish/ana/status/hi
    Ok

- A line that starts with `$ ` is a command; one that ends in a backslash goes
  on in the next line, and so do lines below it that start with `> `. The lines
  after that, up to the next command, are what it prints.
- `…` stands for any text; a line of nothing else stands for any lines. Empty
  lines at the end do not count. In a line of the log (`level=…`) durations,
  bytes, versions and the ports of peers are any number: see console.py.
- A command that ends in ` &` stays running. Once its first bytes are there, if
  any are shown, the next command runs; when the block ends it must have printed
  what stands below it, and is ended. `%1` is the first such command of a block.
- A server is to show its line `msg=listening`. Without ` &` it gets Ctrl-C when
  it has printed what is shown. It must then exit 0. What is behind `kill -HUP`
  and `kill -USR2` waits for what the server says to that.
- A block that shows `msg=listening` talks to the server that it starts; all
  others to one of this test. 3000 to 3009, 8080 and 6379 are other ports here.
- The commands of a block share one bash; blocks share a folder that looks like
  the repository. /run, /etc/rivulet and /usr/sbin are elsewhere, `sudo` does
  nothing, redis-server and redis-cli are real (terminal.py).
- Commands that run_elsewhere.py names are not run. A block is passed over, and
  says so, when a program that it starts may not trace here, or is not installed;
  with CI=true the latter fails.

```text is a drawing. ```conf is lines for rivulet.conf, ```ini for a unit by
`systemctl edit rivulet`: they are checked by who reads such files. ```LANGUAGE
file NAME is a file that the blocks below it find; so may a conf be. ```LANGUAGE
PATH is an excerpt of that file, `…` or `// …` for lines left out. ```LANGUAGE
publishes RUNTIME is run by tests/clients/snippets.test.mjs, and ```LANGUAGE example
NAME by tests/e2e/test_examples.py or tests/page/examples.test.mjs.

In tables headed `Command` the first column is commands; they and each `make` in
the text are there at least: `make -n`, --help.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import run_elsewhere
import test_units
from console import Names, parse_blocks, parse_commands
from proxy import free_port
from redis_server import RedisServer
from rivulet import REPOSITORY, RivuletTest, has_ipv6
from terminal import TRACERS, Checkout, Terminal
from test_process import run_to_exit

README = REPOSITORY / "README.md"
TOUR = REPOSITORY / "src" / "README.md"
DOCUMENTS = [path for path in (README, TOUR) if path.exists()]
IN_CI = os.environ.get("CI") == "true"
SNIPPETS = REPOSITORY / "tests/clients/snippets.test.mjs"
EXAMPLES = [REPOSITORY / "tests" / name
            for name in ("e2e/test_examples.py", "page/examples.test.mjs")]
CODE = re.compile(r"`([^`\n]+)`")


def prose(markdown):
    return re.sub(r"(?ms)^(```+).*?^\1$", "", markdown)


def table_commands(markdown):
    """The commands in the first column of tables headed `Command`."""
    commands = []
    inside = False
    for line in markdown.splitlines():
        inside = line.startswith("| Command |") or inside and line.startswith("|")
        if inside:
            commands += CODE.findall(line.split("|")[1])
    return commands


def block_commands(markdown):
    return [command for block in parse_blocks(markdown) if block.kind == "console"
            for command in parse_commands(block)]


def is_excerpt(shown, text):
    """Whether the lines stand in the text, in this order and side by side but
    where `…` stands between them."""
    parts = re.split(r"(?m)^\s*(?://|#)?\s*…\s*\n", shown)
    return re.search(".*?".join(map(re.escape, parts)), text, re.DOTALL) is not None


class DocumentTest(RivuletTest):
    def check(self, document):
        ran = 0
        server = self.serve()
        with Checkout() as checkout:
            self.checkout, self.server, self.document = checkout, server, document
            for block in parse_blocks(document.read_text()):
                with self.subTest(f"{document.name}: {block.kind}", line=block.line):
                    self.check_block(block)
                    ran += 1
        self.assertGreater(ran, 0)

    def check_block(self, block):
        if block.kind == "console":
            self.check_console(block)
        elif block.about[:1] == ["publishes"]:
            self.assertEqual((self.document, len(block.about)), (README, 2))
            self.assertIn(r"publishes (\w+)", SNIPPETS.read_text())
        elif block.about[:1] == ["example"]:
            self.assertEqual((self.document, len(block.about)), (README, 2))
            run_by = "".join(file.read_text() for file in EXAMPLES)
            self.assertRegex(run_by, rf"""["'`]{block.about[1]}["'`]""")
        elif block.about[:1] == ["file"] or block.kind == "conf":
            self.check_file(block)
        elif block.kind == "ini":
            self.check_unit(block)
        elif block.about:
            source = (REPOSITORY / block.about[0]).read_text()
            self.assertTrue(is_excerpt(block.text, source), block)
        else:
            self.assertEqual(block.kind, "text", "a block of an unknown kind")
            self.assertNotRegex(block.text, r"(?m)^(\$|curl|make|rivulet|level=)")

    def check_console(self, block):
        commands = [command for command in parse_commands(block)
                    if not run_elsewhere.entry_for(command.text)]
        missing = self.what_is_missing(commands)
        if missing:
            may_not_trace = missing in TRACERS and shutil.which(missing)
            self.assertFalse(IN_CI and not may_not_trace, f"not usable: {missing}")
            print(f"line {block.line} passed over, for want of {missing}",
                  file=sys.stderr)
            return
        with contextlib.ExitStack() as stack:
            names, environment = self.surroundings(block, stack)
            terminal = stack.enter_context(Terminal(self.checkout, names, environment))
            for command in commands:
                terminal.run(command)
            terminal.finish()
        self.server.wait_for_clients([])

    def what_is_missing(self, commands):
        text = "\n".join(command.text for command in commands)
        if "[::]" in text and not has_ipv6():
            return "IPv6"
        if re.search(r"^make run\b", text, re.MULTILINE) and not is_built():
            return "build/rivulet, made of these sources"
        return self.checkout.missing_tool(commands)

    def surroundings(self, block, stack):
        """What is called how, and the environment, of a block."""
        ports = {}
        if not block.has_a_server:
            ports["3000"] = self.server.address.rpartition(":")[2]
        if "redis-cli" in block.text and "redis-server" not in block.text:
            redis = RedisServer().start()
            stack.callback(redis.stop)
            ports["6379"] = redis.port
        names = Names(self.checkout.root, ports, free_port)
        environment = {"REDIS_PORT": names.port(6379)}
        if "listen = " not in block.text:  # the default of these servers
            environment["RIVULET_LISTEN"] = f"127.0.0.1:{names.port(3000)}"
        if re.search(r"^\$ (sudo )?(strace|gdb) ", block.text, re.MULTILINE):
            environment["ASAN_OPTIONS"] = (
                os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
        return names, environment

    def check_file(self, block):
        if block.about:
            self.checkout.write(block.about[1], block.text)
        if block.kind == "conf":
            with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
                file.write(block.text)
                file.flush()
                result = run_to_exit("--config", file.name, "--check-config")
            self.assertEqual(result.stdout, "ok\n", result.stderr)

    def check_unit(self, block):
        if not shutil.which("systemd-analyze"):
            self.assertFalse(IN_CI, "there is no systemd-analyze")
            return
        with tempfile.TemporaryDirectory() as folder:
            unit = Path(folder, test_units.SERVICE.name)
            unit.write_text(test_units.SERVICE.read_text().replace(
                test_units.INSTALLED, "/bin/true"))
            edited = Path(folder, unit.name + ".d", "override.conf")
            edited.parent.mkdir()
            edited.write_text(block.text)
            said = test_units.analyze("verify", "--man=no", unit)
        self.assertEqual(said, (0, ""))

    def test_the_readme(self):
        self.check(README)

    @unittest.skipUnless(TOUR.exists(), "there is no src/README.md")
    def test_the_tour(self):
        self.check(TOUR)


def is_built():
    tried = subprocess.run(["make", "-q", "all"], cwd=REPOSITORY, capture_output=True)
    return tried.returncode == 0


class LinkTest(unittest.TestCase):
    def test_links_lead_to_files_and_headings(self):
        for document in DOCUMENTS:
            text = prose(document.read_text())
            links = re.findall(r"\]\(([^)\s]+)\)", text)
            self.assertGreater(len(links), 3)
            for link in links:
                with self.subTest(f"{document.name}: {link}"):
                    self.check_link(document, link)

    def check_link(self, document, link):
        path, _, anchor = link.partition("#")
        if path.startswith("https:"):
            return
        file = document.parent / path if path else document
        self.assertTrue(file.exists())
        if anchor:
            headings = re.findall(r"(?m)^#+ (.*)$", prose(file.read_text()))
            self.assertIn(anchor, {slug(heading) for heading in headings})


def slug(heading):
    """The name that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


class NotRunTest(unittest.TestCase):
    """What is named in the documents and not run here."""

    @classmethod
    def setUpClass(cls):
        texts = [document.read_text() for document in DOCUMENTS]
        cls.table = [c for text in texts for c in table_commands(text)]
        cls.blocks = [c.text for text in texts for c in block_commands(text)]
        cls.code = [c for text in texts for c in CODE.findall(prose(text))]

    def test_the_tests_that_run_it_are_there(self):
        for command, test in run_elsewhere.BY_ANOTHER_TEST.items():
            with self.subTest(command):
                self.assertTrue(run_elsewhere.is_there(test), test)

    def test_each_entry_is_in_a_document(self):
        named = {run_elsewhere.entry_for(c) for c in self.table + self.blocks}
        for command in (*run_elsewhere.BY_ANOTHER_TEST, *run_elsewhere.BY_NOBODY):
            self.assertIn(command, named)

    def test_each_command_of_the_tables_is_run_somewhere_or_told_not_to_be(self):
        self.assertGreater(len(self.table), 20)
        for command in self.table:
            if command != "make help":  # below
                self.assertIsNotNone(run_elsewhere.entry_for(command), command)

    def test_make_knows_each_target(self):
        makes = {c.removeprefix("sudo ") for c in self.table + self.blocks + self.code
                 if re.match(r"(sudo )?make( |$)", c)}
        self.assertGreater(len(makes), 20)
        for command in sorted(makes):
            with self.subTest(command):
                first, *rest = shlex.split(command)
                tried = subprocess.run([first, "-n", *rest], cwd=REPOSITORY, text=True,
                                       stdin=subprocess.DEVNULL, capture_output=True)
                self.assertEqual(tried.returncode, 0, tried.stderr)

    def test_make_help_lists_each_target(self):
        said = subprocess.run(["make", "-s", "help"], cwd=REPOSITORY, text=True,
                              check=True, capture_output=True).stdout
        listed = set(re.findall(r"^  make (\S+)  +\S", said, re.MULTILINE)) | {"help"}
        for command in self.table:
            for target in re.findall(r"^(?:sudo )?make ([a-z-]+)(?: |$)", command):
                self.assertIn(target, listed)

    def test_scripts_say_how_they_are_used(self):
        scripts = {c.split()[0] for c in self.table + self.blocks
                   if c.startswith(("scripts/", "tests/"))}
        self.assertGreater(len(scripts), 6)
        for script in sorted(scripts):
            with self.subTest(script):
                self.check_usage(script)

    def check_usage(self, script):
        asked = subprocess.run([REPOSITORY / script, "--help"], cwd=REPOSITORY, text=True,
                               stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
        self.assertIn(asked.returncode, (0, 64), asked)
        self.assertIn("usage: " + script, asked.stdout + asked.stderr)

    def test_what_is_named_in_the_text_is_there(self):
        options = set(re.findall(r"--[\w-]+", run_to_exit("--help").stdout))
        for code in self.code:
            with self.subTest(code):
                for path in re.findall(r"^(?:scripts|tests|src)/[\w/.*-]+", code):
                    self.assertTrue(list(REPOSITORY.glob(path)))
                if code.startswith("rivulet "):
                    self.assertLessEqual(set(re.findall(r" (--[\w-]+)", code)), options)


if __name__ == "__main__":
    unittest.main()
