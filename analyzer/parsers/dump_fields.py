"""What xconf and xstat dumps have in common: names, addresses, cluster, zones' types and yes-or-no values.

Keys are the command paths run together in lower case (see `analyzer.parsers.leaves`). Several stand side by side
where the documents spell a path in several ways or none names it.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from analyzer.evidence import Cluster, Zone
from analyzer.parsers.leaves import Entry, Leaf, Leaves, plain

ZONE_TYPES: Mapping[str, str] = {
    "neighbor": "Neighbor",
    "neighbour": "Neighbor",
    "traversalclient": "TraversalClient",
    "traversalserver": "TraversalServer",
    "dns": "DNS",
    "enum": "ENUM",
    "webex": "Webex",
}
"""Types by the name of the element that holds a zone's details."""

_TYPE_WORDS = tuple(ZONE_TYPES)
_ADDRESS_KEY = re.compile(
    r"(?:networkinterface|network|system)?(?:ethernet|lan|interface|nic)?\d*"
    r"(?:ip)?(?:v[46])?(?P<nat>static(?:nat)?|nat|external)?(?:address(?:es)?)+"
)
_HOST_KEYS = ("systemunithostname", "ipdnshostname", "dnshostname", "systemhostname", "networkhostname")
_DOMAIN_KEYS = ("ipdnsdomainname", "dnsdomainname", "systemunitdomainname", "ipdnsdomain", "dnsdomain")
_TIME_ZONE_KEYS = ("timezonename", "timezone", "timetimezone", "timezonezone", "systemunittimezone", "ntptimezone")
_CLUSTER_NAME_KEYS = (
    "alternatesclustername",
    "clusterconfigurationclustername",
    "clustername",
    "clusterconfigurationname",
    "alternatesname",
)
_CLUSTER_PEERS = (
    "alternatespeer",
    "alternatesalternate",
    "clusterpeer",
    "clusterpeerspeer",
    "clusterconfigurationpeer",
)
_PEER_ADDRESS = ("address", "ipaddress", "peeraddress", "fqdn", "")
_UNIFIED_COMMUNICATIONS = re.compile(
    r"(?:collaborationedge|unifiedcommunications?|mobileremoteaccess)(?:traversal|services)?(?:mode|enabled|status)?$"
)
_YES = frozenset({"on", "true", "yes", "enabled", "enable", "1"})
_NO = frozenset({"off", "false", "no", "disabled", "disable", "0"})


def on_off(value: str) -> str:
    """Return On and Off in that spelling, anything else as it is."""
    return value.capitalize() if value.lower() in {"on", "off"} else value


def yes_no(value: str | None) -> bool | None:
    """Return whether a value says yes; None: neither yes nor no."""
    word = value.strip().lower() if value else ""
    return True if word in _YES else False if word in _NO else None


def number(value: str | None, most: int = 2**53) -> int | None:
    """Return a whole number from 0 to `most`, or None."""
    if value is None or not re.fullmatch(r"\d{1,16}", value, re.ASCII):
        return None
    return int(value) if int(value) <= most else None


def host_name(leaves: Leaves) -> str | None:
    """Return the host name, with the domain if the dump has one."""
    host, domain = leaves.value(*_HOST_KEYS), leaves.value(*_DOMAIN_KEYS)
    return f"{host}.{domain}" if host and domain and "." not in host else host


def time_zone(leaves: Leaves) -> str | None:
    """Return the time zone's name as the dump spells it."""
    return leaves.value(*_TIME_ZONE_KEYS)


def own_addresses(leaves: Leaves) -> tuple[str, ...]:
    """Return the node's own addresses, compressed, the static NAT ones included unless NAT is off."""
    nat_off = {
        tuple(step.number for step in leaf.trail)
        for leaf in leaves
        if leaf.key.endswith(("staticnatmode", "natmode")) and yes_no(leaf.value) is False
    }
    found: dict[str, None] = {}
    for leaf in leaves:
        match = _ADDRESS_KEY.fullmatch(leaf.key)
        if match and not (match["nat"] and tuple(step.number for step in leaf.trail) in nat_off):
            address = _usable_address(leaf.value)
            if address:
                found[address] = None
    return tuple(found)


def _usable_address(value: str) -> str | None:
    try:
        address = ipaddress.ip_address(value.partition("/")[0].partition("%")[0])
    except ValueError:
        return None
    return None if address.is_unspecified or address.is_loopback else address.compressed


def cluster(leaves: Leaves) -> Cluster | None:
    """Return the cluster; None: the dump names neither a cluster nor peers."""
    name = leaves.value(*_CLUSTER_NAME_KEYS)
    peers = (peer_address(entry) for prefix in _CLUSTER_PEERS for entry in leaves.entries(prefix))
    addresses = tuple(dict.fromkeys(address for address in peers if address))
    return Cluster(name=name, peers=addresses) if name or addresses else None


def peer_address(peer: Entry) -> str | None:
    """Return a peer's address as the dump spells it; None: the row is empty."""
    return peer.leaves.value(*_PEER_ADDRESS, "sipaddress", "name")


def zone_type(zone: Leaves) -> str | None:
    """Return a zone's type without blanks; None: not said.

    The type is an element of its own, or the name of the element that holds the details. The element also tells
    which end it is where the type says no more than `Unified Communications traversal`.
    """
    said = zone.value("type", "zonetype")
    spelled = "".join(said.split()) if said else None
    if spelled and "unifiedcommunication" not in plain(spelled):
        return ZONE_TYPES.get(plain(spelled), spelled)
    held = next((name for word, name in ZONE_TYPES.items() for leaf in zone if _is_below(leaf, word)), None)
    return held or spelled


def _is_below(leaf: Leaf, word: str) -> bool:
    return any(end < len(leaf.trail) for end, _ in leaf.ends_of(word))


def zone_details(zone: Leaves, kind: str | None) -> Leaves:
    """Return what a zone says for its type, and what it says for any; the zone itself where nothing is for its type.

    A dump may hold the details of every type for each zone; only those of its own type count.
    """
    own = zone.under(plain(kind)) if kind else Leaves(())
    return Leaves((*own, *(leaf for leaf in zone if not leaf.key.startswith(_TYPE_WORDS)))) if len(own) else zone


def unified_communications(zone: Leaves) -> bool | None:
    """Return whether a zone is a Unified Communications traversal zone; None: not said."""
    if "unifiedcommunication" in plain(zone.value("type", "zonetype") or ""):
        return True
    said = [yes_no(leaf.value) for leaf in zone if _UNIFIED_COMMUNICATIONS.search(leaf.key)]
    return True if True in said else False if False in said else None


def numbered(zones: Sequence[Zone]) -> tuple[Zone, ...]:
    """Return zones without the numbers that are no numbers: in some dumps every element says `item="1"`."""
    count = Counter(zone.index for zone in zones)
    return tuple(zone if count[zone.index] == 1 else replace(zone, index=None) for zone in zones)


def zone_name(zone: Entry) -> str:
    """Return a zone's name, made up from its number where the dump has none."""
    return zone.leaves.value("name", "zonename") or f"Zone {zone.index or 0}"
