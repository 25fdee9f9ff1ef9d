"""What was seen of a service: a handshake with what was presented in it, a line of the log, a dump."""

from __future__ import annotations

from analyzer.evidence import Certificate, Connection, Event, Outcome, Side, Store, Visibility
from analyzer.findings import Sighted
from analyzer.rules.outlook.contacts import Contact
from analyzer.rules.outlook.pair import Pair
from analyzer.rules.outlook.standing import last_handshake, tunnels_down, tunnels_up, wrong_credentials, zone_by_dumps
from analyzer.rules.outlook.traces import zone_words
from analyzer.rules.states import is_active, is_failed
from analyzer.rules.view import NodeView
from analyzer.rules.wording import store_name
from analyzer.text import person_utc, said_serial
from analyzer.words import Words, say, sentences

_ASKED_OR_NOT = say("Whether it asks for a client certificate does not show.")
_KINDS = {Store.CLIENT: "client", Store.SERVER: "server"}


def sighted_contact(view: NodeView, contact: Contact, role: Side) -> Sighted | None:
    """Tell what was seen of a peer in a role of this node: a handshake, else the log, else the dump; None: nothing."""
    newest = contact.newest
    if newest is not None:
        return _handshake(view, newest, view.expected_leaf(role), role)
    if contact.errors:
        return Sighted(works=False, reason=_logged(contact.lines[-1]))
    zone = contact.zone
    if role is not Side.CLIENT or zone is None:
        return None
    if is_failed(zone):
        return Sighted(works=False, reason=_shown(zone_words(zone)), by_zone=True)
    if is_active(zone):
        reason = sentences((_shown(zone_words(zone)), _ASKED_OR_NOT))
        return Sighted(works=True, reason=reason, state=say("zone is Active"), by_zone=True)
    return None


def sighted_zone(pair: Pair) -> Sighted | None:
    """Tell what was seen of the traversal zone: its last handshake, else the dumps."""
    newest = last_handshake(pair)
    if newest is not None:
        refusal = wrong_credentials(pair, newest) if newest.outcome is Outcome.COMPLETED else None
        if refusal is not None:
            return Sighted(works=False, reason=_logged(refusal), connection=newest.id)
        return _of_pair(pair, newest)
    by_dumps = zone_by_dumps(pair)
    shown = by_dumps.down or by_dumps.up
    return Sighted(works=by_dumps.down is None, reason=_shown(shown)) if shown else None


def sighted_tunnels(pair: Pair) -> Sighted | None:
    """Tell what was seen of the SSH tunnels."""
    down = tunnels_down(pair)
    shown = down or tunnels_up(pair)
    return Sighted(works=down is None, reason=_shown(shown)) if shown else None


def _shown(what: Words) -> Words:
    return say("Seen: {what}.", what=what)


def _logged(event: Event) -> Words:
    if event.record.time is None:
        return say("The log says: {words}.", words=event.record.detail)
    return say("The log says at {time}: {words}.", time=person_utc(event.record.time), words=event.record.detail)


def _of_pair(pair: Pair, newest: Connection) -> Sighted:
    """Tell of a handshake between Core and Edge; of both certificates the one that the store rule does not say."""
    told = [
        _handshake(view, newest, leaf, role)
        for view, leaf, role in (
            (pair.core, pair.core.leaf_as_client if pair.core else None, Side.CLIENT),
            (pair.edge, pair.edge.server_leaf if pair.edge else None, Side.SERVER),
        )
        if view is not None
    ]
    return next((sighted for sighted in told if not sighted.is_rule), told[0])


def _handshake(view: NodeView, connection: Connection, expected: Certificate | None, role: Side) -> Sighted:
    """Tell of a handshake, and what one end presented in it.

    Args:
        view: of that end.
        connection: its outcome is known.
        expected: what the store rule says that this end presents; None: not known.
        role: of that end.
    """
    shown = connection.certificate(role)
    works = connection.outcome is Outcome.COMPLETED
    if shown.leaf is None or expected is None or shown.leaf == expected.sha256:
        resumed = works and shown.visibility is Visibility.RESUMED
        return Sighted(
            works=works,
            reason=sentences((_outcome(connection), _INVISIBLE.get(shown.visibility, "") if works else "")),
            state=say("worked, resumed") if resumed else None,
            is_rule=not resumed,
            connection=connection.id,
        )
    kind = _KINDS.get(shown.store) if shown.store else None
    presented = store_name(view, kind) if kind else None
    by_rule = store_name(view, view.expected_store(role))
    return Sighted(
        works=works,
        reason=sentences((_outcome(connection), _against(presented, by_rule, said_serial(shown.serial)))),
        state=_state(presented, works=works),
        is_rule=False,
        connection=connection.id,
    )


_INVISIBLE = {
    Visibility.NOT_REQUESTED: say("No client certificate was asked for."),
    Visibility.RESUMED: say("It resumed a session: no certificate was shown."),
    Visibility.ENCRYPTED: say("What was presented is encrypted (TLS 1.3)."),
}


def _outcome(connection: Connection) -> Words:
    time = person_utc(connection.handshake.started)
    match connection.outcome, connection.outcome_reason:
        case Outcome.COMPLETED, _:
            return say("The last handshake, at {time}, completed.", time=time)
        case Outcome.REFUSED, None:
            return say("The last handshake, at {time}, was refused.", time=time)
        case Outcome.REFUSED, why:
            return say("The last handshake, at {time}, was refused: {why}.", time=time, why=why)
        case _:
            return say("The last handshake, at {time}, was closed before it was through.", time=time)


def _against(presented: Words | None, by_rule: Words, serial: str) -> Words:
    if presented is None:
        return say(
            "Presented was serial {serial}, which no store holds; the store rule says the {expected}'s.",
            serial=serial,
            expected=by_rule,
        )
    return say(
        "Presented was the {store}'s certificate, serial {serial}; the store rule says the {expected}'s.",
        store=presented,
        serial=serial,
        expected=by_rule,
    )


def _state(presented: Words | None, *, works: bool) -> Words:
    if presented is None:
        return (
            say("worked, with a certificate of no store") if works else say("failed, with a certificate of no store")
        )
    if works:
        return say("worked, with the {store}'s certificate", store=presented)
    return say("failed, with the {store}'s certificate", store=presented)
