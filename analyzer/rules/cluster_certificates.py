"""The certificates of a cluster's peers: each has its own, and they should be good for the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from analyzer.correlate.purpose import ExtendedKeyUsageClass, eku_class
from analyzer.evidence import Certificate, Side
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.clusters import NOW_AND_THEN, cluster_name, leads, own_name
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.rules.wording import ROLES
from analyzer.text import is_address
from analyzer.words import Words, itemized, listed, say, sentences

_EKU_WORDS = {
    ExtendedKeyUsageClass.BOTH: say("serverAuth and clientAuth"),
    ExtendedKeyUsageClass.SERVER_ONLY: say("serverAuth only"),
    ExtendedKeyUsageClass.CLIENT_ONLY: say("clientAuth only"),
    ExtendedKeyUsageClass.NONE: say("no extended key usage"),
}


_RENEW_ALIKE = Remedy(
    text=say(
        "Renew the certificates of the peers alike: the same extended key usage, and the cluster's name in all. Restart one "
        "peer at a time, in a maintenance window."
    ),
    command="Maintenance > Security",
    kind=RemedyKind.DURABLE,
    at=None,
)


def cluster_cert_differs(view: NodeView) -> Iterator[Judgement]:
    """The peers hold different certificates: normal, unless they differ in what they may be used for or are named."""
    if not leads(view):
        return
    held: dict[str, list[tuple[NodeView, Certificate]]] = {
        store: [(peer, leaf) for peer in view.cluster if (leaf := leaf_of(peer))] for store, leaf_of in _STORES
    }
    differing = {store: leaves for store, leaves in held.items() if len({leaf.sha256 for _, leaf in leaves}) > 1}
    if not differing:
        return
    troubles = [
        *(words for store, leaves in differing.items() for words in _usages_differ(store, leaves)),
        *(words for store, leaves in differing.items() for words in _names_differ(view, store, leaves)),
    ]
    usual = say(
        "The peers hold {stores} certificates of their own, as is usual: they are not replicated. What they may be used for "
        "is the same.",
        stores=say("server and client") if len(differing) > 1 else ROLES[next(iter(differing))],
    )
    yield Judgement(
        severity=Severity.WARNING if troubles else Severity.INFO,
        confidence=Confidence.PROVEN,
        subject=cluster_name(view),
        explanation=sentences((*troubles, NOW_AND_THEN)) if troubles else usual,
        remedy=(_RENEW_ALIKE,) if troubles else (),
        evidence=tuple(
            quote.quote_certificate(
                leaf,
                quote.store_file(peer.node, store),
                say("{peer}, {store} store", peer=peer.label, store=ROLES[store]),
            )
            for store, leaves in differing.items()
            for peer, leaf in leaves
        ),
    )


_STORES: Sequence[tuple[str, Callable[[NodeView], Certificate | None]]] = (
    ("server", lambda peer: peer.server_leaf),
    ("client", lambda peer: peer.client_leaf if peer.has_two_stores else None),
)


def _usages_differ(store: str, leaves: Sequence[tuple[NodeView, Certificate]]) -> Iterator[Words]:
    usages = {peer.label: eku_class(leaf) for peer, leaf in leaves}
    if len(set(usages.values())) > 1:
        said = itemized(
            say("{peer} has {usage}", peer=name, usage=_EKU_WORDS.get(usage, usage.value))
            for name, usage in usages.items()
        )
        yield say(
            "The {store} certificates differ in their extended key usage: {usages}.",
            store=ROLES[store],
            usages=said,
        )


def _names_differ(view: NodeView, store: str, leaves: Sequence[tuple[NodeView, Certificate]]) -> Iterator[Words]:
    """A Core's partner may ask for the cluster's name in what the Core presents; elsewhere only the odd one out counts."""
    name = (own_name(view) or "").lower()
    if "." not in name or is_address(name):
        return
    lacking = [peer.label for peer, leaf in leaves if name not in {known.lower() for known in leaf.names}]
    is_asked_for = view.is_core and store == view.expected_store(Side.CLIENT)
    if lacking and (is_asked_for or len(lacking) < len(leaves)):
        yield say(
            "The {store} certificate of {peers} lacks the cluster's name {name}.",
            store=ROLES[store],
            peers=listed(lacking),
            name=name,
        )


RULES = (
    Rule(
        id="cluster-cert-differs",
        title=say("Peers of a cluster hold different certificates"),
        severity=Severity.WARNING,
        judge=cluster_cert_differs,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE),),
        sources=("MRA", "I"),
        meaning="Said of a cluster whose peers hold certificates of their own, which is usual. It is a warning where they "
        "differ in extended key usage, or where some lack the cluster's name: then connections fail with some peers only.",
    ),
)
