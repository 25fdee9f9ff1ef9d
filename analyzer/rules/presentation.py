"""Which certificate this node presented, against the store that the rule says.

X15.5: as a TLS client the client store's, as a server the server store's (Certificate guide X15.5). Earlier
releases have one store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from analyzer.evidence import (
    APPLICATION_START,
    CERTIFICATE_MANAGEMENT,
    Certificate,
    Connection,
    Event,
    Outcome,
    Peer,
    Side,
    Store,
)
from analyzer.facts.alarms import AlarmTopic
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.served import Shown, asked_domains, served_since, shown_of, stale_of
from analyzer.rules.uptime import last_restart
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.rules.wording import ROLES, STORES, store_name
from analyzer.text import person_utc, said_serial
from analyzer.words import Words, listed, say, sentences

RESTART = Remedy(
    text=say(
        "Restart this Expressway so that it serves the certificate in its store. Service-affecting: in a maintenance "
        "window, one peer at a time. Then check the serial in a new capture."
    ),
    command="Maintenance > Restart options > Restart",
    kind=RemedyKind.DURABLE,
)
COMPARE_HOSTS = Remedy(
    text=say(
        "Check that the bundle, the capture and the address belong to one Expressway, and whether a firewall in "
        "between replaces certificates."
    ),
    kind=RemedyKind.DURABLE,
    at=None,
)

_OPEN_A_CASE = Remedy(
    text=say("If a restart changes nothing, open a TAC case with this report."), kind=RemedyKind.DURABLE, at=None
)


def _judgement(
    view: NodeView,
    shown: Shown,
    connections: Sequence[Connection],
    severity: Severity,
    explanation: Words,
    *,
    confidence: Confidence = Confidence.PROVEN,
    remedy: tuple[Remedy, ...] = (),
    evidence: tuple[Evidence, ...] = (),
) -> Judgement:
    peer, role, identity = shown
    first, last = quote.span(connection.handshake.started for connection in connections)
    frames = [row for c in connections[: quote.MOST] for row in quote.quote_certificate_frame(c, role)]
    presented = quote.quote_certificate(view.case.certificates[identity], None, say("presented"))
    return Judgement(
        severity=severity,
        confidence=confidence,
        subject=peer.name,
        explanation=explanation,
        remedy=remedy,
        evidence=(*frames, presented, *evidence),
        count=len(connections),
        first=first,
        last=last,
        connections=tuple(connections),
    )


def _quote_expected(view: NodeView, role: Side) -> tuple[Evidence, ...]:
    leaf = view.expected_leaf(role)
    store = view.expected_store(role)
    if leaf is None:
        return ()
    return (quote.quote_certificate(leaf, quote.store_file(view.node, store), store_name(view, store)),)


def presented_expected_store(view: NodeView) -> Iterator[Judgement]:
    """The store rule was kept."""
    for shown, connections in shown_of(view).items():
        _, role, identity = shown
        expected = view.expected_leaf(role)
        if expected is None or expected.sha256 != identity:
            continue
        yield _judgement(
            view,
            shown,
            connections,
            Severity.OK,
            _as_expected(view, connections[0], role),
            evidence=_quote_expected(view, role),
        )


def _as_expected(view: NodeView, connection: Connection, role: Side) -> Words:
    shown = connection.certificate(role)
    if shown.store is Store.BOTH:
        return say(
            "As TLS {role} towards {peer} it presented the certificate that both stores hold, serial {serial}: whichever it "
            "was taken from, the store rule fits.",
            role=ROLES[role],
            peer=connection.peer.name,
            serial=said_serial(shown.serial),
        )
    return say(
        "As TLS {role} towards {peer} it presented the {store}'s certificate, serial {serial}: the store rule was kept.",
        role=ROLES[role],
        peer=connection.peer.name,
        store=store_name(view, view.expected_store(role)),
        serial=said_serial(shown.serial),
    )


def presented_wrong_store(view: NodeView) -> Iterator[Judgement]:
    """The other store's certificate was presented, and the stores differ."""
    for shown, connections in shown_of(view).items():
        peer, role, _ = shown
        wrong = Store.SERVER if role is Side.CLIENT else Store.CLIENT
        if connections[0].certificate(role).store is not wrong:
            continue
        service = connections[0].service or say("port {port}", port=connections[0].handshake.server.port)
        yield _judgement(
            view,
            shown,
            connections,
            Severity.CRITICAL,
            say(
                "As TLS {role} towards {peer} ({service}) it presented the {wrong}'s certificate; the store rule says the "
                "{expected}'s. A restart may be pending, the service may choose its certificate itself, or it is a defect.",
                role=ROLES[role],
                peer=peer.name,
                service=service,
                wrong=STORES[wrong],
                expected=store_name(view, view.expected_store(role)),
            ),
            remedy=(RESTART, _OPEN_A_CASE),
            evidence=_quote_expected(view, role),
        )


def presented_stale_certificate(view: NodeView) -> Iterator[Judgement]:
    """An older certificate is still served: what was uploaded is not in use yet."""
    alarms = view.raised(AlarmTopic.RESTART)
    uploads = _uploads(view)
    restart = last_restart(view)
    for shown, connections in shown_of(view).items():
        peer, role, identity = shown
        presented = view.case.certificates[identity]
        if connections[0].certificate(role).store is not Store.NEITHER:
            continue
        newer = stale_of(view, role, presented)
        if newer is None or served_since(view, role, newer, connections[-1]):
            continue
        at = connections[-1].handshake.started
        expired = presented.not_after is not None and presented.not_after < at
        capability = view.as_client(presented) if role is Side.CLIENT else view.as_server(presented)
        incapable = capability.capable is False
        why = say("that is expired") if expired else capability.reason if incapable else None
        not_since = restart if restart and newer.not_before and restart.time < newer.not_before else None
        yield _judgement(
            view,
            shown,
            connections,
            Severity.CRITICAL if expired or incapable else Severity.WARNING,
            sentences(
                (
                    _still_presents(peer, role, presented, newer, why),
                    say("A new certificate takes effect only after a restart."),
                    say("The last one was at {time}, before that one was issued.", time=person_utc(not_since.time))
                    if not_since
                    else "",
                )
            ),
            confidence=Confidence.STRONG if alarms or uploads or not_since else Confidence.INFERRED,
            remedy=(RESTART,),
            evidence=(
                *_quote_expected(view, role),
                *(row for alarm in alarms for row in quote.quote_alarm(alarm)),
                *quote.quote_events(uploads),
                *(not_since.evidence if not_since else ()),
            ),
        )


def _still_presents(peer: Peer, role: Side, older: Certificate, newer: Certificate, why: str | None) -> Words:
    words = {
        "role": ROLES[role],
        "peer": peer.name,
        "older": said_serial(older.serial),
        "newer": said_serial(newer.serial),
    }
    if why is None:
        return say(
            "As TLS {role} towards {peer} it still presents an older certificate, serial {older}, not the one in its store, "
            "serial {newer}.",
            **words,
        )
    return say(
        "As TLS {role} towards {peer} it still presents an older certificate, serial {older}, not the one in its store, "
        "serial {newer}, and {why}.",
        **words,
        why=why,
    )


def _uploads(view: NodeView) -> tuple[Event, ...]:
    """Return certificate uploads that no restart has followed."""
    uploads = view.log.named(CERTIFICATE_MANAGEMENT)
    starts = [event.record.time for event in view.log.named(APPLICATION_START) if event.record.time]
    last = max(starts, default=None)
    return tuple(e for e in uploads if last is None or (e.record.time is not None and e.record.time > last))


def presented_unknown_certificate(view: NodeView) -> Iterator[Judgement]:
    """A certificate in none of the stores, with no name or key in common with them (rules-amendments A18)."""
    for shown, connections in shown_of(view).items():
        peer, role, identity = shown
        presented = view.case.certificates[identity]
        if connections[0].certificate(role).store is not Store.NEITHER or stale_of(view, role, presented):
            continue
        if view.has_two_stores and None in (view.node.stores.server, view.node.stores.client):
            continue  # it may be in the store that is not in the bundle
        refused = peer.kind in FAMILIAR and any(
            c.outcome is Outcome.REFUSED and c.refused_by is role.other for c in connections
        )
        asked = asked_domains(view, role, presented, connections)
        severity = Severity.CRITICAL if refused else Severity.INFO if asked else Severity.WARNING
        more = (
            say(
                "The client asked for {names}: domain certificates are not in a bundle.",
                names=listed(sorted(asked)),
            )
            if asked
            else say(
                "It may be a domain certificate (not in a bundle), another Expressway behind the same address, a firewall "
                "that inspects TLS, or the wrong bundle."
            )
        )
        yield _judgement(
            view,
            shown,
            connections,
            severity,
            say(
                "As TLS {role} towards {peer} it presented serial {serial}, issued by {issuer}, which is in none of the "
                "stores that were given. {more}",
                role=ROLES[role],
                peer=peer.name,
                serial=said_serial(presented.serial),
                issuer=presented.issuer,
                more=more,
            ),
            remedy=() if asked else (COMPARE_HOSTS,),
            evidence=_quote_expected(view, role),
        )


def presented_replaced(view: NodeView) -> Iterator[Judgement]:
    """One role presented different certificates at different times."""
    for role in Side:
        own = [
            c for c in view.connections if c.local_role is role and c.certificate(role).leaf in view.case.certificates
        ]
        by_server_name: dict[tuple[str | None, int | None], list[Connection]] = defaultdict(list)
        for connection in own:
            port = connection.handshake.server.port if role is Side.SERVER else None
            by_server_name[connection.handshake.server_name if role is Side.SERVER else None, port].append(connection)
        for connections in by_server_name.values():
            changes = [
                (before, after)
                for before, after in pairwise(connections)
                if before.certificate(role).leaf != after.certificate(role).leaf
            ]
            if len(changes) != 1:
                continue
            before, after = changes[0]
            if {before.certificate(role).store, after.certificate(role).store} == {Store.CLIENT, Store.SERVER}:
                continue  # both are in use: one service took the other store's, nothing was replaced
            yield Judgement(
                severity=Severity.WARNING,
                confidence=Confidence.PROVEN,
                subject=say("as {role}", role=ROLES[role]),
                explanation=say(
                    "As TLS {role} it presented serial {older} until {last} and serial {newer} from {first}: the "
                    "certificate was replaced while logging ran. The files show the state at collection.",
                    role=ROLES[role],
                    older=said_serial(before.certificate(role).serial),
                    last=person_utc(before.handshake.started),
                    newer=said_serial(after.certificate(role).serial),
                    first=person_utc(after.handshake.started),
                ),
                evidence=(*quote.quote_certificate_frame(before, role), *quote.quote_certificate_frame(after, role)),
                first=before.handshake.started,
                last=after.handshake.started,
                connections=(before, after),
            )


_NEEDS = ((Need.SERVER_STORE, Need.CLIENT_STORE), Need.CAPTURE, Need.HANDSHAKE, Need.LOCAL_ADDRESSES)

RULES = (
    Rule(
        id="presented-expected-store",
        title=say("The certificate presented is the one that the store rule says"),
        meaning="Said when the certificate that was seen on the wire is the one that the store rule says: as a TLS "
        "client the client store's, as a server the server store's, before X15.5 the only one. It answers "
        "the question what this Expressway presented to whom.",
        severity=Severity.OK,
        judge=presented_expected_store,
        needs=_NEEDS,
        sources=("S", "CG"),
    ),
    Rule(
        id="presented-wrong-store",
        title=say("The certificate presented is the other store's"),
        meaning="Said when the two stores differ and the certificate on the wire is that of the other store. A "
        "restart may be pending, the service may choose its certificate itself, or it is a defect: a case "
        "for TAC if a restart changes nothing.",
        severity=Severity.CRITICAL,
        judge=presented_wrong_store,
        needs=(Need.SERVER_STORE, Need.CLIENT_STORE, *_NEEDS[1:]),
        applies_to=">=X15.5",
        sources=("S", "CG"),
    ),
    Rule(
        id="presented-stale-certificate",
        title=say("An old certificate is still served"),
        meaning="Said when the certificate on the wire is in none of the stores that were given, but an older one with "
        "a name or the key of a store's. A new certificate takes effect only after a restart: until then the old one is "
        "served. Critical if that is expired or may not be used so; inferred unless an alarm or the log "
        "tells of the upload.",
        severity=Severity.CRITICAL,
        judge=presented_stale_certificate,
        needs=_NEEDS,
        sources=("CG", "AR"),
    ),
    Rule(
        id="presented-replaced-during-capture",
        title=say("The certificate was replaced while logging ran"),
        meaning="Said when one role presented one certificate first and another one later in the same capture. The "
        "files of the bundle show the state at collection, so that only the later one can match them.",
        severity=Severity.WARNING,
        judge=presented_replaced,
        needs=_NEEDS[1:],
        sources=("I",),
    ),
    Rule(
        id="presented-unknown-certificate",
        title=say("A certificate was presented that is in none of the stores that were given"),
        meaning="Said when the certificate on the wire is in none of the stores that were given, and has neither a name "
        "nor the key in common with them. It may be a domain certificate (not in a bundle), another Expressway behind the "
        "same address, a firewall that inspects TLS, or the wrong bundle. Critical where a known peer "
        "refused it, a remark where the client asked for another domain.",
        severity=Severity.CRITICAL,
        judge=presented_unknown_certificate,
        needs=_NEEDS,
        sources=("S", "I"),
    ),
)
