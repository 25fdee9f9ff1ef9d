"""The steps that a verdict calls for by itself: what to collect, and what a refusal asks for of ends that are not known."""

from __future__ import annotations

from analyzer.evidence import Connection, Outcome, Visibility
from analyzer.findings import HERE, Remedy, RemedyKind
from analyzer.rules.alert_meanings import BY_CODE
from analyzer.rules.refused_ends import RefusedEnds
from analyzer.rules.rule import Need
from analyzer.rules.wording import THE_SIDE
from analyzer.words import Words, say

LOG_ALONE = Remedy(text=Need.CAPTURE.collect, kind=RemedyKind.COLLECT)
CALL_WEBEX = Remedy(
    text=say('Place a call to Webex while diagnostic logging runs with "Take tcpdump while logging" ticked.'),
    kind=RemedyKind.COLLECT,
)

_WHO_THEY_ARE = Remedy(
    text=say(
        "Add the whole diagnostic bundle of the Expressway at either end: its addresses, stores and log are needed to explain "
        "the refusal."
    ),
    kind=RemedyKind.COLLECT,
    at=None,
)


def how_to_see(visibility: Visibility | None) -> tuple[Remedy, ...]:
    """Return how to come to see a certificate that was not to be seen."""
    match visibility:
        case Visibility.RESUMED | Visibility.NOT_CAPTURED:
            text = say(
                "Capture a full handshake: disable and enable the zone, or restart the service, while logging."
            )
            return (Remedy(text=text, kind=RemedyKind.COLLECT, at=HERE),)
        case Visibility.ENCRYPTED:
            text = say(
                "The other Expressway's log, at DEBUG, names what this one presented: give the bundles of both."
            )
            return (Remedy(text=text, kind=RemedyKind.COLLECT, at=None),)
        case _:
            return ()


def of_unknown_ends(connection: Connection) -> tuple[Remedy, ...]:
    """Return what a refusal asks for where no rule can judge it: whose certificate it was is not known."""
    if connection.local_role is not None or connection.outcome is not Outcome.REFUSED or not connection.refused_by:
        return ()
    refused = connection.refused_by.other
    alert = connection.refusing_alert
    meaning = BY_CODE.get(alert.code) if alert else None
    ends = RefusedEnds(presenter=THE_SIDE[refused], verifier=THE_SIDE[refused.other], side=refused)
    return (*(meaning.remedy(ends) if meaning else ()), _WHO_THEY_ARE)


def collected(steps: tuple[Remedy, ...]) -> Words | None:
    """Return what the contract calls `collect`: what makes an answer determinable."""
    return next((step.text for step in steps if step.kind is RemedyKind.COLLECT), None)
