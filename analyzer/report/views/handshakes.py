"""One TLS handshake as the six steps that a support engineer walks through in Wireshark."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from analyzer.evidence import (
    Alert,
    Case,
    Connection,
    Frame,
    Outcome,
    Side,
    Step,
    Visibility,
)
from analyzer.report import wording
from analyzer.report.links import FrameReference, frame_reference
from analyzer.report.store_names import store_name
from analyzer.report.summary import holder_of
from analyzer.report.views.badge import Badge, outcome_badge
from analyzer.report.views.certificates import CertificateView, certificate_view
from analyzer.words import Words, counted, listed, say

MAX_AUTHORITIES = 20

_OURS = {Side.CLIENT: say("Client certificate (ours)"), Side.SERVER: say("Server certificate (ours)")}
_THEIRS = {Side.CLIENT: say("Client certificate (peer's)"), Side.SERVER: say("Server certificate (peer's)")}
_CERTIFICATES = {Side.CLIENT: say("Client certificate"), Side.SERVER: say("Server certificate")}
_REQUESTED = {
    True: say("asks for a client certificate"),
    False: say("not sent: no client certificate was asked for"),
    None: say("cannot be told: encrypted, resumed or not captured"),
}


class StepView(Struct, frozen=True, kw_only=True):
    """A step of the handshake.

    Attributes:
        sender: who sent it, in words; None for the result.
        certificate: the leaf that was presented; None for other steps, or unless it was seen.
        details: further facts, one line each.
        badge: the outcome, for the result.
    """

    number: int
    name: str
    sender: str | None
    frame: FrameReference | None
    text: str
    certificate: CertificateView | None = None
    details: tuple[str, ...] = ()
    badge: Badge | None = None


def end_names(connection: Connection) -> dict[Side, str]:
    """Return what each end is called: the node, the peer, or its address where the roles are not known."""
    role = connection.local_role
    if role is None:
        ends = connection.handshake
        return {
            Side.CLIENT: say("client {address}", address=ends.client),
            Side.SERVER: say("server {address}", address=ends.server),
        }
    return {role: wording.node_label(connection.node), role.other: connection.peer.name}


def handshake_steps(case: Case, connection: Connection) -> tuple[StepView, ...]:
    """Return ClientHello, ServerHello, both certificates, CertificateRequest and the result, as they happened."""
    return (
        _client_hello(connection),
        _server_hello(connection),
        _certificate(case, connection, Side.SERVER, 3),
        _certificate_request(connection),
        _certificate(case, connection, Side.CLIENT, 5),
        _result(connection),
    )


def _frame_of(connection: Connection, record: Frame | Alert) -> Words:
    """Call a frame by its number, and by its capture where a handshake runs over several."""
    if len(connection.handshake.captures) == 1:
        return wording.frame(record.frame)
    return say("frame {number} of {file}", number=record.frame, file=record.capture)


def _client_hello(connection: Connection) -> StepView:
    handshake = connection.handshake
    frame = handshake.frame(Step.CLIENT_HELLO)
    asked = handshake.server_name
    name = say("asks for {name}", name=asked) if asked else say("names no server (no SNI)")
    return StepView(
        number=1,
        name="ClientHello",
        sender=end_names(connection)[Side.CLIENT],
        frame=frame_reference(frame),
        text=name if frame else say("not captured"),
        details=() if handshake.seen_from_start else (say("The capture lacks a part of this handshake."),),
    )


def _server_hello(connection: Connection) -> StepView:
    handshake = connection.handshake
    retry = handshake.frame(Step.HELLO_RETRY_REQUEST)
    version, suite = handshake.tls_version, handshake.cipher_suite
    text: str = version or say("none seen: no version was agreed")
    if version and suite is not None:
        text = say("{version}, cipher suite 0x{suite:04X}", version=version, suite=suite)
    details = [say("HelloRetryRequest in {frame}", frame=_frame_of(connection, retry))] if retry else []
    details += [say("Session resumed: no certificates are sent")] if handshake.resumed else []
    details += [say("Another handshake follows within the connection, encrypted")] if handshake.renegotiated else []
    return StepView(
        number=2,
        name="ServerHello",
        sender=end_names(connection)[Side.SERVER],
        frame=frame_reference(handshake.frame(Step.SERVER_HELLO)),
        text=text,
        details=tuple(details),
    )


def _certificate(case: Case, connection: Connection, side: Side, number: int) -> StepView:
    presented = connection.certificate(side)
    local = side is connection.local_role
    names = _CERTIFICATES if connection.local_role is None else _OURS if local else _THEIRS
    leaf = certificate_view(case, presented.leaf, connection.handshake.started) if presented.leaf else None
    details = []
    if presented.visibility is Visibility.SEEN:
        length = len(presented.chain)
        details.append(counted(length, "{count:,} certificate in the chain", "{count:,} certificates in the chain"))
    if presented.store:
        owner = presented.store_node
        store = store_name(presented.store, holder_of(case, presented))
        details.append(
            say("Store of {node}: {store}", node=owner, store=store) if owner else say("Store: {store}", store=store)
        )
    identity = connection.peer_identity
    if identity and not local and connection.local_role and presented.visibility is not Visibility.SEEN:
        where = wording.within(identity.file, wording.line(identity.line))
        names_found = listed(identity.names)
        details.append(say("Names that the log found in it: {names} ({where})", names=names_found, where=where))
    return StepView(
        number=number,
        name=names[side],
        sender=end_names(connection)[side],
        frame=frame_reference(connection.handshake.certificate_frame(side)),
        text="" if leaf else wording.VISIBILITIES[presented.visibility],
        certificate=leaf,
        details=tuple(details),
    )


def _certificate_request(connection: Connection) -> StepView:
    handshake = connection.handshake
    authorities = handshake.certificate_authorities
    names = "; ".join(authorities[:MAX_AUTHORITIES])
    named = counted(len(authorities), "Names {count:,} CA: {names}", "Names {count:,} CAs: {names}", names=names)
    more = len(authorities) - MAX_AUTHORITIES
    return StepView(
        number=4,
        name="CertificateRequest",
        sender=end_names(connection)[Side.SERVER],
        frame=frame_reference(handshake.frame(Step.CERTIFICATE_REQUEST)),
        text=_REQUESTED[handshake.certificate_requested],
        details=(named, *([say("and {count:,} more", count=more)] if more > 0 else [])) if authorities else (),
    )


def _result(connection: Connection) -> StepView:
    handshake = connection.handshake
    alert = connection.refusing_alert
    end = Step.FINISHED if connection.outcome is Outcome.COMPLETED else Step.CLOSED
    last = next((frame for frame in reversed(handshake.frames) if frame.step is end), None)
    return StepView(
        number=6,
        name=say("Result"),
        sender=None,
        frame=frame_reference(alert) or frame_reference(last),
        text=_reason(connection),
        details=tuple(_endings(connection)),
        badge=outcome_badge(connection.outcome),
    )


def _reason(connection: Connection) -> str:
    reason = connection.outcome_reason or ""
    if connection.refused_by is None:
        return reason
    refuser = end_names(connection)[connection.refused_by]
    return say("by {end}: {reason}", end=refuser, reason=reason) if reason else say("by {end}", end=refuser)


def _endings(connection: Connection) -> Iterator[Words]:
    """Yield which alerts were sent, what the one that refused says, and who closed the connection."""
    handshake, ends = connection.handshake, end_names(connection)
    for sent in handshake.alerts:
        words, frame = wording.alert(sent), _frame_of(connection, sent)
        yield say("{end} sent {alert} in {frame}", end=ends[sent.sender], alert=words, frame=frame)
    alert = connection.refusing_alert
    if alert and alert.code in wording.ALERT_MEANINGS:
        yield say("That alert says: {meaning}.", meaning=wording.ALERT_MEANINGS[alert.code])
    if handshake.closed_by:
        closer = ends[handshake.closed_by]
        if handshake.closed_by_reset:
            yield say("{end} closed the connection first, with a reset", end=closer)
        else:
            yield say("{end} closed the connection first, with FIN", end=closer)
