"""What a row of the truth table is: which certificates, check and release it is about, and what it says."""

from __future__ import annotations

from msgspec import Struct

from analyzer.facts.releases import Version
from analyzer.findings import Basis, Prospect
from analyzer.rules.outlook.usages import Usage
from analyzer.words import Words, say

WORKS, FAILS, UNKNOWN = Prospect.WORKS, Prospect.FAILS, Prospect.UNKNOWN
STATED, INFERRED = Basis.STATED, Basis.INFERRED
BOTH, SERVER_ONLY = frozenset({Usage.BOTH}), frozenset({Usage.SERVER_ONLY})
SPLIT, BEFORE_SPLIT, OLD = ">=X15.5", "==X15.4", "<=X15.3"


class Constellation(Struct, frozen=True, kw_only=True):
    """What decides about the traversal zone between a Core and an Edge. None: not known.

    Attributes:
        edge_serves: whether the Edge's server certificate may be used as a server's, along its whole path.
        check: On or Off, on the Edge; None also where its release has no such check.
        private: which of the four come from a private authority (`core_client` …).
    """

    core_client: Usage | None
    core_server: Usage | None
    edge_client: Usage | None
    edge_server: Usage | None
    edge_serves: bool | None
    check: str | None
    private: frozenset[str] = frozenset()


class Says(Struct, frozen=True):
    """What a row says of one service; `sources` are codes of citations."""

    prospect: Prospect
    basis: Basis
    sources: tuple[str, ...]
    words: Words


class Row(Struct, frozen=True, kw_only=True):
    """One row. Of what it tells by, None is anything."""

    number: str
    releases: str = SPLIT
    core_client: frozenset[Usage] | None = None
    core_server: frozenset[Usage] | None = None
    edge_client: frozenset[Usage] | None = None
    edge_server: frozenset[Usage] | None = None
    edge_serves: bool = True
    check: str | None = None
    private: frozenset[str] = frozenset()
    zone: Says
    tunnels: Says
    remote_access: Says

    def fits(self, what: Constellation, release: Version) -> bool:
        """Whether the row is about this constellation."""
        held = (what.core_client, what.core_server, what.edge_client, what.edge_server)
        wanted = (self.core_client, self.core_server, self.edge_client, self.edge_server)
        return (
            (not self.releases or release.matches(self.releases))
            and self.edge_serves == what.edge_serves
            and self.check in {None, what.check}
            and self.private <= what.private
            and all(usages is None or usage in usages for usage, usages in zip(held, wanted, strict=True))
        )


def refused(basis: Basis, *sources: str) -> Says:
    """Say that the zone's server refuses what lacks clientAuth."""
    words = say("The Edge checks, and the Core's client certificate lacks clientAuth.")
    return Says(FAILS, basis, sources, words)


def open_question(words: Words) -> Says:
    """Say that it is not known, and why not."""
    return Says(UNKNOWN, INFERRED, (), words)


UNCHECKED = say("The Edge does not check usages: a certificate without clientAuth will do.")
SSH_WANTS = say("The SSH tunnels want clientAuth whatever the check says: Permission denied.")
ZONE_DOWN = say("The traversal zone is down, and the SSH tunnels want clientAuth as well.")
NEEDS_BOTH = say("It needs both the traversal zone and the SSH tunnels.")
MRA_DOWN = Says(FAILS, INFERRED, ("S",), NEEDS_BOTH)
SSH_DOWN = Says(FAILS, INFERRED, ("S",), ZONE_DOWN)
