"""The truth table as data: what the four certificates, the Edge's check and its release make of the traversal zone.

The rows and their numbers are those of the diagnosis catalogue, section 8; the first one that fits is taken. A row whose
number ends in an asterisk stretches another one to what that leaves open, and so is inferred. The table takes chains for
trusted and names for right.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from analyzer.facts.releases import Version
from analyzer.findings import Basis
from analyzer.rules.outlook.row import (
    BEFORE_SPLIT,
    BOTH,
    FAILS,
    INFERRED,
    MRA_DOWN,
    NEEDS_BOTH,
    OLD,
    SERVER_ONLY,
    SSH_DOWN,
    SSH_WANTS,
    STATED,
    UNCHECKED,
    WORKS,
    Constellation,
    Row,
    Says,
    refused,
)
from analyzer.rules.outlook.unusual import NOT_A_SERVER, WITH_CHECK, rows_out_of_the_ordinary
from analyzer.words import say, sentences

_ENOUGH = say("The Core's client certificate has clientAuth: that is enough, whatever the check says.")
_WEBRTC = say("WebRTC likewise.")
_CLIENTS_ASK = say("Clients ask whether to accept the Edge's certificate, unless its CA is in their trust store.")
_DECIDES = say("The client store decides, not the server store.")
_MRA_NOT = Says(FAILS, STATED, ("S",), NEEDS_BOTH)


def _all_work(number: str, basis: Basis, *sources: str) -> Row:
    says = Says(WORKS, basis, sources, _ENOUGH)
    return Row(
        number=number,
        core_client=BOTH,
        zone=says,
        tunnels=says,
        remote_access=Says(WORKS, basis, sources, sentences((_ENOUGH, _WEBRTC))),
    )


def _rows_of_x15_5() -> Iterator[Row]:
    servers = {"core_server": SERVER_ONLY, "edge_client": SERVER_ONLY, "edge_server": SERVER_ONLY}
    one = Row(
        number="1",
        core_client=SERVER_ONLY,
        check="On",
        zone=refused(STATED, "S"),
        tunnels=SSH_DOWN,
        remote_access=_MRA_NOT,
    )
    two = Row(
        number="2",
        core_client=SERVER_ONLY,
        check="Off",
        zone=Says(WORKS, STATED, ("S",), UNCHECKED),
        tunnels=Says(FAILS, STATED, ("S",), SSH_WANTS),
        remote_access=_MRA_NOT,
    )
    yield replace(one, **servers)
    yield replace(two, **servers)
    stated, works = _all_work("3", STATED, "S"), _all_work("3*", INFERRED, "S")
    for number, check in (("3", "On"), ("4", "Off")):
        yield replace(stated, number=number, check=check, private=frozenset({"core_client"}), **servers)
    yield replace(works, number="5", core_server=BOTH, edge_client=SERVER_ONLY, edge_server=SERVER_ONLY)
    all_both = {"core_server": BOTH, "edge_client": BOTH, "edge_server": BOTH}
    asked = Says(WORKS, STATED, ("S",), sentences((works.remote_access.words, _CLIENTS_ASK)))
    four = frozenset({"core_client", *all_both})
    yield replace(works, number="6", private=four, remote_access=asked, **all_both)
    yield replace(_all_work("7", INFERRED, "S", "P"), **all_both)
    yield replace(works, number="8", core_server=SERVER_ONLY, edge_client=BOTH, edge_server=SERVER_ONLY)
    yield works
    lacking = refused(INFERRED, "S")
    like_one = replace(one, number="1*", zone=lacking, remote_access=MRA_DOWN)
    decides = replace(lacking, words=sentences((lacking.words, _DECIDES)))
    yield replace(like_one, number="9", core_server=BOTH, zone=decides)
    yield like_one
    like_two = replace(
        two,
        number="2*",
        zone=replace(two.zone, basis=INFERRED),
        tunnels=replace(two.tunnels, basis=INFERRED),
        remote_access=MRA_DOWN,
    )
    yield replace(like_two, number="10", core_server=BOTH)
    yield like_two


def _rows_of_older_releases() -> Iterator[Row]:
    """X15.4 and before: one store, no switch for the check."""
    server_alone = say(
        "The traversal zone wants clientAuth in the Core's certificate, and serverAuth alone in the Edge's."
    )
    split_allowed = Row(
        number="X15.4",
        releases=BEFORE_SPLIT,
        core_client=BOTH,
        edge_server=BOTH | SERVER_ONLY,
        zone=Says(WORKS, STATED, ("P",), server_alone),
        tunnels=Says(WORKS, INFERRED, ("P",), say("Mobile and remote access works, and that needs the tunnels.")),
        remote_access=Says(WORKS, STATED, ("P",), say("Of the Edge's certificate only serverAuth is asked for.")),
    )
    yield split_allowed
    yield replace(
        split_allowed,
        edge_server=None,
        zone=replace(split_allowed.zone, basis=INFERRED),
        remote_access=replace(split_allowed.remote_access, basis=INFERRED),
    )
    kept = Says(WORKS, INFERRED, ("P",), say("Both certificates have both usages, as these releases want them."))
    combined = Row(number="X15.3", releases=OLD, core_client=BOTH, zone=kept, tunnels=kept, remote_access=kept)
    yield replace(combined, edge_server=BOTH)
    registration = say("The Edge's certificate has serverAuth only: SIP registration fails (SIP SERVICE).")
    there = say("The traversal zone wants clientAuth in the Core's certificate, and it is there.")
    missing = say("The traversal zone wants clientAuth in the Core's certificate, and it is missing.")
    yield replace(
        combined,
        edge_server=SERVER_ONLY,
        zone=replace(kept, words=there),
        tunnels=replace(kept, words=say("The Core's certificate has clientAuth.")),
        remote_access=Says(FAILS, STATED, ("P",), registration),
    )
    for number, releases in (("X15.4", BEFORE_SPLIT), ("X15.3", OLD)):
        yield Row(
            number=number,
            releases=releases,
            core_client=SERVER_ONLY,
            zone=Says(FAILS, STATED, ("P",), missing),
            tunnels=replace(SSH_DOWN, sources=("P",)),
            remote_access=replace(MRA_DOWN, sources=("P",)),
        )
        for row in WITH_CHECK:
            yield _cited(replace(row, number=number, releases=releases))


def _cited(row: Row) -> Row:
    """Cite P for an older release: S tells of X15.5 alone."""
    parts = {"zone": row.zone, "tunnels": row.tunnels, "remote_access": row.remote_access}
    return replace(
        row, **{name: replace(says, sources=("P",)) for name, says in parts.items() if says.sources == ("S",)}
    )


TABLE: tuple[Row, ...] = (
    NOT_A_SERVER,
    *_rows_of_x15_5(),
    *rows_out_of_the_ordinary(),
    *_rows_of_older_releases(),
)


def look_up(what: Constellation, release: Version) -> Row | None:
    """Return the row of a constellation on an Edge's release; None: the table says nothing of it."""
    return next((row for row in TABLE if row.fits(what, release)), None)
