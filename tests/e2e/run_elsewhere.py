"""Commands of README.md and src/README.md that test_readme.py does not run: who
does, and what nobody runs before a release.

A command is named as it stands there, `*` being anything. `make -n` is tried
with every `make` all the same, and scripts are asked for --help.
"""

import re
from fnmatch import fnmatchcase

from rivulet import REPOSITORY

INSTALL = "tests/e2e/test_install.py"
# The test, as FILE:NAME.
BY_ANOTHER_TEST = {
    "make": "tests/run:build",
    "make test": "tests/run:main",
    "tests/run unit e2e": "tests/run:main",
    "make format": "tests/run:formatting",
    "make sim": "tests/run:sim",
    "make fuzz FUZZ_SECONDS=60": "tests/run:fuzz",
    "RIVULET_SCREENSHOT=. node --test look.test.mjs": "tests/run:page",
    "make install": f"{INSTALL}:test_everything_is_where_the_prefix_says",
    "make deb": f"{INSTALL}:test_it_has_what_it_should_and_no_more",
    "make bench": "tests/e2e/test_bench.py:test_a_quick_run_has_every_row",
    "make bench-cluster": "tests/e2e/test_redis_bench.py:test_a_quick_run_has_every_row",
    "build/asan/unit-tests *": "tests/run:unit",
    "RIVULET_BIN=build/asan/rivulet *": "tests/run:e2e",
    "scripts/readme-options":
        "tests/e2e/test_manual.py:test_the_options_of_the_readme_are_current",
    "scripts/readme-clients": "tests/clients/clients.test.mjs:readme-clients",
}
NEEDS_SYSTEMD = "needs systemd as process 1; test_units.py checks the units"
NEEDS_DOCKER = "needs Docker; test_compose.py checks the files"
TAKES_LONG = "takes too long, or installs too much"
# Why it is run by nobody in `make test`.
BY_NOBODY = {
    "git clone <this repository> rivulet": "there is nothing to clone from",
    "cd rivulet": "without that clone there is no folder",
    "systemctl *": NEEDS_SYSTEMD,
    "apt install ./build/deb/rivulet_*.deb": "it would stay; make deb-check does it",
    "make deb-check": "fetches a Debian; for hand",
    "docker *": NEEDS_DOCKER,
    "make release": TAKES_LONG,
    "make lint": TAKES_LONG,
    "scripts/deps.sh lint": TAKES_LONG,
    "make VARIANT=debug": TAKES_LONG,
    "make WITH_JWT=0": TAKES_LONG,
    "make WITH_REDIS=0": TAKES_LONG,
    "rr *": "needs counters of the processor that few virtual machines have",
    "perf *": "needs a tool of the kernel that is installed",
    "valgrind *": TAKES_LONG,
    "make sim SEED=n": "n is a number that a failed run has told",
    "make coverage": TAKES_LONG,
    "make soak SOAK_MINUTES=30": TAKES_LONG,
    "make exercises": "tests/e2e/test_exercises.py has them red; solutions by hand",
    "make bench PEERS=1": TAKES_LONG,
    "make bench README=1": TAKES_LONG,
    "make bench-choices": TAKES_LONG,
    "make bench-scale": TAKES_LONG,
    "tests/bench/publish": TAKES_LONG,
    "tests/bench/upgrade": TAKES_LONG,
}


def entry_for(command):
    """The key of the table that has this command; None when it is to be run."""
    command = command.removeprefix("sudo ")
    for pattern in (*BY_ANOTHER_TEST, *BY_NOBODY):
        if fnmatchcase(command, pattern):
            return pattern
    return None


def is_there(test):
    file, _, name = test.partition(":")
    text = (REPOSITORY / file).read_text()
    found = rf"\bdef {name}\(" if not file.endswith("mjs") else re.escape(name)
    return re.search(found, text) is not None
