"""The certificates of the own stores, each once, and how familiar peers received them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from analyzer.evidence import Certificate, Connection, Event, Outcome, Peer, Side
from analyzer.findings import Evidence, Remedy, RemedyKind
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.authorities import name_of
from analyzer.rules.view import FAMILIAR, NOBODY, NodeView
from analyzer.rules.wording import store_name
from analyzer.words import Words, say


class OwnCertificate(Struct, frozen=True):
    """A store's leaf, and the stores that hold it (`server`, `client`). `where`: what those are called."""

    certificate: Certificate
    stores: tuple[str, ...]
    where: Words

    @property
    def subject(self) -> Words:
        """What a finding about it is about: client and server certificate mostly bear one name."""
        return say("{certificate} ({store})", certificate=name_of(self.certificate), store=self.where)


class Reception(Struct, frozen=True):
    """What familiar peers made of a certificate that this node presented.

    Attributes:
        refused: connections in which the peer sent one of the alerts asked for.
        lines: the same as the log tells it.
        accepted: connections that completed.
        shown: all in which it was presented.
    """

    refused: tuple[Connection, ...]
    lines: Lines
    accepted: tuple[Connection, ...]
    shown: tuple[Connection, ...]

    @property
    def is_refused(self) -> bool:
        return bool(self.refused or self.lines)

    @property
    def refusing(self) -> Peer | None:
        """The first peer that refused it."""
        peers = (
            *(connection.peer for connection in self.refused),
            *(alike.peer for alike in self.lines.groups if alike.peer),
        )
        return next(iter(peers), None)

    @property
    def about(self) -> tuple[str, ...]:
        """For `Judgement.about`: what nobody refused explains no refusal."""
        return () if self.is_refused else (NOBODY,)

    def evidence(self) -> tuple[Evidence, ...]:
        """Quote the refusals."""
        alerts = (quote.quote_alert(c, a) for c in self.refused[: quote.MOST] for a in c.handshake.alerts)
        return (*alerts, *quote.quote_events(self.lines))


def own_certificates(view: NodeView) -> tuple[OwnCertificate, ...]:
    """Return the leaves of both stores; one that is in both comes once."""
    server, client = view.server_leaf, view.client_leaf
    if server is not None and client is not None and server.sha256 == client.sha256:
        return (OwnCertificate(server, ("server", "client"), say("both stores")),)
    held = (("server", server), ("client", client))
    return tuple(own_certificate(view, store, leaf) for store, leaf in held if leaf is not None)


def own_certificate(view: NodeView, store: str, leaf: Certificate) -> OwnCertificate:
    """Return a leaf as one store holds it, whether or not the other does, too."""
    return OwnCertificate(leaf, (store,), store_name(view, store))


def quote_own(view: NodeView, own: OwnCertificate) -> tuple[Evidence, ...]:
    """Quote a store's leaf, once for each store."""
    return tuple(
        quote.quote_certificate(own.certificate, quote.store_file(view.node, store), store_name(view, store))
        for store in own.stores
    )


def reception(
    view: NodeView, certificate: Certificate, codes: Collection[int], role: Side | None = None
) -> Reception:
    """Collect what familiar peers made of an own leaf.

    Args:
        view: of the node that presents it.
        certificate: the leaf.
        codes: the alerts that count as refusing it.
        role: in which it was presented; None: either.

    A log line names no certificate. Where it belongs to no connection that shows one, the store rule tells which it was.
    """
    roles = {role} if role else set(Side)
    shown = [
        c
        for c in view.connections_by_own_leaf.get(certificate.sha256, ())
        if c.peer.kind in FAMILIAR and c.local_role in roles
    ]
    return Reception(
        refused=tuple(
            c
            for c in shown
            if c.local_role and any(a.code in codes and a.sender is c.local_role.other for a in c.handshake.alerts)
        ),
        lines=Lines(
            alike
            for alike in view.once(_lines_by_own_leaf).get(certificate.sha256, ())
            if alike.record.alert in codes and alike.record.local_role in roles
        ),
        accepted=tuple(c for c in shown if c.outcome is Outcome.COMPLETED),
        shown=tuple(shown),
    )


def _lines_by_own_leaf(view: NodeView) -> Mapping[str | None, Sequence[Alike]]:
    """Return the lines that tell a familiar peer's alert, by the id of the leaf that this node presented."""
    found: dict[str | None, list[Alike]] = defaultdict(list)
    for alike in view.log.errors:
        if alike.record.alert is not None and alike.peer is not None and alike.peer.kind in FAMILIAR:
            for leaf, told in alike.split(lambda event: _presented_in(view, event)).items():
                found[leaf].append(told)
    return found


def _presented_in(view: NodeView, event: Event) -> str | None:
    """Return the id of the leaf that this node presented in what a log line tells."""
    connection = view.connection(event.connection)
    shown = connection.local_certificate if connection else None
    if shown is not None and shown.leaf is not None:
        return shown.leaf
    expected = view.expected_leaf(event.record.local_role) if event.record.local_role else None
    return expected.sha256 if expected else None


def replace_by(what: str) -> Remedy:
    """Return the advice to replace an own certificate; restart advice says what it costs (rules-amendments A15).

    `what`: describes the new certificate (`that is in date`).
    """
    return Remedy(
        text=say(
            "Replace it by a certificate {what}. It takes effect after a restart: service-affecting, in a maintenance "
            "window, one peer at a time.",
            what=what,
        ),
        command="Maintenance > Security > Server certificate (or Client certificate) > Generate CSR",
        kind=RemedyKind.DURABLE,
    )
