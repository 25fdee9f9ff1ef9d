"""How a client answered for itself: never asked, or with an empty list.

"None was presented" is said only of a Certificate message seen empty. What the lengths of TLS 1.3's records say is
called inferred (rules.md 5.2, 6).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from analyzer.correlate.record_lengths import is_not_asked, may_be_certificate, presents_nothing
from analyzer.evidence import Connection, Outcome, Peer, Side, Step, Visibility
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.per_peer import by_peer, quote_steps, row_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.rules.wording import client_store_of, store_name
from analyzer.words import Words, say


def one_way_tls(view: NodeView) -> Iterator[Judgement]:
    """No certificate was asked of the client: its extended key usage does not matter here."""
    for peer, connections in by_peer(filter(_was_never_asked, view.connections)):
        asked = say("the server asked for no client certificate")
        yield _one_way(view, peer, connections, asked, Confidence.PROVEN)
    for peer, connections in by_peer(c for c in view.connections_in_tls13 if is_not_asked(c.handshake)):
        seems = say(
            "the first that the client encrypts has the length of a Finished message, so that the server seems to have asked "
            "for no client certificate"
        )
        yield _one_way(view, peer, connections, seems, Confidence.INFERRED)


def _was_never_asked(connection: Connection) -> bool:
    is_final = not connection.handshake.renegotiated
    return is_final and connection.client_certificate.visibility is Visibility.NOT_REQUESTED


def _one_way(
    view: NodeView, peer: Peer, connections: Sequence[Connection], why: Words, confidence: Confidence
) -> Judgement:
    zone = view.zone(peer.zone)
    demanded = (
        zone is not None
        and zone.tls_verify_mode == "On"
        and any(connection.local_role is Side.SERVER for connection in connections)
    )
    told = say("One-way TLS: {why}. Which one the client holds is then irrelevant to this connection.", why=why)
    if demanded and zone:
        told = say("{told} Zone {zone} has TLS verify On and should have asked for it.", told=told, zone=zone.name)
    return row_of(
        peer,
        connections,
        Severity.WARNING if demanded else Severity.INFO,
        told,
        (
            *quote_steps(connections, Step.SERVER_HELLO, Step.SERVER_CERTIFICATE),
            *_quote_hidden(connections),
            *(quote.quote_zone_setting(zone) if demanded and zone else ()),
        ),
        confidence=confidence,
    )


def client_certificate_empty(view: NodeView) -> Iterator[Judgement]:
    """The client answered the CertificateRequest with an empty list (rules-amendments A5, A19)."""
    for peer, connections in by_peer(
        c for c in view.connections if c.client_certificate.visibility is Visibility.NONE_SENT
    ):
        yield _empty(view, peer, connections, Confidence.PROVEN)
    for peer, connections in by_peer(c for c in view.connections_in_tls13 if presents_nothing(c.handshake)):
        yield _empty(view, peer, connections, Confidence.INFERRED)


def _empty(view: NodeView, peer: Peer, connections: Sequence[Connection], confidence: Confidence) -> Judgement:
    failed = [c for c in connections if c.outcome in {Outcome.REFUSED, Outcome.CLOSED}]
    shown = failed or connections
    outcomes = {c.outcome for c in shown}
    is_seen = confidence is Confidence.PROVEN
    grave = peer.kind in FAMILIAR and (bool(failed) if is_seen else Outcome.REFUSED in outcomes)
    suspect = peer.kind in FAMILIAR and bool(failed)
    we_are_client = shown[0].local_role is Side.CLIENT
    store = client_store_of(view)
    return row_of(
        peer,
        shown,
        Severity.CRITICAL if grave else Severity.WARNING if suspect else Severity.INFO,
        say(
            "{who} answered the CertificateRequest with {what}, {came} {why}",
            who=_who(peer, we_are_client=we_are_client),
            what=say("an empty Certificate message")
            if is_seen
            else say("what has the length of an empty Certificate message"),
            came=_what_came(outcomes, is_seen=is_seen),
            why=say(
                "The {store} is empty, its key does not fit, or no certificate fits the CA names that were asked for.",
                store=store_name(view, store),
            )
            if we_are_client
            else say("Phones, Jabber and browsers do so where client authentication is optional."),
        ),
        (
            *(row for c in shown[: quote.MOST] for row in quote.quote_certificate_frame(c, Side.CLIENT)),
            *_quote_hidden(shown),
            *(quote.quote_alert(c, alert) for c in shown[: quote.MOST] for alert in c.handshake.alerts),
        ),
        confidence=confidence,
        remedy=(
            Remedy(
                text=say("Put a certificate with clientAuth into the {store}.", store=store_name(view, store)),
                command=f"Maintenance > Security > {store.capitalize()} certificate",
                kind=RemedyKind.DURABLE,
            ),
        )
        if suspect and we_are_client
        else (),
    )


def _who(peer: Peer, *, we_are_client: bool) -> str:
    if we_are_client:
        return say("This node, as TLS client,")
    return peer.name if peer.kind in FAMILIAR else say("Clients")


def _what_came(outcomes: Container[Outcome], *, is_seen: bool) -> Words:
    if Outcome.REFUSED in outcomes or (Outcome.CLOSED in outcomes and is_seen):
        return say("and the handshake failed.")
    if Outcome.CLOSED in outcomes:
        return say("and the connection was closed.")
    if Outcome.COMPLETED in outcomes:
        return say("and the handshake went on: client authentication was optional.")
    return say("and what came of it is not known.")


def _quote_hidden(connections: Sequence[Connection]) -> tuple[Evidence, ...]:
    """Quote the record that stands where the client's Certificate message does under TLS 1.3."""
    return tuple(
        quote.quote_record(record)
        for c in connections[: quote.MOST]
        for record in may_be_certificate(c.handshake, Side.CLIENT)
    )


_NEEDS = (Need.CAPTURE, Need.HANDSHAKE)

RULES = (
    Rule(
        id="one-way-tls",
        title=say("No client certificate was asked for"),
        meaning="Said when the server asked the client for no certificate: which one the client holds, and its "
        "usage, is irrelevant to that connection. A warning where this node is the server and the zone has "
        "TLS verify On. Under TLS 1.3 it is inferred from the length of a record.",
        severity=Severity.WARNING,
        judge=one_way_tls,
        needs=_NEEDS,
        sources=("P", "I"),
    ),
    Rule(
        id="client-certificate-empty",
        title=say("The client presented no certificate"),
        meaning="Said when a client was asked for a certificate and answered with an empty message. If it is this "
        "node, its client store is empty, its key does not fit, or nothing fits the CA names that were "
        "asked for. Phones, Jabber and browsers do so where a certificate is optional, and that is no "
        "fault.",
        severity=Severity.CRITICAL,
        judge=client_certificate_empty,
        needs=_NEEDS,
        sources=("M",),
    ),
)
