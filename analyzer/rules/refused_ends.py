"""The two ends of a refusal, and what is done where: a step belongs to whoever can take it.

The menu path of an Expressway stands only beside a step that is taken on an Expressway of this case.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from analyzer.evidence import Peer, PeerKind, Side
from analyzer.findings import HERE, Remedy, RemedyKind
from analyzer.rules.authorities import TRUSTED_CA
from analyzer.rules.view import NodeView
from analyzer.rules.wording import STORES, store_name
from analyzer.words import Words, say


class RefusedEnds(Struct, frozen=True, kw_only=True):
    """Who presented the certificate that was refused, and who refused it.

    Attributes:
        presenter, verifier: what sentences call them.
        presenter_at, verifier_at: as `Remedy.at`; None: no node of this case.
        side: the presenter's role; None: not known.
        page: where the presenter's certificate is uploaded, if it is a node of this case.
        store: what the store is called that it presents from.
    """

    presenter: str
    verifier: str
    presenter_at: str | None = None
    verifier_at: str | None = None
    side: Side | None = None
    page: str | None = None
    store: Words = STORES["client"]
    is_webex_verifying: bool = False


def ends_of(view: NodeView, peer: Peer, side: Side | None, *, by_us: bool) -> RefusedEnds:
    """Return the ends of a refusal between a node and a peer; `side`: of the certificate that was refused."""
    if by_us:
        presenter = next((other for other in view.others if other.node.name == peer.node), None)
        return RefusedEnds(
            presenter=peer.name,
            verifier=view.label,
            presenter_at=peer.node,
            verifier_at=HERE,
            side=side,
            page=_page(presenter, side) if presenter else None,
            store=_store(presenter, side) if presenter else STORES["client"],
        )
    return RefusedEnds(
        presenter=view.label,
        verifier=peer.name,
        presenter_at=HERE,
        verifier_at=peer.node,
        side=side,
        page=_page(view, side),
        store=_store(view, side),
        is_webex_verifying=peer.kind is PeerKind.WEBEX,
    )


def _page(view: NodeView, side: Side | None) -> str:
    store = view.expected_store(side) if side else "server"
    return f"Maintenance > Security > {store.capitalize()} certificate"


def _store(view: NodeView, side: Side | None) -> Words:
    return store_name(view, view.expected_store(side) if side else "server")


def on_presenter(ends: RefusedEnds, here: Words, there: Words, *, instead: bool = False) -> Remedy:
    """Return a step of the presenter: `here` if it is a node of this case, else `there`, which names it."""
    if ends.presenter_at is None:
        return Remedy(text=there, kind=RemedyKind.DURABLE, at=None, instead=instead)
    return Remedy(text=here, command=ends.page, kind=RemedyKind.DURABLE, at=ends.presenter_at, instead=instead)


def be_trusted(ends: RefusedEnds) -> tuple[Remedy, ...]:
    """Return the two ways to have a chain trusted: the verifier learns its CA, or another CA is used."""
    return _trust(ends), _present(ends, _OF_TRUSTED_CA, instead=True)


def _trust(ends: RefusedEnds) -> Remedy:
    if ends.verifier_at is not None:
        return Remedy(
            text=say(
                "See that the trusted CA list holds the CA of {presenter}'s certificate: all intermediates and the root.",
                presenter=ends.presenter,
            ),
            command=TRUSTED_CA,
            kind=RemedyKind.DURABLE,
            at=ends.verifier_at,
        )
    if ends.is_webex_verifying:
        return Remedy(
            text=say(
                "See that Webex trusts the CA of the certificate and gets the whole chain: a CA that it does not know is "
                "uploaded in Control Hub, root and intermediates. A Cisco document on Hybrid Call Service (2020-12-06) says "
                "so for calls over SIP; whether it holds for other services is not known."
            ),
            command="Control Hub: Certificates for Encrypted SIP Calls",
            kind=RemedyKind.DURABLE,
            at=None,
        )
    return Remedy(
        text=say(
            "See that {verifier} trusts the CA of {presenter}'s certificate (root and intermediates) and gets the whole "
            "chain.",
            verifier=ends.verifier,
            presenter=ends.presenter,
        ),
        kind=RemedyKind.DURABLE,
        at=None,
    )


def with_usage(ends: RefusedEnds) -> tuple[Remedy, ...]:
    """Return the step that puts a refusal for the purpose right."""
    return (_present(ends, _WITH_USAGE),)


_Say = Callable[[RefusedEnds], Words]


def _present(ends: RefusedEnds, messages: dict[Side | None, tuple[_Say, _Say]], *, instead: bool = False) -> Remedy:
    here, there = messages[ends.side]
    return on_presenter(ends, here(ends), there(ends), instead=instead)


_OF_TRUSTED_CA: dict[Side | None, tuple[_Say, _Say]] = {
    Side.CLIENT: (
        lambda ends: say(
            "Or present a client certificate with clientAuth from a CA that {verifier} trusts.",
            verifier=ends.verifier,
        ),
        lambda ends: say(
            "Or have {presenter} present a client certificate with clientAuth from a CA that {verifier} trusts.",
            presenter=ends.presenter,
            verifier=ends.verifier,
        ),
    ),
    Side.SERVER: (
        lambda ends: say("Or present a server certificate from a CA that {verifier} trusts.", verifier=ends.verifier),
        lambda ends: say(
            "Or have {presenter} present a server certificate from a CA that {verifier} trusts.",
            presenter=ends.presenter,
            verifier=ends.verifier,
        ),
    ),
    None: (
        lambda ends: say("Or present a certificate from a CA that {verifier} trusts.", verifier=ends.verifier),
        lambda ends: say(
            "Or have {presenter} present a certificate from a CA that {verifier} trusts.",
            presenter=ends.presenter,
            verifier=ends.verifier,
        ),
    ),
}

_WITH_USAGE: dict[Side | None, tuple[_Say, _Say]] = {
    Side.CLIENT: (
        lambda _: say("Present a client certificate with clientAuth; the CAs above it must allow that use, too."),
        lambda ends: say(
            "Have {presenter} present a client certificate with clientAuth; the CAs above it must allow that use, too.",
            presenter=ends.presenter,
        ),
    ),
    Side.SERVER: (
        lambda _: say("Present a server certificate with serverAuth; the CAs above it must allow that use, too."),
        lambda ends: say(
            "Have {presenter} present a server certificate with serverAuth; the CAs above it must allow that use, too.",
            presenter=ends.presenter,
        ),
    ),
    None: (
        lambda _: say(
            "Present a certificate whose path allows the use: clientAuth as a client, serverAuth as a server."
        ),
        lambda ends: say(
            "Have {presenter} present a certificate whose path allows the use: clientAuth as a client, serverAuth as a "
            "server.",
            presenter=ends.presenter,
        ),
    ),
}
