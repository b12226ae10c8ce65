"""scripts/check-sizes passes the real tree and names what is too long."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from rivulet import REPOSITORY, temporary_folder

SCRIPT = REPOSITORY / "scripts" / "check-sizes"


def check(*arguments):
    return subprocess.run(
        [str(SCRIPT), *arguments], capture_output=True, text=True, timeout=60
    )


# A function of each shape: a file's name, what stands above the function, how
# it begins, and what stands behind its body.
SHAPES = {
    "C++ function": ("a.cpp", "", "void f() {\n", "}\n"),
    "C++ in a namespace": ("a.h", "namespace a {\n", "inline int f() {\n", "}\n}\n"),
    "C++ method": ("a.h", "class A : public B {\n public:\n",
                   "  int f() const {\n", "}\n};\n"),
    "C++ constructor": ("a.cpp", "", "A::A(int b)\n    : b_{b}, c_(b) {\n", "}\n"),
    "C++ template": ("a.h", "", "template <class T>\nstruct T f(T t) {\n", "}\n"),
    "C++ with a result behind": ("a.h", "", "auto f() -> std::set<int> {\n", "}\n"),
    "C++ lambda": ("a.cpp", "", "const auto f = [](int a) {\n", "};\n"),
    "C++ test case": ("a.cpp", "", 'TEST_CASE("a }\\"{ b"\n          " c") {\n', "}\n"),
    "C++ after #else": ("a.cpp", "#if A\nint a;\n#else\n", "void f() {\n", "}\n#endif\n"),
    "Python function": ("a.py", "", "def f():\n", ""),
    "Python method": ("a.py", "class A:\n", "  @b\n  async def f():\n", ""),
    "Python by its first line": ("a", "#!/usr/bin/env python3\n", "def f():\n", ""),
    "JavaScript function": ("a.js", "", "function f(a = {}) {\n", "}\n"),
    "JavaScript method": ("a.mjs", "class A {\n", "  async #f({ b }) {\n", "}\n}\n"),
    "JavaScript arrow": ("a.js", "", "const f = a => {\n", "};\n"),
    "JavaScript test": ("a.mjs", "", "test('a', async (t) => {\n", "});\n"),
}
# Lines of a body, with what only looks like brackets and functions.
CPP = """g('{', R"(}")", "}\\"");  // }\n""", "/* } */ if (a) { b = 1'000; }\n"
JAVASCRIPT = "g('{', `}${a}`, /[/}]/);  // }\n", 'if (a) { b(1 / 2, "}"); }\n'
PYTHON = "    g('def h():')\n", "    if a: pass  # def h():\n"
BODY_LINES = {".cpp": CPP, ".h": CPP, ".js": JAVASCRIPT, ".mjs": JAVASCRIPT,
              ".py": PYTHON, "": PYTHON}


def shaped(shape, lines, above="", first=""):
    """The name and text of a file with one function of this many lines, and the
    line in which it begins. `above` stands before it, `first` in it."""
    name, before, start, end = SHAPES[shape]
    before += above
    rest = lines - (start + first).count("\n") - bool(end)
    pair = BODY_LINES[Path(name).suffix]
    body = first + "".join(pair[n % 2] for n in range(rest))
    return name, before + start + body + end, before.count("\n") + 1


class SizesTest(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_folder(self)

    def violations(self, files):
        """What is said of files with these names and texts, a list for each."""
        with tempfile.TemporaryDirectory() as folder:
            for number, (name, text) in enumerate(files):
                path = Path(folder, str(number), name)
                path.parent.mkdir()
                path.write_text(text)
            result = check(folder)
        said = [[] for _ in files]
        for line in result.stdout.splitlines():
            if line.startswith("check-sizes: "):
                continue
            number, _, message = line.partition("/")
            said[int(number)].append(message)
        self.assertEqual(result.returncode, 1 if any(said) else 0, result.stderr)
        return said

    def assert_good(self, files):
        for file, said in zip(files, self.violations(files)):
            self.assertEqual(said, [], file)

    def test_the_real_tree_passes(self):
        result = check()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_a_function_over_40_lines_needs_a_reason(self):
        self.assert_good([shaped(shape, 40)[:2] for shape in SHAPES])
        functions = [shaped(shape, 41) for shape in SHAPES]
        said = self.violations([(name, text) for name, text, _ in functions])
        for (name, text, line), lines in zip(functions, said):
            self.assertEqual(lines, [
                f"{name}:{line}: 41 lines; a function with more than 40 says why: "
                "`Long: …`"], text)

    def test_a_reason_stands_above_the_function_or_in_its_first_lines(self):
        good, bad = [], []
        for shape in SHAPES:
            mark = "#" if shape.startswith("Python") else "//"
            reason = f"{mark} Long: each row is a case.\n{mark} And more.\n"
            for where, text, files in (
                ("above", reason, good),
                ("first", reason, good),
                ("above", reason + "\n", bad),
                ("first", "\n" * 5 + reason, bad),
                ("above", f"{mark} Long:\n", bad),
            ):
                files.append(shaped(shape, 60, **{where: text})[:2])
        self.assert_good(good)
        for file, said in zip(bad, self.violations(bad)):
            self.assertEqual(len(said), 1, file)

    def test_over_60_lines_no_reason_counts(self):
        functions = []
        for shape in SHAPES:
            mark = "#" if shape.startswith("Python") else "//"
            functions.append(shaped(shape, 61, f"{mark} Long: so it is.\n"))
        said = self.violations([(name, text) for name, text, _ in functions])
        for (name, text, line), lines in zip(functions, said):
            self.assertEqual(
                lines, [f"{name}:{line}: 61 lines; a function has at most 60"], text)

    def test_each_function_counts_by_itself(self):
        functions = [shaped(shape, 35) for shape in SHAPES]
        self.assert_good([(name, text * 3) for name, text, _ in functions])

    def test_a_file_has_at_most_400_lines(self):
        names = ("a.cpp", "a.h", "a.py", "a.js", "a.mjs", "a.sh", "a.mk", "a.html",
                 "a.css", "Makefile", "Dockerfile")
        self.assert_good([(name, "\n" * 400) for name in names])
        said = self.violations([(name, "\n" * 401) for name in names])
        for name, lines in zip(names, said):
            self.assertEqual(lines, [f"{name}:1: 401 lines; a file has at most 400"])

    def test_a_program_is_known_by_its_first_line(self):
        starts = ("#!/bin/sh", "#!/usr/bin/env python3", "#!/usr/bin/make -f")
        for lines in self.violations([("a", start + "\n" * 401) for start in starts]):
            self.assertEqual(lines, ["a:1: 401 lines; a file has at most 400"])

    def test_prose_and_data_may_be_long(self):
        names = ("README.md", "a.json", "a.svg", "LICENSE", "a.yml")
        self.assert_good([("a.sh", ""), *((name, "a\n" * 1000) for name in names)])

    def test_a_table_is_no_function(self):
        rows = "".join(f'    {{"{n}", {n}}},\n' for n in range(100))
        self.assert_good([
            ("a.cpp", "const std::map<std::string, int> kRows = {\n" + rows + "};\n"),
            ("a.cpp", "const std::map<std::string, int> kRows{\n" + rows + "};\n"),
            ("a.cpp", "struct A {\n" + "  int a(int b);\n" * 100 + "};\n"),
            ("a.js", "const rows = {\n" + "  a: f(1),\n" * 100 + "};\n"),
            ("a.py", "ROWS = [\n" + "    f(1),\n" * 100 + "]\n"),
        ])

    def test_a_block_of_javascript_is_no_function(self):
        self.assert_good([
            ("a.js", start + " {\n" + "  f();\n" * 100 + "}\n")
            for start in ("if (a)", "for (const a of b)", "for await (a of b)",
                          "while (a)", "switch (a)")])

    def test_what_cannot_be_read_is_no_pass(self):
        files = [("a.cpp", "void f() {\n"), ("a.cpp", "void f() }\n"),
                 ("a.js", "f(]);\n"), ("a.py", "def f(:\n")]
        for (name, text), lines in zip(files, self.violations(files)):
            self.assertEqual(len(lines), 1, text)
            self.assertIn(f"{name}:1: cannot be read as", lines[0])

    def test_only_what_git_tracks_counts(self):
        def git(*arguments):
            subprocess.run(["git", "-C", str(self.folder), *arguments], check=True)

        git("init", "--quiet")
        (self.folder / "long.py").write_text("\n" * 401)
        self.assertEqual(check(str(self.folder)).returncode, 2)
        git("add", "long.py")
        self.assertEqual(check(str(self.folder)).returncode, 1)

    def test_no_code_is_no_pass(self):
        self.assertEqual(check(str(self.folder)).returncode, 2)
        self.assertEqual(check(str(self.folder / "missing")).returncode, 2)


if __name__ == "__main__":
    unittest.main()
