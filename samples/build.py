"""Builds the samples: `python -m samples.build [NAME…]`. Without a name, all of them and the README.

Each run makes new keys, so the archives differ from run to run in bytes, not in meaning. The committed archives
are the reference; keys are never written anywhere.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from samples.situation import Situation
from samples.situations import SITUATIONS

SAMPLES = Path(__file__).parent
SIZE_LIMIT = 300 * 1024
KEY = "rsa2048"  # what most Expressways hold

_PREFACE = """\
# Samples

Small synthetic bundles, one situation each. All names, certificates and keys are invented; no bundle of a real
Expressway went into them. They were made with `python -m samples.build`: real TLS handshakes between two OpenSSL
endpoints in memory, put into frames with Scapy, and the log lines, dumps and stores that boxes in that situation
would leave. Each run makes new keys and throws them away, so the archives in the repository are the reference.

Core is `expc` (10.20.30.16), Edge is `expe` (10.20.30.31), CUCM is 10.20.30.38, Webex is 163.129.37.33.
The right verdicts and findings stand as data in `samples/situations/`, and tests compare the reports with them:
each report has exactly these findings, whichever node they are about.
What is not documented by Cisco (the element names of the status dump, say) was made after the web pages.
"""


def build(situation: Situation, folder: Path = SAMPLES) -> tuple[Path, ...]:
    """Write the archives of a situation into its folder, in place of earlier ones.

    Raises:
        ValueError: an archive is larger than samples may be.
    """
    target = folder / situation.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    archives = tuple(bundle.write_zip(target) for bundle in situation.build(KEY))
    for archive in archives:
        if archive.stat().st_size > SIZE_LIMIT:
            raise ValueError(f"{archive} is larger than {SIZE_LIMIT} bytes")
    return archives


def readme() -> str:
    """Return the text of the README."""
    return "\n".join([_PREFACE, *(_section(situation) for situation in SITUATIONS)])


def _section(situation: Situation) -> str:
    findings = (
        ("critical", situation.critical),
        ("warning", situation.warning),
        ("noted", situation.noted),
        ("would be wrong", situation.absent),
    )
    rows = [
        f"- Made: {situation.made}",
        f"- Shows: {situation.shows}",
        f"- Right verdict: {situation.verdict}",
        *(f"- Findings, {word}: {_listed(ids)}" for word, ids in findings if ids),
        *([f"- Left open for want of: {'; '.join(sorted(situation.missing))}"] if situation.missing else ()),
    ]
    return "\n".join([f"## {situation.name}", "", f"{situation.title}.", "", *rows, ""])


def _listed(ids: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(ids))


def main(names: Sequence[str]) -> int:
    """Build the samples that are named, or all."""
    unknown = set(names) - {situation.name for situation in SITUATIONS}
    if unknown:
        print(f"no such sample: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    for situation in SITUATIONS:
        if not names or situation.name in names:
            for archive in build(situation):
                print(archive.relative_to(SAMPLES.parent), archive.stat().st_size)
    (SAMPLES / "README.md").write_text(readme(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
