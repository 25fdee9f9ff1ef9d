"""What a certificate may be used for, as OpenSSL judges it along the whole path.

Measured with OpenSSL 3.0: an authority whose extended key usage lacks the purpose, the root included, has the
same effect and the same error text as a leaf that lacks it. An absent extension allows everything;
anyExtendedKeyUsage alone allows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from analyzer.correlate.chains import CertificationPath
from analyzer.evidence import Certificate
from analyzer.text import clean
from analyzer.words import Words, listed, say

_CLIENT = "clientAuth"
_SERVER = "serverAuth"
_FIELDS = {"extended_key_usage": say("extended key usage"), "key_usage": say("key usage")}
_KEY_USAGES = {
    _CLIENT: ("digitalSignature", "keyAgreement"),
    _SERVER: ("digitalSignature", "keyEncipherment", "keyAgreement"),
}


class ExtendedKeyUsageClass(StrEnum):
    """What the extended key usage of a certificate allows in TLS. `none`: the extension is absent."""

    BOTH = "both"
    SERVER_ONLY = "server_only"
    CLIENT_ONLY = "client_only"
    NONE = "none"
    ANY_ONLY = "any_only"
    OTHER = "other"
    UNREADABLE = "unreadable"


class Obstacle(StrEnum):
    """What keeps a path from serving a purpose."""

    LEAF_EXTENDED_KEY_USAGE = "leaf-extended-key-usage"
    LEAF_ONLY_ANY = "leaf-only-any"
    LEAF_KEY_USAGE = "leaf-key-usage"
    AUTHORITY_EXTENDED_KEY_USAGE = "authority-extended-key-usage"


class Capability(Struct, frozen=True, kw_only=True):
    """Whether a path serves a purpose.

    Attributes:
        capable: None: a field that decides it could not be read.
        obstacle: the first one, the leaf before its authorities; None unless `capable` is False.
        certificate: the one that the obstacle, or the unreadable field, is in; else None.
        reason: in words; where it is capable, what it rests on.
        whole: whether the path was known up to its root. If not, what is not known may still be an obstacle.
    """

    capable: bool | None
    reason: Words
    whole: bool
    obstacle: Obstacle | None = None
    certificate: Certificate | None = None


def eku_class(certificate: Certificate) -> ExtendedKeyUsageClass:
    """Return what the extended key usage of a certificate allows in TLS."""
    usages = certificate.extended_key_usage
    if usages is None:
        unreadable = "extended_key_usage" in certificate.unreadable
        return ExtendedKeyUsageClass.UNREADABLE if unreadable else ExtendedKeyUsageClass.NONE
    match (_SERVER in usages, _CLIENT in usages):
        case (True, True):
            return ExtendedKeyUsageClass.BOTH
        case (True, False):
            return ExtendedKeyUsageClass.SERVER_ONLY
        case (False, True):
            return ExtendedKeyUsageClass.CLIENT_ONLY
        case _:
            only_any = "anyExtendedKeyUsage" in usages
            return ExtendedKeyUsageClass.ANY_ONLY if only_any else ExtendedKeyUsageClass.OTHER


def client_capable(path: CertificationPath) -> Capability:
    """Whether a TLS server that checks the purpose accepts the leaf from a client.

    A leaf with clientAuth and without serverAuth is capable here. A peer that checks the purpose "server"
    instead refuses it with the same error text: see `eku_class`.
    """
    return _capable(path, _CLIENT)


def server_capable(path: CertificationPath) -> Capability:
    """Whether a TLS client accepts the leaf from a server."""
    return _capable(path, _SERVER)


def _capable(path: CertificationPath, purpose: str) -> Capability:
    leaf, *authorities = path.certificates
    return (
        _leaf_usage(leaf, purpose, path.complete)
        or _leaf_key_usage(leaf, purpose, path.complete)
        or next(filter(None, (_authority_usage(a, purpose, path.complete) for a in authorities)), None)
        or Capability(capable=True, reason=_grounds(leaf, purpose), whole=path.complete)
    )


def _leaf_usage(leaf: Certificate, purpose: str, whole: bool) -> Capability | None:
    usages = leaf.extended_key_usage
    if usages is None:
        return _unreadable(leaf, "extended_key_usage", whole)
    if purpose in usages:
        return None
    only_any = "anyExtendedKeyUsage" in usages
    reason = say(
        "the certificate's extended key usage ({held}) lacks {purpose}", held=_listed(usages), purpose=purpose
    )
    if only_any:
        reason = say("{reason}, for which anyExtendedKeyUsage does not stand in", reason=reason)
    return Capability(
        capable=False,
        obstacle=Obstacle.LEAF_ONLY_ANY if only_any else Obstacle.LEAF_EXTENDED_KEY_USAGE,
        certificate=leaf,
        reason=reason,
        whole=whole,
    )


def _leaf_key_usage(leaf: Certificate, purpose: str, whole: bool) -> Capability | None:
    allowed = _KEY_USAGES[purpose]
    if leaf.key_usage is None:
        return _unreadable(leaf, "key_usage", whole)
    if any(usage in allowed for usage in leaf.key_usage):
        return None
    return Capability(
        capable=False,
        obstacle=Obstacle.LEAF_KEY_USAGE,
        certificate=leaf,
        reason=say(
            "the certificate's key usage ({held}) has none of {allowed}",
            held=_listed(leaf.key_usage),
            allowed=listed(allowed),
        ),
        whole=whole,
    )


def _authority_usage(authority: Certificate, purpose: str, whole: bool) -> Capability | None:
    usages = authority.extended_key_usage
    if usages is None:
        return _unreadable(authority, "extended_key_usage", whole)
    if purpose in usages:
        return None
    return Capability(
        capable=False,
        obstacle=Obstacle.AUTHORITY_EXTENDED_KEY_USAGE,
        certificate=authority,
        reason=say(
            "the authority {authority} has an extended key usage ({held}) without {purpose}",
            authority=_name(authority),
            held=_listed(usages),
            purpose=purpose,
        ),
        whole=whole,
    )


def _unreadable(certificate: Certificate, field: str, whole: bool) -> Capability | None:
    """Return None if the extension is absent: that allows everything."""
    if field not in certificate.unreadable:
        return None
    reason = say(
        "the {field} of {certificate} could not be read", field=_FIELDS[field], certificate=_name(certificate)
    )
    return Capability(capable=None, certificate=certificate, reason=reason, whole=whole)


def _listed(usages: Sequence[str]) -> str:
    return listed(usages) or say("empty")


def _name(certificate: Certificate) -> str:
    return clean(certificate.subject or certificate.sha256, 200)


def _grounds(leaf: Certificate, purpose: str) -> Words:
    if leaf.extended_key_usage is None:
        return say("no extended key usage: {purpose} is not excluded", purpose=purpose)
    return say("the extended key usage has {purpose}, and nothing in the path excludes it", purpose=purpose)
