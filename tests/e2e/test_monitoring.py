"""The dashboard, the alerts and the README name metrics that exist."""

import json
import re
import shutil
import subprocess
import unittest

from prometheus import scrape
from rivulet import REPOSITORY, RivuletTest

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

    @unittest.skipUnless(shutil.which("promtool"), "there is no promtool")
    def test_promtool_takes_the_alerts(self):
        said = subprocess.run(["promtool", "check", "rules", str(RULES)],
                              text=True, capture_output=True, timeout=60)
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)

    def test_the_readme_lists_each_metric_once(self):
        readme = (REPOSITORY / "README.md").read_text()
        listed = re.findall(r"^\| `(rivulet_\w+)", readme, re.MULTILINE)
        self.assertEqual(sorted(listed), sorted(scrape(self.serve()).families))


if __name__ == "__main__":
    unittest.main()
