"""What the truth table asks of a certificate: one word for its usages along the whole path, and whether it lapsed."""

from __future__ import annotations

from enum import StrEnum

from analyzer.correlate.purpose import ExtendedKeyUsageClass, Obstacle, eku_class
from analyzer.evidence import Certificate
from analyzer.rules.authorities import name_of
from analyzer.rules.view import NodeView
from analyzer.words import Words, say


class Usage(StrEnum):
    """What a certificate may be used for in TLS, its authorities and its key usage included.

    `none`: no extended key usage at all; `hindered`: it has clientAuth (or none), and its key usage or an authority above
    it does not allow client use.
    """

    BOTH = "both"
    SERVER_ONLY = "server_only"
    CLIENT_ONLY = "client_only"
    NONE = "none"
    HINDERED = "hindered"
    ANY_ONLY = "any_only"
    OTHER = "other"
    UNREADABLE = "unreadable"


_HINDRANCES = {Obstacle.LEAF_KEY_USAGE, Obstacle.AUTHORITY_EXTENDED_KEY_USAGE}
_OF_LEAF = {
    ExtendedKeyUsageClass.BOTH: Usage.BOTH,
    ExtendedKeyUsageClass.SERVER_ONLY: Usage.SERVER_ONLY,
    ExtendedKeyUsageClass.CLIENT_ONLY: Usage.CLIENT_ONLY,
    ExtendedKeyUsageClass.NONE: Usage.NONE,
    ExtendedKeyUsageClass.ANY_ONLY: Usage.ANY_ONLY,
    ExtendedKeyUsageClass.OTHER: Usage.OTHER,
    ExtendedKeyUsageClass.UNREADABLE: Usage.UNREADABLE,
}


def usage_of(view: NodeView, leaf: Certificate) -> Usage:
    """Return the word for a certificate."""
    capability = view.as_client(leaf)
    if capability.obstacle in _HINDRANCES:
        return Usage.HINDERED
    return Usage.UNREADABLE if capability.capable is None else _OF_LEAF[eku_class(leaf)]


def is_private(view: NodeView, leaf: Certificate | None) -> bool:
    """Whether a certificate is known to come from a private authority."""
    origin = view.case.origins.get(leaf.sha256) if leaf else None
    return origin is not None and origin.origin == "private"


def is_strange(view: NodeView, leaf: Certificate) -> bool:
    """Whether nobody trusts a certificate's issuer without being told to: a private CA, or none at all."""
    origin = view.case.origins.get(leaf.sha256)
    return origin is not None and origin.origin in {"private", "self-signed", "default"}


def lapse(view: NodeView, leaf: Certificate | None) -> Words | None:
    """Say what of a certificate's path is not valid at the node's reference time; None: nothing, or no time."""
    at = view.node.reference_time.time
    if leaf is None or at is None:
        return None
    for certificate in view.path(leaf).certificates:
        if certificate.not_after is not None and certificate.not_after < at:
            return say("{name} expired on {day:%Y-%m-%d}", name=name_of(certificate), day=certificate.not_after)
        if certificate.not_before is not None and certificate.not_before > at:
            day = certificate.not_before
            return say("{name} is not valid before {day:%Y-%m-%d}", name=name_of(certificate), day=day)
    return None
