"""tests/bench/cluster prints its table."""

import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from rivulet import DEADLINE, REPOSITORY


class ClusterBenchTest(unittest.TestCase):
    def test_a_quick_run_has_every_row(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "samples.json"
            result = subprocess.run(
                [REPOSITORY / "tests/bench/cluster", "--quick", "--json", file],
                capture_output=True, text=True, timeout=4 * DEADLINE)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            written = json.loads(file.read_text())
        self.assertEqual(written["faults"], [])
        for row, systems in (
            *((f"to {what}, {p}, ms", "alone .* on Redis")
              for what in ("delivery", "answer") for p in ("p50", "p99")),
            *((f"{what}, {how}", systems)
              for how in ("as fast as answered", "20,000 a second")
              for what, systems in (
                  ("events a second", "alone .* on Redis"),
                  ("CPU of an event, µs", "alone .* A .* Redis .* B"),
                  ("CPU, % of a core", "alone .* A .* Redis .* B"))),
        ):
            self.assertRegex(result.stdout, f"(?m)^{re.escape(row)} +{systems} ")
        for verdict in (r"p99 across instances: [+-][0-9.]+ ms; (NOT )?within 2 ms",
                        r"the backplane's share of the CPU of A: -?[0-9]+ %",
                        r"of 20,000 events a second there were [0-9,]+"):
            self.assertRegex(result.stdout, f"(?m)^{verdict}")


if __name__ == "__main__":
    unittest.main()
