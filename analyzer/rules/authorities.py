"""What the rules about chains, trusted CA lists and private CAs share: names, advice, and what a list proves.

Trust is judged with the verifier's list and the chain presented to it (rules-amendments A8).
"""

from __future__ import annotations

from analyzer.evidence import Certificate
from analyzer.facts.services import services
from analyzer.findings import Remedy, RemedyKind
from analyzer.rules.view import NodeView
from analyzer.words import say

TRUSTED_CA = "Maintenance > Security > Trusted CA certificate"
_APPEND = f"{TRUSTED_CA} > Append CA certificate"
CHAIN_ALERTS = frozenset({42, 46, 48})
"""bad_certificate, certificate_unknown, unknown_ca: what verifiers send for a chain that they do not trust."""

_ONBOARDING_SERVICE = "mra-https"
"""Activation codes are sent to the Edge's HTTPS port: there alone it asks phones for their certificate."""


def onboarding_ports(view: NodeView) -> frozenset[int]:
    """Return where an Edge checks client certificates with another list than its trusted CA list (mtls_ca.pem)."""
    return frozenset(s.first for s in services(view.facts) if s.id == _ONBOARDING_SERVICE and view.is_edge)


def append(what: str) -> Remedy:
    """Return the advice to append authorities here. A CA append needs no restart (rules-amendments A15)."""
    return Remedy(
        text=say("Append {what} to the trusted CA list: all intermediates and the root.", what=what),
        command=_APPEND,
        kind=RemedyKind.DURABLE,
    )


def append_with_root(what: str) -> Remedy:
    """Return the advice to append an intermediate of which only the name is known, as of its root."""
    return Remedy(
        text=say("Append {what} and its root to the trusted CA list.", what=what),
        command=_APPEND,
        kind=RemedyKind.DURABLE,
    )


def name_of(certificate: Certificate) -> str:
    """Return what a sentence calls a certificate: its common name, else its subject, else its identity cut short."""
    return certificate.common_name or certificate.subject or certificate.sha256[:16]


def in_part(view: NodeView) -> str:
    """Return the reservation about a trusted CA list that was not read whole; empty for one that was."""
    if view.trusted_is_whole:
        return ""
    return say("The list could be read only in part: it may stand in what was not read.")
