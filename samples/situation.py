"""What a sample is: how its bundles are made, and what is right to conclude from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analyzer.evidence import Outcome, Side, Store, Visibility
from samples.builders.bundle import Bundle

_UNSAID_BY_ALL = {
    "the Default Zone's TLS verify and media encryption modes (xconf_dump)",
    "the chat node aliases (no dump names them)",
}
UNSAID_BY_EDGE = frozenset({*_UNSAID_BY_ALL, "the domains of XMPP federation (no dump names them)"})
UNSAID_BY_CORE = frozenset(
    {*_UNSAID_BY_ALL, "the names of Unified CM's phone security profiles (no dump names them)"}
)
UNSAID = UNSAID_BY_EDGE | UNSAID_BY_CORE
"""What findings lack that are about settings which the dumps of the samples do not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedVerdict:
    """One verdict of the report, by what it must say.

    Attributes:
        local_role: None: the sample cannot tell.
        visibility: None: no capture shows a handshake with this peer.
        store: None: not visible, or nothing to compare with.
    """

    node: str
    peer: str
    local_role: Side | None
    visibility: Visibility | None
    store: Store | None
    outcome: Outcome
    refused_by: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One sample.

    Attributes:
        name: of its folder.
        title: what it stands for in Cisco's document 225693, or in the field.
        made: how.
        shows: what a reader can see in the evidence.
        verdict: the right answer, in words.
        build: makes its bundles, Core before Edge, with keys of a kind (`rsa2048`).
        verdicts: all verdicts of the report.
        critical: ids of all findings that are critical, on whichever node.
        warning: ids of all that are warnings; one node's warning may be another's remark.
        noted: ids of all that are `ok` or `info`.
        missing: what findings that are not determinable lack, in their words.
        absent: ids of look-alikes that would be wrong, though they may be not determinable.
    """

    name: str
    title: str
    made: str
    shows: str
    verdict: str
    build: Callable[[str], tuple[Bundle, ...]]
    verdicts: tuple[ExpectedVerdict, ...]
    critical: frozenset[str] = frozenset()
    warning: frozenset[str] = frozenset()
    noted: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()


def no_sign_of_webex(node: str = "expe") -> ExpectedVerdict:
    """Return the verdict that an Edge has which never spoke to Webex."""
    return ExpectedVerdict(
        node=node, peer="Webex", local_role=None, visibility=None, store=None, outcome=Outcome.UNKNOWN
    )
