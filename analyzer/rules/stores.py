"""The certificates of the two stores side by side: which are the same, and which only look so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.evidence import Certificate
from analyzer.findings import Evidence, Severity
from analyzer.rules import quote
from analyzer.rules.inventory import fact
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.rules.wording import STORES
from analyzer.text import said_serial
from analyzer.words import say


def same_serial_different_certificate(view: NodeView) -> Iterator[Judgement]:
    """Equal serials are no identity: another issuer, or issued again."""
    own = [leaf for leaf in (view.server_leaf, view.client_leaf) if leaf]
    shown = {
        presented.leaf: presented
        for connection in view.connections
        for presented in (connection.client_certificate, connection.server_certificate)
        if presented.leaf
    }
    others = {leaf.sha256: leaf for leaf in (*own, *view.certificates(shown))}
    for leaf in dict.fromkeys(own):
        twins = [c for c in others.values() if c.serial == leaf.serial and c.serial and c.sha256 != leaf.sha256]
        if twins and (twins[0] not in own or leaf.sha256 < twins[0].sha256):
            yield fact(
                said_serial(leaf.serial),
                say(
                    "Serial {serial} stands in two different certificates. They are told apart by their SHA-256.",
                    serial=said_serial(leaf.serial),
                ),
                severity=Severity.WARNING,
                evidence=tuple(quote.quote_certificate(c, None, c.sha256[:16]) for c in (leaf, *twins)),
            )


def _stored(view: NodeView) -> tuple[Certificate, Certificate] | None:
    server, client = view.server_leaf, view.client_leaf
    if server is None or client is None or server.sha256 == client.sha256:
        return None
    return server, client


def _quote_stores(view: NodeView, pair: Sequence[Certificate]) -> tuple[Evidence, ...]:
    return tuple(
        quote.quote_certificate(leaf, quote.store_file(view.node, kind), STORES[kind])
        for kind, leaf in zip(("server", "client"), pair, strict=True)
    )


def store_certs_differ(view: NodeView) -> Iterator[Judgement]:
    """The stores hold different certificates: context."""
    if pair := _stored(view):
        yield fact(
            view.node.name or "",
            say("Client store and server store hold different certificates."),
            evidence=_quote_stores(view, pair),
        )


def store_key_shared(view: NodeView) -> Iterator[Judgement]:
    """Two certificates, one key: issued again for the same request."""
    pair = _stored(view)
    if pair and pair[0].public_key_sha256 and pair[0].public_key_sha256 == pair[1].public_key_sha256:
        yield fact(
            view.node.name or "",
            say("The certificates of both stores differ but share one key: issued again for the same request."),
            evidence=_quote_stores(view, pair),
        )


RULES = (
    Rule(
        id="same-serial-different-cert",
        title=say("Two certificates have the same serial"),
        meaning="Said when two different certificates have the same serial: from two issuers, or issued again. A "
        "serial alone is no identity; the report tells certificates apart by their SHA-256.",
        severity=Severity.WARNING,
        judge=same_serial_different_certificate,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE),),
        sources=("I",),
    ),
    Rule(
        id="store-certs-differ",
        title=say("The stores hold different certificates"),
        meaning="Said when client store and server store hold different certificates, as X15.5 is meant to be used. "
        "What is presented on the wire then tells which store it came from.",
        severity=Severity.INFO,
        judge=store_certs_differ,
        needs=(Need.SERVER_STORE, Need.CLIENT_STORE),
        applies_to=">=X15.5",
        sources=("I",),
        is_context=True,
    ),
    Rule(
        id="store-key-shared",
        title=say("The certificates of both stores share one key"),
        meaning="Said when the certificates of the two stores differ but share one key: they were issued for the "
        "same request. Nothing is wrong with it, but whoever replaces the key has to replace both.",
        severity=Severity.INFO,
        judge=store_key_shared,
        needs=(Need.SERVER_STORE, Need.CLIENT_STORE),
        applies_to=">=X15.5",
        sources=("I",),
        is_context=True,
    ),
)
