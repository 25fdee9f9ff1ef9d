from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from analyzer.evidence import Side
from samples.builders.certificates import SERVER_ONLY, Authority, Identity, self_signed
from samples.builders.handshake import ClientAuthentication, Party, Verification, handshake

ROOT = Authority.root("harbor-DC01-CA")
ISSUING = ROOT.intermediate("harbor-Issuing-CA")
CLIENT = ISSUING.issue("expc.harbor.example")
SERVER = Party(
    identity=ISSUING.issue("expe.harbor.example"), trusts=(ROOT.certificate,), verification=Verification.STRICT
)
EXPIRED = ISSUING.issue(
    "old.harbor.example", not_before=datetime(2024, 1, 1, tzinfo=UTC), not_after=datetime(2025, 1, 1, tzinfo=UTC)
)

both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3"])
def test_mutual_authentication_completes(version: str) -> None:
    transcript = handshake(Party(identity=CLIENT), SERVER, version=version)

    assert transcript.completed
    assert transcript.refused_by is None
    assert transcript.alert is None


@both_versions
@pytest.mark.parametrize(
    ("identity", "error", "alert"),
    [
        (ISSUING.issue("a.example", usages=SERVER_ONLY), 26, 43),
        (EXPIRED, 10, 45),
        (self_signed("a.example"), 18, 48),
        (CLIENT.without_chain(), 20, 48),
    ],
    ids=["purpose", "expired", "self-signed", "incomplete chain"],
)
def test_the_server_refuses_with_the_alert_of_the_reason(
    version: str, identity: Identity, error: int, alert: int
) -> None:
    transcript = handshake(Party(identity=identity), SERVER, version=version)

    assert transcript.refused_by is Side.SERVER
    assert (transcript.verify_error, transcript.alert) == (error, alert)


@pytest.mark.parametrize(("version", "alert"), [("1.2", 40), ("1.3", 116)])
def test_a_missing_client_certificate_is_refused_where_it_is_required(version: str, alert: int) -> None:
    required = handshake(Party(), SERVER, version=version)
    optional = handshake(Party(), SERVER, version=version, client_authentication=ClientAuthentication.OPTIONAL)

    assert (required.verify_error, required.alert) == (None, alert)
    assert optional.completed


@both_versions
def test_a_client_refuses_an_unknown_authority_in_clear(version: str) -> None:
    transcript = handshake(Party(verification=Verification.STRICT), SERVER, version=version)

    assert transcript.refused_by is Side.CLIENT
    assert transcript.flights[-1].payload[-7:] == bytes.fromhex("15030300020230")


def test_any_purpose_forgives_the_usage_and_nothing_else() -> None:
    tolerant = Party(identity=SERVER.identity, trusts=SERVER.trusts, verification=Verification.ANY_PURPOSE)

    assert handshake(Party(identity=ISSUING.issue("a.example", usages=SERVER_ONLY)), tolerant).completed
    assert not handshake(Party(identity=EXPIRED), tolerant).completed


@both_versions
@pytest.mark.parametrize("tickets", [True, False])
def test_a_resumed_session_sends_no_certificate(version: str, tickets: bool) -> None:
    client = Party(identity=CLIENT)
    full = handshake(client, SERVER, version=version, tickets=tickets)

    resumed = handshake(client, SERVER, version=version, tickets=tickets, resume=full)

    assert resumed.completed
    assert resumed.resumed
    assert SERVER.identity is not None
    if version == "1.2":
        assert SERVER.identity.der in full.sent(Side.SERVER)
        assert SERVER.identity.der not in resumed.sent(Side.SERVER)


def test_a_server_with_another_group_asks_to_retry() -> None:
    picky = Party(identity=SERVER.identity, curve=ec.SECP384R1())

    transcript = handshake(Party(identity=CLIENT), picky, version="1.3")

    hello_retry = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891")  # RFC 8446 section 4.1.3
    assert transcript.completed
    assert hello_retry in transcript.sent(Side.SERVER)


def test_the_alert_of_a_refusal_can_be_another() -> None:
    refused = handshake(Party(identity=EXPIRED), SERVER)

    altered = refused.with_alert(46)

    assert altered.alert == 46
    assert altered.sent(Side.SERVER)[:-1] == refused.sent(Side.SERVER)[:-1]
    with pytest.raises(ValueError, match="fatal alert"):
        handshake(Party(identity=CLIENT), SERVER).with_alert(46)


def test_a_client_that_expects_another_name_leaves_without_an_alert() -> None:
    transcript = handshake(Party(identity=CLIENT), SERVER).with_name_refused()

    assert transcript.refused_by is Side.CLIENT
    assert transcript.alert is None
    assert [flight.sender for flight in transcript.flights] == [Side.CLIENT, Side.SERVER]
