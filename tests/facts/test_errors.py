from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.facts.alerts import ALERTS, alert_name
from analyzer.facts.errors import alert_in, normalise_error


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("unsupported certificate purpose", "unsupported-purpose"),
        ("unsuitable certificate purpose", "unsupported-purpose"),
        (" Unsupported  Certificate Purpose ", "unsupported-purpose"),
        ("self signed certificate in certificate chain", "self-signed-in-chain"),
        ("self-signed certificate in certificate chain", "self-signed-in-chain"),
        ("self signed certificate", "self-signed"),
        ("self-signed certificate", "self-signed"),
        ("unable to get local issuer certificate", "issuer-missing"),
        ("unable to get issuer certificate", "issuer-missing"),
        ("unable to verify the first certificate", "issuer-missing"),
        ("certificate has expired", "expired"),
        ("certificate is not yet valid", "not-yet-valid"),
        ("certificate revoked", "revoked"),
        ("unable to get certificate CRL", "crl-unavailable"),
        ("CRL has expired", "crl-expired"),
        ("no certificate returned", "no-certificate"),
        ("error:0A0000C7:SSL routines::peer did not return a certificate", "no-certificate"),
        ("Peer's TLS certificate identity was unacceptable", "identity-unacceptable"),
        ("hostname mismatch", "identity-unacceptable"),
        ("SNI (cucm.example.com) not in certificate. Action=Terminate", "identity-unacceptable"),
        ("EE certificate key too weak", "weak-key"),
        ("error:0A00018F:SSL routines::ee key too small", "weak-key"),
        ("No SSL error available, probably remote disconnect", "remote-disconnect"),
        ("Got EOF on socket", "remote-disconnect"),
        ("error:0A000126:SSL routines::unexpected eof while reading", "remote-disconnect"),
        ("error:1408A0C1:SSL routines:ssl3_get_client_hello:no shared cipher", "handshake-failure"),
        ("error:1408F10B:SSL routines:SSL3_GET_RECORD:wrong version number", "handshake-failure"),
        ("error:1407609C:SSL routines:SSL23_GET_CLIENT_HELLO:http request", "handshake-failure"),
        ("error:0A000102:SSL routines::unsupported protocol", "handshake-failure"),
        ("error:14089086:SSL routines:ssl3_get_client_certificate: certificate verify failed", "verify-failed"),
        ("error:0A000086:SSL routines::", "verify-failed"),
        ("Core server certificate verification failed for (a). Error=certificate has expired", "expired"),
        ("sslv3 alert certificate expired", "peer-alert"),
        ("tlsv1 alert unknown ca", "peer-alert"),
        ("error:14094418:", "peer-alert"),
    ],
)
def test_both_dialects_and_expressways_own_words_have_one_key(text: str, key: str) -> None:
    assert normalise_error(text) == key


@pytest.mark.parametrize(
    "text", ["", "TCP Connection Closed", "Connection timed out", "error:0B080074:x509 routines"]
)
def test_words_about_something_else_are_no_tls_error(text: str) -> None:
    assert normalise_error(text) is None
    assert alert_in(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("sslv3 alert handshake failure", 40),
        ("sslv3 alert bad certificate", 42),
        ("sslv3 alert unsupported certificate", 43),
        ("sslv3 alert certificate revoked", 44),
        ("sslv3 alert certificate expired", 45),
        ("error:14094416:SSL routines:ssl3_read_bytes: sslv3 alert certificate unknown", 46),
        ("ssl/tls alert certificate unknown", 46),
        ("tlsv1 alert unknown ca", 48),
        ("tlsv1 alert protocol version", 70),
        ("tlsv1 alert user cancelled", 90),
        ("tlsv1 unrecognized name", 112),
        ("tlsv13 alert certificate required", 116),
        ("error:0A000418:SSL routines::", 48),
        ("error:14094416:", 46),
        ("SSL alert number 48", 48),
        ("Received fatal alert: bad_certificate", 42),
        ("unsupported certificate purpose", None),
        ("certificate revoked", None),
        ("error:14089086:SSL routines:ssl3_get_client_certificate:certificate verify failed", None),
        ("sslv3 alert something new", None),
    ],
)
def test_the_alert_that_the_peer_sent_is_read_from_words_or_code(text: str, number: int | None) -> None:
    assert alert_in(text) == number


def test_an_alert_without_a_known_name_is_still_the_peers() -> None:
    assert normalise_error("sslv3 alert something new") == "peer-alert"


@pytest.mark.parametrize("number", sorted(set(ALERTS) - {0, 90}))
def test_every_alert_is_recognised_in_openssl_words(number: int) -> None:
    assert alert_in(f"tlsv1 alert {alert_name(number).replace('_', ' ')}") == number


def test_an_unnamed_alert_is_called_by_its_number() -> None:
    assert alert_name(48) == "unknown_ca"
    assert alert_name(200) == "alert_200"


@given(st.text())
def test_any_text_is_borne(text: str) -> None:
    assert alert_in(text) is None or normalise_error(text) == "peer-alert"


@pytest.mark.parametrize(
    "piece", ["a", " ", "sslv3 ", "sslv3 alert ", "error:", "unable to get ", "tls ", "error:1409"]
)
def test_time_is_linear_in_the_length(piece: str) -> None:
    text = piece * (65536 // len(piece))
    started = time.process_time()
    normalise_error(text)
    alert_in(text)

    assert time.process_time() - started < 2
