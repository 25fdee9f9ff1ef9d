"""Why a certificate is not to be seen, said with its own word: TLS 1.3, resumption, one-way TLS, a late start.

"None was presented" is said only of a Certificate message seen empty.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from analyzer.correlate.chains import build_path
from analyzer.evidence import Certificate, Connection, Event, Outcome, Peer, PeerKind, Side, Step, Visibility
from analyzer.findings import Confidence, Evidence, EvidenceKind, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView

ENCRYPTED_ALERT_LENGTH = 19
"""Two bytes of alert, one of content type, sixteen of tag: AES-GCM and ChaCha20 (measured, rules.md 6)."""

FULL_HANDSHAKE = Remedy(
    text="Capture a full handshake: disable and enable the zone, or restart the service, while logging runs with the "
    "packet capture on.",
    kind=RemedyKind.COLLECT,
)


def _by_peer(view: NodeView, wanted: Callable[[Connection], bool]) -> Iterator[tuple[Peer, list[Connection]]]:
    groups: dict[tuple[PeerKind, str], list[Connection]] = defaultdict(list)
    for connection in view.connections:
        if wanted(connection):
            groups[connection.peer.kind, connection.peer.name].append(connection)
    for group in groups.values():
        yield group[0].peer, group


def _steps(connections: Sequence[Connection], *steps: Step) -> tuple[Evidence, ...]:
    """Quote the last of the steps that each connection reached."""
    quotes = []
    for connection in connections[: quote.MOST]:
        frames = [frame for step in steps if (frame := connection.handshake.frame(step))]
        quotes += [quote.quote_frame(connection, frame) for frame in frames[-1:]]
    return tuple(quotes)


def _row(
    peer: Peer,
    connections: Sequence[Connection],
    severity: Severity,
    explanation: str,
    evidence: tuple[Evidence, ...],
    *,
    confidence: Confidence = Confidence.PROVEN,
    remedy: tuple[Remedy, ...] = (),
) -> Judgement:
    first, last = quote.span(connection.handshake.started for connection in connections)
    return Judgement(
        severity=severity,
        confidence=confidence,
        subject=peer.name,
        explanation=explanation,
        remedy=remedy,
        evidence=evidence,
        count=len(connections),
        first=first,
        last=last,
        connections=tuple(connection.id for connection in connections),
    )


def _shown(connection: Connection) -> set[Visibility]:
    """Return how this node's certificate is shown; without known addresses, both sides'."""
    local = connection.local_certificate
    if local is not None:
        return {local.visibility}
    return {connection.client_certificate.visibility, connection.server_certificate.visibility}


def tls13_certificate_hidden(view: NodeView) -> Iterator[Judgement]:
    """TLS 1.3 encrypts certificates; the log and the other end take the capture's place."""
    for peer, connections in _by_peer(view, lambda c: Visibility.ENCRYPTED in _shown(c)):
        names = {name for c in connections if c.peer_identity for name in c.peer_identity.names}
        instead = f" The log names the peer's certificate: {', '.join(sorted(names)[:4])}." if names else ""
        yield _row(
            peer,
            connections,
            Severity.INFO,
            "TLS 1.3: certificates are encrypted on the wire, so the packets do not tell which one was presented. In their "
            "place stand the log's lines about the peer, alerts that clients send in clear, and the store rule (inferred)."
            + instead,
            _steps(connections, Step.CLIENT_HELLO, Step.SERVER_HELLO),
        )


def predicted_lengths(view: NodeView, leaf: Certificate) -> frozenset[int]:
    """Return the lengths that a TLS 1.3 Certificate record with this leaf may have.

    25 bytes and, for each certificate, its DER and 5 (measured: exact for peers that put one message into one
    record, without OCSP or SCT). The leaf may come alone, with its intermediates, or with the root as well.
    """
    path = build_path(leaf, view.known_authorities).certificates
    return frozenset(25 + sum(len(c.der) + 5 for c in path[:count]) for count in range(1, len(path) + 1))


def tls13_length_match(view: NodeView) -> Iterator[Judgement]:
    """Which store's chain fits the length of an encrypted Certificate record. Never decides a verdict (A17)."""
    for peer, connections in _by_peer(view, lambda c: c.peer.kind in FAMILIAR and Visibility.ENCRYPTED in _shown(c)):
        connection = connections[0]
        role = connection.local_role
        if role is None:
            continue
        lengths = {r.length for r in connection.handshake.encrypted_records if r.sender is role}
        leaves = {"client": view.client_leaf, "server": view.server_leaf}
        fits = {store: leaf for store, leaf in leaves.items() if leaf and lengths & predicted_lengths(view, leaf)}
        if not fits:
            continue
        same = len({leaf.sha256 for leaf in fits.values()}) == 1
        if len(fits) == 1:
            words = f"fits the {next(iter(fits))} store's chain and not the other's"
        elif same:
            words = "fits the certificate that both stores hold"
        else:
            words = "is ambiguous: it fits the chains of both stores"
        record = next(
            r
            for r in connection.handshake.encrypted_records
            if r.sender is role and any(r.length in predicted_lengths(view, leaf) for leaf in fits.values())
        )
        frame = Evidence(
            kind=EvidenceKind.FRAME,
            file=record.capture,
            locator=record.frame,
            text=f"encrypted record of {record.length} bytes by the {role}",
        )
        yield _row(
            peer,
            connections,
            Severity.INFO,
            f"The length of what this node sent as TLS {role} {words}. A length match is no proof.",
            (frame,),
            confidence=Confidence.INFERRED,
        )


def resumed_session(view: NodeView) -> Iterator[Judgement]:
    """A resumed session carries no certificates, by design."""
    for peer, connections in _by_peer(view, lambda c: Visibility.RESUMED in _shown(c)):
        full = next(
            (
                c
                for c in view.connections
                if c.peer == peer and c.handshake.resumed is False and c.local_role is not None
            ),
            None,
        )
        where = f" The full handshake is connection {full.id}." if full else ""
        yield _row(
            peer,
            connections,
            Severity.INFO,
            "The session was resumed: no certificate goes over the wire again, by design. What was presented is to be seen "
            f"in the first full handshake with this peer.{where}",
            _steps(connections, Step.CLIENT_HELLO, Step.SERVER_HELLO),
            remedy=() if full else (FULL_HANDSHAKE,),
        )


def capture_starts_mid_handshake(view: NodeView) -> Iterator[Judgement]:
    """The capture begins too late, or bytes are missing."""

    def is_partial(connection: Connection) -> bool:
        return not connection.handshake.seen_from_start or Visibility.NOT_CAPTURED in _shown(connection)

    for peer, connections in _by_peer(view, is_partial):
        yield _row(
            peer,
            connections,
            Severity.INFO,
            "The capture starts in the middle of the handshake, or segments of it are missing: what was presented before is "
            "not in it. Nothing follows from its absence.",
            tuple(
                quote.quote_frame(c, c.handshake.frames[0]) for c in connections[: quote.MOST] if c.handshake.frames
            ),
            remedy=(FULL_HANDSHAKE,),
        )


def capture_no_tls_for_peer(view: NodeView) -> Iterator[Judgement]:
    """The log reports a TLS error with a peer whom the capture does not show."""
    seen = {(c.peer.kind, c.peer.name) for c in view.connections}
    groups: dict[tuple[PeerKind, str], list[Event]] = defaultdict(list)
    for event in view.tls_errors:
        peer = event.peer
        if (
            peer is not None
            and peer.kind in FAMILIAR
            and (peer.kind, peer.name) not in seen
            and event.connection is None
        ):
            groups[peer.kind, peer.name].append(event)
    for (_, name), events in groups.items():
        first, last = quote.span(event.record.time for event in events)
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=name,
            explanation=f"The log reports TLS errors with {name}, but the capture has no connection with it: not taken, "
            "filtered, or overwritten by newer files. Its absence from the capture does not mean that it did not happen.",
            remedy=(
                Remedy(
                    text="Capture again with a filter on this peer's address, so that the files do not roll over.",
                    command=Need.CAPTURE.collect,
                    kind=RemedyKind.COLLECT,
                ),
            ),
            evidence=quote.quote_events(events),
            count=len(events),
            first=first,
            last=last,
            events=tuple(event.id for event in events),
        )


def one_way_tls(view: NodeView) -> Iterator[Judgement]:
    """No certificate was asked of the client: its extended key usage does not matter here."""
    for peer, connections in _by_peer(view, lambda c: c.client_certificate.visibility is Visibility.NOT_REQUESTED):
        zone = view.zone(peer.zone)
        demanded = (
            zone is not None
            and zone.tls_verify_mode == "On"
            and any(connection.local_role is Side.SERVER for connection in connections)
        )
        more = f" Zone {zone.name} has TLS verify On and should have asked for it." if demanded and zone else ""
        yield _row(
            peer,
            connections,
            Severity.WARNING if demanded else Severity.INFO,
            "One-way TLS: the server asked for no client certificate, so which one the client holds is irrelevant to this "
            f"connection.{more}",
            (
                *_steps(connections, Step.SERVER_HELLO, Step.SERVER_CERTIFICATE),
                *(quote.quote_zone_setting(zone) if demanded and zone else ()),
            ),
        )


def client_certificate_empty(view: NodeView) -> Iterator[Judgement]:
    """The client answered the CertificateRequest with an empty list (rules-amendments A5, A19)."""
    for peer, connections in _by_peer(view, lambda c: c.client_certificate.visibility is Visibility.NONE_SENT):
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
        yield _row(
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

    for peer, connections in _by_peer(view, is_suspect):
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
        yield _row(
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
        id="tls13-certificate-hidden",
        title="TLS 1.3 hides the certificates",
        severity=Severity.INFO,
        judge=tls13_certificate_hidden,
        needs=_NEEDS,
        sources=("T2", "M"),
    ),
    Rule(
        id="tls13-length-match",
        title="The length of an encrypted record fits a store's chain",
        severity=Severity.INFO,
        judge=tls13_length_match,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE), *_NEEDS, Need.LOCAL_ADDRESSES),
        sources=("M",),
    ),
    Rule(
        id="tls12-resumed-session",
        title="The session was resumed: no certificate on the wire",
        severity=Severity.INFO,
        judge=resumed_session,
        needs=_NEEDS,
        sources=("M",),
    ),
    Rule(
        id="capture-starts-mid-handshake",
        title="The capture lacks part of the handshake",
        severity=Severity.INFO,
        judge=capture_starts_mid_handshake,
        needs=_NEEDS,
        sources=("I",),
    ),
    Rule(
        id="capture-no-tls-for-peer",
        title="The capture does not show a peer that the log reports errors with",
        severity=Severity.INFO,
        judge=capture_no_tls_for_peer,
        needs=(Need.LOG,),
        sources=("AG",),
    ),
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
