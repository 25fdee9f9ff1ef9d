from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.facts.store import PACKAGED
from analyzer.facts.webex import is_webex_address, is_webex_name, webex_verify_names


@pytest.mark.parametrize(
    "name",
    [
        "webex.com",
        "*.webex.com",
        "l2sip-cfa-01.ciscospark.com",
        "CallService.Webex.COM",
        "idbroker.webex.com.",
        "fos-a.wbx2.com",
        "a_b.webex.com",
    ],
)
def test_names_of_the_webex_cloud(name: str) -> None:
    assert is_webex_name(name)


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        ".",
        "notwebex.com",
        "webex.com.example.org",
        "webex.community",
        "example.org/.webex.com",
        "example.org\x00.webex.com",
        "evil\n.webex.com",
        "webex.com\n",
        "ẃebex.com",
        "a..webex.com",
        "x" * 300 + ".webex.com",
    ],
)
def test_names_that_only_look_like_it(name: str | None) -> None:
    assert not is_webex_name(name)


def test_the_verify_names_are_webex_names_old_and_new() -> None:
    assert webex_verify_names() == ("callservice.webex.com", "callservice.ciscospark.com")
    assert all(is_webex_name(name) for name in webex_verify_names())


@pytest.mark.parametrize(
    ("address", "is_hint"),
    [
        ("163.129.0.0", True),
        ("163.129.127.255", True),
        ("163.129.128.0", False),
        ("163.128.255.255", False),
        ("216.151.159.255", True),
        ("0.0.0.0", False),
        ("255.255.255.255", False),
        ("::ffff:163.129.0.1", True),
        ("2001:db8::1", False),
        ("fe80::1%eth0", False),
        ("163.129.0.1%eth0", False),
        ("163.129.0", False),
        ("webex.com", False),
        ("", False),
        (None, False),
    ],
)
def test_addresses_are_looked_up_in_the_published_networks(address: str | None, is_hint: bool) -> None:
    assert is_webex_address(address) is is_hint


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_the_search_agrees_with_looking_at_each_network(number: int) -> None:
    address = ipaddress.IPv4Address(number)
    networks = [
        ipaddress.IPv4Network(text) for row in PACKAGED.rows("webex_networks") for text in row.texts("networks")
    ]

    assert is_webex_address(str(address)) == any(address in network for network in networks)


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    assert is_webex_name(text) in {True, False}
    assert is_webex_address(text) in {True, False}
