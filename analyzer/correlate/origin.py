"""Public or private: who issued a certificate, as far as the rules for public authorities are concerned.

Marks inside the certificate come first, since they outlive every list: certificate transparency and the policies
of the CA/Browser Forum for public ones, traces of Active Directory for private ones. Then the root of its path
decides, compared by name and key with the roots that Mozilla's list held.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from analyzer.correlate.chains import CertificationPath, Pool, build_path, is_self_signed, may_have_issued, signed_by
from analyzer.evidence import Certificate, CertificateOrigin, Origin
from analyzer.facts.public_roots import PublicRoot, certifi_bundle, organisation_key, public_roots
from analyzer.parsers.der import DerError
from analyzer.parsers.distinguished_name import attribute_values
from analyzer.parsers.pem import read_pem
from analyzer.text import clean
from analyzer.words import Words, say

_TIMESTAMPS = "1.3.6.1.4.1.11129.2.4.2"  # RFC 6962 section 3.3
_FORUM_POLICIES = {  # CA/Browser Forum baseline requirements, section 7.1.6.1, and EV guidelines
    "2.23.140.1.1": "extended validation",
    "2.23.140.1.2.1": "domain validated",
    "2.23.140.1.2.2": "organization validated",
    "2.23.140.1.2.3": "individual validated",
}
_MICROSOFT_TEMPLATES = frozenset({"1.3.6.1.4.1.311.20.2", "1.3.6.1.4.1.311.21.7"})
# Words: a "Contemporary Care" is nobody's temporary authority.
_TEMPORARY_AUTHORITY = re.compile(r"\btemporary ca\b", re.IGNORECASE)


def classify(
    certificate: Certificate, pool: Pool | Iterable[Certificate] = (), trusted: Collection[str] = frozenset()
) -> Origin:
    """Return who issued a certificate, with the reason.

    Args:
        certificate: a leaf or an authority.
        pool: certificates to build its path from: presented chains and the stores.
        trusted: ids of the certificates in the node's trusted CA list, to say how a private root came to be trusted.
    """
    return _own_marks(certificate) or _by_path(build_path(certificate, pool), trusted)


@lru_cache(maxsize=1)
def installed_public_roots() -> Pool:
    """Return the roots of the installed certifi; they are read when first asked for."""
    return Pool(read_pem(certifi_bundle(), "certifi").certificates)


def _own_marks(certificate: Certificate) -> Origin | None:
    if _TEMPORARY_AUTHORITY.search(f"{certificate.subject}\n{certificate.issuer}"):
        return Origin(origin=CertificateOrigin.DEFAULT, reason=say("it names the temporary CA of an Expressway"))
    if (root := public_roots().find(certificate.subject, certificate.public_key_sha256)) is not None:
        return Origin(origin=CertificateOrigin.PUBLIC, reason=say("it is {root}", root=_describe(root)))
    if is_self_signed(certificate):
        return Origin(origin=CertificateOrigin.SELF_SIGNED, reason=say("it bears its own signature"))
    if certificate.self_issued and certificate.subject and may_have_issued(certificate, certificate):
        reason = say("it names itself as its issuer; its signature cannot be verified here")
        return Origin(origin=CertificateOrigin.SELF_SIGNED, reason=reason, strong=False)
    if (mark := _public_mark(certificate)) is not None:
        return Origin(origin=CertificateOrigin.PUBLIC, reason=mark)
    if (mark := _private_mark(certificate)) is not None:
        return Origin(origin=CertificateOrigin.PRIVATE, reason=mark)
    return None


def _public_mark(certificate: Certificate) -> Words | None:
    if _TIMESTAMPS in certificate.extensions:
        return say("it carries certificate transparency timestamps")
    policy = next((_FORUM_POLICIES[p] for p in certificate.policies if p in _FORUM_POLICIES), None)
    return say('it carries the CA/Browser Forum policy "{policy}"', policy=policy) if policy else None


def _private_mark(certificate: Certificate) -> Words | None:
    if _values(certificate.issuer_der, "DC"):
        return say("its issuer has a domain name in Active Directory's form (DC=)")
    if _MICROSOFT_TEMPLATES & set(certificate.extensions):
        return say("it was made from a Microsoft certificate template")
    if any(location.casefold().startswith("ldap:") for location in certificate.locations):
        return say("it points to an LDAP directory for its issuer or its revocation list")
    return None


def _by_path(path: CertificationPath, trusted: Collection[str]) -> Origin:
    if (root := known_root(path)) is not None:
        reason = say("its path leads to {root}", root=_describe(root))
        return Origin(origin=CertificateOrigin.PUBLIC, reason=reason, strong=path.verified)
    if path.complete:
        reason = say(
            "its path ends in {root}, which is no public root (Mozilla's list of {day}, and what left it before)",
            root=_show(path.top.subject),
            day=public_roots().as_of,
        )
        if path.top.sha256 in trusted:
            reason = say(
                "{reason}, and which this Expressway trusts because an administrator uploaded it", reason=reason
            )
        return Origin(origin=CertificateOrigin.PRIVATE, reason=reason, strong=path.verified)
    return _by_installed_root(path.top) or _by_authorities(path) or _by_name(path.top)


def known_root(path: CertificationPath) -> PublicRoot | None:
    """Return the public root that a path leads to, in today's list or not; None: none that is in the evidence."""
    roots = (public_roots().find(c.subject, c.public_key_sha256) for c in path.certificates)
    return next(filter(None, roots), None)


def _by_installed_root(top: Certificate) -> Origin | None:
    for root in installed_public_roots().named(top.issuer_der):
        if may_have_issued(root, top):
            reason = say("it was issued under the public root {root}", root=_show(root.subject))
            return Origin(origin=CertificateOrigin.PUBLIC, reason=reason, strong=signed_by(top, root) is True)
    return None


def _by_authorities(path: CertificationPath) -> Origin | None:
    """Look for the marks in the authorities above the certificate."""
    for authority in path.certificates[1:]:
        for origin, mark in (
            (CertificateOrigin.PUBLIC, _public_mark(authority)),
            (CertificateOrigin.PRIVATE, _private_mark(authority)),
        ):
            if mark is not None:
                name = _show(authority.subject)
                return Origin(origin=origin, reason=say("of its authority {name}: {mark}", name=name, mark=mark))
    return None


def _by_name(top: Certificate) -> Origin:
    """Judge by the name of the issuer that is missing."""
    roots = public_roots()
    organisations = _values(top.issuer_der, "O")
    is_public = any(organisation_key(name) in roots.organisations for name in organisations)
    if is_public or top.issuer in roots.by_subject:
        reason = say(
            "public by name only - inferred: its issuer {issuer} is not in the evidence", issuer=_show(top.issuer)
        )
        return Origin(origin=CertificateOrigin.PUBLIC, reason=reason, strong=False)
    reason = say("its issuer {issuer} is not in the evidence", issuer=_show(top.issuer))
    return Origin(origin=CertificateOrigin.UNKNOWN, reason=reason, strong=False)


def _describe(root: PublicRoot) -> Words:
    name = _show(root.subject)
    if root.removed:
        return say("the public root {name}, which has left Mozilla's list since {day}", name=name, day=root.last)
    return say("the public root {name}", name=name)


def _show(name: str | None) -> str:
    return clean(name, 200) if name else say("without a readable name")


def _values(name_der: bytes | None, attribute_type: str) -> tuple[str, ...]:
    try:
        return attribute_values(name_der or b"", attribute_type)
    except DerError:
        return ()
