"""The scenarios of Cisco 225693: what was presented to Webex, to a secure neighbour, and by the Core to CUCM."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from analyzer.evidence import Connection, NodeRole, Outcome, Peer, PeerKind, Side, Step, Visibility
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.per_peer import who_is
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.rules.wording import ROLES, store_name
from analyzer.text import said_serial
from analyzer.words import Words, say, sentences

FIVE_STEPS = (
    Step.CLIENT_HELLO,
    Step.SERVER_HELLO,
    Step.SERVER_CERTIFICATE,
    Step.CERTIFICATE_REQUEST,
    Step.CLIENT_CERTIFICATE,
)

CUCM_TRUST = Remedy(
    text=say(
        "Let CUCM trust the chain of what the Core presents as TLS client: append it to tomcat-trust and "
        "CallManager-trust, then restart Tomcat, CallManager and HAProxy (service-affecting, in a maintenance window)."
    ),
    command="CUCM OS Administration > Security > Certificate Management",
    kind=RemedyKind.DURABLE,
    at=None,
)

_ANSWERS = {
    Visibility.SEEN: say("seen"),
    Visibility.ENCRYPTED: say("encrypted"),
    Visibility.RESUMED: say("resumed"),
    Visibility.NOT_REQUESTED: say("not-requested"),
    Visibility.NONE_SENT: say("none-sent"),
    Visibility.NOT_REACHED: say("not-reached"),
    Visibility.NOT_USED: say("not-used"),
    Visibility.NOT_CAPTURED: say("not-captured"),
}
"""What came of asking for a certificate, where its serial is not known."""

Group = list[Connection]


def _by_answer(view: NodeView, wanted: Callable[[Connection], bool]) -> Iterator[tuple[Peer, Group]]:
    """Group connections by peer, by what this node presented, and by outcome.

    Not by the peer's certificate: behind one name, such as Webex, stand servers with certificates of their own.
    """
    groups: dict[object, Group] = defaultdict(list)
    for connection in view.connections:
        if wanted(connection):
            key = (
                who_is(connection.peer),
                connection.peer.hint_only,
                connection.local_certificate and connection.local_certificate.leaf,
                connection.outcome,
            )
            groups[key].append(connection)
    for group in groups.values():
        yield group[0].peer, group


def _five_steps(connection: Connection) -> tuple[Evidence, ...]:
    frames = [connection.handshake.frame(step) for step in FIVE_STEPS]
    steps = [quote.quote_frame(connection, frame) for frame in frames if frame is not None]
    return (*steps, *(quote.quote_alert(connection, alert) for alert in connection.handshake.alerts))


def _presented_as_client(connection: Connection) -> bool:
    return connection.local_role is Side.CLIENT and connection.client_certificate.visibility is Visibility.SEEN


def _judge(
    view: NodeView,
    peer: Peer,
    group: Group,
    role: Side,
    explanation: Words,
    remedy: Sequence[Remedy] = (),
    refusal: Words | None = None,
) -> Judgement:
    """Judge by the outcome: it is good only if the certificate that the store rule says was accepted.

    A refusal is critical here only where this rule has a remedy for it, and then `refusal` is its title; else the
    alert's own finding judges it.
    """
    connection = group[0]
    refused = bool(remedy) and connection.outcome is Outcome.REFUSED and connection.refused_by is role.other
    leaf = view.case.certificates.get(connection.certificate(role).leaf or "")
    store = connection.certificate(role).store
    file = quote.store_file(view.node, "client" if store in {"client", "both"} else "server")
    first, last = quote.span(one.handshake.started for one in group)
    return Judgement(
        severity=Severity.CRITICAL
        if refused
        else Severity.OK
        if connection.outcome is Outcome.COMPLETED and _is_expected(view, connection, role)
        else Severity.INFO,
        confidence=Confidence.STRONG if peer.hint_only else Confidence.PROVEN,
        subject=peer.name,
        title=refusal if refused else None,
        explanation=explanation,
        remedy=tuple(remedy) if refused else (),
        evidence=(
            *_five_steps(connection),
            *((quote.quote_certificate(leaf, file, say("{role} certificate", role=ROLES[role])),) if leaf else ()),
        ),
        count=len(group),
        first=first,
        last=last,
        connections=tuple(group),
    )


def _is_expected(view: NodeView, connection: Connection, role: Side) -> bool:
    expected = view.expected_leaf(role)
    return expected is not None and connection.certificate(role).leaf == expected.sha256


def _what_came(view: NodeView, connection: Connection, peer: Peer) -> Words:
    match connection.outcome:
        case Outcome.COMPLETED:
            return say("The handshake completed.")
        case Outcome.REFUSED:
            us = connection.refused_by is connection.local_role
            who = view.node.name or say("This node") if us else peer.name
            return say("{who} refused: {reason}.", who=who, reason=connection.outcome_reason)
        case Outcome.CLOSED:
            return say("The connection was closed without an alert before the handshake was through.")
        case Outcome.UNKNOWN:
            return say("What came of it is not in the capture.")


def webex_client_presented(view: NodeView) -> Iterator[Judgement]:
    """Scenario 1: we are the TLS client towards Webex."""
    for peer, group in _by_answer(view, lambda c: c.peer.kind is PeerKind.WEBEX and _presented_as_client(c)):
        explanation = say(
            "{presented} {what_came} That a certificate was sent does not show that Webex accepts it; only the completed "
            "handshake does. Whether Webex checks clientAuth no source says, and so this report does not.",
            presented=_presented_to_webex(view, group[0]),
            what_came=_what_came(view, group[0], peer),
        )
        yield _judge(view, peer, group, Side.CLIENT, explanation)


def _presented_to_webex(view: NodeView, connection: Connection) -> Words:
    serial = said_serial(connection.client_certificate.serial)
    if view.leaf_as_client is None:
        return say(
            "As TLS client it presented serial {serial} to Webex: its store is not in what was given.", serial=serial
        )
    if _is_expected(view, connection, Side.CLIENT):
        store = store_name(view, view.expected_store(Side.CLIENT))
        return say(
            "As TLS client it presented serial {serial} to Webex: it is the {store}'s.", serial=serial, store=store
        )
    return say(
        "As TLS client it presented serial {serial} to Webex: it is not the one that the store rule says.",
        serial=serial,
    )


def server_presented_secure_neighbor(view: NodeView) -> Iterator[Judgement]:
    """Scenario 2: we are the TLS server and ask the neighbour for its certificate."""

    def wanted(connection: Connection) -> bool:
        return (
            connection.local_role is Side.SERVER
            and connection.handshake.certificate_requested is True
            and connection.peer.kind in {PeerKind.NEIGHBOR, PeerKind.CUCM}
            and connection.server_certificate.visibility is Visibility.SEEN
        )

    for peer, group in _by_answer(view, wanted):
        connection = group[0]
        zone = view.zone(peer.zone)
        theirs = connection.client_certificate
        asked = say(
            "As TLS server it presented serial {serial} and asked {peer} for its certificate ({answer}).",
            serial=said_serial(connection.server_certificate.serial),
            peer=peer.name,
            answer=say("serial {serial}", serial=said_serial(theirs.serial))
            if theirs.serial
            else _ANSWERS[theirs.visibility],
        )
        verify = (
            say("Zone {zone}: TLS verify {mode}.", zone=zone.name, mode=zone.tls_verify_mode)
            if zone and zone.tls_verify_mode
            else ""
        )
        yield _judge(
            view,
            peer,
            group,
            Side.SERVER,
            sentences((asked, verify, _what_came(view, connection, peer))),
        )


def core_client_to_cucm(view: NodeView) -> Iterator[Judgement]:
    """Test case 3: the Core's traffic server is the TLS client towards CUCM."""
    for peer, group in _by_answer(view, lambda c: c.peer.kind is PeerKind.CUCM and _presented_as_client(c)):
        connection = group[0]
        yield _judge(
            view,
            peer,
            group,
            Side.CLIENT,
            sentences(
                (
                    say(
                        "The Core presented serial {serial} as TLS client to {peer}, port {port}. {what_came}",
                        serial=said_serial(connection.client_certificate.serial),
                        peer=peer.name,
                        port=connection.handshake.server.port,
                        what_came=_what_came(view, connection, peer),
                    ),
                    say("CUCM has to trust the chain of this certificate; since X15.5 that is the client store's.")
                    if view.has_two_stores
                    else say("CUCM has to trust the chain of this certificate."),
                )
            ),
            (CUCM_TRUST,),
            say("CUCM refused the Core's client certificate"),
        )


RULES = (
    Rule(
        id="webex-client-presented",
        title=say("What was presented to Webex"),
        meaning="Tells which certificate the Edge presented to Webex as a TLS client, step by step, and what came "
        "of it. Good only if it is the one that the store rule says and the handshake completed. Whether "
        "Webex checks clientAuth no source says, and so the report predicts nothing.",
        severity=Severity.INFO,
        judge=webex_client_presented,
        needs=(Need.CAPTURE, Need.HANDSHAKE, Need.LOCAL_ADDRESSES),
        roles=(NodeRole.EDGE,),
        sources=("S",),
    ),
    Rule(
        id="server-presented-secure-neighbor",
        title=say("What was presented, as a server, to a secure neighbour"),
        meaning="Tells what this node presented as a TLS server to a neighbour or CUCM, and what it was answered "
        "when it asked for the neighbour's certificate. Asking for one shows that this zone verifies its "
        "peers.",
        severity=Severity.OK,
        judge=server_presented_secure_neighbor,
        needs=(Need.CAPTURE, Need.HANDSHAKE, Need.LOCAL_ADDRESSES, (Need.CONFIGURATION, Need.ZONES)),
        sources=("S",),
    ),
    Rule(
        id="core-client-to-cucm",
        title=say("What the Core presented to CUCM"),
        meaning="Tells which certificate the Core presented to CUCM as a TLS client, and what came of it; critical "
        "where CUCM refused it. Since X15.5 it is the client store's, so that CUCM has to trust the chain "
        "of that certificate and not the server's.",
        severity=Severity.CRITICAL,
        judge=core_client_to_cucm,
        needs=(Need.CAPTURE, Need.HANDSHAKE, Need.LOCAL_ADDRESSES),
        roles=(NodeRole.CORE,),
        sources=("S", "T2", "MRA", "FN-CUCM"),
    ),
)
