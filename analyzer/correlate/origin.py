"""Public or private: who issued a certificate, as far as the rules for public authorities are concerned.

Marks inside the certificate come first, since they outlive every list: certificate transparency and the policies
of the CA/Browser Forum for public ones, traces of Active Directory for private ones. Then the root of its path
decides, compared by name and key with the roots that Mozilla's list held. Lists end, and so what an authority issued
counts as well: one that issued a certificate with a public authority's mark is not private for being in no list.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from analyzer.correlate.chains import CertificationPath, Pool, build_path, is_self_signed, may_have_issued, signed_by
from analyzer.correlate.issued import marked_issues
from analyzer.correlate.marks import name_values, private_mark, public_mark
from analyzer.evidence import Certificate, CertificateOrigin, Origin
from analyzer.facts.public_roots import PublicRoot, certifi_bundle, organisation_key, public_roots
from analyzer.parsers.pem import read_pem
from analyzer.text import clean
from analyzer.words import Words, say

# Words: a "Contemporary Care" is nobody's temporary authority.
_TEMPORARY_AUTHORITY = re.compile(r"\btemporary ca\b", re.IGNORECASE)


def origins_of(certificates: Mapping[str, Certificate], trusted: Collection[str] = frozenset()) -> dict[str, Origin]:
    """Return who issued each certificate of a case; what one shows about its authority is known of the others."""
    pool = Pool(certificates.values())
    issues = marked_issues(pool)
    return {identity: classify(one, pool, trusted, issues) for identity, one in certificates.items()}


def classify(
    certificate: Certificate,
    pool: Pool | Iterable[Certificate] = (),
    trusted: Collection[str] = frozenset(),
    issues: Mapping[str, Certificate] | None = None,
) -> Origin:
    """Return who issued a certificate, with the reason.

    Args:
        certificate: a leaf or an authority.
        pool: certificates to build its path from: presented chains and the stores.
        trusted: ids of the certificates in the node's trusted CA list, to say how a private root came to be trusted.
        issues: what authorities are known to have issued with a public authority's mark, by their keys.
    """
    known = _own_marks(certificate)
    if known is not None and (known.origin is not CertificateOrigin.PRIVATE or not issues):
        return known
    path = build_path(certificate, pool)
    return _weighed(known or _by_path(path, trusted), path, issues or {}, is_marked=known is not None)


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
    if (mark := public_mark(certificate)) is not None:
        return Origin(origin=CertificateOrigin.PUBLIC, reason=mark)
    if (mark := private_mark(certificate)) is not None:
        return Origin(origin=CertificateOrigin.PRIVATE, reason=mark)
    return None


def _weighed(known: Origin, path: CertificationPath, issues: Mapping[str, Certificate], *, is_marked: bool) -> Origin:
    """Weigh what is known of a certificate against what its authorities, or itself as one, issued.

    A leaf's own mark stands. Marks of both kinds on one authority are not resolved by guessing.
    """
    certificates = path.certificates[:1] if is_marked else path.certificates
    shown = next(((c, issues[key]) for c in certificates if (key := c.public_key_sha256) and key in issues), None)
    if shown is None or (known.origin is CertificateOrigin.PUBLIC and known.strong):
        return known
    shows = _told(*shown, of=path.leaf)
    if known.origin is CertificateOrigin.PRIVATE and any(private_mark(c) for c in path.certificates):
        reason = say("uncertain: {private}; but {public}", private=known.reason, public=shows)
        return Origin(origin=CertificateOrigin.UNKNOWN, reason=reason, strong=False)
    return Origin(origin=CertificateOrigin.PUBLIC, reason=say("inferred: {reason}", reason=shows), strong=False)


def _told(authority: Certificate, issued: Certificate, of: Certificate) -> Words:
    name, mark = _show(issued.subject), public_mark(issued)
    if authority is of:
        return say("{name}, issued under it, has a mark of public authorities ({mark})", name=name, mark=mark)
    return say(
        "{name}, issued under the same authority {authority}, has a mark of public authorities ({mark})",
        authority=_show(authority.subject),
        name=name,
        mark=mark,
    )


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
            (CertificateOrigin.PUBLIC, public_mark(authority)),
            (CertificateOrigin.PRIVATE, private_mark(authority)),
        ):
            if mark is not None:
                name = _show(authority.subject)
                return Origin(origin=origin, reason=say("of its authority {name}: {mark}", name=name, mark=mark))
    return None


def _by_name(top: Certificate) -> Origin:
    """Judge by the name of the issuer that is missing."""
    roots = public_roots()
    organisations = name_values(top.issuer_der, "O")
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
