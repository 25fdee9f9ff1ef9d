from __future__ import annotations

import base64
import time
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.parsers import pem as pem_parser
from analyzer.parsers.pem import PemReading, read_pem
from samples.builders.certificates import Authority, pem

ROOT = Authority.root("Harbor Root CA")
EDGE = ROOT.issue("edge.harbor.example", serial=0xABCDEF)
CORE = ROOT.issue("core.harbor.example")
EDGE_PEM, CORE_PEM = EDGE.pem(), CORE.pem()
RSA_KEY = rsa.generate_private_key(65537, 1024)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
SECRET = BestAvailableEncryption(b"secret")


def ids(reading: PemReading) -> list[str]:
    return [certificate.sha256 for certificate in reading.certificates]


def reasons(reading: PemReading) -> list[tuple[str, str]]:
    return [(problem.what, problem.why) for problem in reading.problems]


@pytest.mark.parametrize(
    "dress",
    [
        lambda data: data,
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n", b"\r"),
        lambda data: b"  " + data.replace(b"\n", b"\n\t "),
        lambda data: b"subject=CN = edge\n" + data.replace(b"-----BEGIN", b"\nissuer: CA-1 --\n-----BEGIN"),
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.decode().encode("utf-16-be"),
        lambda data: EDGE_PEM + data[len(EDGE_PEM) :].decode().encode("utf-16"),
        lambda data: data.replace(b"BEGIN CERT", b"BEGIN X509 CERT").replace(b"END CERT", b"END X509 CERT"),
        lambda data: data.replace(b"\n", b" "),
        lambda data: data.replace(b"-----BEGIN", b"----BEGIN"),
        lambda data: data.rstrip(b"\n"),
    ],
    ids=[
        "plain", "bom", "crlf", "cr", "indented", "text-between", "utf-16", "utf-16-be", "half-utf-16", "x509-label",
        "one-line", "lost-dash", "no-newline-at-end",
    ],
)  # fmt: skip
def test_certificates_are_found_however_the_file_was_saved(dress: Callable[[bytes], bytes]) -> None:
    reading = read_pem(dress(EDGE_PEM + CORE_PEM), "server.pem")

    assert ids(reading) == [EDGE.sha256, CORE.sha256]
    assert (reading.problems, reading.private_keys) == ((), 0)


def test_a_trusted_certificate_is_cut_at_its_own_end() -> None:
    body = base64.encodebytes(EDGE.der + bytes.fromhex("300c300a06082b06010505070301"))
    reading = read_pem(b"-----BEGIN TRUSTED CERTIFICATE-----\n" + body + b"-----END TRUSTED CERTIFICATE-----\n", "x")

    assert ids(reading) == [EDGE.sha256]
    assert reading.problems == ()


def test_a_bare_certificate_is_read() -> None:
    assert ids(read_pem(EDGE.der, "edge.cer")) == [EDGE.sha256]
    assert read_pem(EDGE.der + b"\r\n", "edge.cer").problems == ()


def test_what_stands_behind_a_bare_certificate_is_reported() -> None:
    reading = read_pem(EDGE.der + CORE.der, "edge.cer")

    assert ids(reading) == [EDGE.sha256]
    assert reasons(reading) == [
        ("the rest of the file", f"{len(CORE.der)} bytes behind the certificate were not read")
    ]


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_the_certificates_of_a_pkcs7_file_are_read(encoding: Encoding) -> None:
    bag = pkcs7.serialize_certificates([EDGE.certificate, ROOT.certificate], encoding)

    assert set(ids(read_pem(bag, "chain.p7b"))) == {
        EDGE.sha256,
        read_pem(pem(ROOT.certificate), "x").certificates[0].sha256,
    }


def test_each_damaged_block_is_one_problem_and_costs_no_other() -> None:
    text = EDGE_PEM.decode()
    bad_base64 = text.replace("MII", "M!I")
    bad_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    cut = "\n".join([*text.splitlines()[:-4], "-----END CERTIFICATE-----\n"])
    strange = "-----BEGIN SOMETHING-----\nAAAA\n-----END SOMETHING-----\n"
    data = (bad_base64 + bad_der + CORE_PEM.decode() + cut + strange + text).encode()

    reading = read_pem(data, "ca.pem")

    assert ids(reading) == [CORE.sha256, EDGE.sha256]
    second = text.count("\n") + 1
    fourth = second + 3 + CORE_PEM.count(b"\n")
    fifth = fourth + cut.count("\n")
    assert reasons(reading) == [
        ("block 1 (CERTIFICATE, line 1)", "its base64 is damaged"),
        (f"block 2 (CERTIFICATE, line {second})", "it is no certificate, or too damaged to tell"),
        (f"block 4 (CERTIFICATE, line {fourth})", "it is cut short; its serial number is abcdef"),
        (f"block 5 (SOMETHING, line {fifth})", "it is no certificate, or too damaged to tell"),
    ]
    assert {problem.file for problem in reading.problems} == {"ca.pem"}


def test_a_block_without_its_end_is_reported_and_the_next_is_read() -> None:
    reading = read_pem(EDGE_PEM.replace(b"-----END CERTIFICATE-----", b"") + CORE_PEM, "ca.pem")

    assert ids(reading) == [EDGE.sha256, CORE.sha256]
    assert [why for _, why in reasons(reading)] == [
        "it has no END line; the certificate itself is whole and was read"
    ]


def test_a_block_without_its_begin_is_reported() -> None:
    reading = read_pem(EDGE_PEM.split(b"\n", 1)[1] + CORE_PEM, "ca.pem")

    assert ids(reading) == [CORE.sha256]
    assert [why for _, why in reasons(reading)] == ["its BEGIN line is missing"]


@pytest.mark.parametrize("percent", range(6, 95, 4))
def test_a_file_cut_anywhere_keeps_its_whole_certificates_and_tells_the_cut(percent: int) -> None:
    keep = len(EDGE_PEM) + len(CORE_PEM) * percent // 100
    reading = read_pem((EDGE_PEM + CORE_PEM)[:keep], "ca.pem")

    assert ids(reading)[0] == EDGE.sha256
    assert len(reading.problems) == 1


@pytest.mark.parametrize("key", [RSA_KEY, EC_KEY], ids=["rsa", "ec"])
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize(
    ("style", "encryption"),
    [
        (PrivateFormat.PKCS8, NoEncryption()),
        (PrivateFormat.PKCS8, SECRET),
        (PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    ],
    ids=["pkcs8", "encrypted", "traditional"],
)
def test_private_keys_are_counted_and_nothing_of_them_is_kept(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    encoding: Encoding,
    style: PrivateFormat,
    encryption: NoEncryption | BestAvailableEncryption,
) -> None:
    reading = read_pem(key.private_bytes(encoding, style, encryption), "key.pem")

    assert reading == PemReading(private_keys=1)


def test_a_private_key_is_counted_under_any_label_and_beside_certificates() -> None:
    openssh = EC_KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    hidden = EC_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).replace(
        b"PRIVATE KEY", b"CERTIFICATE"
    )
    legacy = RSA_KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, SECRET)
    headless = openssh.split(b"\n", 1)[1]

    reading = read_pem(EDGE_PEM + openssh + hidden + legacy + CORE_PEM + headless, "server.pem")

    assert reading.private_keys == 4
    assert ids(reading) == [EDGE.sha256, CORE.sha256]
    assert reading.problems == ()


def test_a_private_key_under_a_label_nobody_knows_is_counted() -> None:
    key = EC_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    assert read_pem(key.replace(b"PRIVATE KEY", b"SECRET"), "x.pem") == PemReading(private_keys=1)


def test_a_pkcs12_file_is_not_opened() -> None:
    data = pkcs12.serialize_key_and_certificates(b"edge", EC_KEY, None, [ROOT.certificate], SECRET)

    reading = read_pem(data, "edge.p12")

    assert (reading.certificates, reading.private_keys) == ((), 0)
    assert reasons(reading) == [("the file", "it is a PKCS #12 file, which is not opened; it may hold a private key")]


def test_requests_and_the_like_are_no_damage_beside_a_certificate() -> None:
    name = x509.Name([])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(EC_KEY, hashes.SHA256())
    request_pem = request.public_bytes(Encoding.PEM)

    assert read_pem(request_pem + EDGE_PEM, "server.pem").problems == ()
    assert reasons(read_pem(request_pem, "server.pem")) == [("certificates", "there is none in this file")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the file is empty"),
        (b" \r\n", "the file is empty"),
        (b"<html>Not found</html>", "there is no BEGIN line in this file, and it is no DER"),
        (b"\x30\x82", "it is no certificate, or too damaged to tell"),
        (EDGE.der[:200], "it is cut short; its serial number is abcdef"),
    ],
)
def test_a_file_without_a_certificate_is_a_problem(data: bytes, why: str) -> None:
    assert [reason for _, reason in reasons(read_pem(data, "server.pem"))] == [why]


def test_a_huge_block_is_one_problem() -> None:
    body = base64.encodebytes(bytes.fromhex("30830fffff") + bytes(70_000))
    data = b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n" + EDGE_PEM

    reading = read_pem(data, "ca.pem")

    assert ids(reading) == [EDGE.sha256]
    assert [why for _, why in reasons(reading)] == ["it is larger than 65536 bytes"]


def test_certificates_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pem_parser, "MAXIMUM_CERTIFICATES", 3)

    reading = read_pem(EDGE_PEM * 5, "ca.pem")

    assert len(reading.certificates) == 3
    assert reasons(reading) == [("2 more certificates", "only 3 of a file are read")]


def test_what_a_label_says_is_shown_clean() -> None:
    reading = read_pem(b"-----BEGIN \x1b[31mX-----\nAAAA\n-----END X-----\n", "ca.pem")

    (problem,) = reading.problems
    assert problem.what == r"block 1 (\x1b[31MX, line 1)"


@pytest.mark.parametrize(
    "data", [b"-" * 2_000_000, b"--BEGIN " * 200_000, b"-----BEGIN A-----\n" * 60_000, b"\n:" * 500_000]
)
def test_hostile_text_takes_linear_time(data: bytes) -> None:
    started = time.process_time()

    assert read_pem(data, "ca.pem").certificates == ()
    assert time.process_time() - started < 5


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(EDGE_PEM)), st.integers(0, 40))
def test_any_damage_in_one_block_never_raises_and_spares_the_other(noise: bytes, position: int, removed: int) -> None:
    damaged = EDGE_PEM[:position] + noise + EDGE_PEM[position + removed :]

    reading = read_pem(damaged + b"\n" + CORE_PEM, "ca.pem")

    assert reading.certificates[-1].sha256 == CORE.sha256
