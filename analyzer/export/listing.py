"""A recorded handshake as text.

Sample::

    1. client, frame 4: client_hello, 216 bytes
         ###[ TLS Handshake - Client Hello ]###
           msgtype   = client_hello

What the capture says stands indented, so that none of it can pass for a line of this program.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from analyzer.evidence import Connection, Side
from analyzer.export.dissection import Part, dissect
from analyzer.export.recording import MOST_ENTRIES, Content, Entry, Recording
from analyzer.text import clean, iso_utc

WIDTH = 200
"""A line is wrapped beyond this, and never cut: what is taken apart is bounded already."""

_LONGEST_LINE = 1 << 24
_DEEPEST = 40


def listing(connection: Connection, recording: Recording) -> Iterator[str]:
    """Say which connection it is, then what each side sent, in order."""
    yield from (clean(line) for line in _head(connection))
    for number, entry in enumerate(recording.in_order(), 1):
        yield ""
        yield clean(f"{number}. {recording.side(entry)}, {_where(entry, connection)}: {_what(entry)}")
        if entry.data:
            yield from _taken_apart(entry, connection)
    if recording.unlisted:
        yield ""
        yield f"{recording.unlisted:,} messages and records more are not listed: at most {MOST_ENTRIES} are."


def _head(connection: Connection) -> Iterator[str]:
    handshake = connection.handshake
    own = connection.local_role
    yield f"connection {connection.id}, started {iso_utc(handshake.started)}"
    yield f"node       {connection.node or 'not named'}"
    yield f"client     {handshake.client}{' (this node)' if own is Side.CLIENT else ''}"
    yield f"server     {handshake.server}{' (this node)' if own is Side.SERVER else ''}"
    yield f"version    {handshake.tls_version or 'none negotiated'}"
    for capture in handshake.captures:
        yield f"capture    {capture}"
    if handshake.tls_version == "TLSv1.3":
        yield "note       TLS 1.3 encrypts all that follows the server_hello, the certificates too"
    if not handshake.seen_from_start:
        yield "note       the capture lacks a part of this handshake"


def _where(entry: Entry, connection: Connection) -> str:
    """Name the frame, and the capture where that is not the only one."""
    place = entry.place
    is_only = connection.handshake.captures == (place.capture,)
    return f"frame {place.frame}" if is_only else f"frame {place.frame} of {place.capture}"


def _what(entry: Entry) -> str:
    size = "" if entry.length is None else f", {entry.length:,} byte{'s' if entry.length != 1 else ''}"
    if entry.content is Content.ENCRYPTED:
        return f"{entry.name}{size}, encrypted: its content is not shown"
    if not entry.data:
        return f"{entry.name}{size}, not taken apart: with it, the handshake is too large for that"
    return f"{entry.name}{size}"


def _taken_apart(entry: Entry, connection: Connection) -> Iterator[str]:
    handshake = connection.handshake
    for part in dissect(entry, handshake.tls_version, handshake.cipher_suite):
        yield from _shown(part)


def _shown(part: Part) -> Iterator[str]:
    if part.title:
        yield f"   {part.title}"
    if part.failure:
        yield f"   not taken apart: {part.failure}; its bytes:"
    for line in part.lines:
        yield from _wrapped(f"     {clean(line, _LONGEST_LINE)}")


def _wrapped(line: str) -> list[str]:
    """Break a long line between words, the rest of it deeper; a serial number is one word."""
    if len(line) <= WIDTH:
        return [line]
    depth = min(len(line) - len(line.lstrip(" |")), _DEEPEST)
    return textwrap.wrap(line, WIDTH, subsequent_indent=f"{line[:depth]}    ", break_on_hyphens=False)
