"""What a member's name says: its kind, its host, its time, its interface.

Sample::

    ca_core1_2026-03-25_03_20_11.pem
    client_core1_2026-03-25_03_20_11.pem
    server_core1_2026-03-25_03_20_11.pem
    eth0_diagnostic_logging_tcpdump00_core1_2026-03-25_03_20_11.pcap
    loggingsnapshot_core1_2026-03-25_03_20_11.txt
    xconf_dump_core1_2026-03-25_03_20_11.xml
    xstat_dump_core1_2026-03-25_03_20_11.txt

Source: Admin Guide X15.5, Diagnostics and Troubleshooting; `client_` and the capture's name are as seen on X15.5.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

from msgspec import Struct

from analyzer.evidence import MemberKind
from analyzer.text import clean
from analyzer.words import Words, say

# Anchored on the right, because a host name may hold underscores; Windows adds ` (1)` to a second copy.
_BUNDLE_NAME = re.compile(
    r"""(?:(?P<interface>eth\d{1,3})_diagnostic_logging_tcpdump(?P<sequence>\d{0,6})
         |(?P<kind>loggingsnapshot|xconf_dump|xstat_dump|ca|server|client))
        _(?P<host>.+)
        _(?P<time>\d{4}-\d{2}-\d{2}_\d{2}_\d{2}_\d{2})
        (?:[ _-]?\(\d{1,3}\)|[ ]-[ ]copy)?
        (?:\.(?P<extension>[a-z0-9]{1,8}))?
        (?:\.gz)?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
# As they are called on the Expressway itself, in persistent/certs.
_STORE_NAME = re.compile(r"(?P<kind>server|client|ca)(?:[ _-]?\(\d{1,3}\))?\.pem(?:\.gz)?", re.IGNORECASE | re.ASCII)
_DRIVE = re.compile(r"[A-Za-z]:")

_KINDS = {
    "ca": MemberKind.CA_PEM,
    "server": MemberKind.SERVER_PEM,
    "client": MemberKind.CLIENT_PEM,
    "loggingsnapshot": MemberKind.SNAPSHOT,
    "xconf_dump": MemberKind.XCONF_TEXT,
    "xstat_dump": MemberKind.XSTAT_TEXT,
}
_AS_XML = {MemberKind.XCONF_TEXT: MemberKind.XCONF_XML, MemberKind.XSTAT_TEXT: MemberKind.XSTAT_XML}


class NameParts(Struct, frozen=True, kw_only=True):
    """What a name says.

    Attributes:
        host: the system host name; None if the name gives none.
        taken: the name's time taken as UTC: in which zone it is written is not documented.
        interface: `eth0` is LAN1; None for anything but a capture.
        sequence: number of a rotated capture. The numbers wrap around and do not give the order.
    """

    kind: MemberKind | None = None
    host: str | None = None
    taken: datetime | None = None
    interface: str | None = None
    sequence: int | None = None


def parse_name(name: str) -> NameParts:
    """Return what a name says, whatever folders it stands in."""
    base = re.split(r"[/\\]", name[-1024:])[-1]
    if store := _STORE_NAME.fullmatch(base):
        return NameParts(kind=_KINDS[store["kind"].lower()])
    match = _BUNDLE_NAME.fullmatch(base)
    if match is None:
        return NameParts()
    host, taken = clean(match["host"], 255), _time(match["time"])
    if match["interface"]:
        sequence = int(match["sequence"]) if match["sequence"] else None
        interface = match["interface"].lower()
        return NameParts(kind=MemberKind.CAPTURE, host=host, taken=taken, interface=interface, sequence=sequence)
    kind = _KINDS[match["kind"].lower()]
    if (match["extension"] or "").lower() == "xml":
        kind = _AS_XML.get(kind, kind)
    return NameParts(kind=kind, host=host, taken=taken)


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{text[:10]} {text[11:].replace('_', ':')}").replace(tzinfo=UTC)
    except ValueError:
        return None


def unsafe_name(name: str) -> Words | None:
    """Return why a name inside an archive is not to be trusted, None if it is an ordinary one."""
    parts = re.split(r"[/\\]", name)
    if not name or any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        return say("unsafe name: empty, or with control characters in it")
    if ".." in parts:
        return say("unsafe name: it leads out of the archive's own folder")
    if not parts[0] or _DRIVE.match(name):
        return say("unsafe name: it is absolute, or names a drive or a network share")
    return None


def unique(name: str, taken: set[str]) -> str:
    """Return a name that is not taken yet, by a `#2` at its end if need be, and take it."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}#{number}"
    taken.add(found)
    return found


def label(name: str, limit: int) -> str:
    """Return a name as it is shown: folders apart by `/`, made safe, its end kept if it is too long."""
    shown = clean(name.replace("\\", "/").removeprefix("./"), 4 * limit)
    return shown if len(shown) <= limit else "…" + shown[1 - limit :]
