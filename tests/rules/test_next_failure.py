"""What would fail next behind the error that was reported."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import (
    Case,
    Certificate,
    Connection,
    MemberKind,
    Node,
    Peer,
    ReadState,
    Setting,
    Side,
    Visibility,
    Zone,
)
from analyzer.facts.settings import REVOCATION_CHECKING_MODE
from analyzer.facts.verification import CHECKS_OF_ALERT, Check
from analyzer.rules.next_failure import failures_behind
from analyzer.rules.verification import CheckResult, Presented, Verifier, check_all
from analyzer.rules.view import views_of
from samples.builders.certificates import NOT_AFTER, Authority, Identity
from samples.builders.handshake import Party, Verification, handshake
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import (
    CORE,
    CUBE,
    EDGE,
    INTERNET,
    NAMED,
    SOME_CORE,
    SOME_EDGE,
    START,
    WEBEX,
    core,
    edge,
    mode,
    stores,
    zone,
)
from tests.rules.pki import (
    BOTH,
    CORE_CLIENT,
    CORE_SERVER,
    EDGE_SERVER,
    EVERYONE,
    SERVER_ONLY,
    authority,
    certificate,
    chain,
    read,
)

RULE = "next-failure-behind-this"

STRANGE = authority("Quarry")
OLD = datetime(2026, 2, 1, tzinfo=UTC)
CORE_NAME = "core.harbor.example"
UNTRUSTED_SERVER_ONLY = certificate(CORE_NAME, SERVER_ONLY, STRANGE)
UNTRUSTED = certificate(CORE_NAME, BOTH, STRANGE)
SERVER_ONLY_EXPIRED = certificate(CORE_NAME, SERVER_ONLY, not_after=OLD)
EXPIRED_MISNAMED = certificate("other.harbor.example", BOTH, not_after=OLD)
SERVER_ONLY_ALONE = certificate(CORE_NAME, SERVER_ONLY)


def refused(
    at: Node, leaf: Certificate, code: int, peer: Peer = SOME_CORE, error: str | None = None, **more: Any
) -> Case:
    """A client's certificate that this node, as server, refused with an alert."""
    sent = connection(at, peer, role=Side.SERVER, server=EDGE_SERVER, client=leaf, alert=(Side.SERVER, code), **more)
    lines = [event(at, peer, error=error, role=Side.SERVER, joined="c1", detail="words")] if error else []
    return case(at, connections=[sent], events=lines)


def explanation(judged: Case) -> str:
    (found,) = made(judged, RULE)
    return found.explanation


# Where the chain ends the checks, and what comes behind


def test_an_untrusted_chain_hides_the_missing_client_usage() -> None:
    judged = refused(edge(), UNTRUSTED_SERVER_ONLY, 48, error="issuer-missing")

    assert judge(judged, RULE) == {("warning", "strong", SOME_CORE.name)}
    assert "lacks clientAuth" in explanation(judged)
    assert causes(judged)["edge", RULE] == "peer-ca-not-trusted"


def test_the_missing_client_usage_comes_before_an_expired_certificate() -> None:
    judged = refused(edge(), SERVER_ONLY_EXPIRED, 43)

    assert "had expired on 2026-02-01" in explanation(judged)
    assert "In order: " in explanation(judged)
    assert causes(judged)["edge", RULE] == "core-client-eku-missing-check-on"


def test_a_wrong_name_comes_after_all_that_openssl_checks() -> None:
    judged = refused(edge(), EXPIRED_MISNAMED, 45)

    assert "TLS verify subject name of zone UC traversal on edge, core.harbor.example, is not among" in explanation(
        judged
    )


def test_all_that_waits_is_named_in_the_order_of_the_checks() -> None:
    leaf = certificate("other.harbor.example", SERVER_ONLY, STRANGE, not_after=OLD)
    text = explanation(refused(edge(), leaf, 48))

    assert text.index("clientAuth") < text.index("had expired") < text.index("TLS verify subject name")


def test_the_second_certificate_that_the_list_lacks_waits_behind_the_first() -> None:
    """The chain comes without its intermediate, and the list has neither that nor the root."""
    node = edge()
    sent = connection(
        node, SOME_CORE, role=Side.SERVER, server=EDGE_SERVER, client=(UNTRUSTED,), alert=(Side.SERVER, 48)
    )
    owner = core(stores=stores(CORE_SERVER, UNTRUSTED, chain(UNTRUSTED, root=True)[1:]))
    judged = case(node, owner, connections=[sent])

    (found,) = [one for one in made(judged, RULE) if one.node == "edge"]
    assert "lacks Quarry Issuing CA and Quarry Root CA" in found.explanation


# Near misses


@pytest.mark.parametrize(
    ("leaf", "code"),
    [
        (UNTRUSTED, 48),
        (SERVER_ONLY_ALONE, 43),
        (certificate(CORE_NAME, BOTH, not_after=OLD), 45),
        (certificate("other.harbor.example", BOTH), 42),
    ],
    ids=["trust", "purpose", "dates", "names"],
)
def test_a_certificate_with_one_fault_has_nothing_behind_it(leaf: Certificate, code: int) -> None:
    assert judge(refused(edge(), leaf, code), RULE) == set()


def test_what_fails_before_the_reported_check_contradicts_it_and_is_not_claimed() -> None:
    """The Edge said "purpose": it trusted the chain then, whatever the file says now."""
    assert judge(refused(edge(), UNTRUSTED_SERVER_ONLY, 43), RULE) == set()


def test_a_purpose_that_is_not_checked_does_not_wait() -> None:
    assert judge(refused(edge(settings=mode("Off")), UNTRUSTED_SERVER_ONLY, 48), RULE) == set()


def test_older_releases_always_check_the_purpose() -> None:
    old = edge(version="X14.3", settings={})
    unknown = edge(version=None, settings={}, stores=stores(EDGE_SERVER, None))

    assert judge(refused(old, UNTRUSTED_SERVER_ONLY, 48), RULE) == {("warning", "strong", SOME_CORE.name)}
    assert judge(refused(unknown, UNTRUSTED_SERVER_ONLY, 48), RULE) == set()


def test_a_list_that_is_absent_or_was_read_in_part_claims_no_trust() -> None:
    node = edge()
    damaged = tuple(
        replace(member, read=ReadState.PART) if member.kind is MemberKind.CA_PEM else member
        for member in node.members
    )
    for view_of in (replace(node, stores=stores(EDGE_SERVER, EDGE_SERVER, None)), replace(node, members=damaged)):
        view = views_of(refused(view_of, UNTRUSTED, 48))[0]
        presented = Presented(owner=view, chain=chain(UNTRUSTED), side=Side.CLIENT, time=START)
        results = {one.check: one for one in check_all(presented, Verifier(view=view))}
        assert results[Check.TRUST].passed is None


def test_a_name_is_not_judged_without_a_zone_that_verifies_it() -> None:
    for node in (edge(zones=(zone(tls_verify_mode="Off"),)), edge(zones=(zone(tls_verify_subject=None),))):
        assert judge(refused(node, EXPIRED_MISNAMED, 45), RULE) == set()


def test_a_wildcard_covers_the_name_for_all_that_is_known() -> None:
    leaf = certificate("", BOTH, names=("*.harbor.example",), not_after=OLD)

    assert judge(refused(edge(), leaf, 45), RULE) == set()


def test_what_completed_since_needs_no_second_repair() -> None:
    node = edge()
    first = connection(
        node, SOME_CORE, role=Side.SERVER, server=EDGE_SERVER, client=SERVER_ONLY_EXPIRED, alert=(Side.SERVER, 43)
    )
    works = connection(node, SOME_CORE, role=Side.SERVER, server=EDGE_SERVER, client=UNTRUSTED, completed=True, at=60)

    assert judge(case(node, connections=[first]), RULE) != set()
    assert judge(case(node, connections=[first, works]), RULE) == set()


def test_the_internet_has_no_next_failure() -> None:
    assert judge(refused(edge(), SERVER_ONLY_EXPIRED, 43, INTERNET), RULE) == set()


# The other end verified


def test_of_a_stranger_only_what_every_verifier_checks_is_claimed() -> None:
    """Whether Webex looks at the extended key usage no source says; an expired certificate everybody refuses."""
    node = edge()
    for leaf, expected in (
        (certificate("edge.harbor.example", SERVER_ONLY), set()),
        (certificate("edge.harbor.example", SERVER_ONLY, not_after=OLD), {("warning", "inferred", "Webex")}),
    ):
        sent = connection(node, WEBEX, role=Side.CLIENT, client=leaf, alert=(Side.SERVER, 48))
        judged = case(node, connections=[sent])
        assert judge(judged, RULE) == expected
        if expected:
            assert "clientAuth" not in explanation(judged)
            assert "the verifier's trusted CA list is not at hand" in explanation(judged)


def test_a_partner_verifies_with_its_own_list_and_mode() -> None:
    owner = core(stores=stores(CORE_SERVER, UNTRUSTED_SERVER_ONLY))
    sent = connection(owner, EDGE, role=Side.CLIENT, client=UNTRUSTED_SERVER_ONLY, alert=(Side.SERVER, 48))

    judged = case(owner, edge(), connections=[sent])

    assert judge(judged, RULE, "core") == {("warning", "strong", "edge")}
    assert judge(case(owner, edge(settings=mode("Off")), connections=[sent]), RULE) == set()


def test_an_edge_whose_bundle_is_missing_is_not_said_to_check_but_its_tunnels_are_named() -> None:
    leaf = certificate(CORE_NAME, SERVER_ONLY, STRANGE, not_after=OLD)
    owner = core(stores=stores(CORE_SERVER, leaf))
    sent = connection(owner, SOME_EDGE, role=Side.CLIENT, client=leaf, alert=(Side.SERVER, 48))
    text = explanation(case(owner, connections=[sent]))

    assert (
        text.index("had expired") < text.index("Not judged: ") < text.index("lacks clientAuth, and the SSH tunnels")
    )
    assert causes(case(owner, connections=[sent]))["core", RULE] == "peer-alert-unknown-ca"


def test_one_refusal_that_both_bundles_show_is_told_once_by_the_verifier() -> None:
    owner, node = core(stores=stores(CORE_SERVER, UNTRUSTED_SERVER_ONLY)), edge()
    there = connection(owner, EDGE, role=Side.CLIENT, client=UNTRUSTED_SERVER_ONLY, alert=(Side.SERVER, 48))
    here = connection(node, CORE, role=Side.SERVER, client=UNTRUSTED_SERVER_ONLY, alert=(Side.SERVER, 48))

    judged = case(owner, node, connections=[there, here])

    assert judge(judged, RULE, "edge") == {("warning", "strong", "core")}
    assert judge(judged, RULE, "core") == set()


def test_a_server_is_verified_by_the_address_that_the_zone_configures() -> None:
    node = core()
    leaf = certificate("elsewhere.harbor.example", SERVER_ONLY, not_after=OLD)
    sent = connection(node, EDGE, role=Side.CLIENT, server=leaf, alert=(Side.CLIENT, 45))

    assert "the peer address of zone UC traversal on core, edge.harbor.example" in explanation(
        case(node, connections=[sent])
    )


# What shows the refusal


def test_under_tls_13_the_owners_store_stands_for_what_was_presented() -> None:
    owner, node = core(stores=stores(CORE_SERVER, UNTRUSTED_SERVER_ONLY)), edge()
    line = event(node, CORE, error="issuer-missing", role=Side.SERVER)

    assert judge(case(node, owner, events=[line]), RULE, "edge") == {("warning", "inferred", "core")}
    assert judge(case(node, events=[line]), RULE) == set()


def test_repeated_refusals_are_one_finding() -> None:
    node = edge()
    sent = [
        connection(node, SOME_CORE, role=Side.SERVER, client=SERVER_ONLY_EXPIRED, alert=(Side.SERVER, 43), at=at)
        for at in (0, 40, 80)
    ]

    (found,) = made(case(node, connections=sent), RULE)

    assert found.count == 3
    assert found.first == START


def test_each_certificate_and_peer_has_its_own() -> None:
    node = edge()
    ours: dict[str, Any] = {"role": Side.SERVER, "alert": (Side.SERVER, 43)}
    sent = [
        connection(node, SOME_CORE, client=SERVER_ONLY_EXPIRED, **ours),
        connection(node, CUBE, client=SERVER_ONLY_EXPIRED, at=1, port=5061, **ours),
        connection(node, NAMED, client=certificate("x.example", SERVER_ONLY, not_after=OLD), at=2, port=5061, **ours),
    ]

    assert {one.subject for one in made(case(node, connections=sent), RULE)} == {
        SOME_CORE.name,
        CUBE.name,
        NAMED.name,
    }


def test_certificate_unknown_says_nothing_of_the_check() -> None:
    assert judge(refused(edge(), UNTRUSTED_SERVER_ONLY, 46), RULE) == set()


def result(check: Check, passed: bool | None, failures: int = 1) -> CheckResult:
    return CheckResult(check=check, passed=passed, failures=failures)


def behind(results: list[CheckResult], reported: tuple[Check, ...], *, in_order: bool = True) -> list[Check]:
    return [one.check for one in failures_behind(results, reported, in_order=in_order)]


def test_an_alert_that_fits_several_checks_stopped_at_the_first_that_does_not_pass() -> None:
    early, name = result(Check.NOT_YET_VALID, False), result(Check.NAME, False)

    assert behind([early, name], CHECKS_OF_ALERT[42]) == [Check.NAME]
    assert behind([result(Check.TRUST, False)], CHECKS_OF_ALERT[42]) == []


def test_an_unknown_trust_is_where_unknown_ca_stopped() -> None:
    """Had it stopped at revocation, it would have refused the purpose first."""
    results = [result(Check.TRUST, None), result(Check.PURPOSE, False), result(Check.REVOCATION, None)]

    assert behind(results, CHECKS_OF_ALERT[48]) == [Check.PURPOSE]
    assert behind([result(Check.TRUST, True), *results[1:]], CHECKS_OF_ALERT[48]) == []


def test_either_date_may_be_the_first() -> None:
    dates = [result(Check.NOT_YET_VALID, False), result(Check.EXPIRED, False)]

    assert behind(dates, (Check.EXPIRED,)) == [Check.NOT_YET_VALID]
    assert behind(dates, (Check.NOT_YET_VALID,)) == [Check.EXPIRED]


def test_a_second_certificate_that_fails_the_reported_check_waits() -> None:
    assert behind([result(Check.EXPIRED, False, 2)], (Check.EXPIRED,)) == [Check.EXPIRED]
    assert behind([result(Check.EXPIRED, False)], (Check.EXPIRED,)) == []


def test_a_stranger_may_check_in_another_order() -> None:
    results = [result(Check.EXPIRED, False), result(Check.NAME, None)]

    assert behind(results, CHECKS_OF_ALERT[42], in_order=False) == [Check.EXPIRED]
    assert behind(results, CHECKS_OF_ALERT[42]) == []


def test_a_peer_that_got_no_certificate_refused_none() -> None:
    node = edge(stores=stores(EDGE_SERVER, certificate("edge.harbor.example", BOTH, not_after=OLD)))
    empty = connection(node, WEBEX, role=Side.CLIENT, client=Visibility.NONE_SENT, alert=(Side.SERVER, 42))
    hidden = connection(node, WEBEX, role=Side.CLIENT, client=Visibility.ENCRYPTED, alert=(Side.SERVER, 42))

    assert judge(case(node, connections=[empty]), RULE) == set()
    assert judge(case(node, connections=[hidden]), RULE) == {("warning", "inferred", "Webex")}


def test_a_caller_that_fits_no_dns_zone_is_not_refused_for_its_name() -> None:
    webex_zone = Zone(
        name="Webex", type="DNS", tls_verify_mode="On", tls_verify_subject="callservice.webex.com", source="x: y"
    )
    peer = replace(WEBEX, zone="Webex")
    node = edge(zones=(*edge().zones, webex_zone))
    leaf = certificate("l2sip.webex.com", BOTH, not_after=OLD)
    inbound = connection(node, peer, role=Side.SERVER, client=leaf, alert=(Side.SERVER, 45))
    outbound = connection(node, peer, role=Side.CLIENT, server=leaf, alert=(Side.CLIENT, 45))

    assert judge(case(node, connections=[inbound]), RULE) == set()
    assert "callservice.webex.com, is not among" in explanation(case(node, connections=[outbound]))


def test_without_log_and_capture_it_is_not_determinable() -> None:
    node = edge(logs=(), captures=())

    assert judge(case(node), RULE) == {("info", NOT_DETERMINABLE, "edge")}


def test_a_hidden_certificate_of_a_stranger_is_not_guessed() -> None:
    assert judge(case(edge(), connections=[_hidden(edge())]), RULE) == set()


def _hidden(node: Node) -> Connection:
    return connection(
        node, NAMED, role=Side.SERVER, client=Visibility.ENCRYPTED, alert=(Side.SERVER, 43), tls_version="TLSv1.3"
    )


# Each check by itself


def checked(
    sent: tuple[Certificate, ...], node: Node | None = None, time: datetime | None = START
) -> dict[Check, CheckResult]:
    view = views_of(case(node or edge()))[0]
    presented = Presented(owner=view, chain=sent, side=Side.CLIENT, time=time)
    return {one.check: one for one in check_all(presented, Verifier(view=view, zone=view.node.zones[0]))}


def test_a_healthy_certificate_passes_all_that_can_be_judged() -> None:
    off = Setting(value="Off", source="x: y")
    node = edge(settings={**edge().settings, REVOCATION_CHECKING_MODE: off})

    assert {one.passed for one in checked(chain(CORE_CLIENT), node).values()} == {True}


def test_an_issuer_that_is_no_authority_fails_the_purpose() -> None:
    leaf, issuing, root = chain(CORE_CLIENT, root=True)
    node = edge(stores=stores(EDGE_SERVER, EDGE_SERVER, (root,)))

    purpose = checked((leaf, replace(issuing, is_ca=False)), node)[Check.PURPOSE]

    assert (purpose.passed, purpose.reason) == (False, "Harbor Issuing CA is no CA certificate and may issue none")


def test_weak_keys_and_signatures_are_named_but_not_claimed_to_fail() -> None:
    """Which security level the verifier sets is not known."""
    leaf, issuing = chain(CORE_CLIENT)
    node = edge(stores=stores(EDGE_SERVER, EDGE_SERVER, tuple(one for one in EVERYONE if one.self_issued)))
    weak_leaf = replace(leaf, key_type="RSA", key_bits=1024)
    signed = replace(leaf, signature_algorithm="sha1WithRSAEncryption")

    weak_issuer = replace(issuing, key_type="RSA", key_bits=1024)
    found = (
        checked((weak_leaf, issuing), node)[Check.LEAF_KEY],
        checked((leaf, weak_issuer), node)[Check.STRENGTH],
        checked((signed, issuing), node)[Check.STRENGTH],
    )

    assert [one.passed for one in found] == [None, None, None]
    assert ["1024 bits" in one.reason for one in found] == [True, True, False]
    assert "is signed with sha1WithRSAEncryption" in found[2].reason


def test_a_revocation_check_that_is_on_is_left_open() -> None:
    on = Setting(value="On", source="x: y")

    assert checked(chain(CORE_CLIENT), edge(settings={REVOCATION_CHECKING_MODE: on}))[Check.REVOCATION].passed is None


def test_dates_of_authorities_count_and_are_told_from_the_root_down() -> None:
    leaf, issuing, root = chain(CORE_CLIENT, root=True)
    node = edge(stores=stores(EDGE_SERVER, EDGE_SERVER, (root,)))
    late = replace(issuing, not_before=datetime(2026, 6, 1, tzinfo=UTC))

    dates = checked((replace(leaf, not_after=OLD), late), node)

    assert dates[Check.NOT_YET_VALID].reason == "Harbor Issuing CA was not valid before 2026-06-01"
    assert dates[Check.EXPIRED].reason == "core.harbor.example had expired on 2026-02-01"


def test_nothing_known_of_a_certificate_is_nothing_judged_and_nothing_raised() -> None:
    empty = Certificate(sha256="0" * 64, der=b"", unreadable=("issuer", "subject_alternative_names"))

    results = checked((empty,), time=None)

    assert [check for check, one in results.items() if one.passed is False] == []
    assert results[Check.EXPIRED].passed is None


def test_a_line_without_a_time_is_still_looked_behind() -> None:
    owner, node = core(stores=stores(CORE_SERVER, UNTRUSTED_SERVER_ONLY)), edge()
    line = event(node, CORE, error="issuer-missing", role=Side.SERVER, at=None)

    assert judge(case(node, owner, events=[line]), RULE, "edge") == {("warning", "inferred", "core")}


# The order, as OpenSSL has it

_ROOT = Authority.root("Order Root")
_RESTRICTED = _ROOT.intermediate("Restricted Issuing CA", usages=SERVER_ONLY)
_PLAIN = _ROOT.intermediate("Plain Issuing CA")
_DEFECTS = ("untrusted", "leaf without clientAuth", "CA without clientAuth", "expired")
_ERRORS = {20: Check.TRUST, 26: Check.PURPOSE, 10: Check.EXPIRED}
_SETS = [chosen for count in range(5) for chosen in combinations(_DEFECTS, count)]


def _with(defects: tuple[str, ...]) -> Identity:
    issuer = _RESTRICTED if "CA without clientAuth" in defects else _PLAIN
    usages = SERVER_ONLY if "leaf without clientAuth" in defects else BOTH
    not_after = OLD if "expired" in defects else NOT_AFTER
    return issuer.issue("core.harbor.example", usages=usages, not_after=not_after)


@pytest.mark.parametrize("defects", _SETS, ids=lambda defects: " and ".join(defects) or "none")
def test_the_first_check_that_fails_is_the_one_that_openssl_reports(defects: tuple[str, ...]) -> None:
    identity = _with(defects)
    trusts = () if "untrusted" in defects else (_ROOT.certificate,)
    server = Party(identity=_PLAIN.issue("edge.harbor.example"), trusts=trusts, verification=Verification.STRICT)

    real = handshake(Party(identity=identity), server)

    node = edge(stores=stores(EDGE_SERVER, EDGE_SERVER, tuple(read(one) for one in trusts)))
    sent = tuple(read(one) for one in (identity.certificate, *identity.chain))
    view = views_of(case(node, connections=[connection(node, NAMED, role=Side.SERVER, client=sent)]))[0]
    results = check_all(Presented(owner=view, chain=sent, side=Side.CLIENT, time=START), Verifier(view=view))
    failing = [result.check for result in results if result.passed is False]
    assert (failing[0] if failing else None) == _ERRORS.get(real.verify_error or 0)
    assert real.completed is (not defects)
    assert len(failing) == len({d.replace("leaf", "").replace("CA", "") for d in defects})
