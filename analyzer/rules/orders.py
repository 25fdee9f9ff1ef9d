"""What to order in place of a certificate, from whom, and by when: one sentence or two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from analyzer.evidence import Certificate, CertificateOrigin, Side
from analyzer.rules.renewal import Renewal, is_over, lasts_until
from analyzer.rules.view import NodeView
from analyzer.words import Words, say, sentences


def what_to_order(
    view: NodeView, leaf: Certificate, roles: Sequence[Side], renewal: Renewal, stops_on: date | None
) -> Words:
    """Say what to order. `stops_on`: the last day of what is there; None: it does not do now."""
    if not roles:
        return say("Nothing: this release does not present it.")
    time = view.node.reference_time.time
    late = stops_on is None or (time is not None and stops_on < time.date())
    when = say("now") if late else say("before {day}", day=stops_on)
    if Side.CLIENT in roles:
        return _for_a_client(view, leaf, roles, renewal, stops_on, when)
    sentence = _for_a_server(_issuer(view, leaf), renewal, when)
    if view.version is None:
        older = say("Before X15.5 it is presented as a client's, too, and needs clientAuth.")
        return sentences((sentence, older))
    return sentence


def _for_a_server(issuer: str, renewal: Renewal, when: Words) -> Words:
    match renewal.origin.origin:
        case CertificateOrigin.PUBLIC:
            return say(
                "From this CA ({issuer}) or another public one, {when}: serverAuth is enough.",
                issuer=issuer,
                when=when,
            )
        case CertificateOrigin.PRIVATE:
            return say("From the same private CA ({issuer}), {when}: serverAuth is enough.", issuer=issuer, when=when)
        case _:
            return say("From a CA that the clients trust, {when}: serverAuth is enough.", when=when)


def _for_a_client(
    view: NodeView, leaf: Certificate, roles: Sequence[Side], renewal: Renewal, stops_on: date | None, when: Words
) -> Words:
    issuer = _issuer(view, leaf)
    match renewal.origin.origin:
        case CertificateOrigin.PRIVATE:
            return say(
                "From the same private CA ({issuer}), {when}, with serverAuth and clientAuth: the sunset does not "
                "concern it.",
                issuer=issuer,
                when=when,
            )
        case CertificateOrigin.PUBLIC:
            once_more = _once_more(view, issuer, renewal, stops_on)
            return sentences((_beside_public(view, roles, renewal, when), *((once_more,) if once_more else ())))
        case CertificateOrigin.UNKNOWN:
            return say(
                "With serverAuth and clientAuth, {when}. Whether its CA ({issuer}) is public is not known: ask whether "
                "it issues clientAuth.",
                issuer=issuer,
                when=when,
            )
        case _:
            return say("From a CA that the peers trust, {when}, with serverAuth and clientAuth.", when=when)


def _beside_public(view: NodeView, roles: Sequence[Side], renewal: Renewal, when: Words) -> Words:
    """Say what to order for good in place of a public certificate that is presented as a client's."""
    if renewal.alternative is not None:
        return say(
            "From this CA again, {when}, with clientAuth asked for; peers must trust {root}.",
            when=when,
            root=renewal.alternative.name,
        )
    if view.is_core:
        return say(
            "From a private CA that the Edge and the other peers are made to trust, {when}, with serverAuth and "
            "clientAuth.",
            when=when,
        )
    if Side.SERVER in roles:
        return say(
            "For good: X15.5, which has a client store of its own. Until then from a CA that still issues serverAuth "
            "and clientAuth and that the clients trust, {when}.",
            when=when,
        )
    return say(
        "For peers that check, from a CA that still issues clientAuth and that they trust, {when}, with serverAuth and "
        "clientAuth. For others nothing.",
        when=when,
    )


def _once_more(view: NodeView, issuer: str, renewal: Renewal, stops_on: date | None) -> Words | None:
    """Say until when the same CA still issues clientAuth."""
    ends, time = renewal.ends, view.node.reference_time.time
    if ends is None or (time is not None and is_over(ends, time.date())):
        return None
    first = ends.effective_on if stops_on is None else min(ends.effective_on, stops_on)
    last = lasts_until(first, view.facts)
    if last is None:
        return say(
            "Or from this CA ({issuer}), if it is ordered before {day} with clientAuth asked for.",
            issuer=issuer,
            day=first,
        )
    return say(
        "Or from this CA ({issuer}), if it is ordered before {day} with clientAuth asked for; it then lasts until {last} "
        "at most.",
        issuer=issuer,
        day=first,
        last=last,
    )


def _issuer(view: NodeView, leaf: Certificate) -> str:
    above = view.path(leaf).certificates[1:]
    return (above[0].common_name if above else None) or leaf.issuer or say("name not readable")
