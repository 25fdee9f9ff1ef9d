"""Which certificates were refused, by whom and for what: in the capture, and as the log alone tells it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from analyzer.evidence import Certificate, Connection, LogEvent, Outcome, Peer, Side, Visibility
from analyzer.facts.verification import CHECKS_OF_ALERT, CHECKS_OF_ERROR, Check
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.words import say

_UNSEEN = frozenset({Visibility.ENCRYPTED, Visibility.NOT_CAPTURED})


class Sighting(Struct, frozen=True, kw_only=True):
    """One refusal in the capture, or several that the log alone tells alike.

    Attributes:
        first, last: when, on the capture's clock.
        checks: that the words may be about.
        words: of the last.
    """

    peer: Peer
    first: datetime | None
    last: datetime | None
    checks: tuple[Check, ...]
    words: str
    connection: Connection | None = None


class Key(Struct, frozen=True, cache_hash=True):
    """What makes refusals one: peer, who refused, whose side was refused, and the leaf."""

    who: Who
    by_us: bool
    side: Side
    leaf: str


class Refused(Struct, frozen=True, kw_only=True):
    """A certificate that was refused, once or more often, by or for one peer.

    Attributes:
        seen: whether the capture shows it; else it is the one that its owner's store says.
        lines: of the log, which say what failed.
        last: the newest sighting, whose error is the one to look behind.
    """

    key: Key
    peer: Peer
    leaf: Certificate
    seen: bool
    sightings: tuple[Sighting, ...]
    lines: Lines

    @property
    def last(self) -> Sighting:
        return self.sightings[-1]


def refused_certificates(view: NodeView) -> tuple[Refused, ...]:
    """Return what was refused, by peer, refuser, side and leaf; without what completed a handshake since."""
    return view.once(_refused_certificates)


def bundle_of(view: NodeView, peer: Peer) -> NodeView | None:
    """Return the view of the node that a peer is; an unnamed end of the traversal zone is the only partner there is."""
    if peer.node is None and view.is_traversal(peer):
        return view.partners[0] if len(view.partners) == 1 else None
    return next((other for other in view.others if other.node.name == peer.node), None) if peer.node else None


def _refused_certificates(view: NodeView) -> tuple[Refused, ...]:
    sightings: dict[Key, list[Sighting]] = defaultdict(list)
    lines: dict[Key, list[Alike]] = defaultdict(list)
    refused = {connection.id: connection for connection in view.connections if _is_refused(connection)}
    keys: dict[str | None, Key | None] = {}
    for connection in refused.values():
        sighting = _sighting_of(view, connection)
        key = keys[connection.id] = _key_of(view, connection) if sighting else None
        if sighting and key:
            sightings[key].append(sighting)
    for alike in view.log.errors:
        if not _checks_of(alike.record):
            continue
        for is_captured, part in alike.split(lambda event: event.connection in keys).items():
            if is_captured:
                for key, told in part.split(lambda event: keys[event.connection]).items():
                    if key:
                        lines[key].append(told)
            elif part.peer and (key := _key_of_lines(view, part, part.peer)):
                lines[key].append(part)
                sightings[key].append(_sighting_in(view, part, part.peer))
    completed = _last_completed(view)
    found = (
        _refused(view, key, found, Lines(lines.get(key, ())))
        for key, found in sightings.items()
        if key.leaf in view.case.certificates
    )
    return tuple(one for one in found if not _works_since(one, completed))


def _is_refused(connection: Connection) -> bool:
    return connection.outcome is Outcome.REFUSED and None not in (connection.refused_by, connection.local_role)


def _refused(view: NodeView, key: Key, found: Sequence[Sighting], lines: Lines) -> Refused:
    return Refused(
        key=key,
        peer=found[0].peer,
        leaf=view.case.certificates[key.leaf],
        seen=any(s.connection is not None and s.connection.certificate(key.side).leaf for s in found),
        sightings=tuple(sorted(found, key=lambda sighting: (sighting.last is not None, sighting.last or 0))),
        lines=lines,
    )


def _key_of(view: NodeView, connection: Connection) -> Key | None:
    """Return what was refused in a connection; None: nobody knows the certificate, or cares for the peer."""
    refuser, peer = connection.refused_by, connection.peer
    if refuser is None or peer.kind not in FAMILIAR:
        return None
    side, by_us = refuser.other, refuser is connection.local_role
    shown = connection.certificate(side)
    leaf = shown.leaf or (_leaf_of_store(view, peer, side, by_us) if shown.visibility in _UNSEEN else None)
    return Key(who_is(peer), by_us, side, leaf) if leaf else None


def _sighting_of(view: NodeView, connection: Connection) -> Sighting | None:
    """Read a refused connection: the log's words say more than an alert's number. None: neither says what failed."""
    told = [event.record for event in view.log.of(connection) if _checks_of(event.record)]
    said = next((record for record in told if record.alert is None), None)
    alert = next((a for a in connection.handshake.alerts if a.is_fatal), None)
    checks = _checks_of(said) if said else CHECKS_OF_ALERT.get(alert.code, ()) if alert else ()
    if not checks and told:
        checks = _checks_of(told[0])
    if not checks:
        return None
    words = said.detail if said else connection.outcome_reason or say("refused")
    started = connection.handshake.started
    return Sighting(
        peer=connection.peer, first=started, last=started, checks=checks, words=words, connection=connection
    )


def _key_of_lines(view: NodeView, alike: Alike, peer: Peer) -> Key | None:
    """Return what was refused as lines say that belong to no refused connection."""
    role, by_us = alike.record.local_role, alike.record.alert is None
    if role is None or peer.kind not in FAMILIAR:
        return None
    side = role.other if by_us else role
    stored = _leaf_of_store(view, peer, side, by_us)
    return Key(who_is(peer), by_us, side, stored) if stored else None


def _sighting_in(view: NodeView, alike: Alike, peer: Peer) -> Sighting:
    first, last = (None if time is None else time - view.node.log_ahead for time in alike.span)
    record = alike.events[-1].record
    return Sighting(peer=peer, first=first, last=last, checks=_checks_of(record), words=record.detail)


def _checks_of(record: LogEvent) -> tuple[Check, ...]:
    if record.alert is not None:
        return CHECKS_OF_ALERT.get(record.alert, ())
    return CHECKS_OF_ERROR.get(record.error or "", ())


def _leaf_of_store(view: NodeView, peer: Peer, side: Side, by_us: bool) -> str | None:
    """Return what the owner's store says was presented, where no capture shows it."""
    owner = view if not by_us else bundle_of(view, peer)
    leaf = owner.expected_leaf(side) if owner else None
    return leaf.sha256 if leaf else None


def _last_completed(view: NodeView) -> Mapping[tuple[Who, Side], datetime]:
    """Return when each peer last completed a handshake, by this node's role."""
    last: dict[tuple[Who, Side], datetime] = {}
    for connection in view.connections:
        if connection.outcome is Outcome.COMPLETED and connection.local_role:
            key = who_is(connection.peer), connection.local_role
            last[key] = max(connection.handshake.started, last.get(key, connection.handshake.started))
    return last


def _works_since(refused: Refused, completed: Mapping[tuple[Who, Side], datetime]) -> bool:
    key, failed = refused.key, refused.last.last
    since = completed.get((key.who, key.side.other if key.by_us else key.side))
    return since is not None and failed is not None and since > failed
