"""Whether a certificate has a name, as RFC 6125 compares them: letter case and a trailing dot do not count.

The subjectAltName decides; a common name alone is told apart, because sources differ on whether it counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto
from functools import lru_cache
from ipaddress import ip_address

from analyzer.evidence import Certificate

_LEAST_LABELS_BELOW_WILDCARD = 2
"""`*.example` would stand for every company there is: OpenSSL does not take it (`valid_star`)."""


class NameMatch(Enum):
    """How a certificate has a name. UNKNOWN: what it has could not be read."""

    EXACT = auto()
    WILDCARD = auto()
    COMMON_NAME = auto()
    NONE = auto()
    UNKNOWN = auto()


def match_name(wanted: str, certificate: Certificate) -> NameMatch:
    """Tell how a certificate has a DNS name or an address."""
    found = match_among(wanted, _alternative_names(certificate))
    if found is not NameMatch.NONE:
        return found
    if "subject_alternative_names" in certificate.unreadable:
        return NameMatch.UNKNOWN
    common_name = certificate.common_name
    return NameMatch.COMMON_NAME if common_name and plain_name(common_name) == plain_name(wanted) else NameMatch.NONE


def match_among(wanted: str, names: Iterable[str]) -> NameMatch:
    """Tell how a list of names (without `DNS:`) has one: EXACT, WILDCARD or NONE."""
    plain = plain_name(wanted)
    known = {plain_name(name) for name in names}
    if plain in known:
        return NameMatch.EXACT
    # A wildcard stands for one whole label, the leftmost, and never for a part of an address (RFC 6125 6.4.3).
    parent = plain.partition(".")[2]
    is_deep = parent.count(".") + 1 >= _LEAST_LABELS_BELOW_WILDCARD
    wildcard = is_deep and not is_ip(plain) and f"*.{parent}" in known
    return NameMatch.WILDCARD if wildcard else NameMatch.NONE


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """Return a DNS name in lower case, in its ASCII form, without a trailing dot; an address compressed."""
    plain = name.strip().lower().rstrip(".")
    try:
        return ip_address(plain.strip("[]")).compressed
    except ValueError:
        pass
    if plain.isascii():
        return plain
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain


def is_ip(name: str) -> bool:
    """Whether a configured name is an address."""
    try:
        ip_address(name.strip().strip("[]"))
    except ValueError:
        return False
    return True


def _alternative_names(certificate: Certificate) -> Iterable[str]:
    """Return DNS names and addresses, and the domains of SIP URIs (RFC 5922), as configured names are spelt."""
    for name in certificate.subject_alternative_names:
        kind, _, value = name.partition(":")
        if kind in {"DNS", "IP"}:
            yield value
        elif kind == "URI" and value.lower().startswith(("sip:", "sips:")) and "@" not in value:
            yield value.partition(":")[2]
