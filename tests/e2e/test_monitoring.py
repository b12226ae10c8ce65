"""The dashboard, the alerts and the README name metrics that exist."""

import json
import re
import shutil
import subprocess
import unittest

from prometheus import scrape
from rivulet import DEADLINE, REPOSITORY, RivuletTest

DASHBOARD = REPOSITORY / "scripts/grafana/rivulet.json"
RULES = REPOSITORY / "scripts/prometheus/rivulet.rules.yml"
NAME = re.compile(r"\brivulet_[a-z0-9_]+")


class MonitoringTest(RivuletTest):
    def names(self):
        return set(scrape(self.serve()).names())

    def test_the_dashboard(self):
        text = DASHBOARD.read_text()
        panels = json.loads(text)["panels"]
        queries = [target["expr"] for panel in panels
                   for target in panel.get("targets", ())]
        self.assertGreater(len(queries), 10)
        for query in queries:
            self.assertRegex(query, NAME)
        self.assertLessEqual(set(NAME.findall(text)), self.names())

    def test_the_alerts(self):
        text = RULES.read_text()
        self.assertGreater(text.count("- alert: "), 4)
        self.assertEqual(text.count("- alert: "), text.count("summary: "))
        self.assertLessEqual(set(NAME.findall(text)), self.names())

    def test_the_readme_lists_each_metric_once(self):
        readme = (REPOSITORY / "README.md").read_text()
        listed = re.findall(r"^\| `(rivulet_\w+)", readme, re.MULTILINE)
        self.assertEqual(sorted(listed), sorted(scrape(self.serve()).families))


# The machine's, or that which scripts/deps.sh has fetched. Where neither can be
# had, the strict reader of prometheus.py is all there is.
PROMTOOL = (shutil.which("promtool")
            or shutil.which("promtool", path=REPOSITORY / ".cache"))


@unittest.skipUnless(PROMTOOL, "needs promtool: scripts/deps.sh test")
class PromtoolTest(RivuletTest):
    def check(self, what, **options):
        said = subprocess.run(
            [PROMTOOL, "check", *what], text=True, capture_output=True,
            timeout=DEADLINE, **options)
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)

    def test_promtool_has_nothing_to_say_about_the_metrics(self):
        self.check(["metrics"], input=self.serve().request("/metrics").text)

    def test_promtool_takes_the_alerts(self):
        self.check(["rules", str(RULES)])


if __name__ == "__main__":
    unittest.main()
