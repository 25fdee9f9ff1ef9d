r"""The certificates that a peer wrote into SIP SERVICE messages: what an Edge says of its own, whatever TLS hides.

Sample::

    … expc tvcs: UTCTime="…" Module="network.sip" Level="DEBUG":  Action="Received" … Src-ip="192.0.2.31" …
     SIPMSG:
     |SERVICE sip:192.0.2.16:5061;transport=tls SIP/2.0
     …
     -----BEGIN CERTIFICATE-----
     MIIC…
     -----END CERTIFICATE-----
     |

A body is the peer's text. Nothing in it becomes an event or a store; the certificate is kept to be quoted, with the
line where it stands, and only of messages that were received.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from analyzer.evidence import CarriedCertificate, Certificate
from analyzer.parsers.certificate import read_certificate
from analyzer.parsers.snapshot.bodies import Outside
from analyzer.parsers.snapshot.coverage import line_text
from analyzer.parsers.snapshot.headers import HEADER
from analyzer.parsers.snapshot.records import Record, read_records

MOST = 16
"""Different certificates kept of one log; a partner sends one chain, again and again."""

_BEGINS = b"-----BEGIN CERTIFICATE-----"
_BLOCK = re.compile(_BEGINS + rb"([A-Za-z0-9+/=\s]{1,16384}+)-----END CERTIFICATE-----")
_SERVICE = re.compile(rb"\s*+(?:[A-Z]{1,8}MSG:\s*+)?+\|SERVICE ")
_REACH = 4096
"""Bytes before a body in which its record stands."""


class CarriedCertificates:
    """Collects from one buffer after the other; the result does not depend on where they end."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: dict[str, CarriedCertificate] = {}
        self._before = b""

    def look(self, buffer: bytes, outside: Outside, line: int) -> None:
        """Look into the bodies of a buffer whose first line feed ends the line before `line`."""
        if len(self._found) >= MOST:
            return
        if _BEGINS in buffer:
            for start, end, before in self._bodies(buffer, outside):
                if _SERVICE.match(buffer, start):
                    self._read(buffer, start, end, before, line)
        self._before = (self._before + outside.text[-_REACH:])[-_REACH:]

    def result(self) -> tuple[CarriedCertificate, ...]:
        """Return what was found, in the order of the log."""
        return tuple(self._found.values())

    def _bodies(self, buffer: bytes, outside: Outside) -> Iterator[tuple[int, int, bytes]]:
        """Yield where each body begins and ends, and what stands outside before it."""
        before = self._before
        ends = [start for start, _ in outside.spans[1:]]
        for (begins, start), end in zip(outside.spans, ends, strict=False):
            before = (before + buffer[max(begins, start - _REACH) : start])[-_REACH:]
            if start < end:
                yield start, end, before

    def _read(self, buffer: bytes, start: int, end: int, before: bytes, line: int) -> None:
        record = _record_of(before)
        if record is not None and (record.get("Action") or "").lower() != "received":
            return
        for block in _BLOCK.finditer(buffer, start, end):
            certificate = _certificate(block[1])
            if certificate is None or certificate.sha256 in self._found or len(self._found) >= MOST:
                continue
            self._found[certificate.sha256] = CarriedCertificate(
                certificate=certificate,
                file=self._file,
                line=line + buffer.count(b"\n", 0, block.start()) - 1,
                time=record.time if record else None,
                source=record.endpoint("Src") if record else None,
            )


def _record_of(before: bytes) -> Record | None:
    """Return the record that a body belongs to: the last one before it."""
    headers = list(HEADER.finditer(before))
    if not headers:
        return None
    start = headers[-1].start()
    end = before.find(b"\n", start + 1)
    return next(read_records(line_text(before[start : end if end >= 0 else len(before)]), 0), None)


def _certificate(block: bytes) -> Certificate | None:
    try:
        return read_certificate(binascii.a2b_base64(block))
    except binascii.Error:
        return None
