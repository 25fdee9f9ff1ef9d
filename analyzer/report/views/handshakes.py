"""One TLS handshake as the six steps that a support engineer walks through in Wireshark."""

from __future__ import annotations

from msgspec import Struct

from analyzer.evidence import Alert, Case, Connection, Frame, Outcome, Side, Step, Visibility
from analyzer.report import wording
from analyzer.report.links import FrameReference, frame_reference
from analyzer.report.views.badge import Badge, outcome_badge
from analyzer.report.views.certificates import CertificateView, certificate_view

MAX_AUTHORITIES = 20


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
        return {Side.CLIENT: f"client {ends.client}", Side.SERVER: f"server {ends.server}"}
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


def _frame_of(connection: Connection, record: Frame | Alert) -> str:
    """Call a frame by its number, and by its capture where a handshake runs over several."""
    is_clear = len(connection.handshake.captures) == 1
    return f"frame {record.frame}" if is_clear else f"frame {record.frame} of {record.capture}"


def _client_hello(connection: Connection) -> StepView:
    handshake = connection.handshake
    frame = handshake.frame(Step.CLIENT_HELLO)
    name = f"asks for {handshake.server_name}" if handshake.server_name else "names no server (no SNI)"
    return StepView(
        number=1,
        name="ClientHello",
        sender=end_names(connection)[Side.CLIENT],
        frame=frame_reference(frame),
        text=name if frame else "not captured",
        details=() if handshake.seen_from_start else ("The capture lacks a part of this handshake.",),
    )


def _server_hello(connection: Connection) -> StepView:
    handshake = connection.handshake
    retry = handshake.frame(Step.HELLO_RETRY_REQUEST)
    details = [f"HelloRetryRequest in {_frame_of(connection, retry)}"] if retry else []
    details += ["Session resumed: no certificates are sent"] if handshake.resumed else []
    details += ["Another handshake follows within the connection, encrypted"] if handshake.renegotiated else []
    suite = f", cipher suite 0x{handshake.cipher_suite:04X}" if handshake.cipher_suite is not None else ""
    return StepView(
        number=2,
        name="ServerHello",
        sender=end_names(connection)[Side.SERVER],
        frame=frame_reference(handshake.frame(Step.SERVER_HELLO)),
        text=f"{handshake.tls_version}{suite}" if handshake.tls_version else "none seen: no version was agreed",
        details=tuple(details),
    )


def _certificate(case: Case, connection: Connection, side: Side, number: int) -> StepView:
    presented = connection.certificate(side)
    local = side is connection.local_role
    whose = "" if connection.local_role is None else " (ours)" if local else " (peer's)"
    leaf = certificate_view(case, presented.leaf, connection.handshake.started) if presented.leaf else None
    details = []
    if presented.visibility is Visibility.SEEN:
        details.append(f"{wording.plural(len(presented.chain), 'certificate')} in the chain")
    if presented.store:
        owner = f" of {presented.store_node}" if presented.store_node else ""
        details.append(f"Store{owner}: {wording.STORES[presented.store]}")
    identity = connection.peer_identity
    if identity and not local and connection.local_role and presented.visibility is not Visibility.SEEN:
        where = f"{identity.file}, line {identity.line}"
        details.append(f"Names that the log found in it: {', '.join(identity.names)} ({where})")
    return StepView(
        number=number,
        name=f"{side.value.capitalize()} certificate{whose}",
        sender=end_names(connection)[side],
        frame=frame_reference(connection.handshake.certificate_frame(side)),
        text="" if leaf else wording.VISIBILITIES[presented.visibility],
        certificate=leaf,
        details=tuple(details),
    )


def _certificate_request(connection: Connection) -> StepView:
    handshake = connection.handshake
    authorities = handshake.certificate_authorities
    text = {
        True: "asks for a client certificate",
        False: "not sent: no client certificate was asked for",
        None: "cannot be told: encrypted, resumed or not captured",
    }[handshake.certificate_requested]
    named = [f"Names {wording.plural(len(authorities), 'CA')}: {'; '.join(authorities[:MAX_AUTHORITIES])}"]
    more = [f"and {len(authorities) - MAX_AUTHORITIES:,} more"] if len(authorities) > MAX_AUTHORITIES else []
    return StepView(
        number=4,
        name="CertificateRequest",
        sender=end_names(connection)[Side.SERVER],
        frame=frame_reference(handshake.frame(Step.CERTIFICATE_REQUEST)),
        text=text,
        details=(*named, *more) if authorities else (),
    )


def _result(connection: Connection) -> StepView:
    handshake = connection.handshake
    ends = end_names(connection)
    alert = connection.refusing_alert
    end = Step.FINISHED if connection.outcome is Outcome.COMPLETED else Step.CLOSED
    last = next((frame for frame in reversed(handshake.frames) if frame.step is end), None)
    who = f"by {ends[connection.refused_by]}" if connection.refused_by else ""
    details = [f"{ends[a.sender]} sent {wording.alert(a)} in {_frame_of(connection, a)}" for a in handshake.alerts]
    if alert and alert.code in wording.ALERT_MEANINGS:
        details.append(f"That alert says: {wording.ALERT_MEANINGS[alert.code]}.")
    if handshake.closed_by:
        how = "a reset" if handshake.closed_by_reset else "FIN"
        details.append(f"{ends[handshake.closed_by]} closed the connection first, with {how}")
    return StepView(
        number=6,
        name="Result",
        sender=None,
        frame=frame_reference(alert) or frame_reference(last),
        text=": ".join(part for part in (who, connection.outcome_reason) if part),
        details=tuple(details),
        badge=outcome_badge(connection.outcome),
    )
