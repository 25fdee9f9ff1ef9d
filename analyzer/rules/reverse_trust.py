"""SSH tunnels are refused although the Core's certificate is in order: the Core may not trust the Edge's whole chain.

That SSH wants the whole chain in the list is documented for the Edge's side; that it holds for the Core's side as well is
field judgement without a public source (rules-amendments A11), and therefore inferred.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.evidence import NodeRole, Side
from analyzer.findings import Confidence, Severity
from analyzer.rules import quote
from analyzer.rules.authorities import append_lacking, in_part, name_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.states import denied, is_active
from analyzer.rules.trust import trust_of
from analyzer.rules.view import NodeView
from analyzer.rules.wording import store_name
from analyzer.words import Words, listed, say, sentences


def ssh_reverse_trust_missing(view: NodeView) -> Iterator[Judgement]:
    """The zone is up, the tunnels are refused, and the Core's list lacks a part of the Edge's chain."""
    own = view.leaf_as_client
    if own is None or view.as_client(own).capable is not True:
        return
    for edge in view.partners:
        leaf = edge.server_leaf
        refused = (*denied(view)[0], *denied(edge)[0])
        is_up = any(is_active(zone) for side in (view, edge) for zone in side.traversal_zones)
        if leaf is None or not refused or not is_up:
            continue
        towards = trust_of(edge, view, own, Side.CLIENT) if edge.node.stores.trusted is not None else None
        if towards is not None and (not towards.trusted or towards.lacking):
            continue  # the documented cause stands on the Edge's side
        trust = trust_of(view, edge, leaf, Side.SERVER)
        if trust.trusted and not trust.lacking:
            continue
        missing = (
            listed(name_of(certificate) for certificate in trust.lacking)
            or trust.path.missing_issuer
            or say("its root")
        )
        yield Judgement(
            severity=Severity.WARNING,
            confidence=Confidence.INFERRED,
            subject=edge.node.name or "",
            explanation=sentences((_lacking(view, missing), in_part(view))),
            remedy=(append_lacking(view, (leaf,), missing),),
            evidence=(
                *refused,
                quote.quote_certificate(
                    leaf,
                    quote.store_file(edge.node, "server"),
                    say("the Edge's {store}", store=store_name(edge, "server")),
                ),
                *(quote.quote_certificate(c, None, say("not in the Core's list")) for c in trust.lacking),
            ),
        )


def _lacking(view: NodeView, missing: str) -> Words:
    return say(
        "The zone is Active, the Core's client certificate has clientAuth, and the SSH tunnels are refused. The trusted "
        "CA list of {node} lacks {missing}, which stands above the Edge's server certificate. That SSH wants the whole "
        "chain on the Core's side as well is inferred, no source says so.",
        node=view.node.name,
        missing=missing,
    )


RULES = (
    Rule(
        id="ssh-reverse-trust-missing",
        title=say("SSH tunnels are refused: the Core does not trust the whole chain of the Edge"),
        severity=Severity.WARNING,
        judge=ssh_reverse_trust_missing,
        needs=(Need.TRUSTED_LIST, Need.PARTNER, (Need.STATUS, Need.LOG, Need.CAPTURE)),
        roles=(NodeRole.CORE,),
        sources=("T1", "X"),
        meaning="The traversal zone is up and the SSH tunnels are refused, the Core's client certificate and the Edge's trust of "
        "it are in order, and the Core's trusted CA list lacks a part of the chain of the Edge's server certificate. Inferred.",
    ),
)
