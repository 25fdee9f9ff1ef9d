"""Where a reader goes to check: frames and display filters for Wireshark, anchors and addresses of web pages.

A frame number counts within one capture file, so a reference always names the file (a rotated capture has
many). Filter syntax as measured with tshark 4.0: addresses and numbers unquoted, serials as DER octets.
"""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct

from analyzer.evidence import Alert, Endpoint, Frame, TlsRecord
from analyzer.text import serial_spellings

_NOT_IN_ANCHOR = re.compile(r"[^a-z0-9]+")


class FrameReference(Struct, frozen=True, kw_only=True):
    """A frame that a reader can open. `display_filter` finds it in `file`, and only there."""

    file: str
    number: int
    time: datetime

    @property
    def display_filter(self) -> str:
        return frame_filter(self.number)


def frame_reference(record: Frame | Alert | TlsRecord | None) -> FrameReference | None:
    """Return the reference to the frame of a step, an alert or a record."""
    return FrameReference(file=record.capture, number=record.frame, time=record.time) if record else None


def frame_filter(number: int) -> str:
    """Return the display filter of one frame."""
    return f"frame.number == {number}"


def conversation_filter(client: Endpoint, server: Endpoint) -> str:
    """Return the display filter of a TCP connection, good for every capture file that holds a part of it.

    `tcp.port` is either port of a frame, so that the same port twice would be found wherever one end has it.
    What it cannot tell apart is the connection with the two ports exchanged (nor can Wireshark's own filter).
    """
    ip = "ipv6" if ":" in client.address else "ip"
    addresses = ("src", "dst") if client.address == server.address else ("addr", "addr")
    ports = ("srcport", "dstport") if client.port == server.port else ("port", "port")
    return " && ".join(
        f"{ip}.{address} == {end.address} && tcp.{port} == {end.port}"
        for end, address, port in zip((client, server), addresses, ports, strict=True)
    )


def serial_filter(serial: str) -> str:
    """Return the display filter of every frame that carries a certificate with this serial."""
    return f"x509af.serialNumber == {serial_spellings(serial)[1]}"


def anchor(*parts: str) -> str:
    """Return a fragment identifier made of lower-case letters, digits and hyphens."""
    return _NOT_IN_ANCHOR.sub("-", "-".join(parts).lower()).strip("-") or "part"


def web_address(url: str | None) -> str | None:
    """Return an address that may stand in a link; None for anything but plain http(s)."""
    return url if url is not None and url.startswith(("https://", "http://")) else None
