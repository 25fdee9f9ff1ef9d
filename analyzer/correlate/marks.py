"""Marks inside a certificate that tell what kind of authority issued it; they outlive every list of roots."""

from __future__ import annotations

from analyzer.evidence import Certificate
from analyzer.parsers.der import DerError
from analyzer.parsers.distinguished_name import attribute_values
from analyzer.words import Words, say

_TIMESTAMPS = "1.3.6.1.4.1.11129.2.4.2"  # RFC 6962 section 3.3
_FORUM_POLICIES = {  # CA/Browser Forum baseline requirements, section 7.1.6.1, and EV guidelines
    "2.23.140.1.1": "extended validation",
    "2.23.140.1.2.1": "domain validated",
    "2.23.140.1.2.2": "organization validated",
    "2.23.140.1.2.3": "individual validated",
}
_MICROSOFT_TEMPLATES = frozenset({"1.3.6.1.4.1.311.20.2", "1.3.6.1.4.1.311.21.7"})


def public_mark(certificate: Certificate) -> Words | None:
    """Return what shows that a certificate was made by the rules for public authorities; None: nothing does."""
    if _TIMESTAMPS in certificate.extensions:
        return say("it carries certificate transparency timestamps")
    policy = next((_FORUM_POLICIES[p] for p in certificate.policies if p in _FORUM_POLICIES), None)
    return say('it carries the CA/Browser Forum policy "{policy}"', policy=policy) if policy else None


def private_mark(certificate: Certificate) -> Words | None:
    """Return the trace of Active Directory in a certificate; None: there is none."""
    if name_values(certificate.issuer_der, "DC"):
        return say("its issuer has a domain name in Active Directory's form (DC=)")
    if _MICROSOFT_TEMPLATES & set(certificate.extensions):
        return say("it was made from a Microsoft certificate template")
    if any(location.casefold().startswith("ldap:") for location in certificate.locations):
        return say("it points to an LDAP directory for its issuer or its revocation list")
    return None


def name_values(name_der: bytes | None, attribute_type: str) -> tuple[str, ...]:
    """Return the values of one type in a name; none if it cannot be read."""
    try:
        return attribute_values(name_der or b"", attribute_type)
    except DerError:
        return ()
