"""What to order in place of a certificate, from whom, and by when: one sentence or two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from analyzer.evidence import Certificate, CertificateOrigin, Side
from analyzer.rules.renewal import Renewal, is_over, lasts_until
from analyzer.rules.view import NodeView


def what_to_order(
    view: NodeView, leaf: Certificate, roles: Sequence[Side], renewal: Renewal, stops_on: date | None
) -> str:
    """Say what to order. `stops_on`: the last day of what is there; None: it does not do now."""
    if not roles:
        return "Nothing: this release does not present it."
    time = view.node.reference_time.time
    late = stops_on is None or (time is not None and stops_on < time.date())
    when = "now" if late else f"before {stops_on}"
    if Side.CLIENT in roles:
        return _for_a_client(view, leaf, roles, renewal, stops_on, when)
    said = {
        CertificateOrigin.PUBLIC: f"From this CA ({_issuer(view, leaf)}) or another public one, {when}: serverAuth is enough.",
        CertificateOrigin.PRIVATE: f"From the same private CA ({_issuer(view, leaf)}), {when}: serverAuth is enough.",
    }
    sentence = said.get(renewal.origin.origin, f"From a CA that the clients trust, {when}: serverAuth is enough.")
    if view.version is None:
        return f"{sentence} Before X15.5 it is presented as a client's, too, and needs clientAuth."
    return sentence


def _for_a_client(
    view: NodeView, leaf: Certificate, roles: Sequence[Side], renewal: Renewal, stops_on: date | None, when: str
) -> str:
    both = "serverAuth and clientAuth"
    issuer = _issuer(view, leaf)
    match renewal.origin.origin:
        case CertificateOrigin.PRIVATE:
            return f"From the same private CA ({issuer}), {when}, with {both}: the sunset does not concern it."
        case CertificateOrigin.PUBLIC:
            return f"{_beside_public(view, roles, renewal, when)}{_once_more(view, issuer, renewal, stops_on)}"
        case CertificateOrigin.UNKNOWN:
            return f"With {both}, {when}. Whether its CA ({issuer}) is public is not known: ask whether it issues clientAuth."
        case _:
            return f"From a CA that the peers trust, {when}, with {both}."


def _beside_public(view: NodeView, roles: Sequence[Side], renewal: Renewal, when: str) -> str:
    """Say what to order for good in place of a public certificate that is presented as a client's."""
    both = "serverAuth and clientAuth"
    if renewal.alternative is not None:
        return f"From this CA again, {when}, with clientAuth asked for; peers must trust {renewal.alternative.name}."
    if view.is_core:
        return f"From a private CA that the Edge and the other peers are made to trust, {when}, with {both}."
    if Side.SERVER in roles:
        return (
            f"For good: X15.5, which has a client store of its own. Until then from a CA that still issues {both} "
            f"and that the clients trust, {when}."
        )
    return (
        f"For peers that check, from a CA that still issues clientAuth and that they trust, {when}, with {both}. For others "
        "nothing."
    )


def _once_more(view: NodeView, issuer: str, renewal: Renewal, stops_on: date | None) -> str:
    """Say until when the same CA still issues clientAuth."""
    ends, time = renewal.ends, view.node.reference_time.time
    if ends is None or (time is not None and is_over(ends, time.date())):
        return ""
    first = ends.effective_on if stops_on is None else min(ends.effective_on, stops_on)
    last = lasts_until(first, view.facts)
    until = f"; it then lasts until {last} at most" if last else ""
    return f" Or from this CA ({issuer}), if it is ordered before {first} with clientAuth asked for{until}."


def _issuer(view: NodeView, leaf: Certificate) -> str:
    above = view.path(leaf).certificates[1:]
    return (above[0].common_name if above else None) or leaf.issuer or "name not readable"
