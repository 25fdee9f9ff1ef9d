"""How a client answered for itself: never asked, with an empty list, or refused behind TLS 1.3.

"None was presented" is said only of a Certificate message seen empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.evidence import Connection, Outcome, Side, Step, Visibility
from analyzer.findings import Confidence, Evidence, EvidenceKind, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.per_peer import by_peer, quote_steps, row_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView

ENCRYPTED_ALERT_LENGTH = 19
"""Two bytes of alert, one of content type, sixteen of tag: AES-GCM and ChaCha20 (measured, rules.md 6)."""


def one_way_tls(view: NodeView) -> Iterator[Judgement]:
    """No certificate was asked of the client: its extended key usage does not matter here."""
    for peer, connections in by_peer(view, lambda c: c.client_certificate.visibility is Visibility.NOT_REQUESTED):
        zone = view.zone(peer.zone)
        demanded = (
            zone is not None
            and zone.tls_verify_mode == "On"
            and any(connection.local_role is Side.SERVER for connection in connections)
        )
        more = f" Zone {zone.name} has TLS verify On and should have asked for it." if demanded and zone else ""
        yield row_of(
            peer,
            connections,
            Severity.WARNING if demanded else Severity.INFO,
            "One-way TLS: the server asked for no client certificate, so which one the client holds is irrelevant to this "
            f"connection.{more}",
            (
                *quote_steps(connections, Step.SERVER_HELLO, Step.SERVER_CERTIFICATE),
                *(quote.quote_zone_setting(zone) if demanded and zone else ()),
            ),
        )


def client_certificate_empty(view: NodeView) -> Iterator[Judgement]:
    """The client answered the CertificateRequest with an empty list (rules-amendments A5, A19)."""
    for peer, connections in by_peer(view, lambda c: c.client_certificate.visibility is Visibility.NONE_SENT):
        failed = [c for c in connections if c.outcome in {Outcome.REFUSED, Outcome.CLOSED}]
        shown = failed or connections
        grave = bool(failed) and peer.kind in FAMILIAR
        we_are_client = shown[0].local_role is Side.CLIENT
        if we_are_client:
            who = "This node, as TLS client,"
            why = "The client store is empty, its key does not fit, or no certificate fits the CA names that were asked for."
        else:
            who = peer.name if peer.kind in FAMILIAR else "Clients"
            why = "Phones, Jabber and browsers do so where client authentication is optional."
        came = (
            "and the handshake failed."
            if failed
            else "and the handshake went on: client authentication was optional."
        )
        yield row_of(
            peer,
            shown,
            Severity.CRITICAL if grave else Severity.INFO,
            f"{who} answered the CertificateRequest with an empty Certificate message, {came} {why}",
            tuple(
                row
                for c in shown[: quote.MOST]
                for row in (
                    *quote.quote_certificate_frame(c, Side.CLIENT),
                    *(quote.quote_alert(c, alert) for alert in c.handshake.alerts),
                )
            ),
            remedy=(
                Remedy(
                    text="Put a certificate with clientAuth into the client store.",
                    command="Maintenance > Security > Client certificate",
                    kind=RemedyKind.DURABLE,
                ),
            )
            if grave and we_are_client
            else (),
        )


def tls13_suspected_encrypted_alert(view: NodeView) -> Iterator[Judgement]:
    """TLS 1.3: the last record before the close has the length of an alert, and no data went through."""

    def is_suspect(connection: Connection) -> bool:
        record = connection.handshake.last_record_before_close
        return (
            record is not None
            and record.length == ENCRYPTED_ALERT_LENGTH
            and connection.outcome is not Outcome.COMPLETED
            and connection.peer.kind in FAMILIAR
        )

    for peer, connections in by_peer(view, is_suspect):
        record = connections[0].handshake.last_record_before_close
        sender = record.sender if record else None
        told = [e for c in connections for e in view.events_of(c) if e.record.error]
        said = f" The log says: {told[0].record.detail}." if told else " The log of the other end says which."
        frames = [
            Evidence(
                kind=EvidenceKind.FRAME,
                file=last.capture,
                locator=last.frame,
                text=f"encrypted record of {last.length} bytes by the {last.sender}, then the connection was closed",
            )
            for c in connections[: quote.MOST]
            if (last := c.handshake.last_record_before_close)
        ]
        yield row_of(
            peer,
            connections,
            Severity.WARNING,
            f"TLS 1.3: the last thing that the {sender} sent before the close has exactly the length of an encrypted alert, "
            f"and no data went through. A server's refusal of the client's certificate looks so.{said}",
            (*frames, *quote.quote_events(told)),
            confidence=Confidence.STRONG if told else Confidence.INFERRED,
        )


_NEEDS = (Need.CAPTURE, Need.HANDSHAKE)

RULES = (
    Rule(
        id="one-way-tls",
        title="No client certificate was asked for",
        severity=Severity.WARNING,
        judge=one_way_tls,
        needs=_NEEDS,
        sources=("P", "I"),
    ),
    Rule(
        id="client-certificate-empty",
        title="The client presented no certificate",
        severity=Severity.CRITICAL,
        judge=client_certificate_empty,
        needs=_NEEDS,
        sources=("M",),
    ),
    Rule(
        id="tls13-suspected-encrypted-alert",
        title="What ended this TLS 1.3 handshake looks like an alert",
        severity=Severity.WARNING,
        judge=tls13_suspected_encrypted_alert,
        needs=_NEEDS,
        sources=("M",),
    ),
)
