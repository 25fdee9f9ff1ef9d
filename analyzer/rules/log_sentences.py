"""The sentence of a verdict that the log alone gives: it names no certificate of this node."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.evidence import Event, Outcome, Peer, PeerIdentity, Side
from analyzer.findings import Grounds, Presented
from analyzer.rules.sentence_parts import OUTCOME_WORDS, Style, in_role, looked_for, names_of, node_of
from analyzer.rules.view import NodeView
from analyzer.words import Words, say, sentences

NOT_IN_THE_LOG = say("What this node itself presented is not in the log.")


def events_sentence(
    view: NodeView,
    peer: Peer,
    events: Sequence[Event],
    *,
    outcome: Outcome,
    refused_by: Side | None,
    grounds: Grounds,
    brief: bool = False,
) -> Words:
    """Say what the log alone shows: it names no certificate of this node."""
    style, newest = Style(brief), events[-1].record
    place = style.line(newest.line, newest.file)
    if len(events) > 1:
        place = say("{place}, {count} log lines", place=place, count=len(events))
    told = {"who": in_role(view, newest.local_role), "whom": peer.name, "when": style.when(newest.time, place)}
    shown = style.by_rule(view, grounds.by_rule) if grounds.by_rule else None
    by_us = refused_by is not None and refused_by is newest.local_role
    if grounds.refused and (by_us or brief):
        reason = looked_for(newest.detail, grounds.wanted_name)
        if brief:
            refused = say("Logged {when}. Reason: {reason}.", when=told["when"], reason=reason)
        else:
            refused = say("{who} refused the certificate of {whom} {when}: {reason}.", reason=reason, **told)
        itself = shown and say("{node} itself presented {what}.", node=node_of(view), what=shown)
        return sentences((refused, itself or NOT_IN_THE_LOG))
    if refused_by is None:
        came = say("{outcome}: {reason}", outcome=OUTCOME_WORDS[outcome], reason=newest.detail)
    else:
        came = say("{who} refused: {reason}", who=node_of(view) if by_us else peer.name, reason=newest.detail)
    if shown is None:
        return sentences((say("{who} with {whom} {when}; {outcome}.", outcome=came, **told), NOT_IN_THE_LOG))
    return say("{who} presented {what}, to {whom} {when}; {outcome}.", what=shown, outcome=came, **told)


def identity_sentence(
    view: NodeView, identity: PeerIdentity, role: Side | None, presented: Presented | None, *, brief: bool = False
) -> Words:
    """Say that the log names a peer's certificate, of a connection that nothing else shows."""
    style = Style(brief)
    when = style.when(identity.time, style.line(identity.line, identity.file))
    found = say("the log found {names} in the peer's certificate", names=names_of(identity))
    told = {"who": in_role(view, role), "whom": "Webex", "when": when}
    if presented is None:
        return sentences((say("{who} with {whom} {when}: {found}.", found=found, **told), NOT_IN_THE_LOG))
    shown = style.by_rule(view, presented)
    return say("{who} presented {what}, to {whom} {when}; {outcome}.", what=shown, outcome=found, **told)
