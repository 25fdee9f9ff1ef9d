"""The catalogue is whole: every diagnosis that was asked for is a rule, and is tested without its evidence."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from analyzer.rules.catalogue import RULES
from analyzer.rules.rule import Rule
from tests.program import ROOT

ASKED_FOR = (
    "stores-identical-after-upgrade",
    "core-client-eku-missing-check-on",
    "core-client-eku-missing-check-off",
    "core-client-capable-success",
    "all-private-ca",
    "edge-client-is-server-only-copy",
    "webex-client-presented",
    "server-presented-secure-neighbor",
    "core-client-to-cucm",
    "client-upload-refused-no-client-usage",
    "deprecated-eku-upload-command",
    "trust-missing-own-issuer",
    "far-end-must-trust-private-ca",
    "presented-expected-store",
    "presented-wrong-store",
    "presented-stale-certificate",
    "presented-replaced-during-capture",
    "presented-unknown-certificate",
    "capture-host-mismatch",
    "store-key-shared",
    "store-certs-differ",
    "same-serial-different-cert",
    "tls13-certificate-hidden",
    "tls13-length-match",
    "tls12-resumed-session",
    "capture-starts-mid-handshake",
    "capture-no-tls-for-peer",
    "one-way-tls",
    "client-certificate-empty",
    "chain-incomplete-sent",
    "chain-order-or-extra",
    "core-client-not-client-capable",
    "edge-server-not-server-capable",
    "core-server-lacks-serverauth",
    "edge-client-not-client-capable",
    "l-edge-server-only",
    "m-core-server-only",
    "m-neighbor-verify-on-server-only",
    "purpose-error-not-leaf-eku",
    "eku-mode-off",
    "eku-mode-absent",
    "eku-mode-differs",
    "versions-differ",
    "weak-key",
    "weak-signature",
    "key-8192",
    "unknown-oid-in-dn",
    "no-common-name",
    "default-certificate",
    "cert-expired-in-store",
    "cert-not-yet-valid",
    "cert-expires-soon",
    "private-key-present",
    "pem-multiple-leaves",
    "pem-unparsable",
    "peer-alert-unknown-ca",
    "peer-alert-certificate-unknown",
    "peer-alert-unsupported-certificate",
    "peer-alert-bad-certificate",
    "peer-alert-certificate-expired",
    "peer-alert-certificate-revoked",
    "peer-alert-certificate-required",
    "peer-alert-handshake-failure",
    "peer-alert-access-denied-or-decrypt",
    "local-alert-unknown-ca",
    "local-alert-certificate-unknown",
    "local-alert-unsupported-certificate",
    "local-alert-bad-certificate",
    "local-alert-certificate-expired",
    "local-alert-certificate-revoked",
    "local-alert-certificate-required",
    "local-alert-handshake-failure",
    "local-alert-access-denied-or-decrypt",
    "identity-unacceptable",
    "tls13-suspected-encrypted-alert",
    "closed-without-alert",
    "log-error-without-capture",
    "capture-alert-without-log",
    "tcp-never-established",
    "repeated-failure-period",
    "peer-ca-not-trusted",
    "partner-ca-not-trusted",
    "ssh-tunnel-chain-not-trusted",
    "trust-ca-expired",
    "trust-ca-not-yet-valid",
    "trust-duplicate-cn",
    "trust-contains-leaf",
    "name-mismatch-peer-address",
    "name-mismatch-verify-subject",
    "inbound-mapping-off",
    "san-missing-mra-domain",
    "san-missing-xmpp-domain",
    "san-missing-chat-alias",
    "san-missing-cluster-name",
    "san-missing-phone-security-profile",
    "mra-client-name-or-ca-prompt",
    "ptr-mismatch",
    "clock-skew-log-vs-capture",
    "clock-wrong",
    "expired-at-handshake",
    "not-yet-valid-at-handshake",
    "revocation-unavailable",
    "certificate-revoked",
    "revocation-off",
    "uc-zone-failed",
    "uc-zone-tls-verify-off",
    "ssh-tunnels-down",
    "traversal-credentials",
    "xstat-contradicts-capture",
    "zone-active-but-oneway",
    "neighbor-inbound-purpose-error",
    "default-zone-mtls-b2bua",
    "cluster-cert-differs",
    "cluster-setting-differs",
    "cluster-enforcing-server-only",
    "cluster-bundle-missing-peers",
    "partner-bundle-missing",
    "restart-required",
    "acme-failure",
    "acme-will-drop-clientauth",
    "smart-license-not-eku",
    "verbose-logging-alarm",
    "log-level-too-low",
    "cucm-ecdsa-selected",
    "bundle-client-pem-missing",
    "bundle-incomplete-restart",
    "bundle-no-pcap",
    "bundle-pcap-gap",
    "bundle-time-span",
    "bundle-version-unsupported",
    "bundle-mixed-hosts",
    "bundle-unsafe-archive",
    "dual-nic-address-map",
    "forecast-client-eku-lost-at-renewal",
    "forecast-one-more-renewal",
    "already-server-only-public",
    "private-not-affected",
    "alternative-root-in-use",
    "not-mtls-minimal-impact",
    "upgrade-advice",
    "sunset-data-stale",
    "client-store-names-differ-from-server-store",
    "verifiers-must-trust-client-ca",
    "inbound-purpose-error-default-zone",
    "cluster-peer-not-serving-new-certificate",
    "cluster-client-store-incapable",
    "certificate-altered-between-ends",
    "ssh-reverse-trust-missing",
    "wildcard-certificate",
    "trusted-list-in-memory-differs",
    "peer-announces-our-ca",
    "peer-does-not-announce-our-ca",
    "signature-algorithm-mismatch",
    "key-file-newline",
    "client-store-overwritten",
    "other-trust-list",
    "internet-background",
    "next-failure-behind-this",
)

DELIBERATELY_ABSENT: dict[str, str] = {}
"""Ids of `ASKED_FOR` that are no rules, and why."""

UNDECIDED = {"NOT_DETERMINABLE", "not-determinable"}


def test_every_diagnosis_that_was_asked_for_is_a_rule() -> None:
    assert set(ASKED_FOR) - {rule.id for rule in RULES} == DELIBERATELY_ABSENT.keys()
    assert len(ASKED_FOR) == len(set(ASKED_FOR))


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.needs], ids=lambda rule: rule.id)
def test_every_rule_with_needs_is_tested_without_them(rule: Rule) -> None:
    assert rule.id in _tested_without_evidence()


@cache
def _tested_without_evidence() -> frozenset[str]:
    """Return what stands in test functions that speak of what is not determinable, and in the tables they use."""
    told: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        tables = {name: set(_words(one)) for one in body if isinstance(one, ast.Assign) for name in _targets(one)}
        for test in (one for one in body if isinstance(one, ast.FunctionDef)):
            words = set(_words(test))
            words |= {word for name in words & tables.keys() for word in tables[name]}
            if words & UNDECIDED:
                told |= words
    return frozenset(told)


def _targets(assignment: ast.Assign) -> Iterator[str]:
    for target in assignment.targets:
        yield from _words(target)


def _words(tree: ast.AST) -> Iterator[str]:
    """Yield the texts and names in a piece of a program."""
    for one in ast.walk(tree):
        match one:
            case ast.Constant(value=str(text)):
                yield text
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case _:
                pass
