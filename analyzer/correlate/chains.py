"""Which certificate issued which: the path from a leaf to its root, and the order of a presented chain.

A link needs the same name, key identifiers that do not contradict, and the issuer's signature. Where the
signature cannot be verified here (an algorithm of the past, a key that cannot be read), name and key identifier
make the link, and the path says that it is unverified.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from analyzer.correlate.signature import is_signature_of
from analyzer.evidence import Certificate
from analyzer.parsers.distinguished_name import comparison_key
from analyzer.words import say

_MOST_LINKS = 2_000
"""Candidates looked at for one path. Certificates that all bear one name would otherwise cost their square."""


class Pool:
    """Certificates to build paths from, found by the name of their subject; an empty name names nobody.

    Each certificate is held once.
    """

    def __init__(self, certificates: Iterable[Certificate] = ()) -> None:
        self._by_name: dict[object, list[Certificate]] = defaultdict(list)
        for certificate in {c.sha256: c for c in certificates}.values():
            if certificate.subject_der and certificate.subject != "":
                self._by_name[comparison_key(certificate.subject_der)].append(certificate)

    def __iter__(self) -> Iterator[Certificate]:
        return (certificate for named in self._by_name.values() for certificate in named)

    def named(self, name_der: bytes | None) -> tuple[Certificate, ...]:
        """Return the certificates whose subject is this name."""
        return () if name_der is None else tuple(self._by_name.get(comparison_key(name_der), ()))


class CertificationPath(Struct, frozen=True, kw_only=True):
    """A certification path (RFC 5280 section 6).

    Attributes:
        certificates: leaf first; the leaf alone if nothing is known of its issuer.
        complete: whether the last one is self-signed.
        verified: whether all signatures were verified, the last one's own included if it is self-signed.
        missing_issuer: the name that the path lacks (RFC 4514); None if it is complete.
        lookalikes: certificates with the missing name that did not issue the last one: another key, after a
            renewal of the authority.
    """

    certificates: tuple[Certificate, ...]
    complete: bool
    verified: bool
    missing_issuer: str | None = None
    lookalikes: tuple[Certificate, ...] = ()

    @property
    def leaf(self) -> Certificate:
        """The certificate that the path was built for."""
        return self.certificates[0]

    @property
    def top(self) -> Certificate:
        """The last certificate: the root, if the path is complete."""
        return self.certificates[-1]


class ChainOrder(Struct, frozen=True, kw_only=True):
    """How a presented chain is put together.

    Attributes:
        in_order: each certificate was issued by the next, and nothing else stands in it.
        path: what of it leads from the leaf upwards, wherever it stands.
        extra: what does not, and repetitions.
        missing: known certificates, not self-signed, that the peer needs and was not sent.
        missing_issuer: name of the issuer (RFC 4514) where the path ends in one that is not known. It may be a
            root, which is rightly left out. None if the path ends in a root, sent or known.
    """

    in_order: bool
    path: tuple[Certificate, ...]
    extra: tuple[Certificate, ...]
    missing: tuple[Certificate, ...] = ()
    missing_issuer: str | None = None

    @property
    def incomplete(self) -> bool | None:
        """Whether a certificate that is not self-signed is missing; None if it cannot be told."""
        if self.missing:
            return True
        return None if self.missing_issuer is not None else False


def build_path(
    leaf: Certificate, pool: Pool | Iterable[Certificate], at: datetime | None = None
) -> CertificationPath:
    """Build the path of a certificate from those in the pool.

    The shortest path to a self-signed certificate is preferred, at `at` one of which nothing has expired. If
    none reaches one, it is the longest.
    """
    pool = pool if isinstance(pool, Pool) else Pool(pool)
    valid = _search(leaf, pool, at) if at else None
    certificates = valid if valid and _is_top(valid[-1]) else _search(leaf, pool, None)
    top = certificates[-1]
    complete = _is_top(top)
    links = zip(certificates, (*certificates[1:], *([top] if complete else ())), strict=False)
    return CertificationPath(
        certificates=certificates,
        complete=complete,
        verified=all(signed_by(child, issuer) for child, issuer in links),
        missing_issuer=None if complete else top.issuer or say("a name that cannot be read"),
        lookalikes=() if complete else tuple(c for c in pool.named(top.issuer_der) if c not in certificates),
    )


def chain_order(chain: Sequence[Certificate], known: Pool | Iterable[Certificate] = ()) -> ChainOrder:
    """Compare a chain as it was presented, leaf first, with the path that its certificates make.

    Args:
        chain: at least the leaf.
        known: certificates from elsewhere (stores, public roots), to tell what is missing from the chain.
    """
    path = build_path(chain[0], Pool(chain))
    rest = build_path(path.top, known)
    beyond = rest.certificates[1:-1] if rest.complete else rest.certificates[1:]
    return ChainOrder(
        in_order=tuple(c.sha256 for c in chain) == tuple(c.sha256 for c in path.certificates),
        path=path.certificates,
        extra=_extra(chain, path.certificates),
        missing=beyond,
        missing_issuer=rest.missing_issuer,
    )


def is_self_signed(certificate: Certificate) -> bool:
    """Whether a certificate bears its own verified signature. A self-issued one (key rollover) need not."""
    return certificate.self_issued and signed_by(certificate, certificate) is True


def signed_by(certificate: Certificate, issuer: Certificate) -> bool | None:
    """Whether the issuer's key made the certificate's signature; None if that cannot be verified here."""
    return is_signature_of(issuer.der, certificate.der)


def may_have_issued(issuer: Certificate, certificate: Certificate) -> bool:
    """Whether nothing speaks against this issuer, given that the names match: no key identifier, no signature."""
    wanted, offered = certificate.authority_key_identifier, issuer.subject_key_identifier
    if wanted and offered and wanted != offered:
        return False
    return signed_by(certificate, issuer) is not False


def _is_top(certificate: Certificate) -> bool:
    return certificate.self_issued and certificate.subject != "" and may_have_issued(certificate, certificate)


def _is_valid(certificate: Certificate, at: datetime) -> bool:
    begun = certificate.not_before is None or certificate.not_before <= at
    return begun and (certificate.not_after is None or at <= certificate.not_after)


def _search(leaf: Certificate, pool: Pool, at: datetime | None) -> tuple[Certificate, ...]:
    """Search by breadth: the first self-signed certificate ends the shortest path, the last of all the longest."""
    children: dict[str, Certificate | None] = {leaf.sha256: None}
    reached = [leaf]
    links_left = _MOST_LINKS
    for certificate in reached:
        if _is_top(certificate):
            return _trace(certificate, children)
        candidates = pool.named(certificate.issuer_der)[:links_left]
        links_left -= len(candidates)
        for issuer in candidates:
            usable = issuer.sha256 not in children and (at is None or _is_valid(issuer, at))
            if usable and may_have_issued(issuer, certificate):
                children[issuer.sha256] = certificate
                reached.append(issuer)
    return _trace(reached[-1], children)


def _trace(top: Certificate, children: dict[str, Certificate | None]) -> tuple[Certificate, ...]:
    path = [top]
    while (child := children[path[-1].sha256]) is not None:
        path.append(child)
    return tuple(reversed(path))


def _extra(chain: Sequence[Certificate], path: Sequence[Certificate]) -> tuple[Certificate, ...]:
    unused = {c.sha256 for c in path}
    extra: list[Certificate] = []
    for certificate in chain:
        if certificate.sha256 in unused:
            unused.discard(certificate.sha256)
        else:
            extra.append(certificate)
    return tuple(extra)
