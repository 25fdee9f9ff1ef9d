"""The annotated capture: the handshakes that the verdict and findings name, a comment for Wireshark on each."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from analyzer.evidence import Case, Connection, Frame, Side, Step
from analyzer.export.excerpt import Wanted, take, wanted_frames
from analyzer.export.handshake_bytes import Piece, pieces_of, without_payload
from analyzer.findings import EvidenceKind, Finding, Report, Severity
from analyzer.report import wording
from analyzer.report.store_names import store_name
from analyzer.report.summary import holder_of, leading_verdict
from analyzer.rules.quote import STEP_WORDS
from analyzer.text import clean, person_serial

MOST_CONNECTIONS = 200
_CERTIFICATE_STEPS = {Step.SERVER_CERTIFICATE: Side.SERVER, Step.CLIENT_CERTIFICATE: Side.CLIENT}

_Place = tuple[str, int]


class AnnotatedCapture(Struct, frozen=True, kw_only=True):
    """The file's bytes, and what is not in it.

    Attributes:
        data: a pcapng; empty: neither the verdict nor a finding names a frame.
        frames: how many frames it holds.
        connections_left_out: connections that are named beyond the limit.
        frames_left_out: frames of the others beyond the limit of one connection.
        not_found: frames that findings name and that could not be taken out of the captures again.
    """

    data: bytes
    frames: int = 0
    connections_left_out: int = 0
    frames_left_out: int = 0
    not_found: int = 0


def annotated_capture(report: Report, paths: Sequence[Path]) -> AnnotatedCapture:
    """Read the captures again and return the handshakes that the leading verdict and findings name.

    Args:
        report: of the analysis.
        paths: its inputs.
    """
    cited = _cited(report.findings)
    connections = _named(report, cited)
    shown = connections[:MOST_CONNECTIONS]
    wanted = [wanted_frames(connection) for connection in shown]
    held = {place for connection in connections for place in _places(connection)}
    alone: dict[str, set[int]] = defaultdict(set)
    for capture, number in cited.keys() - held:
        alone[capture].add(number)
    lone = take(paths, wanted, alone) if cited or connections else []
    named = frozenset(cited) | held
    pieces = [(piece, connection) for connection, one in zip(shown, wanted, strict=True) for piece in _of(one, named)]
    everything: list[tuple[Piece, Connection | None]] = [*pieces, *((without_payload(taken), None) for taken in lone)]
    nodes = _nodes(connections, cited)
    everything.sort(key=lambda row: _order(row[0], row[1], nodes))
    left_out = {place for connection in connections[MOST_CONNECTIONS:] for place in _places(connection)}
    found = {(piece.taken.capture, piece.taken.number) for piece, _ in everything}
    commented = [(piece, tuple(_comments(piece, connection, report.case, cited))) for piece, connection in everything]
    return AnnotatedCapture(
        data=_written(commented) if commented else b"",
        frames=len(commented),
        connections_left_out=len(connections) - len(shown),
        frames_left_out=sum(one.excerpt.lost for one in wanted),
        not_found=len((cited.keys() - found) - left_out),
    )


def _named(report: Report, cited: Mapping[_Place, list[Finding]]) -> list[Connection]:
    """Return the connection that the first screen shows, and those that findings name."""
    verdict = leading_verdict(report)
    shown = verdict.grounds.connection if verdict else None
    leading = next((one for one in report.case.connections if one.id == shown), None)
    others = (one for one in report.case.connections if not cited.keys().isdisjoint(_places(one)))
    return [*([leading] if leading else []), *(one for one in others if one is not leading)]


def _cited(findings: Sequence[Finding]) -> dict[_Place, list[Finding]]:
    """Return the findings that name a frame, by capture and frame number."""
    cited: dict[_Place, list[Finding]] = defaultdict(list)
    for finding in findings:
        for evidence in finding.evidence if finding.determined else ():
            if evidence.kind is EvidenceKind.FRAME and evidence.file and isinstance(evidence.locator, int):
                at = cited[evidence.file, evidence.locator]
                if finding not in at:
                    at.append(finding)
    return dict(cited)


def _places(connection: Connection) -> set[_Place]:
    handshake = connection.handshake
    frames = {(frame.capture, frame.frame) for frame in handshake.frames}
    return frames | {(alert.capture, alert.frame) for alert in handshake.alerts}


def _of(wanted: Wanted, named: frozenset[_Place]) -> list[Piece]:
    return pieces_of(wanted.excerpt.frames, named)


def _nodes(connections: Sequence[Connection], cited: Mapping[_Place, list[Finding]]) -> list[str | None]:
    """Return the nodes, that of the gravest root cause first.

    Where both ends captured a connection Wireshark takes the second copy for retransmissions, and shows no TLS in it.
    """
    weights = {severity: weight for weight, severity in enumerate(Severity)}

    def rank(connection: Connection) -> int:
        findings = [finding for place in _places(connection) for finding in cited.get(place, ())]
        return min(
            (weights[f.severity] + len(weights) * (f.caused_by is not None) for f in findings),
            default=2 * len(weights),
        )

    return list(dict.fromkeys(connection.node for connection in sorted(connections, key=rank)))


def _order(piece: Piece, connection: Connection | None, nodes: Sequence[str | None]) -> tuple[int, int, str, int]:
    taken = piece.taken
    first = nodes.index(connection.node) if connection else len(nodes)
    return first, taken.nanoseconds, taken.capture, taken.number


def _comments(
    piece: Piece, connection: Connection | None, case: Case, cited: Mapping[_Place, list[Finding]]
) -> Iterator[str]:
    """Say where the frame comes from, what it is, which findings rest on it, and what is not in it."""
    taken = piece.taken
    place = taken.capture, taken.number
    whose = f", connection {connection.id}" if connection else ""
    yield clean(f"expressway-analyzer: frame {taken.number} of {taken.capture}{whose}")
    for step in connection.handshake.frames if connection else ():
        if connection and (step.capture, step.frame) == place:
            yield clean(_step(step, connection, case))
    for alert in connection.handshake.alerts if connection else ():
        if (alert.capture, alert.frame) == place:
            yield clean(f"{alert.level} alert {alert.description} ({alert.code}) by the {alert.sender}")
    for finding in cited.get(place, ()):
        yield clean(f"{finding.severity}: {finding.title} ({finding.id}, {finding.node or 'no node'})")
    if piece.left_out:
        yield f"{piece.left_out:,} bytes of its payload are no handshake record and are left out"


def _step(step: Frame, connection: Connection, case: Case) -> str:
    sender = f" by the {step.sender}" if step.sender and step.step not in _CERTIFICATE_STEPS else ""
    words = f"{STEP_WORDS[step.step]}{sender}"
    side = _CERTIFICATE_STEPS.get(step.step)
    if side is None:
        return words
    shown = connection.certificate(side)
    certificate = case.certificates.get(shown.leaf or "")
    if certificate is None:
        return f"{words}: {wording.VISIBILITIES[shown.visibility]}"
    store = f", {store_name(shown.store, holder_of(case, shown))}" if shown.store else ""
    serial, usage = person_serial(certificate.serial), wording.usage(certificate)
    return f"{words}: {certificate.subject}, serial {serial}, {usage}{store}"


def _written(commented: Sequence[tuple[Piece, tuple[str, ...]]]) -> bytes:
    from analyzer.export.packet_file import write_packets

    with tempfile.TemporaryDirectory(prefix="expressway-analyzer-") as folder:
        path = Path(folder) / "evidence.pcapng"
        write_packets(commented, path)
        return path.read_bytes()
