"""What became of the certificates in the stores and in the trusted CA list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diff.reports import (
    CLIENT,
    KEY,
    NEWER,
    OTHER_KEY,
    OTHER_ROOT,
    ROOT,
    SERVER,
    Json,
    certificate,
    members,
    node,
    report,
    said,
)

NEXT_YEAR = {"serial": "ff", "not_before": "2027-01-01T00:00:00.000000Z", "not_after": "2027-12-31T00:00:00.000000Z"}


def stores(**changes: Any) -> Json:
    return node(stores={"server": [SERVER], "client": [CLIENT], "trusted": [ROOT], **changes})


def with_client(**changes: Any) -> Json:
    """Return a report whose client store holds another certificate than before."""
    held = {**report()["certificates"], NEWER: certificate(**{**NEXT_YEAR, **changes})}
    return report(stores(client=[NEWER]), certificates=held)


def client_store(after: Json, before: Json | None = None) -> str:
    return said("Stores", before or report(), after).partition("core, client store ")[2]


def test_stores_without_a_change_are_not_listed() -> None:
    assert said("Stores", report(), report()) == ""


def test_beside_a_change_the_store_that_stayed_is_named() -> None:
    told = said("Stores", report(), with_client())

    assert told.startswith("core, server store the same: core.example.com, serial 1A:2B core, client store renewed:")


def test_a_certificate_of_another_ca_is_no_renewal_and_is_told_with_all_that_changed() -> None:
    after = with_client(
        issuer="CN=Other CA,O=Example",
        origin="private",
        extended_key_usage=["serverAuth", "clientAuth"],
        subject_alternative_names=["DNS:core.example.com", "DNS:cluster.example.com"],
        key={"type": "EC", "bits": 256, "sha256": OTHER_KEY},
    )

    assert client_store(after) == (
        "new certificate, from another CA: core.example.com serial C1 → FF "
        "issuer Issuing CA (public CA) → Other CA (private CA) "
        "valid 2026-01-01 to 2026-12-31 → 2027-01-01 to 2027-12-31 "
        "usage serverAuth → serverAuth, clientAuth: gained clientAuth "
        "key RSA 2048 → EC 256 "
        "names + DNS:cluster.example.com"
    )


def test_lost_client_authentication_and_lost_names_are_told() -> None:
    both = certificate(
        extended_key_usage=["serverAuth", "clientAuth"],
        subject_alternative_names=["DNS:core.example.com", "DNS:gone.example.com"],
    )
    before = report(certificates={**report()["certificates"], CLIENT: both})

    told = client_store(with_client(), before)
    assert "usage serverAuth, clientAuth → serverAuth: lost clientAuth" in told
    assert "names − DNS:gone.example.com" in told


@pytest.mark.parametrize(
    ("unreadable", "words"), [([], "no extended key usage"), (["extended_key_usage"], "unreadable")]
)
def test_a_usage_that_is_absent_or_unreadable_is_neither_gained_nor_lost(unreadable: list[str], words: str) -> None:
    client = certificate(extended_key_usage=["clientAuth"])
    before = report(certificates={**report()["certificates"], CLIENT: client})

    told = client_store(with_client(extended_key_usage=None, unreadable=unreadable), before)
    assert f"usage clientAuth → {words} key" in told


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ({"type": "RSA", "bits": 2048, "sha256": "11" * 32}, "key the same (RSA 2048)"),
        ({"type": "RSA", "bits": 2048, "sha256": OTHER_KEY}, "key another one (RSA 2048)"),
        ({"type": "RSA", "bits": 4096, "sha256": OTHER_KEY}, "key RSA 2048 → RSA 4096"),
        ({"type": "RSA", "bits": 4096}, "key RSA 2048 → RSA 4096"),
        ({"type": "RSA", "bits": 2048}, "key: whether it is the same is not known"),
    ],
)
def test_whether_the_key_changed_is_told_as_far_as_it_is_known(key: Json, words: str) -> None:
    assert words in client_store(with_client(key=key))


def test_whose_ca_cannot_be_read_is_only_new() -> None:
    assert client_store(with_client(issuer=None)).startswith("new certificate: core.example.com serial C1 → FF")


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_a_certificate_for_another_name_is_no_renewal(key: str) -> None:
    after = with_client(
        subject="CN=other.example.com",
        subject_alternative_names=["DNS:other.example.com"],
        key={"type": "RSA", "bits": 2048, "sha256": key},
    )

    assert client_store(after).startswith("replaced: core.example.com → other.example.com serial C1 → FF")


def test_names_are_compared_without_regard_to_case() -> None:
    after = with_client(
        subject="CN=CORE.example.com", subject_alternative_names=[], key={"type": "RSA", "bits": 2048}
    )

    assert client_store(after).startswith("renewed: CORE.example.com")


def test_two_certificates_without_any_name_are_no_renewal_of_each_other() -> None:
    nameless: Json = {"subject": None, "subject_alternative_names": [], "key": {"type": None, "bits": None}}
    before = report(certificates={**report()["certificates"], CLIENT: certificate(**nameless)})

    assert client_store(with_client(**nameless), before).startswith("replaced: a certificate without a name → ")


def test_an_older_certificate_put_back_is_told_as_such() -> None:
    after = with_client(not_before="2025-01-01T00:00:00.000000Z")

    assert client_store(after).startswith("replaced by one that was issued earlier: core.example.com")


def test_what_one_bundle_lacks_is_neither_added_nor_gone_for_sure() -> None:
    without = report(stores(client=None))

    assert client_store(without) == (
        "not to be seen after: no client_….pem in that bundle; before core.example.com, serial C1, serverAuth, "
        "issued by Issuing CA (public CA)"
    )
    assert client_store(report(), without).startswith(
        "not to be seen before: no client_….pem in that bundle; now core.example.com, "
    )


def test_the_client_store_goes_with_the_release_that_has_it() -> None:
    old = node(version="X15.4", stores={"server": [SERVER], "client": None, "trusted": [ROOT]})

    assert client_store(report(), report(old)).startswith("added: X15.4 has no client store; now core.example.com, ")
    assert client_store(report(old)).startswith("gone: X15.4 has no client store; before core.example.com, ")


def test_a_store_without_a_readable_certificate_is_borne() -> None:
    assert client_store(report(stores(client=[]))).endswith("→ no certificate that could be read")
    assert said("Stores", report(stores(client=[])), report(stores(client=[]))) == ""
    assert client_store(report(stores(client=["f" * 64]))).endswith("→ no certificate that could be read")


def test_an_intermediate_that_joined_the_file_is_told() -> None:
    told = client_store(report(stores(client=[CLIENT, ROOT])))

    assert told == (
        "the same: core.example.com, serial C1 other certificates in its file: "
        "+ CN=Root CA,O=Example, serial 99, valid to 2026-12-31"
    )


def test_the_trusted_list_tells_what_was_appended_and_removed() -> None:
    held = {**report()["certificates"], OTHER_ROOT: certificate(subject="CN=New Root", serial="77")}
    after = report(stores(trusted=[OTHER_ROOT]), certificates=held)

    assert said("Trusted CA list", report(), after) == (
        "core + CN=New Root, serial 77, valid to 2026-12-31 − CN=Root CA,O=Example, serial 99, valid to 2026-12-31"
    )


def test_a_list_that_was_read_in_part_may_hold_what_it_seems_to_lack() -> None:
    held = members("ca_pem@core", read="part")
    after = report(stores(trusted=[]), inputs=[{"name": "b.zip", "sha256": None, "members": held}])

    assert "could be read only in part" in said("Trusted CA list", report(), after)
    assert "could be read only in part" not in said("Trusted CA list", report(), report(stores(trusted=[])))


def test_a_list_that_is_not_in_a_bundle_is_not_compared() -> None:
    after = report(stores(trusted=None))

    assert said("Trusted CA list", report(), after) == ""
    assert said("Not compared", report(), after) == "core not to be seen after: Trusted CA list"


def test_the_one_store_of_older_releases_is_called_so() -> None:
    before, after = (
        report(node(version="X15.4", stores={"server": [one], "client": None, "trusted": [ROOT]}))
        for one in (SERVER, CLIENT)
    )

    assert said("Stores", before, after).startswith("core, single store")
