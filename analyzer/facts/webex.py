"""How the Webex cloud is told: by its names, and as a hint by its addresses.

A port never says Webex: 5061 and 5062 carry other peers too. Cisco does not support telling Webex signalling by
address, so `is_webex_address` is a hint and is to be shown as one.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from functools import cache

from analyzer.facts.store import PACKAGED, Facts

# RFC 1035 2.3.4: at most 253 characters. An underscore or a leading wildcard label is met in practice.
RE_DNS_NAME = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
LONGEST_NAME = 255


@cache
def webex_suffixes(facts: Facts = PACKAGED) -> tuple[str, ...]:
    """Return the domains of the Webex cloud."""
    return tuple(row.id.lower() for row in facts.rows("webex_name"))


@cache
def webex_verify_names(facts: Facts = PACKAGED) -> tuple[str, ...]:
    """Return the TLS verify subject names that a zone towards Webex is set up with, today's first."""
    return tuple(row.id.lower() for row in facts.rows("webex_verify_name"))


def is_webex_name(name: str | None, facts: Facts = PACKAGED) -> bool:
    """Whether a DNS name (of a certificate, of SNI, of a setting) belongs to the Webex cloud. Never raises."""
    if not name or len(name) > LONGEST_NAME or not RE_DNS_NAME.fullmatch(name.lower()):
        return False
    plain = name.lower().rstrip(".")
    return any(plain == suffix or plain.endswith(f".{suffix}") for suffix in webex_suffixes(facts))


def is_webex_address(address: str | None, facts: Facts = PACKAGED) -> bool:
    """Whether an address lies in a network of the Webex cloud: a hint only. Never raises; IPv6 is never in one."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return False
        parsed = parsed.ipv4_mapped
    firsts, lasts = _webex_ranges(facts)
    position = bisect_right(firsts, int(parsed)) - 1
    return position >= 0 and int(parsed) <= lasts[position]


@cache
def _webex_ranges(facts: Facts) -> tuple[tuple[int, ...], tuple[int, ...]]:
    networks: list[ipaddress.IPv4Network] = []
    for row in facts.rows("webex_networks"):
        for network in row.texts("networks"):
            try:
                networks.append(ipaddress.IPv4Network(network))
            except ValueError:
                raise row.error("networks", f"IPv4 networks, not {network!r}") from None
    apart = sorted(ipaddress.collapse_addresses(networks))
    return (
        tuple(int(network.network_address) for network in apart),
        tuple(int(network.broadcast_address) for network in apart),
    )
