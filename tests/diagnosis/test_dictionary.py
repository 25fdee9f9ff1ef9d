"""The error dictionary (rules.md 6): every reason to refuse a certificate, by either end, as its bundle tells it.

The handshakes are OpenSSL's own; what the log says of them is written in the words of three OpenSSL releases.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from OpenSSL._util import ffi
from OpenSSL._util import lib as openssl

from analyzer.evidence import Outcome, Side
from analyzer.facts.errors import alert_in
from analyzer.findings import Report
from analyzer.rules.alert_meanings import MEANINGS
from samples.builders.wording import Dialect, alert_stack, verify_words
from tests.diagnosis.defects import CASES, DEFECTS, EVIDENCE, as_others_put_it, held, report_of, report_on

PROVEN, STRONG, INFERRED = "proven", "strong", "inferred"
MEANING_OF = {code: meaning.name for meaning in MEANINGS for code in meaning.codes}
JUDGED = {f"{who}-alert-{meaning.name}" for meaning in MEANINGS for who in ("local", "peer")} | {
    "chain-incomplete-sent",
    "client-certificate-empty",
    "closed-without-alert",
    "core-client-eku-missing-check-off",
    "core-client-eku-missing-check-on",
    "expired-at-handshake",
    "identity-unacceptable",
    "neighbor-inbound-purpose-error",
    "peer-ca-not-trusted",
    "purpose-error-not-leaf-eku",
    "tls13-suspected-encrypted-alert",
}
"""What says by itself why a handshake failed. Other rules may have more to say of the same certificates."""

UNTRUSTED = {"unknown authority", "intermediate missing", "self-signed in the chain", "self-signed leaf"}
BELOW_AN_AUTHORITY = {"intermediate without the usage", "root without the usage"}
NOT_THE_LEAF = {"key usage", "any usage alone"} | BELOW_AN_AUTHORITY


def told(report: Report) -> dict[str, str]:
    """The confidence of what is said by those rules."""
    return {f.id: str(f.confidence) for f in report.findings if f.determined and f.id in JUDGED}


def expected(name: str, refused: Side, version: str, *, of_refuser: bool, evidence: str) -> dict[str, str]:
    """What must come out of one end's bundle, and nothing else."""
    in_log, in_capture = evidence != "capture", evidence != "log"
    seen = in_capture and version == "1.2"
    hidden = version == "1.3" and refused is Side.CLIENT
    result = {}
    if in_capture and hidden:
        result["tls13-suspected-encrypted-alert"] = STRONG if in_log else INFERRED
        if not in_log:
            result["closed-without-alert"] = INFERRED
    if name == "no certificate" and in_capture:
        result["client-certificate-empty"] = PROVEN if seen else INFERRED
    if name == "expired" and seen:
        result["expired-at-handshake"] = PROVEN
    if in_log or not hidden:
        result |= _alert(name, version, of_refuser=of_refuser, evidence=evidence)
        result |= _reason(name, refused, seen=seen, of_refuser=of_refuser, in_log=in_log)
    return result


def _alert(name: str, version: str, *, of_refuser: bool, evidence: str) -> dict[str, str]:
    defect = DEFECTS[name]
    code = 116 if defect.error is None and version == "1.3" else defect.alert
    if of_refuser and evidence == "log":
        if name == "name mismatch":
            return {}  # identity-unacceptable says it all
        if name == "no certificate":
            code = 116  # the words alone: which alert went out is not known
    return {f"{'local' if of_refuser else 'peer'}-alert-{MEANING_OF[code]}": PROVEN}


def _reason(name: str, refused: Side, *, seen: bool, of_refuser: bool, in_log: bool) -> dict[str, str]:
    knows_leaf = seen or not of_refuser
    check_on = "core-client-eku-missing-check-on"
    if name in NOT_THE_LEAF and knows_leaf:
        return {"purpose-error-not-leaf-eku": STRONG if seen or name not in BELOW_AN_AUTHORITY else INFERRED}
    if name in NOT_THE_LEAF | {"leaf without the usage"} and refused is Side.CLIENT:
        return {check_on: PROVEN if seen else STRONG if knows_leaf else INFERRED}
    if name in UNTRUSTED and of_refuser:
        return {"peer-ca-not-trusted": PROVEN if seen or in_log else INFERRED}
    if name == "intermediate missing" and seen and not of_refuser:
        return {"chain-incomplete-sent": INFERRED}  # its own list does not say whether the issuer is a root
    if name == "no revocation list" and of_refuser and not seen and not in_log:
        return {"peer-ca-not-trusted": INFERRED}  # the same alert, and nothing else to go by
    if name == "name mismatch" and of_refuser and in_log:
        return {"identity-unacceptable": PROVEN}
    return {}


each_defect = pytest.mark.parametrize(("name", "refused"), CASES, ids=[f"{name}, {side}'s" for name, side in CASES])
each_version = pytest.mark.parametrize("version", ["1.2", "1.3"])
each_end = pytest.mark.parametrize("of_refuser", [True, False], ids=["of the refuser", "of the refused"])


@each_defect
@each_version
@each_end
def test_a_refusal_is_told_by_its_reason_and_by_no_other(
    name: str, refused: Side, version: str, of_refuser: bool, tmp_path: Path
) -> None:
    report = partial(report_of, tmp_path, name, refused, version, of_refuser=of_refuser)
    right = partial(expected, name, refused, version, of_refuser=of_refuser)

    shown = {evidence: told(report(evidence=evidence)) for evidence in EVIDENCE}

    assert shown == {evidence: right(evidence=evidence) for evidence in EVIDENCE}


@each_defect
@each_end
@pytest.mark.parametrize("dialect", [Dialect.OPENSSL_3_0, Dialect.OPENSSL_3_2])
def test_the_words_of_openssl_3_tell_the_same(
    name: str, refused: Side, of_refuser: bool, dialect: Dialect, tmp_path: Path
) -> None:
    report = report_of(tmp_path, name, refused, "1.2", of_refuser=of_refuser, evidence="log", dialect=dialect)

    assert told(report) == expected(name, refused, "1.2", of_refuser=of_refuser, evidence="log")


@each_defect
@each_end
def test_what_tls_1_3_hides_is_said_to_be_hidden(name: str, refused: Side, of_refuser: bool, tmp_path: Path) -> None:
    report = report_of(tmp_path, name, refused, "1.3", of_refuser=of_refuser, evidence="capture")

    (verdict,) = [verdict for verdict in report.verdicts if verdict.peer != "Webex"]
    said = " ".join(finding.explanation for finding in report.findings if finding.id in JUDGED and finding.determined)
    assert str(verdict.confidence) != PROVEN
    assert "encrypt" in f"{verdict.sentence} {said}"
    assert (verdict.outcome is Outcome.REFUSED) is (refused is Side.SERVER)


@pytest.mark.parametrize("code", sorted(MEANING_OF))
@pytest.mark.parametrize("refused", list(Side))
@each_version
@pytest.mark.parametrize("dialect", list(Dialect))
def test_what_the_peer_says_is_read_in_every_wording(
    code: int, refused: Side, version: str, dialect: Dialect, tmp_path: Path
) -> None:
    story = as_others_put_it(held("unknown authority", refused, version), code)
    is_clear = version == "1.2" or refused is Side.SERVER

    for evidence in EVIDENCE if is_clear and dialect is Dialect.OPENSSL_1_1 else ("log",):
        report = report_on(tmp_path, story, refused, evidence=evidence, dialect=dialect)

        alerts = {identifier: sure for identifier, sure in told(report).items() if "-alert-" in identifier}
        assert alerts == {f"peer-alert-{MEANING_OF[code]}": PROVEN}


def test_the_words_of_the_log_are_openssls_own() -> None:
    """Those of OpenSSL 3, which this program's own cryptography library is."""
    errors = sorted({defect.error for defect in DEFECTS.values() if defect.error is not None})
    own = {error: ffi.string(openssl.X509_verify_cert_error_string(error)).decode() for error in errors}

    assert {e: words for e, words in own.items() if not words.startswith(verify_words(e, Dialect.OPENSSL_3_0))} == {}


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("code", sorted(MEANING_OF))
def test_code_and_words_of_an_error_stack_mean_the_same_alert(code: int, dialect: Dialect) -> None:
    stack = alert_stack(code, dialect)
    coded = re.sub(r"(error:\w+).*", r"\1", stack)

    assert alert_in(coded) == alert_in(stack) == code
