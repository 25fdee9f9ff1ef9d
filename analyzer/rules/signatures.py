"""Keys and signature algorithms: handshakes that fail because one side has no use for the kind of key of the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from analyzer.correlate.chains import Pool, build_path
from analyzer.evidence import Certificate, Connection, Event, NodeRole, Outcome, PeerKind, Side, Step, Visibility
from analyzer.facts.settings import TLS_SIGNATURE_ALGORITHM_PREFERS_RSA
from analyzer.facts.signatures import keys_of_certificate_types, keys_of_schemes
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Lines
from analyzer.rules.authorities import CHAIN_ALERTS, append
from analyzer.rules.per_peer import Who, by_peer, row_of, who_is
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.trust import UNTRUSTED
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.rules.wording import ROLES
from analyzer.text import said_serial
from analyzer.words import Words, either, listed, say

HANDSHAKE_FAILURE = 40
_SPOKEN_OF = frozenset({"RSA", "DSA", "EC", "Ed25519", "Ed448"})


class Mismatch(Struct, frozen=True, kw_only=True):
    """What the peer takes, and what we have. `where`: the message that says so, and the field."""

    role: Side
    leaf: Certificate
    seen: bool
    takes: frozenset[str]
    where: Words
    step: Step


def signature_algorithm_mismatch(view: NodeView) -> Iterator[Judgement]:
    """handshake_failure, and the peer takes no signature of the kind of key that our certificate has."""
    groups: dict[tuple[Who, Side, str], list[tuple[Connection, Mismatch]]] = defaultdict(list)
    for connection in view.connections:
        failed = any(alert.code == HANDSHAKE_FAILURE for alert in connection.handshake.alerts)
        if failed and connection.peer.kind in FAMILIAR and (found := _mismatch(view, connection)):
            groups[who_is(connection.peer), found.role, found.leaf.sha256].append((connection, found))
    for pairs in groups.values():
        connection, found = pairs[0]
        connections = [one for one, _ in pairs]
        role, leaf = found.role, found.leaf
        yield row_of(
            connection.peer,
            connections,
            Severity.CRITICAL,
            say(
                "The handshake with {peer} failed (handshake_failure). Our certificate as TLS {role}, serial {serial}, has a "
                "key of type {type}, and {where} of {peer} takes only {types}. That is no matter of trust or of extended key "
                "usage.",
                peer=connection.peer.name,
                role=ROLES[role],
                serial=said_serial(leaf.serial),
                type=leaf.key_type,
                where=found.where,
                types=listed(sorted(found.takes)),
            ),
            (
                *_quote_steps(connections, found.step),
                *(quote.quote_alert(c, a) for c in connections[: quote.MOST] for a in c.handshake.alerts),
                quote.quote_certificate(leaf, None, say("ours")),
            ),
            confidence=Confidence.PROVEN if found.seen else Confidence.STRONG,
            remedy=(
                Remedy(
                    text=say(
                        "Use a certificate with a key of type {types} for this role, or have {peer} allow signatures with "
                        "{type}.",
                        types=either(sorted(found.takes)),
                        peer=connection.peer.name,
                        type=leaf.key_type,
                    ),
                    command=f"Maintenance > Security > {'Client' if role is Side.CLIENT and view.has_two_stores else 'Server'} "
                    "certificate",
                    kind=RemedyKind.DURABLE,
                ),
            ),
        )


def _mismatch(view: NodeView, connection: Connection) -> Mismatch | None:
    """Return what does not fit; a list that is absent says nothing."""
    role, handshake = connection.local_role, connection.handshake
    if role is None:
        return None
    shown = view.case.certificates.get(connection.certificate(role).leaf or "")
    leaf = shown or view.expected_leaf(role)
    if leaf is None or leaf.key_type not in _SPOKEN_OF:
        return None
    by_scheme = handshake.signature_algorithms if role is Side.SERVER else handshake.requested_signature_algorithms
    types = handshake.requested_certificate_types if role is Side.CLIENT else ()
    step = Step.CLIENT_HELLO if role is Side.SERVER else Step.CERTIFICATE_REQUEST
    for takes, where in (
        (keys_of_schemes(by_scheme), say("the list of signature algorithms")),
        (keys_of_certificate_types(types), say("the list of certificate types")),
    ):
        if takes and leaf.key_type not in takes:
            return Mismatch(role=role, leaf=leaf, seen=shown is not None, takes=takes, where=where, step=step)
    return None


def _quote_steps(connections: Sequence[Connection], step: Step) -> tuple[Evidence, ...]:
    frames = [(c, frame) for c in connections[: quote.MOST] if (frame := c.handshake.frame(step))]
    return tuple(quote.quote_frame(c, frame) for c, frame in frames)


def cucm_ecdsa_selected(view: NodeView) -> Iterator[Judgement]:
    """CUCM answered with its ECDSA certificate, and the Core does not trust that one's authority."""
    if not view.trusted_is_whole:
        return
    logged = _logged_refusals(view)
    for peer, connections in by_peer(filter(_is_of_cucm, view.connections)):
        chains = {c.server_certificate.chain for c in connections}
        strange = {chain for chain in chains if _is_untrusted_ecdsa(view, view.certificates(chain))}
        untrusted = [c for c in connections if c.server_certificate.chain in strange]
        if not untrusted:
            continue
        events = [event for c in untrusted for event in logged.get(c.id, ())]
        refused = [c for c in untrusted if c.id in logged or _is_refused(c)]
        shown = refused or untrusted
        leaf = view.case.certificates.get(shown[0].server_certificate.leaf or "")
        setting = view.node.settings.get(TLS_SIGNATURE_ALGORITHM_PREFERS_RSA)
        yield row_of(
            peer,
            shown,
            Severity.CRITICAL if refused else Severity.INFO,
            say(
                "{peer} answered with its ECDSA certificate, issued by {issuer} which the Core's trusted CA list lacks. Since "
                "X14.2 ECDSA is preferred to RSA, so that CUCM's ECDSA certificates come into play. {what_came}",
                peer=peer.name,
                issuer=leaf.issuer if leaf else say("an authority"),
                what_came=say("The Core refused it.")
                if refused
                else say("The Core did not refuse it in this capture."),
            ),
            (
                *_quote_steps(shown, Step.SERVER_HELLO),
                *quote.quote_events(events),
                *((quote.quote_certificate(leaf, None, say("presented by CUCM")),) if leaf else ()),
                *(quote.quote_setting(TLS_SIGNATURE_ALGORITHM_PREFERS_RSA, setting) if setting else ()),
            ),
            remedy=(
                append(say("the CA of CUCM's ECDSA certificates")),
                Remedy(
                    text=say(
                        "For SIP over TLS 1.3 RSA can be preferred instead; the traffic server does not follow that setting."
                    ),
                    command=f"xConfiguration {TLS_SIGNATURE_ALGORITHM_PREFERS_RSA}: On",
                    kind=RemedyKind.STOP_GAP,
                ),
            ),
        )


def _is_of_cucm(connection: Connection) -> bool:
    return (
        connection.peer.kind is PeerKind.CUCM
        and connection.local_role is Side.CLIENT
        and connection.server_certificate.visibility is Visibility.SEEN
    )


def _is_untrusted_ecdsa(view: NodeView, sent: Sequence[Certificate]) -> bool:
    """Whether a chain belongs to an ECDSA certificate without a path in the trusted CA list."""
    if not sent or sent[0].key_type != "EC":
        return False
    path = build_path(sent[0], Pool((*sent, *view.trusted)))
    return not (path.complete and path.top.sha256 in set(view.node.stores.trusted or ()))


def _is_refused(connection: Connection) -> bool:
    return connection.outcome is Outcome.REFUSED and any(
        alert.code in CHAIN_ALERTS and alert.sender is Side.CLIENT for alert in connection.handshake.alerts
    )


def _logged_refusals(view: NodeView) -> dict[str, list[Event]]:
    refusals: dict[str, list[Event]] = defaultdict(list)
    for event in Lines(view.log.errors_of(*UNTRUSTED)):
        if event.connection:
            refusals[event.connection].append(event)
    return refusals


RULES = (
    Rule(
        id="signature-algorithm-mismatch",
        title=say("The peer takes no signature of our kind of key"),
        severity=Severity.CRITICAL,
        judge=signature_algorithm_mismatch,
        needs=(
            (Need.CLIENT_STORE, Need.SERVER_STORE),
            Need.CAPTURE,
            Need.HANDSHAKE,
            Need.LOCAL_ADDRESSES,
        ),
        sources=("RFC5246", "RFC8446"),
        meaning="The handshake ended with handshake_failure (40), and the key type of our certificate (RSA, EC) is in none of "
        "the peer's signature algorithms or certificate types.",
    ),
    Rule(
        id="cucm-ecdsa-selected",
        title=say("CUCM answered with an ECDSA certificate that the Core does not trust"),
        severity=Severity.CRITICAL,
        judge=cucm_ecdsa_selected,
        needs=(Need.TRUSTED_LIST, Need.CAPTURE, Need.HANDSHAKE, Need.LOCAL_ADDRESSES),
        roles=(NodeRole.CORE,),
        applies_to=">=X14.2",
        sources=("T2",),
        meaning="Since X14.2 ECDSA is preferred to RSA. CUCM then presents its ECDSA certificate, whose CA the Core's trusted "
        "CA list lacks: critical if the Core refused it.",
    ),
)
