"""The knowledge of which finding explains which: for each effect its possible causes, the most specific first."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.rules.view import BETWEEN_CORE_AND_EDGE, BETWEEN_THE_TWO, TRAVERSAL, TUNNELS

_REFUSED_BY_PEER = (
    "peer-alert-unsupported-certificate",
    "peer-alert-unknown-ca",
    "peer-alert-certificate-unknown",
    "peer-alert-bad-certificate",
    "peer-alert-certificate-expired",
    "peer-alert-certificate-revoked",
    "peer-alert-certificate-required",
    "peer-alert-handshake-failure",
    "peer-alert-access-denied-or-decrypt",
)
_REFUSED_BY_US = tuple(name.replace("peer-", "local-", 1) for name in _REFUSED_BY_PEER)

ALTERED = "certificate-altered-between-ends"
ANOTHER_LIST = "other-trust-list"
WRONG_ADVICE = frozenset({ALTERED, ANOTHER_LIST})
"""Causes under which advice to trust the CA of what was refused would be wrong."""

_NAMES = ("name-mismatch-peer-address", "name-mismatch-verify-subject")
"""OpenSSL looks at trust, purpose and dates first: where one of those was refused, names were not reached."""

_VERIFIED_IN_VAIN = (
    "certificate-revoked",
    "revocation-unavailable",
    "trust-ca-expired",
    "trust-ca-not-yet-valid",
    "weak-key",
)
"""Why a chain is refused whose names, use and issuer are in order."""

_UC_ZONE = (
    "core-client-eku-missing-check-on",
    "purpose-error-not-leaf-eku",
    "edge-server-not-server-capable",
    "expired-at-handshake",
    "not-yet-valid-at-handshake",
    *_VERIFIED_IN_VAIN,
    "identity-unacceptable",
    "partner-ca-not-trusted",
    "peer-ca-not-trusted",
    "chain-incomplete-sent",
    "tcp-never-established",
    "client-certificate-empty",
    *_REFUSED_BY_US,
    *_REFUSED_BY_PEER,
    "traversal-credentials",
    "core-client-not-client-capable",
    "cert-expired-in-store",
    *_NAMES,
    "cert-not-yet-valid",
    "closed-without-alert",
    "clock-wrong",
    "key-8192",
)
_STORE_PURPOSES = (
    "edge-client-not-client-capable",
    "edge-server-not-server-capable",
    "core-server-lacks-serverauth",
)
_CERTIFICATE_REFUSED = (
    "core-client-eku-missing-check-on",
    "purpose-error-not-leaf-eku",
    "neighbor-inbound-purpose-error",
    "inbound-purpose-error-default-zone",
    "chain-incomplete-sent",
    "partner-ca-not-trusted",
    "trusted-list-in-memory-differs",
    "cucm-ecdsa-selected",
    "peer-ca-not-trusted",
    "identity-unacceptable",
    *_REFUSED_BY_US,
    *_REFUSED_BY_PEER,
)
"""What a certificate was refused for, the most specific first."""

_OUR_CERTIFICATE = ("presented-wrong-store", "presented-stale-certificate", "presented-unknown-certificate")

_TABLE: Mapping[str, tuple[str, ...]] = {
    "uc-zone-failed": _UC_ZONE,
    "ssh-tunnels-down": (
        "core-client-eku-missing-check-off",
        "ssh-tunnel-chain-not-trusted",
        "ssh-reverse-trust-missing",
        "core-client-eku-missing-check-on",
        "tcp-never-established",
        "uc-zone-failed",
        "unknown-oid-in-dn",
        *_UC_ZONE,
        "ptr-mismatch",
    ),
    "core-client-not-client-capable": (
        "core-client-eku-missing-check-on",
        "core-client-eku-missing-check-off",
        "purpose-error-not-leaf-eku",
    ),
    "next-failure-behind-this": _CERTIFICATE_REFUSED,
    "peer-ca-not-trusted": (
        "partner-ca-not-trusted",
        "trusted-list-in-memory-differs",
        "cucm-ecdsa-selected",
        "trust-duplicate-cn",
    ),
    "peer-does-not-announce-our-ca": (
        "signature-algorithm-mismatch",
        "client-store-overwritten",
        "chain-incomplete-sent",
        "partner-ca-not-trusted",
        "peer-alert-unknown-ca",
        "peer-alert-certificate-unknown",
        "client-certificate-empty",
        "peer-alert-handshake-failure",
    ),
    "presented-replaced-during-capture": ("client-store-overwritten",),
    "edge-client-is-server-only-copy": ("client-store-overwritten",),
    "client-certificate-empty": ("signature-algorithm-mismatch",),
    "identity-unacceptable": (*_NAMES, "wildcard-certificate"),
    "name-mismatch-verify-subject": ("client-store-names-differ-from-server-store",),
    "san-missing-cluster-name": ("client-store-names-differ-from-server-store",),
    "san-missing-phone-security-profile": ("client-store-names-differ-from-server-store",),
    "mra-client-name-or-ca-prompt": ("san-missing-mra-domain",),
    "presented-stale-certificate": ("cluster-peer-not-serving-new-certificate", "restart-required"),
    "presented-unknown-certificate": ("pem-multiple-leaves",),
    "edge-client-not-client-capable": ("edge-client-is-server-only-copy",),
    "expired-at-handshake": ("presented-stale-certificate", "trust-ca-expired", "clock-wrong"),
    "not-yet-valid-at-handshake": ("trust-ca-not-yet-valid", "clock-wrong"),
    "clock-wrong": ("trust-ca-expired", "revocation-unavailable"),
    "cert-not-yet-valid": ("not-yet-valid-at-handshake", "clock-wrong"),
    "eku-mode-differs": (
        "core-client-eku-missing-check-on",
        "purpose-error-not-leaf-eku",
        "neighbor-inbound-purpose-error",
    ),
    "cert-expired-in-store": ("expired-at-handshake",),
    "chain-incomplete-sent": ("trust-missing-own-issuer",),
    "partner-ca-not-trusted": ("trust-missing-own-issuer",),
    "neighbor-inbound-purpose-error": ("purpose-error-not-leaf-eku",),
    "inbound-purpose-error-default-zone": ("purpose-error-not-leaf-eku",),
    "peer-alert-unknown-ca": (
        "chain-incomplete-sent",
        "partner-ca-not-trusted",
        *_OUR_CERTIFICATE,
        "default-certificate",
        "trust-ca-expired",
        "far-end-must-trust-private-ca",
        "core-client-to-cucm",
    ),
    "peer-alert-certificate-unknown": (
        "chain-incomplete-sent",
        "partner-ca-not-trusted",
        *_OUR_CERTIFICATE,
        "default-certificate",
        "trust-ca-expired",
        "wildcard-certificate",
        "far-end-must-trust-private-ca",
        "core-client-to-cucm",
        *_NAMES,
    ),
    "peer-alert-unsupported-certificate": (
        "core-client-eku-missing-check-on",
        "purpose-error-not-leaf-eku",
        *_OUR_CERTIFICATE,
        "edge-client-is-server-only-copy",
        "m-neighbor-verify-on-server-only",
        "cluster-enforcing-server-only",
        "core-client-to-cucm",
        "core-client-not-client-capable",
        *_STORE_PURPOSES,
    ),
    "peer-alert-certificate-expired": (
        "expired-at-handshake",
        "trust-ca-expired",
        "cert-expired-in-store",
        *_OUR_CERTIFICATE,
        "clock-wrong",
    ),
    "peer-alert-certificate-revoked": ("certificate-revoked",),
    "peer-alert-bad-certificate": (
        "expired-at-handshake",
        "not-yet-valid-at-handshake",
        "weak-key",
        "cert-not-yet-valid",
        "wildcard-certificate",
        *_OUR_CERTIFICATE,
        *_NAMES,
    ),
    "peer-alert-handshake-failure": ("signature-algorithm-mismatch", "client-certificate-empty"),
    "peer-alert-certificate-required": ("client-certificate-empty",),
    "local-alert-unsupported-certificate": (
        "core-client-eku-missing-check-on",
        "purpose-error-not-leaf-eku",
        "neighbor-inbound-purpose-error",
        "inbound-purpose-error-default-zone",
        "core-client-not-client-capable",
        "edge-server-not-server-capable",
    ),
    "tls13-suspected-encrypted-alert": (
        "core-client-eku-missing-check-on",
        "purpose-error-not-leaf-eku",
        "neighbor-inbound-purpose-error",
        "inbound-purpose-error-default-zone",
        "peer-ca-not-trusted",
        "partner-ca-not-trusted",
        "identity-unacceptable",
        *_NAMES,
        "client-certificate-empty",
        *_VERIFIED_IN_VAIN,
        *_REFUSED_BY_US,
        *_REFUSED_BY_PEER,
        "core-client-not-client-capable",
    ),
    "local-alert-unknown-ca": (
        ANOTHER_LIST,
        "revocation-unavailable",
        "trusted-list-in-memory-differs",
        "cucm-ecdsa-selected",
        "peer-ca-not-trusted",
        "partner-ca-not-trusted",
        "trust-ca-expired",
        "trust-duplicate-cn",
    ),
    "local-alert-certificate-unknown": (ANOTHER_LIST, "peer-ca-not-trusted", "identity-unacceptable", *_NAMES),
    "local-alert-bad-certificate": (
        ANOTHER_LIST,
        "identity-unacceptable",
        "expired-at-handshake",
        "not-yet-valid-at-handshake",
        "weak-key",
        "cert-not-yet-valid",
        *_NAMES,
    ),
    "local-alert-certificate-expired": (
        "expired-at-handshake",
        "trust-ca-expired",
        "cert-expired-in-store",
        "revocation-unavailable",
        "clock-wrong",
    ),
    "local-alert-certificate-revoked": ("certificate-revoked",),
    "local-alert-handshake-failure": ("signature-algorithm-mismatch", "client-certificate-empty"),
    "local-alert-certificate-required": ("client-certificate-empty",),
    "closed-without-alert": ("identity-unacceptable", *_NAMES, "tls13-suspected-encrypted-alert"),
    "repeated-failure-period": (
        "core-client-eku-missing-check-on",
        "purpose-error-not-leaf-eku",
        "neighbor-inbound-purpose-error",
        "inbound-purpose-error-default-zone",
        "peer-ca-not-trusted",
        "partner-ca-not-trusted",
        "identity-unacceptable",
        *_NAMES,
        "expired-at-handshake",
        "not-yet-valid-at-handshake",
        "chain-incomplete-sent",
        "client-certificate-empty",
        *_VERIFIED_IN_VAIN,
        "tcp-never-established",
        "closed-without-alert",
    ),
    "webex-client-presented": (*_OUR_CERTIFICATE, "chain-incomplete-sent", *_REFUSED_BY_PEER),
    "core-client-to-cucm": _OUR_CERTIFICATE,
    "server-presented-secure-neighbor": _OUR_CERTIFICATE,
    "capture-no-tls-for-peer": ("bundle-no-pcap", "bundle-pcap-gap"),
    "stores-identical-after-upgrade": (
        "edge-client-is-server-only-copy",
        "core-client-not-client-capable",
        "forecast-client-eku-lost-at-renewal",
    ),
    "m-core-server-only": ("core-client-not-client-capable",),
    "acme-will-drop-clientauth": (
        "l-edge-server-only",
        "core-client-not-client-capable",
        "edge-client-is-server-only-copy",
        "forecast-client-eku-lost-at-renewal",
    ),
    "bundle-no-pcap": ("bundle-incomplete-restart",),
    "bundle-client-pem-missing": ("bundle-incomplete-restart",),
}

_SEEN_FROM_BOTH_ENDS = tuple(zip(_REFUSED_BY_PEER, _REFUSED_BY_US, strict=True))
"""One refusal, as the refused and the refusing node show it."""

_OF_WHAT_ARRIVED = (
    "uc-zone-failed",
    "core-client-eku-missing-check-on",
    "purpose-error-not-leaf-eku",
    "peer-ca-not-trusted",
    "identity-unacceptable",
    "expired-at-handshake",
    "client-certificate-empty",
    "closed-without-alert",
    "tls13-suspected-encrypted-alert",
    "repeated-failure-period",
    *_REFUSED_BY_PEER,
    *_REFUSED_BY_US,
)
"""What is said of a certificate that somebody in between put in another's place, and of what follows from it."""

_OF_THE_CLUSTER = (
    "peer-alert-unsupported-certificate",
    "peer-alert-bad-certificate",
    "peer-alert-certificate-unknown",
    "peer-alert-handshake-failure",
)
"""What a cluster peer answers to a client certificate that does not fit."""


def _causes() -> Mapping[str, tuple[str, ...]]:
    causes = dict(_TABLE)
    for refused, refusing in _SEEN_FROM_BOTH_ENDS:
        causes[refused] = (*causes.get(refused, ()), refusing)
    for effects, cause in ((_OF_THE_CLUSTER, "cluster-client-store-incapable"), (_OF_WHAT_ARRIVED, ALTERED)):
        causes |= {effect: (cause, *causes.get(effect, ())) for effect in effects}
    return causes


CAUSES = _causes()

OF_ONE_NODE = frozenset(
    {
        "stores-identical-after-upgrade",
        "presented-stale-certificate",
        "capture-no-tls-for-peer",
        "bundle-no-pcap",
        "bundle-client-pem-missing",
        "local-alert-unknown-ca",
        "peer-ca-not-trusted",
    }
)
"""Effects that nothing on the partner explains."""

OF_THE_OTHER = frozenset(
    {
        ("partner-ca-not-trusted", "trust-missing-own-issuer"),
        ("peer-alert-unknown-ca", "partner-ca-not-trusted"),
        ("peer-alert-certificate-unknown", "partner-ca-not-trusted"),
        ("local-alert-unsupported-certificate", "edge-server-not-server-capable"),
        ("local-alert-certificate-expired", "cert-expired-in-store"),
        ("local-alert-bad-certificate", "cert-not-yet-valid"),
        ("identity-unacceptable", "wildcard-certificate"),
        ("clock-wrong", "trust-ca-expired"),
        ("clock-wrong", "revocation-unavailable"),
        *_SEEN_FROM_BOTH_ENDS,
        *((f"peer-alert-{name}", cause) for name in ("bad-certificate", "certificate-unknown") for cause in _NAMES),
    }
)
"""Effects with a cause that must stand on the partner: who verifies is not who presents."""

OF_THE_SAME = frozenset(
    (effect, cause)
    for effect in ("identity-unacceptable", "local-alert-bad-certificate", "local-alert-certificate-unknown")
    for cause in _NAMES
)
"""Effects with a cause that must stand on the same node: it is who verifies."""

AS_CLIENT = frozenset(
    {"core-client-not-client-capable", "edge-client-is-server-only-copy", "far-end-must-trust-private-ca"}
)
"""Causes in what the node presents as TLS client: they explain nothing that befell it as a server."""

ABOUT: Mapping[str, frozenset[str]] = {
    "uc-zone-failed": frozenset({TRAVERSAL}),
    "core-client-eku-missing-check-on": BETWEEN_THE_TWO,
    "core-client-eku-missing-check-off": frozenset({TUNNELS}),
    "partner-ca-not-trusted": BETWEEN_THE_TWO,
    "ssh-tunnels-down": BETWEEN_CORE_AND_EDGE,
    "ssh-tunnel-chain-not-trusted": frozenset({TUNNELS}),
    "ssh-reverse-trust-missing": frozenset({TUNNELS}),
}
"""What is about the traversal zone or its tunnels, whatever it rests on."""

CONTEXT = frozenset({"bundle-no-pcap", "ptr-mismatch", ANOTHER_LIST})
"""Causes that are only information themselves."""
