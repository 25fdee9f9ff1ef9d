"""The engine alone: `python -m benchmarks.engine CAPTURE` prints every serial and every clear alert, line by line.

A capture in an archive is read as the program reads it: straight out of there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from analyzer.evidence import Side
from analyzer.parsers.capture import CaptureReading, CaptureSource, read_captures
from analyzer.parsers.certificate import read_certificate


def main() -> None:
    path = Path(sys.argv[1])
    if path.suffix == ".zip":
        sys.stdout.writelines(_lines(_read_archive(path)))
    else:
        source = CaptureSource(name=path.name, open=lambda: path.open("rb", buffering=0))
        sys.stdout.writelines(_lines(read_captures([source])))


def _read_archive(path: Path) -> CaptureReading:
    from analyzer.bundle import open_inputs
    from analyzer.evidence import MemberKind

    with open_inputs([path]) as inputs:
        members = [member for opened in inputs.inputs for member in opened.members]
        return read_captures(
            [
                CaptureSource(name=member.reference, open=member.open, head=member.head)
                for member in members
                if member.kind is MemberKind.CAPTURE
            ]
        )


def _lines(reading: CaptureReading) -> Iterator[str]:
    certificates = {key: read_certificate(der) for key, der in reading.certificates.items()}
    serials = {key: found.serial if found else "unreadable" for key, found in certificates.items()}
    for handshake in reading.handshakes:
        ends = f"{handshake.client} {handshake.server}"
        for side in Side:
            for key in handshake.message(side).chain:
                yield f"{ends} {side} certificate {serials[key]}\n"
        for alert in handshake.alerts:
            yield f"{ends} {alert.sender} alert {alert.description}\n"


if __name__ == "__main__":
    main()
