"""The answer in a few words: who accepted or refused whose certificate, and from which store it is.

`Verdict.sentence` has all of it. What is accepted is judged with the verdict; elsewhere only what came of the
handshake is said.
"""

from __future__ import annotations

from analyzer.evidence import Outcome, Side, Store, Visibility
from analyzer.findings import Confidence, Verdict
from analyzer.report import wording
from analyzer.report.store_names import has_one_store
from analyzer.report.summary import Exhibit
from analyzer.words import Words, say


def headline(verdict: Verdict, exhibit: Exhibit, *, but: bool = False) -> Words:
    """Return the answer; `but`: something speaks against a handshake that completed."""
    node, peer, role = wording.node_label(verdict.node), verdict.peer, verdict.local_role
    if verdict.confidence is Confidence.NOT_DETERMINABLE and verdict.outcome is Outcome.UNKNOWN:
        return _open(verdict)
    if role is None:
        return _outcome(verdict, say("Handshake with {peer}", peer=peer), but=but)
    owner = verdict.node or say("this node")
    if verdict.grounds.accepted:
        return _acceptance(peer, owner, exhibit, but=but)
    if verdict.outcome is Outcome.REFUSED and verdict.refused_by:
        return _refusal(verdict, exhibit, *((owner, peer) if verdict.refused_by is role else (peer, owner)))
    ends = say("{node} as {role} to {peer}", node=node, role=wording.SIDES[role], peer=peer)
    if verdict.outcome is Outcome.COMPLETED and exhibit.visibility is Visibility.RESUMED and not but:
        return say("{ends}: session resumed, no certificate was sent", ends=ends)
    return _outcome(verdict, ends, but=but)


def _open(verdict: Verdict) -> Words:
    node, peer, role = wording.node_label(verdict.node), verdict.peer, verdict.local_role
    if role is None:
        return say("What {node} presented to {peer} is not determinable", node=node, peer=peer)
    return say(
        "What {node} as {role} presented to {peer} is not determinable",
        node=node,
        role=wording.SIDES[role],
        peer=peer,
    )


def _acceptance(who: str, whom: str, exhibit: Exhibit, *, but: bool) -> Words:
    rule = exhibit.rule
    if rule and rule.kept is False:
        return _acceptance_of_another(who, whom, exhibit, is_older=rule.is_older)
    certificate = _certificate(whom, exhibit)
    if but:
        return say("{who} accepted {certificate}, but not all is well", who=who, certificate=certificate)
    return say("{who} accepted {certificate}", who=who, certificate=certificate)


def _acceptance_of_another(who: str, whom: str, exhibit: Exhibit, *, is_older: bool) -> Words:
    """Say that it is not the certificate that the store rule says."""
    match exhibit.store:
        case Store.CLIENT:
            return say("{who} accepted the certificate of {whom}, but it is the client store's", who=who, whom=whom)
        case Store.SERVER:
            return say("{who} accepted the certificate of {whom}, but it is the server store's", who=who, whom=whom)
        case Store.TRUSTED:
            return say(
                "{who} accepted the certificate of {whom}, but only the trusted CA list has it", who=who, whom=whom
            )
        case _ if is_older:
            return say(
                "{who} accepted the certificate of {whom}, but the store holds a newer one", who=who, whom=whom
            )
        case _:
            return say(
                "{who} accepted the certificate of {whom}, but no store that was given has it", who=who, whom=whom
            )


def _refusal(verdict: Verdict, exhibit: Exhibit, who: str, whom: str) -> Words:
    if verdict.grounds.refused:
        return say("{who} refused {certificate}", who=who, certificate=_certificate(whom, exhibit))
    role = wording.SIDES[verdict.refused_by.other] if verdict.refused_by else ""
    return say("{who} refused the handshake of {whom} ({role})", who=who, whom=whom, role=role)


def _certificate(whom: str, exhibit: Exhibit) -> Words:
    """Call a certificate by the store that it is seen to be from, and by whose it is."""
    match exhibit.store:
        case Store.CLIENT:
            return say("the client-store certificate of {whom}", whom=whom)
        case Store.SERVER if has_one_store(exhibit.owner):
            return say("the single-store certificate of {whom}", whom=whom)
        case Store.SERVER:
            return say("the server-store certificate of {whom}", whom=whom)
        case Store.BOTH:
            return say("the certificate that both stores of {whom} hold", whom=whom)
        case _:
            return say("the certificate of {whom}", whom=whom)


def _outcome(verdict: Verdict, ends: Words, *, but: bool) -> Words:
    match verdict.outcome, verdict.refused_by:
        case Outcome.REFUSED, Side.CLIENT:
            return say("{ends}: refused by the client", ends=ends)
        case Outcome.REFUSED, Side.SERVER:
            return say("{ends}: refused by the server", ends=ends)
        case Outcome.REFUSED, _:
            return say("{ends}: refused by the other side", ends=ends)
        case Outcome.COMPLETED, _ if but:
            return say("{ends}: completed, but not all is well", ends=ends)
        case Outcome.COMPLETED, _:
            return say("{ends}: completed", ends=ends)
        case Outcome.CLOSED, _:
            return say("{ends}: closed early", ends=ends)
        case _:
            return say("{ends}: what came of it is not known", ends=ends)
