"""Which node before is which after: by its name, then by its serial number, so that a renamed host is the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from analyzer.diff.saved import SavedCertificate, SavedMember, SavedNode, SavedReport
from analyzer.diff.sections import Subject
from analyzer.evidence import MemberKind, ReadState
from analyzer.report.wording import node_label

_CONFIGURATION = frozenset({MemberKind.XCONF_XML, MemberKind.XCONF_TEXT})
_STATUS = frozenset({MemberKind.XSTAT_XML, MemberKind.XSTAT_TEXT})
_TRAFFIC = frozenset({MemberKind.CAPTURE, MemberKind.SNAPSHOT})


class Shown(Struct, frozen=True):
    """A node, and the report that shows it.

    Attributes:
        kinds: the kinds of its members that were read, at least in part.
        in_part: those that were not read whole.
    """

    node: SavedNode
    report: SavedReport
    kinds: frozenset[str]
    in_part: frozenset[str]

    @property
    def label(self) -> str:
        """What the node is called."""
        return node_label(self.node.name)

    def certificates(self, ids: Iterable[str] | None) -> dict[str, SavedCertificate]:
        """Return the certificates of ids, in order."""
        held = self.report.certificates
        return {identity: held[identity] for identity in ids or () if identity in held}

    def shows(self, subject: Subject) -> bool:
        """Whether what was given shows a subject: what was not there to be read is not gone."""
        match subject:
            case Subject.STORES:
                return self.node.stores.server is not None or self.node.stores.client is not None
            case Subject.TRUSTED:
                return self.node.stores.trusted is not None
            case Subject.SETTINGS:
                return bool(self.kinds & _CONFIGURATION)
            case Subject.ZONES:
                return bool(self.kinds & (_CONFIGURATION | _STATUS))
            case Subject.TUNNELS:
                return self.node.tunnels is not None
            case Subject.ALARMS:
                return bool(self.kinds & _STATUS)
            case Subject.VERDICTS:
                return bool(self.kinds & _TRAFFIC)
            case _:
                return True


class Pair(Struct, frozen=True):
    """One node, before and after."""

    before: Shown
    after: Shown

    @property
    def label(self) -> str:
        """What the node is called now."""
        return self.after.label

    @property
    def is_renamed(self) -> bool:
        """Whether it had another name before."""
        return self.before.node.name != self.after.node.name

    def shows(self, subject: Subject) -> bool:
        """Whether both bundles hold what it takes to compare a subject."""
        return self.before.shows(subject) and self.after.shows(subject)


class Nodes(Struct, frozen=True):
    """All nodes of both reports.

    Attributes:
        renamed: the new name of each node that has one, by its old name.
    """

    pairs: tuple[Pair, ...]
    added: tuple[Shown, ...]
    gone: tuple[Shown, ...]
    renamed: Mapping[str | None, str | None]

    def now(self, name: str | None) -> str | None:
        """Return what a node of this name before is called now; any other text stays as it is."""
        return self.renamed.get(name, name)


def match_nodes(before: SavedReport, after: SavedReport) -> Nodes:
    """Match the nodes of two reports."""
    old, new = _shown(before), _shown(after)
    by_name = {one.node.name: one for one in reversed(old)}
    partner = {id(one): by_name[one.node.name] for one in _first_of_each_name(new) if one.node.name in by_name}
    taken = {id(one) for one in partner.values()}
    by_serial = _by_serial([one for one in old if id(one) not in taken])
    for serial, one in _by_serial([one for one in new if id(one) not in partner]).items():
        if serial in by_serial:
            partner[id(one)] = by_serial[serial]
    taken = {id(one) for one in partner.values()}
    pairs = tuple(Pair(partner[id(one)], one) for one in new if id(one) in partner)
    return Nodes(
        pairs=pairs,
        added=tuple(one for one in new if id(one) not in partner),
        gone=tuple(one for one in old if id(one) not in taken),
        renamed={pair.before.node.name: pair.after.node.name for pair in pairs if pair.is_renamed},
    )


def _first_of_each_name(shown: Sequence[Shown]) -> Iterable[Shown]:
    return {one.node.name: one for one in reversed(shown)}.values()


def _by_serial(shown: Sequence[Shown]) -> dict[str, Shown]:
    """Return nodes by their serial number, where it is one node's only: clones share theirs."""
    count = Counter(one.node.serial_number for one in shown)
    return {serial: one for one in shown if (serial := one.node.serial_number) and count[serial] == 1}


def _shown(report: SavedReport) -> list[Shown]:
    members: dict[str | None, list[SavedMember]] = defaultdict(list)
    for shown in report.inputs:
        for member in shown.members:
            members[member.node].append(member)
    return [
        Shown(
            node,
            report,
            frozenset(member.kind for member in members[node.name] if member.read != ReadState.NOT),
            frozenset(member.kind for member in members[node.name] if member.read == ReadState.PART),
        )
        for node in report.nodes
    ]
