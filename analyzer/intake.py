"""Reads the members of one node, each by the parser of its kind, and accounts for every one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from msgspec import Struct, field
from msgspec.structs import replace

from analyzer.bundle import MemberStream, OpenMember
from analyzer.correlate.reading import NodeReading
from analyzer.evidence import (
    CarriedCertificate,
    Certificate,
    Configuration,
    LogEvent,
    LogSpan,
    LogTrace,
    Member,
    MemberKind,
    PeerIdentity,
    Problem,
    ReadState,
    Status,
)
from analyzer.parsers.capture import CaptureReading, CaptureSource, DialogueMaker, plain_dialogue, read_captures
from analyzer.parsers.certificate import read_certificate
from analyzer.parsers.pem import read_pem
from analyzer.parsers.snapshot import read_snapshot
from analyzer.parsers.xconf import merge_configurations, read_xconf_text, read_xconf_xml
from analyzer.parsers.xstat import merge_statuses, read_xstat_text, read_xstat_xml
from analyzer.text import failed_on_it
from analyzer.words import say

PEM_BYTES = 16 * 1024 * 1024
"""No store comes near this; it bounds the memory that a member called .pem can take."""

Progress = Callable[[str, int | None, int], None]
"""Is told a member's reference, its bytes (None: that is not known) and how many of them were read: none of them
before it is read, then after every piece."""


def silent(name: str, size: int | None, done: int) -> None:
    """Be told, and say nothing."""
    del name, size, done


class NodeIntake(Struct, frozen=True):
    """What came of reading a node's members. `members` are in the order in which they were given."""

    reading: NodeReading
    members: tuple[Member, ...]
    certificates: dict[str, Certificate]
    problems: tuple[Problem, ...]


class _Tray(Struct):
    """What the members of one node have given so far."""

    stores: dict[MemberKind, tuple[Certificate, ...]] = field(default_factory=dict)
    configurations: list[Configuration] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    events: list[LogEvent] = field(default_factory=list)
    traces: list[LogTrace] = field(default_factory=list)
    identities: list[PeerIdentity] = field(default_factory=list)
    carried: list[CarriedCertificate] = field(default_factory=list)
    logs: list[LogSpan] = field(default_factory=list)


class _Outcome(Struct, frozen=True):
    """What a parser says of a member: its problems, the private keys in it, whether anything came of it."""

    problems: tuple[Problem, ...] = ()
    private_keys: int = 0
    read_something: bool = True


def read_node(members: Sequence[OpenMember], progress: Progress = silent) -> NodeIntake:
    """Read all members of one node."""
    tray = _Tray()
    captures = read_node_captures(members, progress)
    problems = list(captures.problems)
    records = []
    for member in members:
        if member.kind is MemberKind.CAPTURE:
            outcome = _capture_outcome(member, captures)
        else:
            outcome = _read_member(member, tray, progress)
            problems += outcome.problems
        records.append(_record(member, outcome))
    certificates = {certificate.sha256: certificate for store in tray.stores.values() for certificate in store}
    for identity, der in captures.certificates.items():
        if identity not in certificates and (certificate := read_certificate(der)):
            certificates[identity] = certificate
    problems += _not_read(records, problems)
    return NodeIntake(_reading(members, records, tray, captures), tuple(records), certificates, tuple(problems))


def _capture_outcome(member: OpenMember, captures: CaptureReading) -> _Outcome:
    """Say what came of one capture: an empty one is whole, a damaged one without a packet was not read."""
    problems = _of_file(captures.problems, member.reference)
    has_packets = any(file.packets for file in captures.files if file.name == member.reference)
    return _Outcome(problems=problems, read_something=has_packets or not problems)


def _of_file(problems: Iterable[Problem], file: str) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem.file == file)


def read_node_captures(
    members: Sequence[OpenMember], progress: Progress = silent, make_dialogue: DialogueMaker = plain_dialogue
) -> CaptureReading:
    """Read all captures of a node together: a handshake may straddle rotated files."""
    sources = [
        CaptureSource(
            name=member.reference,
            open=partial(_opened, member, progress),
            interface=member.interface,
            sequence=member.sequence,
            head=member.head,
        )
        for member in members
        if member.kind is MemberKind.CAPTURE and member.unreadable is None
    ]
    return read_captures(sources, make_dialogue=make_dialogue)


def _opened(member: OpenMember, progress: Progress) -> MemberStream:
    progress(member.reference, member.size, 0)
    return member.open(partial(progress, member.reference, member.size))


def _read_member(member: OpenMember, tray: _Tray, progress: Progress) -> _Outcome:
    """Read one member. Whatever a parser trips over costs this member, and is said."""
    read = _READERS.get(member.kind)
    if member.unreadable is not None or read is None:
        return _Outcome(read_something=member.unreadable is None)
    try:
        with _opened(member, progress) as stream:
            outcome = read(member, stream, tray)
            stream.drain()
    except Exception as error:  # noqa: BLE001 - a bug costs one member (docs/architecture.md lists all such places)
        problem = Problem(
            file=member.reference,
            what=say("The member was not read"),
            why=failed_on_it(error),
            leaves_open=say("Everything it would say."),
        )
        return _Outcome(problems=(problem,), read_something=False)
    return outcome


def _read_pem(member: OpenMember, stream: MemberStream, tray: _Tray) -> _Outcome:
    reading = read_pem(_all_of(stream), member.reference)
    tray.stores[member.kind] = (*tray.stores.get(member.kind, ()), *reading.certificates)
    return _Outcome(
        problems=reading.problems,
        private_keys=reading.private_keys,
        read_something=bool(reading.certificates or reading.private_keys),
    )


def _all_of(stream: MemberStream) -> bytes:
    data = bytearray()
    while len(data) < PEM_BYTES and (chunk := stream.read(PEM_BYTES - len(data))):
        data += chunk
    return bytes(data)


def _read_log(member: OpenMember, stream: MemberStream, tray: _Tray) -> _Outcome:
    reading = read_snapshot(stream, member.reference)
    tray.events += reading.events
    tray.traces += reading.traces
    tray.identities += reading.identities
    tray.carried += reading.carried
    tray.logs.append(reading.span)
    return _Outcome(
        problems=reading.problems, private_keys=reading.private_keys, read_something=reading.span.records > 0
    )


def _read_configuration(member: OpenMember, stream: MemberStream, tray: _Tray) -> _Outcome:
    is_xml = member.kind is MemberKind.XCONF_XML
    reading = (read_xconf_xml if is_xml else read_xconf_text)(stream, member.reference)
    if reading.configuration is not None:
        tray.configurations.insert(0 if is_xml else len(tray.configurations), reading.configuration)
    return _Outcome(problems=reading.problems, read_something=reading.configuration is not None)


def _read_status(member: OpenMember, stream: MemberStream, tray: _Tray) -> _Outcome:
    is_xml = member.kind is MemberKind.XSTAT_XML
    reading = (read_xstat_xml if is_xml else read_xstat_text)(stream, member.reference)
    if reading.status is not None:
        tray.statuses.insert(0 if is_xml else len(tray.statuses), reading.status)
    return _Outcome(problems=reading.problems, read_something=reading.status is not None)


_READERS: dict[MemberKind, Callable[[OpenMember, MemberStream, _Tray], _Outcome]] = {
    MemberKind.SERVER_PEM: _read_pem,
    MemberKind.CLIENT_PEM: _read_pem,
    MemberKind.CA_PEM: _read_pem,
    MemberKind.CERTIFICATE: _read_pem,
    MemberKind.SNAPSHOT: _read_log,
    MemberKind.XCONF_XML: _read_configuration,
    MemberKind.XCONF_TEXT: _read_configuration,
    MemberKind.XSTAT_XML: _read_status,
    MemberKind.XSTAT_TEXT: _read_status,
}


def _record(member: OpenMember, outcome: _Outcome) -> Member:
    """Say how much of a member was read: a member of an unknown kind is listed, and that is all."""
    reason = next((problem.why for problem in outcome.problems), None)
    if member.kind is MemberKind.OTHER:
        read, reason = ReadState.NOT, say("not a part of a diagnostic bundle that this program reads")
    elif not outcome.read_something:
        read, reason = ReadState.NOT, reason or say("nothing in it could be read")
    else:
        read = ReadState.PART if reason else ReadState.WHOLE
    record = member.record(read=read, reason=reason, node=None)
    return replace(record, private_keys=outcome.private_keys)


def _not_read(records: Iterable[Member], problems: Sequence[Problem]) -> Iterator[Problem]:
    """Name each recognised member that is damaged and that no problem names yet."""
    named = {problem.file for problem in problems}
    for record in records:
        if record.kind is MemberKind.OTHER or record.read is ReadState.WHOLE or record.reference in named:
            continue
        yield Problem(
            file=record.reference,
            what=say("Not read") if record.read is ReadState.NOT else say("Read only in part"),
            why=record.reason or say("unknown"),
            leaves_open=_LEAVES_OPEN[record.kind],
        )


_LEAVES_OPEN = {
    MemberKind.SERVER_PEM: say("Which certificate is in the server store."),
    MemberKind.CLIENT_PEM: say("Which certificate is in the client store."),
    MemberKind.CA_PEM: say("Which authorities this Expressway trusts."),
    MemberKind.CERTIFICATE: say("What this certificate says."),
    MemberKind.XCONF_XML: say("Settings and zones, unless another dump has them."),
    MemberKind.XCONF_TEXT: say("Settings that only this dump has."),
    MemberKind.XSTAT_XML: say("Version, states of zones and tunnels, alarms, unless another dump has them."),
    MemberKind.XSTAT_TEXT: say("States that only this dump has."),
    MemberKind.SNAPSHOT: say("What the log says beyond this point."),
    MemberKind.CAPTURE: say("Handshakes beyond this point."),
    MemberKind.OTHER: "",
}


def _reading(
    members: Sequence[OpenMember], records: Sequence[Member], tray: _Tray, captures: CaptureReading
) -> NodeReading:
    configuration, status = None, None
    for more in tray.configurations:
        configuration = merge_configurations(configuration, more) if configuration else more
    for other in tray.statuses:
        status = merge_statuses(status, other) if status else other
    return NodeReading(
        host=next((member.host for member in members if member.host), None),
        taken=max((member.taken for member in members if member.taken), default=None),
        members=tuple(records),
        server=tray.stores.get(MemberKind.SERVER_PEM),
        client=tray.stores.get(MemberKind.CLIENT_PEM),
        trusted=tray.stores.get(MemberKind.CA_PEM),
        configuration=configuration,
        status=status,
        handshakes=captures.handshakes,
        conversations=captures.conversations,
        captures=captures.files,
        events=tuple(tray.events),
        traces=tuple(tray.traces),
        identities=tuple(tray.identities),
        carried=tuple(tray.carried),
        logs=tuple(tray.logs),
    )
