"""Which certificates were refused, by whom and for what: in the capture, and as the log alone tells it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

from analyzer.evidence import Certificate, Connection, LogEvent, Outcome, Peer, Side, Visibility
from analyzer.facts.verification import CHECKS_OF_ALERT, CHECKS_OF_ERROR, Check
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.words import say

_UNSEEN = frozenset({Visibility.ENCRYPTED, Visibility.NOT_CAPTURED})


class Key(Struct, frozen=True, cache_hash=True):
    """What makes refusals one: peer, who refused, whose side was refused, and the leaf."""

    who: Who
    by_us: bool
    side: Side
    leaf: str


class Said(Struct, frozen=True):
    """What was said of a refusal: in which words, and which checks they may be about."""

    checks: tuple[Check, ...]
    words: str


class Refused(Struct, frozen=True, kw_only=True):
    """A certificate that was refused, once or more often, by or for one peer.

    Attributes:
        connections: of the capture, in which it was, by their times.
        lines: of the log, which say what failed, in these connections and outside of the capture.
        first, last: when, on the capture's clock.
        said: of the last refusal, whose error is the one to look behind.
    """

    key: Key
    peer: Peer
    leaf: Certificate
    connections: tuple[Connection, ...]
    lines: Lines
    first: datetime | None
    last: datetime | None
    said: Said

    @property
    def seen(self) -> bool:
        """Whether the capture shows it; else it is the one that its owner's store says."""
        return any(connection.certificate(self.key.side).leaf for connection in self.connections)


def refused_certificates(view: NodeView) -> tuple[Refused, ...]:
    """Return what was refused, by peer, refuser, side and leaf; without what completed a handshake since."""
    return view.once(_refused_certificates)


def bundle_of(view: NodeView, peer: Peer) -> NodeView | None:
    """Return the view of the node that a peer is; an unnamed end of the traversal zone is the only partner there is."""
    if peer.node is None and view.is_traversal(peer):
        return view.partners[0] if len(view.partners) == 1 else None
    return next((other for other in view.others if other.node.name == peer.node), None) if peer.node else None


class _Found(Struct):
    """What shows one refusal: connections, and lines of the log, of which some belong to none of them."""

    peer: Peer
    connections: list[Connection] = field(default_factory=list)
    lines: list[Alike] = field(default_factory=list)
    alone: list[Alike] = field(default_factory=list)


def _refused_certificates(view: NodeView) -> tuple[Refused, ...]:
    found: dict[Key, _Found] = {}
    keys: dict[str | None, Key | None] = {}
    telling = [alike for alike in view.log.errors if _checks_of(alike.record)]
    explained = Lines(telling).connections
    for connection in view.connections:
        if _is_refused(connection):
            is_explained = _said_by_alert(connection) is not None or connection.id in explained
            key = keys[connection.id] = _key_of(view, connection) if is_explained else None
            if key:
                found.setdefault(key, _Found(connection.peer)).connections.append(connection)
    for alike in telling:
        for is_captured, part in alike.split(lambda event: event.connection in keys).items():
            if is_captured:
                for key, told in part.split(lambda event: keys[event.connection]).items():
                    if key:
                        found[key].lines.append(told)
            elif part.peer and (key := _key_of_lines(view, part, part.peer)):
                found.setdefault(key, _Found(part.peer)).alone.append(part)
    refused = (_refused(view, key, one) for key, one in found.items() if key.leaf in view.case.certificates)
    completed = _last_completed(view)
    return tuple(one for one in refused if not _works_since(one, completed))


def _is_refused(connection: Connection) -> bool:
    return connection.outcome is Outcome.REFUSED and None not in (connection.refused_by, connection.local_role)


def _refused(view: NodeView, key: Key, found: _Found) -> Refused:
    connections = sorted(found.connections, key=_started)
    logged = [time - view.node.log_ahead for alike in found.alone for time in alike.span if time is not None]
    first, last = quote.span((*map(_started, connections), *logged))
    if connections and (not logged or connections[-1].handshake.started == last):
        said = _said_of(view, connections[-1])
    else:
        record = Lines(found.alone)[-1].record
        said = Said(_checks_of(record), record.detail)
    return Refused(
        key=key,
        peer=found.peer,
        leaf=view.case.certificates[key.leaf],
        connections=tuple(connections),
        lines=Lines((*found.lines, *found.alone)),
        first=first,
        last=last,
        said=said,
    )


def _started(connection: Connection) -> datetime:
    return connection.handshake.started


def _key_of(view: NodeView, connection: Connection) -> Key | None:
    """Return what was refused in a connection; None: nobody knows the certificate, or cares for the peer."""
    refuser, peer = connection.refused_by, connection.peer
    if refuser is None or peer.kind not in FAMILIAR:
        return None
    side, by_us = refuser.other, refuser is connection.local_role
    shown = connection.certificate(side)
    leaf = shown.leaf or (_leaf_of_store(view, peer, side, by_us) if shown.visibility in _UNSEEN else None)
    return Key(who_is(peer), by_us, side, leaf) if leaf else None


def _said_of(view: NodeView, connection: Connection) -> Said:
    """Return what was said of a connection: the log's words say more than an alert's number."""
    told = [event.record for event in view.log.of(connection) if _checks_of(event.record)]
    own = next((record for record in told if record.alert is None), None)
    if own:
        return Said(_checks_of(own), own.detail)
    checks = _said_by_alert(connection) or (_checks_of(told[0]) if told else ())
    return Said(checks, connection.outcome_reason or say("refused"))


def _said_by_alert(connection: Connection) -> tuple[Check, ...] | None:
    alert = next((alert for alert in connection.handshake.alerts if alert.is_fatal), None)
    return CHECKS_OF_ALERT.get(alert.code) if alert else None


def _key_of_lines(view: NodeView, alike: Alike, peer: Peer) -> Key | None:
    """Return what was refused as lines say that belong to no refused connection."""
    role, by_us = alike.record.local_role, alike.record.alert is None
    if role is None or peer.kind not in FAMILIAR:
        return None
    side = role.other if by_us else role
    stored = _leaf_of_store(view, peer, side, by_us)
    return Key(who_is(peer), by_us, side, stored) if stored else None


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
    key, failed = refused.key, refused.last
    since = completed.get((key.who, key.side.other if key.by_us else key.side))
    return since is not None and failed is not None and since > failed
