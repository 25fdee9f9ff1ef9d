"""What the rules about chains, trusted CA lists and private CAs share: names, advice, and what a list proves.

Trust is judged with the verifier's list and the chain presented to it (rules-amendments A8).
"""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.correlate.chains import CertificationPath
from analyzer.evidence import Certificate
from analyzer.facts.services import services
from analyzer.findings import Remedy, RemedyKind
from analyzer.rules.view import NodeView
from analyzer.text import common_name_of, said_serial
from analyzer.words import both, say

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
    """Return the advice to append authorities here that are not known. It needs no restart (rules-amendments A15)."""
    text = say(
        "Append {what} to the trusted CA list: all intermediates and the root, as far as it lacks them.", what=what
    )
    return Remedy(text=text, command=_APPEND, kind=RemedyKind.DURABLE)


def append_lacking(view: NodeView, leaves: Iterable[Certificate], otherwise: str) -> Remedy:
    """Return the advice to append what the paths of some leaves need and the node's own list lacks.

    Args:
        view: of the node whose list it is.
        leaves: of this node or of a peer.
        otherwise: what to call the authorities if none is known, or the list is not at hand.
    """
    paths = [view.path(leaf) for leaf in leaves]
    unknown = list(dict.fromkeys(_called(path.missing_issuer) for path in paths if path.missing_issuer))
    held = set(view.node.stores.trusted or ())
    needed = dict.fromkeys(one for path in paths for one in _authorities(path))
    lacking = [_told_apart(view, one) for one in needed if one.sha256 not in held]
    if view.node.stores.trusted is None or not (lacking or unknown):
        return append(otherwise)
    text = say("Append {what} to the trusted CA list.", what=both((*lacking, *unknown)))
    if unknown:
        text = say(
            "Append {what} to the trusted CA list, and what stands above it up to its root, as far as the list lacks it.",
            what=both((*lacking, *unknown)),
        )
    return Remedy(text=text, command=_APPEND, kind=RemedyKind.DURABLE)


def _authorities(path: CertificationPath) -> tuple[Certificate, ...]:
    """Return what stands above a leaf, or the leaf if it is its own authority."""
    return path.certificates[1:] or (path.certificates if path.complete else ())


def _called(name: str) -> str:
    return common_name_of(name) or name


def _told_apart(view: NodeView, authority: Certificate) -> str:
    """Return what to call an authority, with its serial where the list holds another one of its name."""
    name = name_of(authority)
    if all(name_of(one) != name for one in view.trusted):
        return name
    return say("{name} (serial {serial})", name=name, serial=said_serial(authority.serial))


def name_of(certificate: Certificate) -> str:
    """Return what a sentence calls a certificate: its common name, else its subject, else its identity cut short."""
    return certificate.common_name or certificate.subject or certificate.sha256[:16]


def in_part(view: NodeView) -> str:
    """Return the reservation about a trusted CA list that was not read whole; empty for one that was."""
    if view.trusted_is_whole:
        return ""
    return say("The list could be read only in part: it may stand in what was not read.")
