"""Rows of the truth table for certificates out of the ordinary: as measured with OpenSSL, or not known."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from analyzer.rules.outlook.row import (
    FAILS,
    INFERRED,
    MRA_DOWN,
    NEEDS_BOTH,
    SSH_DOWN,
    SSH_WANTS,
    WORKS,
    Row,
    Says,
    open_question,
    refused,
)
from analyzer.rules.outlook.usages import Usage
from analyzer.words import Words, say, sentences


def _not_told_of_ssh(number: str, usage: Usage, what: Words, zone: Says) -> Row:
    """Return the row of a certificate of which no source says what the SSH tunnels make of it."""
    tunnels = open_question(say("No source says whether the SSH tunnels accept {what}.", what=what))
    remote = MRA_DOWN if zone.prospect is FAILS else replace(tunnels, words=sentences((NEEDS_BOTH, tunnels.words)))
    return Row(number=number, core_client=frozenset({usage}), zone=zone, tunnels=tunnels, remote_access=remote)


NOT_A_SERVER = Row(
    number="11",
    releases="",
    edge_serves=False,
    zone=Says(
        FAILS,
        INFERRED,
        ("M",),
        say("The Core refuses the Edge's server certificate, which may not be used as a server's."),
    ),
    tunnels=Says(FAILS, INFERRED, ("M",), say("The traversal zone is down.")),
    remote_access=Says(
        FAILS, INFERRED, ("M",), say("The traversal zone is down, and clients refuse the certificate too.")
    ),
)

_UNUSUAL = {
    Usage.NONE: say("a certificate without extended key usage"),
    Usage.HINDERED: say("a certificate whose key usage or whose authority does not allow client use"),
    Usage.ANY_ONLY: say("a certificate that has anyExtendedKeyUsage only"),
    Usage.CLIENT_ONLY: say("a certificate with clientAuth and without serverAuth"),
}
_STRICT = say("A check refuses {what}, in the same words as one without clientAuth.", what=_UNUSUAL[Usage.HINDERED])
WITH_CHECK = (
    _not_told_of_ssh(
        "12",
        Usage.NONE,
        _UNUSUAL[Usage.NONE],
        Says(WORKS, INFERRED, ("M",), say("OpenSSL accepts a certificate without extended key usage.")),
    ),
    _not_told_of_ssh("13", Usage.HINDERED, _UNUSUAL[Usage.HINDERED], Says(FAILS, INFERRED, ("M",), _STRICT)),
    _not_told_of_ssh(
        "13*",
        Usage.ANY_ONLY,
        _UNUSUAL[Usage.ANY_ONLY],
        Says(FAILS, INFERRED, ("M",), say("For clientAuth anyExtendedKeyUsage does not stand in.")),
    ),
    Row(
        number="1*",
        core_client=frozenset({Usage.OTHER}),
        zone=refused(INFERRED, "M"),
        tunnels=SSH_DOWN,
        remote_access=MRA_DOWN,
    ),
)
"""Certificates out of the ordinary before a verifier that checks, as measured with OpenSSL."""


def rows_out_of_the_ordinary() -> Iterator[Row]:
    """Yield what X15.5 makes of them. Without the check it is not known what is still checked, but for an absent extension."""
    words = say("A check for client use accepts a certificate with clientAuth alone.")
    accepted = Says(WORKS, INFERRED, ("M",), words)
    client_alone = _not_told_of_ssh("3*", Usage.CLIENT_ONLY, _UNUSUAL[Usage.CLIENT_ONLY], accepted)
    yield WITH_CHECK[0]
    for row in (*WITH_CHECK[1:], client_alone):
        yield replace(row, check="On")
    for usage in (Usage.HINDERED, Usage.ANY_ONLY, Usage.CLIENT_ONLY):
        what = _UNUSUAL[usage]
        zone = open_question(
            say("No source says what the Edge still checks of {what} when its check is off.", what=what)
        )
        yield _not_told_of_ssh("13*", usage, what, zone)
    off = open_question(say("No source says what the Edge still checks of a certificate that has neither usage."))
    yield replace(WITH_CHECK[3], zone=off, tunnels=Says(FAILS, INFERRED, ("S",), SSH_WANTS))
