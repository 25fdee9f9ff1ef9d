"""The authorities that a CertificateRequest names: the peer's list against our issuer, and our own against our file.

An empty list says nothing, and a name in a list is no promise: OpenSSL clients send their certificate whatever it says
(measured), SChannel and Java choose by it (rules-amendments A5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from analyzer.correlate.chains import Pool, build_path
from analyzer.evidence import CERTIFICATE_MANAGEMENT, Certificate, Connection, Outcome, Side, Step
from analyzer.facts.alerts import UNKNOWN_CA
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.authorities import TRUSTED_CA, name_of
from analyzer.rules.per_peer import Who, row_of, who_is
from analyzer.rules.presentation import RESTART
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.text import said_serial
from analyzer.words import Words, listed, say, sentences

SURELY_WHOLE = 1 << 14
"""Bytes of names that surely fit: one TLS record. A longer list may have been cut short by whoever announces it."""

_MOST_NAMES = 6


def peer_announces_our_ca(view: NodeView) -> Iterator[Judgement]:
    """The peer's CertificateRequest names an authority above our client certificate."""
    for leaf, connections in _announcements(view, announced=True):
        yield row_of(
            connections[0].peer,
            connections,
            Severity.INFO,
            say(
                "{peer} names, among the authorities of its CertificateRequest, one above our client certificate serial "
                "{serial}: it knows that CA. Whether the chain it gets is complete is another question.",
                peer=connections[0].peer.name,
                serial=said_serial(leaf.serial),
            ),
            _quote_request(connections[0], leaf),
        )


def peer_does_not_announce_our_ca(view: NodeView) -> Iterator[Judgement]:
    """The peer's CertificateRequest names authorities, and none of them stands above our client certificate."""
    for leaf, connections in _announcements(view, announced=False):
        peer = connections[0].peer
        refused = [c for c in connections if c.outcome is Outcome.REFUSED and c.refused_by is Side.SERVER]
        shown = refused or connections
        whole = view.path(leaf).complete
        yield row_of(
            peer,
            shown,
            Severity.WARNING if refused else Severity.INFO,
            say(
                "{peer} names the authorities that it accepts client certificates from, and none of them stands above ours, "
                "serial {serial}, issued by {issuer}. {outcome}",
                peer=peer.name,
                serial=said_serial(leaf.serial),
                issuer=leaf.issuer,
                outcome=say("It refused the connection.")
                if refused
                else say("It did not refuse it for that in this capture."),
            ),
            _quote_request(shown[0], leaf),
            confidence=Confidence.PROVEN if whole else Confidence.INFERRED,
            remedy=(
                Remedy(
                    text=say(
                        "Have {peer} import the CA of our client certificate, root and intermediates.", peer=peer.name
                    ),
                    kind=RemedyKind.DURABLE,
                    at=None,
                ),
            )
            if refused
            else (),
        )


def _announcements(view: NodeView, *, announced: bool) -> Iterator[tuple[Certificate, list[Connection]]]:
    """Yield our client leaf with the connections whose request names its authorities, or does not; one per peer."""
    asked: dict[tuple[Who, str, tuple[bytes, ...]], list[Connection]] = defaultdict(list)
    for connection in view.connections:
        names = connection.handshake.certificate_authority_names
        if names and connection.local_role is Side.CLIENT and connection.peer.kind in FAMILIAR:
            own = view.leaf_as_client.sha256 if view.leaf_as_client else None
            leaf = connection.client_certificate.leaf or own
            if leaf in view.case.certificates:
                asked[who_is(connection.peer), leaf or "", names].append(connection)
    groups: dict[tuple[Who, str], list[Connection]] = defaultdict(list)
    for (who, identity, names), connections in asked.items():
        if _names_one_of(names, view.path(view.case.certificates[identity]).certificates) is announced:
            groups[who, identity] += connections
    for (_, identity), connections in groups.items():
        yield view.case.certificates[identity], connections


def _names_one_of(names: Sequence[bytes], path: Sequence[Certificate]) -> bool:
    authorities, issuers = Pool(path[1:]), {certificate.issuer_der for certificate in path}
    return any(name in issuers or authorities.named(name) for name in names)


def _quote_request(connection: Connection, leaf: Certificate | None = None) -> tuple[Evidence, ...]:
    frame = connection.handshake.frame(Step.CERTIFICATE_REQUEST)
    names = connection.handshake.certificate_authorities
    words = say("CertificateRequest names {names}", names=_some(names, _MOST_NAMES, "; "))
    return (
        *((quote.quote_frame(connection, frame, words),) if frame else ()),
        *((quote.quote_certificate(leaf, None, say("our client certificate")),) if leaf else ()),
    )


class Difference(Struct, frozen=True, kw_only=True):
    """How a list that was announced differs from the trusted CA list in the file.

    Attributes:
        only_announced: positions in the request of names that the file lacks.
        only_in_file: authorities of the file that the request does not name.
    """

    only_announced: tuple[int, ...]
    only_in_file: tuple[Certificate, ...]


def trusted_list_in_memory_differs(view: NodeView) -> Iterator[Judgement]:
    """Our own CertificateRequest names other authorities than the trusted CA list in the file."""
    if not view.trusted_is_whole:
        return
    newest = {
        c.handshake.server.port: c
        for c in view.connections
        if c.local_role is Side.SERVER and c.handshake.certificate_authority_names
    }
    said: set[tuple[bytes, ...]] = set()
    for connection in newest.values():
        names = connection.handshake.certificate_authority_names
        if names in said or _changed_since(view, connection):
            continue
        said.add(names)
        difference = _difference(view, names)
        if difference is None:
            continue
        tied = _decided_by(view, difference, connection)
        if tied or difference.only_announced or not _may_be_a_selection(view, difference, names):
            yield _differs(view, connection, difference, tied)


def _changed_since(view: NodeView, connection: Connection) -> bool:
    """Whether certificates were managed after the request: the file then shows a later state."""
    times = [event.record.time for event in view.log.named(CERTIFICATE_MANAGEMENT)]
    return any(time is not None and time > connection.handshake.started for time in times)


def _difference(view: NodeView, names: Sequence[bytes]) -> Difference | None:
    """Compare; None: no difference, or so little in common that it is another list (a service may have its own)."""
    only_announced = tuple(index for index, name in enumerate(names) if not view.trusted.named(name))
    if len(only_announced) * 2 > len(names):
        return None
    announced = {certificate.sha256 for name in names for certificate in view.trusted.named(name)}
    only_in_file = tuple(c for c in view.trusted if c.sha256 not in announced and c.is_ca is not False)
    if not only_announced and not only_in_file:
        return None
    return Difference(only_announced=only_announced, only_in_file=only_in_file)


def _may_be_a_selection(view: NodeView, difference: Difference, names: Sequence[bytes]) -> bool:
    """Whether a request that names less than the file may do so on purpose: roots alone, or a limit."""
    left_out = difference.only_in_file
    by_kind = len({certificate.self_issued for certificate in left_out}) == 1 and all(
        certificate.self_issued is not left_out[0].self_issued
        for name in names
        for certificate in view.trusted.named(name)
    )
    size = sum(len(certificate.subject_der or b"") + 2 for certificate in view.trusted)
    return by_kind or size > SURELY_WHOLE


def _decided_by(view: NodeView, difference: Difference, request: Connection) -> tuple[Connection, ...]:
    """Return the clients for which the difference decides.

    Those that were refused as untrusted though the file trusts them, and those that still get in by an authority
    that the file has no more.
    """
    held = set(view.node.stores.trusted or ())
    left_out = {certificate.sha256 for certificate in difference.only_in_file}
    gone = {request.handshake.certificate_authority_names[index] for index in difference.only_announced}
    found: dict[str, Connection] = {}
    judged: set[tuple[str, ...]] = set()
    for connection in view.connections:
        chain = connection.client_certificate.chain
        if connection.local_role is not Side.SERVER or not chain or chain in judged:
            continue
        sent = view.certificates(chain)
        if not sent:
            continue
        got_in = connection.outcome is Outcome.COMPLETED and any(c.issuer_der in gone for c in sent)
        is_refused = connection.refused_by is Side.SERVER and any(
            a.code == UNKNOWN_CA for a in connection.handshake.alerts
        )
        if not got_in and not is_refused:
            continue
        judged.add(chain)
        path = build_path(sent[0], Pool((*sent, *view.trusted)))
        is_trusted_by_file = path.complete and path.top.sha256 in held
        if got_in and not is_trusted_by_file:
            found[connection.id] = connection
        if is_refused and is_trusted_by_file and any(c.sha256 in left_out for c in path.certificates):
            found[connection.id] = connection
    return tuple(found.values())


def _differs(view: NodeView, connection: Connection, difference: Difference, tied: Sequence[Connection]) -> Judgement:
    names = connection.handshake.certificate_authorities
    gone = [names[index] for index in difference.only_announced if index < len(names)]
    left_out = [name_of(certificate) for certificate in difference.only_in_file]
    shown = (connection, *(c for c in tied if c.id != connection.id))
    return row_of(
        connection.peer,
        shown,
        Severity.WARNING if tied else Severity.INFO,
        sentences((_difference_words(connection, gone, left_out), *_decided_words(tied))),
        (
            *_quote_request(connection),
            *(quote.quote_alert(c, a) for c in tied[: quote.MOST] for a in c.handshake.alerts),
            *(
                quote.quote_certificate(c, quote.store_file(view.node, "ca"), say("in the file, not announced"))
                for c in difference.only_in_file[:3]
            ),
        ),
        confidence=Confidence.STRONG if gone else Confidence.INFERRED,
        remedy=(
            Remedy(
                text=say("Check the list on the page of trusted CAs."), command=TRUSTED_CA, kind=RemedyKind.DURABLE
            ),
            RESTART,
        )
        if tied
        else (),
    )


def _difference_words(connection: Connection, gone: Sequence[str], left_out: Sequence[str]) -> Words:
    values = {"gone": _some(gone), "left_out": _some(left_out)}
    if not left_out:
        how = say("it announces {gone}, which the file does not hold", **values)
    elif not gone:
        how = say("it does not announce {left_out}, which the file holds", **values)
    else:
        how = say(
            "it announces {gone}, which the file does not hold and it does not announce {left_out}, which the file holds",
            **values,
        )
    return say(
        "The CertificateRequest of this node on port {port} and its trusted CA list in the file differ: {how}. The service "
        "works with an earlier list until it is reloaded or restarted, or it has a list of its own.",
        port=connection.handshake.server.port,
        how=how,
    )


def _decided_words(tied: Sequence[Connection]) -> Iterator[Words]:
    """Say for whom the difference decides."""
    refused = sorted({c.peer.name for c in tied if c.outcome is Outcome.REFUSED})
    admitted = sorted({c.peer.name for c in tied if c.outcome is Outcome.COMPLETED})
    if refused:
        yield say("It refused {peers} as untrusted, whose CA the file holds.", peers=listed(refused))
    if admitted:
        yield say("{peers} gets in by a CA that is gone after a restart.", peers=listed(admitted))


def _some(names: Sequence[str], most: int = 3, between: str = ", ") -> str:
    first = between.join(names[:most])
    return say("{names} and {more} more", names=first, more=len(names) - most) if len(names) > most else first


_NEEDS = (Need.CAPTURE, Need.HANDSHAKE, Need.LOCAL_ADDRESSES)

RULES = (
    Rule(
        id="trusted-list-in-memory-differs",
        title=say("The node announces other authorities than its trusted CA list holds"),
        severity=Severity.WARNING,
        judge=trusted_list_in_memory_differs,
        needs=(Need.TRUSTED_LIST, *_NEEDS),
        sources=("I",),
        meaning="This node, as a TLS server, names other CAs in its CertificateRequest than the bundle's trusted CA list "
        "has: a change of the list waits for a reload or restart. A warning where a client was refused, or still gets in, "
        "because of it. An empty list, or one that may be a selection, says nothing.",
    ),
    Rule(
        id="peer-does-not-announce-our-ca",
        title=say("The peer does not name the CA of our client certificate"),
        severity=Severity.WARNING,
        judge=peer_does_not_announce_our_ca,
        needs=((Need.CLIENT_STORE, Need.SERVER_STORE), *_NEEDS),
        sources=("RFC5246", "M"),
        meaning="A server asked for our certificate and named the CAs that it accepts, and none of ours is among them. A "
        "warning only where it then refused us.",
    ),
    Rule(
        id="peer-announces-our-ca",
        title=say("The peer names the CA of our client certificate"),
        severity=Severity.INFO,
        judge=peer_announces_our_ca,
        needs=((Need.CLIENT_STORE, Need.SERVER_STORE), *_NEEDS),
        sources=("RFC5246", "M"),
        meaning="A server asked for our certificate and named a CA that stands above it: it knows that CA.",
    ),
)
