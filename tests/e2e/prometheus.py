"""Reads /metrics as strictly as the text format 0.0.4 and promtool's advice are.

    metrics = scrape(server)
    metrics["rivulet_streams"]                          # 3.0
    metrics["rivulet_streams_ended_total", "slow"]      # by the value of its label
    metrics.families["rivulet_streams"].type            # "gauge"
"""

import math
import re
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BASE_UNITS = ("seconds", "bytes", "fds", "events")
_NAME = r"[a-z][a-z0-9_]*"
_COMMENT = re.compile(rf"# (HELP|TYPE) ({_NAME}) (.+)")
_SAMPLE = re.compile(
    rf'({_NAME})(?:\{{({_NAME})="((?:[^"\\\n]|\\["\\n])*)"\}})? (\S+)')
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:e[+-][0-9]+)?")
_OTHER_UNITS = re.compile(r"_(ms|millis\w*|micro\w*|nano\w*|kb|kib|mb|mib|percent)(_|$)")


@dataclass
class Family:
    help: str
    type: str = ""
    samples: dict = field(default_factory=dict)  # (suffix, label value): number
    label: str = ""


class Metrics:
    def __init__(self, text):
        self.families = {}
        if not text.endswith("\n"):
            raise AssertionError("the last line has no end")
        for line in text[:-1].split("\n"):
            self._read(line)
        for name, family in self.families.items():
            self._check(name, family)

    def __getitem__(self, key):
        name, label = key if isinstance(key, tuple) else (key, "")
        for suffix in ("", "_count", "_sum"):
            family = self.families.get(name.removesuffix(suffix))
            if family and (suffix, label) in family.samples:
                return family.samples[suffix, label]
        raise KeyError(f"no sample {key}")

    def names(self):
        """All that a query may name."""
        for name, family in self.families.items():
            yield name
            if family.type == "histogram":
                yield from (name + end for end in ("_bucket", "_sum", "_count"))

    def _read(self, line):
        comment = _COMMENT.fullmatch(line)
        if comment:
            return self._read_comment(*comment.groups())
        sample = _SAMPLE.fullmatch(line)
        if not sample or not _NUMBER.fullmatch(sample[4]):
            raise AssertionError(f"neither comment nor sample: {line!r}")
        self._read_sample(line, *sample.groups())

    def _read_comment(self, kind, name, text):
        if kind == "HELP":
            if name in self.families:
                raise AssertionError(f"{name} is there twice")
            self.families[name] = Family(text)
        elif list(self.families)[-1:] != [name] or self.families[name].type:
            raise AssertionError(f"the type of {name} does not follow its help")
        else:
            self.families[name].type = text

    def _read_sample(self, line, name, label, value, number):
        last = list(self.families)[-1]
        family = self.families[last]
        suffix = name.removeprefix(last) if name.startswith(last) else None
        histogram = family.type == "histogram"
        if suffix not in (("_bucket", "_sum", "_count") if histogram else ("",)):
            raise AssertionError(f"{line!r} stands among those of {last}")
        key = (suffix, value or "")
        if key in family.samples:
            raise AssertionError(f"{line!r} is there twice")
        if label and family.label not in ("", label):
            raise AssertionError(f"{last} has two labels")
        family.label = label or family.label
        family.samples[key] = float(number)

    @staticmethod
    def _check(name, family):
        problems = {
            "no prefix": not name.startswith("rivulet_"),
            "no samples": not family.samples,
            "another type": family.type not in ("counter", "gauge", "histogram"),
            "no _total": (family.type == "counter") != name.endswith("_total"),
            "another unit": bool(_OTHER_UNITS.search(name)),
            "no unit": family.type == "histogram" and not name.endswith(BASE_UNITS),
            "a help that is no sentence": not family.help[-1] == ".",
            "a suffix": name.endswith(("_bucket", "_sum", "_count", "_info_total")),
        }
        for problem, found in problems.items():
            if found:
                raise AssertionError(f"{name}: {problem}")
        if family.type == "histogram":
            check_histogram(name, family)


def check_histogram(name, family):
    buckets = [(float(bound.replace("+Inf", "inf")), count)
               for (suffix, bound), count in family.samples.items()
               if suffix == "_bucket"]
    if family.label != "le" or buckets != sorted(buckets):
        raise AssertionError(f"{name}: bounds that do not rise")
    counts = [count for _, count in buckets]
    if counts != sorted(counts) or buckets[-1][0] != math.inf:
        raise AssertionError(f"{name}: buckets that do not add up")
    if counts[-1] != family.samples["_count", ""] or ("_sum", "") not in family.samples:
        raise AssertionError(f"{name}: a count that is not that of its buckets")


def scrape(where):
    """The metrics of a server, or over a connection."""
    answer = where.request("/metrics")
    if answer.status != 200 or answer.get("Content-Type") != CONTENT_TYPE:
        raise AssertionError(f"/metrics answered {answer}")
    return Metrics(answer.text)
