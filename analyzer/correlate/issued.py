"""What an authority issued, as a sign of what kind of authority it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from analyzer.correlate.chains import Pool, build_path, signed_by
from analyzer.correlate.marks import public_mark
from analyzer.evidence import Certificate


def marked_issues(pool: Pool | Iterable[Certificate]) -> Mapping[str, Certificate]:
    """Return, by the hash of an authority's key, a certificate with a public authority's mark that is below it.

    Only verified signatures count: a name alone is soon given. One certificate of each issuer is enough.
    """
    pool = pool if isinstance(pool, Pool) else Pool(pool)
    found: dict[str, Certificate] = {}
    seen: set[tuple[bytes | None, str | None]] = set()
    for certificate in pool:
        issuer = (certificate.issuer_der, certificate.authority_key_identifier)
        if issuer in seen or public_mark(certificate) is None:
            continue
        for key in _keys_above(certificate, pool):
            found.setdefault(key, certificate)
            seen.add(issuer)
    return found


def _keys_above(certificate: Certificate, pool: Pool) -> Iterator[str]:
    path = build_path(certificate, pool).certificates
    for child, authority in pairwise(path):
        if not signed_by(child, authority):
            return
        if authority.public_key_sha256:
            yield authority.public_key_sha256
