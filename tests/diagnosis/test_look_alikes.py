"""Core and Edge with one fault each, which at first sight looks like another: the report leads with the right one.

Both bundles are given, with capture and log. Everything critical stands under the root cause, and no rule names
another one.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from msgspec import Struct

from analyzer.findings import Report, Severity
from analyzer.pipeline import analyze
from analyzer.report.conclusions import Cause, conclude
from analyzer.report.summary import index_of
from tests.diagnosis.pairs import LOOK_ALIKES

BOTH_VERSIONS = ("1.2", "1.3")
NAMED = {
    "certificate-altered-between-ends",
    "certificate-revoked",
    "client-store-names-differ-from-server-store",
    "clock-wrong",
    "edge-server-not-server-capable",
    "name-mismatch-peer-address",
    "name-mismatch-verify-subject",
    "revocation-unavailable",
    "signature-algorithm-mismatch",
    "ssh-reverse-trust-missing",
    "trust-ca-expired",
    "trusted-list-in-memory-differs",
    "chain-incomplete-sent",
    "client-certificate-empty",
    "core-client-eku-missing-check-off",
    "core-client-eku-missing-check-on",
    "edge-client-is-server-only-copy",
    "expired-at-handshake",
    "far-end-must-trust-private-ca",
    "identity-unacceptable",
    "neighbor-inbound-purpose-error",
    "partner-ca-not-trusted",
    "peer-ca-not-trusted",
    "presented-stale-certificate",
    "presented-unknown-certificate",
    "presented-wrong-store",
    "purpose-error-not-leaf-eku",
    "ssh-tunnel-chain-not-trusted",
    "tcp-never-established",
}
"""What names a reason, and would be wrong for another one's trouble."""


class Right(Struct, frozen=True):
    """The right diagnosis.

    Attributes:
        roots: nodes and ids that lead.
        named: all ids that name a reason, the roots' among them.
        versions: of TLS, for which this is right.
    """

    roots: set[tuple[str, str]]
    named: set[str]
    versions: tuple[str, ...] = BOTH_VERSIONS


RIGHT = {
    "client usage missing": [
        Right({("expe", "core-client-eku-missing-check-on")}, {"core-client-eku-missing-check-on"}),
    ],
    "server usage missing": [
        Right({("expe", "edge-server-not-server-capable")}, {"edge-server-not-server-capable"}),
    ],
    "intermediate without the usage": [
        Right({("expe", "purpose-error-not-leaf-eku")}, {"purpose-error-not-leaf-eku"}),
    ],
    "Core not trusted": [
        Right({("expe", "partner-ca-not-trusted")}, {"partner-ca-not-trusted", "peer-ca-not-trusted"}),
    ],
    "Edge not trusted": [
        Right({("expc", "partner-ca-not-trusted")}, {"partner-ca-not-trusted", "peer-ca-not-trusted"}),
    ],
    "intermediate missing on the Edge": [
        Right({("expe", "ssh-tunnel-chain-not-trusted")}, {"ssh-tunnel-chain-not-trusted"}),
    ],
    "intermediate missing on the Core": [
        Right({("expc", "ssh-reverse-trust-missing")}, {"ssh-reverse-trust-missing"}),
    ],
    "tunnel port unreachable": [Right({("expc", "tcp-never-established")}, {"tcp-never-established"})],
    "client name missing": [
        Right(
            {("expc", "client-store-names-differ-from-server-store")},
            {
                "client-store-names-differ-from-server-store",
                "identity-unacceptable",
                "name-mismatch-verify-subject",
            },
        )
    ],
    "Webex refused by us": [Right({("expe", "peer-ca-not-trusted")}, {"peer-ca-not-trusted"})],
    "refused by Webex": [
        Right({("expe", "far-end-must-trust-private-ca")}, {"far-end-must-trust-private-ca"}, ("1.2",)),
        Right({("expe", "peer-alert-unknown-ca")}, set(), ("1.3",)),  # which certificate it was, is hidden
    ],
}
CASES = [(name, version, right) for name, rights in RIGHT.items() for right in rights for version in right.versions]
each_case = pytest.mark.parametrize(("name", "version", "right"), CASES, ids=[f"{n}, TLS {v}" for n, v, _ in CASES])


@cache
def report_of(name: str, version: str) -> Report:
    with TemporaryDirectory() as folder:
        return analyze([bundle.write_zip(Path(folder)) for bundle in LOOK_ALIKES[name](version)])


def named(report: Report) -> set[str]:
    grave = {Severity.CRITICAL, Severity.WARNING}
    return {f.id for f in report.findings if f.determined and f.severity in grave and f.id in NAMED}


def leading_causes(report: Report) -> tuple[Cause, ...]:
    return conclude(report, index_of(report.case)).critical


@each_case
def test_the_report_leads_with_the_right_cause_and_with_no_other(name: str, version: str, right: Right) -> None:
    causes = leading_causes(report_of(name, version))

    assert {(cause.finding.node, cause.finding.id) for cause in causes} == right.roots


@each_case
def test_no_other_reason_is_named(name: str, version: str, right: Right) -> None:
    assert named(report_of(name, version)) == right.named


@pytest.mark.parametrize("version", BOTH_VERSIONS)
def test_a_box_in_between_leads_and_nobody_is_told_to_trust_its_authority(version: str) -> None:
    report = report_of("box in between", version)
    leading = leading_causes(report)
    advice = [step.text for f in report.findings if f.id == "peer-ca-not-trusted" for step in f.remedy]

    assert {cause.finding.id for cause in leading} == {"certificate-altered-between-ends"}
    assert named(report) <= {"certificate-altered-between-ends", "peer-ca-not-trusted", "client-certificate-empty"}
    assert advice == []


@pytest.mark.parametrize("version", BOTH_VERSIONS)
def test_who_refused_whom_is_never_turned_round(version: str) -> None:
    ours = {f.id for f in report_of("Webex refused by us", version).findings if f.determined}
    theirs = {f.id for f in report_of("refused by Webex", version).findings if f.determined}

    assert {i for i in ours if "-alert-unknown-ca" in i} == {"local-alert-unknown-ca"}
    assert {i for i in theirs if "-alert-unknown-ca" in i} == {"peer-alert-unknown-ca"}


def test_every_look_alike_is_judged() -> None:
    assert set(RIGHT) | {"box in between"} == set(LOOK_ALIKES)
