from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.parsers.capture.messages import (
    CertificateRequest,
    ServerHello,
    read_certificate_request,
    read_certificates,
    read_client_hello,
    read_server_hello,
)
from tests.parsers.capture import captures as c


def body_of(payload: bytes, kind: int) -> bytes:
    """The body of the first message of a kind in a flight whose records hold one message each."""
    at = 0
    while at < len(payload):
        length = int.from_bytes(payload[at + 3 : at + 5], "big")
        if payload[at + 5] == kind:
            return payload[at + 9 : at + 5 + length]
        at += 5 + length
    raise LookupError(kind)


CLIENT_HELLO = body_of(c.mutual().flights[0].payload, 1)
SERVER_HELLO = body_of(c.mutual().flights[1].payload, 2)


def listing(*certificates: bytes) -> bytes:
    joined = b"".join(len(der).to_bytes(3, "big") + der for der in certificates)
    return len(joined).to_bytes(3, "big") + joined


def test_the_certificates_before_a_damage_are_kept() -> None:
    whole = listing(b"first", b"second")

    assert read_certificates(whole, 32) == (b"first", b"second")
    assert read_certificates(listing(b"first") + b"tail", 32) == (b"first",)
    damaged = bytearray(whole)
    damaged[11:14] = b"\xff\xff\xff"
    assert read_certificates(bytes(damaged), 32) == (b"first",)


@pytest.mark.parametrize("body", [b"", b"\0", b"\0\0\x09\0\0", b"\xff\xff\xff" + bytes(30)])
def test_what_is_no_list_of_certificates_is_not_an_empty_one(body: bytes) -> None:
    assert read_certificates(body, 32) is None


def test_an_empty_list_is_empty() -> None:
    assert read_certificates(b"\0\0\0", 32) == ()


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.0", None])
def test_a_certificate_request_is_read_by_its_layout_if_the_version_misleads(version: str | None) -> None:
    name = c.ROOT.certificate.subject.public_bytes()
    names = (len(name) + 2).to_bytes(2, "big") + len(name).to_bytes(2, "big") + name
    old, new = b"\x02\x01\x40" + names, b"\x02\x01\x40\x00\x04\x04\x03\x08\x04" + names

    for body, algorithms in ((old, ()), (new, (0x0403, 0x0804))):
        request = read_certificate_request(body, version)

        assert request.authorities == ("CN=harbor-DC01-CA,DC=harbor,DC=example",)
        assert request.authority_names == (name,)
        assert request.certificate_types == (1, 64)
        assert request.signature_algorithms == algorithms


def test_a_name_that_cannot_be_read_costs_only_itself() -> None:
    name = c.ROOT.certificate.subject.public_bytes()
    entries = b"\0\3abc" + len(name).to_bytes(2, "big") + name
    request = read_certificate_request(b"\x01\x01\0\0" + len(entries).to_bytes(2, "big") + entries, "TLSv1.2")

    assert request.authorities == ("CN=harbor-DC01-CA,DC=harbor,DC=example",)
    assert request.authority_names == (name,)


def test_a_hostile_server_name_is_made_harmless() -> None:
    hello = CLIENT_HELLO.replace(b"expe.harbor.example", b"\x1b[2J\xe2\x80\xae\xff.example  x")

    assert read_client_hello(hello).server_name == "\\x1b[2J\\u202e\\xff.example  x"


@given(st.integers(0, len(CLIENT_HELLO)))
def test_a_cut_hello_says_what_it_still_can(length: int) -> None:
    hello = read_client_hello(CLIENT_HELLO[:length])

    assert hello.server_name in {None, "expe.harbor.example"}
    assert read_server_hello(SERVER_HELLO[:length]).version in {"TLSv1.2", None}


@given(st.binary(max_size=200))
def test_arbitrary_bodies_never_raise(body: bytes) -> None:
    requests = [read_certificate_request(body, version) for version in ("TLSv1.2", "TLSv1.0", None)]
    name = read_client_hello(body).server_name

    assert all(isinstance(request, CertificateRequest) for request in requests)
    assert all(certificate in body for certificate in read_certificates(body, 32) or ())
    assert name is None or name.isprintable()
    assert isinstance(read_server_hello(body), ServerHello)
