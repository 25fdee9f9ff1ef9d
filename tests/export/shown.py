"""The dissection of a handshake, from a capture file to sections of text; and captures of crafted messages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from analyzer.evidence import Connection, Side
from analyzer.export.handshake import record
from analyzer.export.listing import listing
from analyzer.pipeline import analyze
from samples.builders.transcript import Flight, Transcript
from tests.parsers.capture import captures as c

_HEADING = re.compile(r"(\d+)\. (client|server), frame (\d+)(?: of ([^:]+))?: (.+)")
_SERIAL = re.compile(r"^ {5}serial number ([0-9A-F:]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """What is shown of one message or record. `capture`: None where there is only one."""

    sender: str
    frame: int
    capture: str | None
    title: str
    body: str

    @property
    def serials(self) -> list[str]:
        """Of the certificates in it, spelt as in JSON reports."""
        return [serial.replace(":", "").lower().lstrip("0") for serial in _SERIAL.findall(self.body)]


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of one handshake. `rest`: what stands behind the last section."""

    connection: Connection
    head: str
    sections: list[Section]
    rest: str
    is_partial: bool

    @property
    def titles(self) -> list[str]:
        """Sender and title of each section."""
        return [f"{section.sender}: {section.title}" for section in self.sections]

    @property
    def names(self) -> list[str]:
        """The same without the lengths."""
        return [title.split(",")[0] for title in self.titles]

    def bodies(self) -> list[tuple[str, str, str]]:
        """Return the sections without their frames: these must not depend on how the bytes travelled."""
        return [(section.sender, section.title, section.body) for section in self.sections]

    def section(self, title: str, sender: str | None = None) -> Section:
        """Return the only section of a message."""
        (found,) = (s for s in self.sections if s.title.startswith(title) and sender in {None, s.sender})
        return found


def show(*paths: Path, number: int = 1) -> Shown:
    """Analyse, and take the connection with this number apart."""
    connection = analyze(paths).case.connections[number - 1]
    recording = record(paths, connection.handshake)
    assert recording is not None
    head, *parts = "\n".join(listing(connection, recording)).split("\n\n")
    rest = "" if not parts or _HEADING.match(parts[-1]) else parts.pop()
    sections = [_section(at, part) for at, part in enumerate(parts, 1)]
    return Shown(connection, head, sections, rest, recording.is_partial)


def _section(number: int, text: str) -> Section:
    heading, _, body = text.partition("\n")
    matched = _HEADING.fullmatch(heading)
    assert matched is not None, heading
    counted, sender, frame, capture, title = matched.groups()
    assert int(counted) == number
    return Section(sender, int(frame), capture, title, body)


def written(folder: Path, data: bytes, name: str = "a.pcap") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def show_flights(folder: Path, flights: Transcript | Iterable[Flight]) -> Shown:
    return show(written(folder, c.capture_of(flights)))


def in_records_of(size: int, transcript: Transcript) -> list[Flight]:
    """Put the handshake messages in clear of each flight into other records; the rest stays as it is."""
    return [Flight(sender=flight.sender, payload=_again(flight.payload, size)) for flight in transcript.flights]


def _again(payload: bytes, size: int) -> bytes:
    clear, at = b"", 0
    while payload[at : at + 1] == b"\x16":
        end = at + 5 + int.from_bytes(payload[at + 3 : at + 5], "big")
        clear += payload[at + 5 : end]
        at = end
    return records(clear, size) + payload[at:]


def records(payload: bytes, size: int = 1 << 14) -> bytes:
    """Put handshake messages into records of this size."""
    parts = (payload[at : at + size] for at in range(0, len(payload), size))
    return b"".join(b"\x16\x03\x03" + len(part).to_bytes(2, "big") + part for part in parts)


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def client_hello(extensions: bytes = b"", suite: bytes = b"\xc0\x2f") -> bytes:
    start = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02" + suite + b"\x01\x00"
    return message(1, start + len(extensions).to_bytes(2, "big") + extensions)


def server_hello() -> bytes:
    return message(2, b"\x03\x03" + bytes(32) + b"\x00" + b"\xc0\x2f" + b"\x00\x00\x00")


def certificate_message(*certificates: bytes) -> bytes:
    listed = b"".join(len(der).to_bytes(3, "big") + der for der in certificates)
    return message(11, len(listed).to_bytes(3, "big") + listed)


def answered_with(*messages: bytes, hello: bytes = b"") -> list[Flight]:
    """Return a handshake of which the server sends these messages behind its ServerHello."""
    return [
        Flight(sender=Side.CLIENT, payload=records(hello or client_hello())),
        Flight(sender=Side.SERVER, payload=b"".join(map(records, (server_hello(), *messages)))),
    ]
