"""The client store lost its own certificate: it now holds the server's, by an upload with the copy ticked, or by ACME."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from analyzer.evidence import CERTIFICATE_MANAGEMENT, Certificate, Connection, Event, Outcome, Side
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import lines_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.text import person_utc, said_serial
from analyzer.words import say, sentences

RENEWED_WITHIN = timedelta(days=2)
"""How old a certificate may be that an ACME renewal in the log has fetched."""

_OWN_AGAIN = Remedy(
    text=say(
        "Upload the client certificate to the client store again, and leave “Upload server certificate file as client "
        "certificate” unticked when the server certificate is renewed. Then check the serial in a new capture."
    ),
    command="Maintenance > Security > Client certificate",
    kind=RemedyKind.DURABLE,
)


def client_store_overwritten(view: NodeView) -> Iterator[Judgement]:
    """The client certificate became the server's inside the window."""
    server, client = view.server_leaf, view.client_leaf
    if server is None or client is None or server.sha256 != client.sha256:
        return
    own = [c for c in view.connections if c.local_role is Side.CLIENT and c.client_certificate.leaf]
    later = [c for c in own if c.client_certificate.leaf == server.sha256]
    before = _last_other(view, own, later)
    if before is not None:
        yield _replaced(view, before, later, server)
        return
    renewals = [event for event in view.log.all if _is_renewal(event, server)]
    if renewals:
        yield _renewed(view, renewals, server)


def _last_other(view: NodeView, own: Sequence[Connection], later: Sequence[Connection]) -> Connection | None:
    """Return the last connection that showed another client certificate, if the server's was shown only after it."""
    shown = {c.id for c in later}
    others = [c for c in own if c.id not in shown and c.client_certificate.leaf in view.case.certificates]
    if not others or not later:
        return None
    return others[-1] if others[-1].handshake.started < later[0].handshake.started else None


def _replaced(view: NodeView, before: Connection, later: Sequence[Connection], server: Certificate) -> Judgement:
    old = view.case.certificates[before.client_certificate.leaf or ""]
    refused = [
        c for c in later if c.outcome is Outcome.REFUSED and c.refused_by is Side.SERVER and c.peer.kind in FAMILIAR
    ]
    managed = _managed(view)
    incapable = view.as_client(server)
    why = (
        say("As a client's it does not do: {reason}.", reason=incapable.reason) if incapable.capable is False else ""
    )
    since = say("{peer} refused it since.", peer=refused[0].peer.name) if refused else ""
    return Judgement(
        severity=Severity.CRITICAL if refused else Severity.WARNING,
        confidence=Confidence.PROVEN,
        subject=server.common_name or server.sha256[:16],
        explanation=sentences(
            (
                say(
                    "As TLS client this node presented serial {older} until {last}, and the server store's certificate, "
                    "serial {serial}, from {first}: the client store was overwritten with it while logging ran.",
                    older=said_serial(old.serial),
                    last=person_utc(before.handshake.started),
                    serial=said_serial(server.serial),
                    first=person_utc(later[0].handshake.started),
                ),
                why,
                since,
            )
        ),
        remedy=(_OWN_AGAIN,),
        evidence=(
            *quote.quote_certificate_frame(before, Side.CLIENT),
            *quote.quote_certificate_frame(later[0], Side.CLIENT),
            quote.quote_certificate(old, None, say("presented before")),
            _quote_store(view, server),
            *quote.quote_events(managed),
        ),
        count=len(later),
        first=before.handshake.started,
        last=later[-1].handshake.started,
        connections=(before, *later),
        events=lines_of(managed),
    )


def _managed(view: NodeView) -> tuple[Event, ...]:
    return tuple(view.log.named(CERTIFICATE_MANAGEMENT))


def _is_renewal(event: Event, server: Certificate) -> bool:
    """Whether the log tells an ACME renewal that has fetched the certificate; a failed one has not."""
    record = event.record
    words = f"{record.name} {record.detail}".lower()
    if "acme" not in words or "fail" in words or record.name.lower().startswith("alarm"):
        return False
    begun = server.not_before
    return record.time is not None and begun is not None and begun <= record.time <= begun + RENEWED_WITHIN


def _renewed(view: NodeView, renewals: Sequence[Event], server: Certificate) -> Judgement:
    first, last = quote.span(event.record.time for event in renewals)
    incapable = view.as_client(server)
    why = (
        say("It does not do as a client's: {reason}.", reason=incapable.reason) if incapable.capable is False else ""
    )
    return Judgement(
        severity=Severity.WARNING if incapable.capable is False else Severity.INFO,
        confidence=Confidence.INFERRED,
        subject=server.common_name or server.sha256[:16],
        explanation=sentences(
            (
                say(
                    "ACME renewed the server certificate while logging ran, and the client store holds that one, serial "
                    "{serial}: what it held before was overwritten, or was a copy as well.",
                    serial=said_serial(server.serial),
                ),
                why,
            )
        ),
        remedy=(_OWN_AGAIN,),
        evidence=(*quote.quote_events(renewals), _quote_store(view, server)),
        count=len(renewals),
        first=first,
        last=last,
        events=lines_of(renewals),
    )


def _quote_store(view: NodeView, server: Certificate) -> Evidence:
    return quote.quote_certificate(server, quote.store_file(view.node, "client"), say("both stores now"))


RULES = (
    Rule(
        id="client-store-overwritten",
        title=say("The client store was overwritten with the server certificate"),
        severity=Severity.CRITICAL,
        judge=client_store_overwritten,
        needs=(Need.SERVER_STORE, Need.CLIENT_STORE, (Need.CAPTURE, Need.LOG)),
        applies_to=">=X15.5",
        sources=("S", "P", "I"),
        meaning="Inside the window this node presented another client certificate first and the server store's later, or the log "
        "tells an ACME renewal after which both stores hold the same. Critical if a peer refused it since.",
    ),
)
