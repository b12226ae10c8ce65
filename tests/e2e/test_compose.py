"""scripts/compose.yaml, as far as can be told without Docker: the server takes its
environment, nginx its files, and they find each other."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from proxy import make_certificate
from rivulet import REPOSITORY, run_to_exit

FILE = REPOSITORY / "scripts" / "compose.yaml"
SETTINGS = re.compile(r"RIVULET_\w+")


READ = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))"


def load():
    """The services of the file, read by any Python that knows YAML."""
    for python in (sys.executable, "/usr/bin/python3"):
        result = subprocess.run(
            [python, "-c", READ], input=FILE.read_text(), text=True, capture_output=True
        )
        if result.returncode == 0:
            return json.loads(result.stdout)["services"]
    if "No module named 'yaml'" in result.stderr and os.environ.get("CI") != "true":
        raise unittest.SkipTest("there is no yaml for python")
    raise AssertionError(result.stderr)


class ComposeTest(unittest.TestCase):
    def setUp(self):
        services = load()
        self.server, self.nginx = services["rivulet"], services["nginx"]
        self.variables = dict(
            line.partition("=")[::2] for line in self.server["environment"]
        )

    def address_of(self, service):
        return service["networks"]["default"]["ipv4_address"]

    def test_the_server_takes_its_environment(self):
        given = {name: value for name, value in self.variables.items() if value}
        result = run_to_exit("--check-config", environment=given)
        self.assertEqual((result.returncode, result.stdout), (0, "ok\n"), result.stderr)
        known = SETTINGS.findall(run_to_exit("--help").stdout)
        self.assertLessEqual(set(self.variables), set(known))

    def test_they_find_each_other(self):
        host, port = self.variables["RIVULET_LISTEN"].split(":")
        self.assertEqual(host, "0.0.0.0")
        self.assertIn(f"{self.address_of(self.server)}:{port}", self.nginx["command"][2])
        self.assertEqual(
            self.variables["RIVULET_TRUSTED_PROXY"], self.address_of(self.nginx)
        )

    def test_the_image_is_made_from_this_repository(self):
        dockerfile = (FILE.parent / self.server["build"] / "Dockerfile").read_text()
        # nginx waits for what only this line tells.
        self.assertEqual(
            self.nginx["depends_on"]["rivulet"]["condition"], "service_healthy"
        )
        self.assertRegex(dockerfile, r'(?m)^HEALTHCHECK .*"--healthcheck"')

    def test_nginx_takes_its_files(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "conf.d").mkdir()
            make_certificate(folder)
            places = {"/etc/nginx/conf.d": folder / "conf.d"}
            for volume in self.nginx["volumes"]:
                source, target, mode = re.fullmatch(
                    r"(\$\{\w+:\?[^}]*\}|[^:]*):(.*):(.*)", volume
                ).groups()
                self.assertEqual(mode, "ro")
                places[target] = {
                    "RIVULET_CERTIFICATE": folder / "certificate",
                    "RIVULET_KEY": folder / "key",
                }.get(source.partition(":")[0].removeprefix("${"), FILE.parent / source)
            self.assertEqual(len(places), 5)

            def here(text):
                for inside, outside in places.items():
                    text = text.replace(inside, str(outside))
                return text

            shell, flag, script = self.nginx["command"]
            self.assertEqual((shell, flag), ("sh", "-c"))
            make_site, start = script.split("&& exec ")
            self.assertEqual(start, "nginx -g 'daemon off;'")
            subprocess.run([shell, flag, here(make_site)], check=True)
            site = folder / "conf.d" / "default.conf"
            site.write_text(here(site.read_text()))
            self.assertIn(f"server {self.address_of(self.server)}:", site.read_text())
            main = folder / "nginx.conf"
            main.write_text(here(places["/etc/nginx/nginx.conf"].read_text()))
            said = subprocess.run(
                ["nginx", "-t", "-p", folder, "-e", folder / "log", "-c", main,
                 "-g", f"pid {folder}/pid;"],
                text=True, capture_output=True,
            )
            self.assertEqual(said.returncode, 0, said.stderr)
            self.assertNotIn("[warn]", said.stderr)


if __name__ == "__main__":
    unittest.main()
