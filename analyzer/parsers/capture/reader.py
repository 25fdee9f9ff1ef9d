"""All captures of one node, read once, front to back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from ipaddress import ip_address

from analyzer.evidence import CaptureFile, Problem
from analyzer.memory import without_collections
from analyzer.parsers.capture.certificate_shelf import CertificateShelf
from analyzer.parsers.capture.files import first_time
from analyzer.parsers.capture.flows import DialogueMaker, FlowTable, Results, plain_dialogue
from analyzer.parsers.capture.fragments import FragmentTable
from analyzer.parsers.capture.packets import PacketReader, TimeRange
from analyzer.parsers.capture.place import instant
from analyzer.parsers.capture.sources import CaptureLimits, CaptureReading, CaptureSource
from analyzer.parsers.capture.window import DamageError, Window
from analyzer.text import clean, failed_on_it
from analyzer.words import Words, say

# Files that follow on each other overlap by no more than frames change places in a capture.
_OVERLAP_NANOSECONDS = 2_000_000_000


def read_captures(
    sources: Sequence[CaptureSource],
    limits: CaptureLimits | None = None,
    make_dialogue: DialogueMaker = plain_dialogue,
) -> CaptureReading:
    """Read all capture files of one node.

    The files of an interface are one capture: they are read in the order of their first packets, and a connection
    goes on from one to the next. A file that begins before the one before has ended is a capture of its own.
    """
    reading = _Reading(limits or CaptureLimits(), make_dialogue)
    with without_collections():  # connections dissolve their own cycles
        for interface in sorted({source.interface or "" for source in sources}):
            reading.read_interface(in_order(s for s in sources if (s.interface or "") == interface))
        return reading.result()


def in_order(sources: Iterable[CaptureSource]) -> list[CaptureSource]:
    """Return files by the time of their first packet; the numbers of rotated files wrap around."""
    timed = [(first_time(source.head), source) for source in sources]
    return [source for _, source in sorted(timed, key=lambda row: (row[0] or 0, row[1].sequence or 0, row[1].name))]


class _Reading:
    """What has been read so far."""

    def __init__(self, limits: CaptureLimits, make_dialogue: DialogueMaker) -> None:
        self._limits = limits
        self._make_dialogue = make_dialogue
        self._shelf = CertificateShelf(limits)
        self._results = Results()
        self._files: list[CaptureFile] = []
        self._problems: list[Problem] = []

    def read_interface(self, sources: Iterable[CaptureSource]) -> None:
        """Read the files of one interface, in order."""
        table, fragments = self._new_table(), FragmentTable()
        before: PacketReader | None = None
        name = ""
        for source in sources:
            if before and _overlaps(before.times, first_time(source.head)):
                self._finish(table, name)
                table = self._new_table()
            before = PacketReader(source.name, len(self._files), table, fragments)
            self._read_file(source, before, table)
            name = source.name
        self._finish(table, name)
        if fragments.incomplete:
            why = say("parts of {count} fragmented packets are missing", count=fragments.incomplete)
            self._add(name, say("Fragmented packets"), why, say("what these packets carried"))

    def _finish(self, table: FlowTable, name: str) -> None:
        """Conclude the connections that are still open at the end of what was captured in one go."""
        try:
            table.finish()
        except Exception as error:  # noqa: BLE001 - a bug costs the connections that were still open
            what, leaves_open = say("Connections at the capture's end"), say("what these connections say")
            self._add(name, what, failed_on_it(error), leaves_open)

    def _new_table(self) -> FlowTable:
        return FlowTable(self._limits, self._shelf, self._results, self._make_dialogue)

    def result(self) -> CaptureReading:
        """Return everything, sorted."""
        self._report_limits()
        handshakes, conversations = self._results.handshakes, self._results.conversations
        return CaptureReading(
            handshakes=tuple(sorted(handshakes, key=lambda h: (h.started, h.client, h.server))),
            conversations=tuple(sorted(conversations, key=lambda c: (c.started, c.client, c.server))),
            files=tuple(self._files),
            certificates=self._shelf.certificates,
            problems=tuple(self._problems),
        )

    def _read_file(self, source: CaptureSource, reader: PacketReader, table: FlowTable) -> None:
        """Read a file and describe it."""
        damage: str | None = None
        table.addresses.clear()
        try:
            stream = source.open()
        except Exception as error:  # noqa: BLE001 - foreign code: archives raise a dozen kinds
            damage = clean(f"{type(error).__name__}: {error}")
        else:
            try:
                with closing(stream):
                    reader.read(Window(stream, self._limits.file_bytes))
            except DamageError as error:
                damage = error.why
            except Exception as error:  # noqa: BLE001 - a bug costs one file
                damage = failed_on_it(error)
        self._files.append(_describe(source, reader, table))
        if damage and reader.packets:
            leaves_open = say("whether more was captured behind that")
            self._add(source.name, say("The rest of the capture"), damage, leaves_open)
        elif damage:
            self._add(source.name, say("The capture"), damage, say("what was captured in it"))
        self._report_frames(source.name, reader)

    def _report_frames(self, name: str, reader: PacketReader) -> None:
        for link, frames in sorted(reader.unknown_links.items()):
            why = say("link type {number} is not known", number=link)
            self._add(name, say("{count} frames", count=frames), why, say("every connection in these frames"))
        if reader.cut_headers:
            why = say(
                "the capture's snapshot length cut {count} frames within their headers", count=reader.cut_headers
            )
            self._add(name, say("Cut frames"), why, say("every connection in these frames"))
        if reader.lost_segments:
            why = say("the capture's snapshot length cut {count} TCP segments short", count=reader.lost_segments)
            leaves_open = say("certificates and alerts in the part that was cut off")
            self._add(name, say("TLS in cut frames"), why, leaves_open)

    def _report_limits(self) -> None:
        results, limits = self._results, self._limits
        for name, count in sorted(results.torn.items()):
            what, why = say("{count} handshakes", count=count), say("the capture lacks a part of them")
            self._add(name, what, why, say("what that part says"))
        everywhere = self._files[-1].name if self._files else ""
        rows = (
            (
                results.evicted,
                say("{count} connections", count=results.evicted),
                say("too many were open at once"),
                say("how they went on"),
            ),
            (
                results.oversized,
                say("{count} handshake messages", count=results.oversized),
                say("larger than {most} bytes", most=limits.handshake_message),
                say("what they say"),
            ),
            (
                results.dropped_alerts,
                say("{count} alerts", count=results.dropped_alerts),
                say("more than the limit of one handshake"),
                say("what these say"),
            ),
            (
                results.refused,
                say("{count} connections", count=results.refused),
                say("more than the limit"),
                say("these connections"),
            ),
            (
                self._shelf.refused,
                say("{count} Certificate messages", count=self._shelf.refused),
                say("more certificates than the limit"),
                say("those left out"),
            ),
        )
        for count, what, why, leaves_open in rows:
            if count:
                self._add(everywhere, what, why, leaves_open)

    def _add(self, file: str, what: Words, why: str, leaves_open: Words) -> None:
        self._problems.append(Problem(file=file, what=what, why=why, leaves_open=leaves_open))


def _overlaps(before: TimeRange, begins: int | None) -> bool:
    """Whether a file that begins then was captured at the same time as the one before, and does not go on from it."""
    if before.first is None or before.last is None or begins is None:
        return False
    return begins < before.last - min(_OVERLAP_NANOSECONDS, (before.last - before.first) // 2)


def _describe(source: CaptureSource, reader: PacketReader, table: FlowTable) -> CaptureFile:
    times = reader.times
    return CaptureFile(
        name=source.name,
        interface=source.interface,
        sequence=source.sequence,
        first=None if times.first is None else instant(times.first),
        last=None if times.last is None else instant(times.last),
        packets=reader.packets,
        cut_frames=reader.cut_frames,
        addresses=tuple(sorted(ip_address(address).compressed for address in table.addresses)),
    )
