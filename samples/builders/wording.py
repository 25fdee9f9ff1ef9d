"""How Expressway words what OpenSSL reports: in the dialect of the OpenSSL that a release was built with."""

from __future__ import annotations

from enum import StrEnum


class Dialect(StrEnum):
    """An OpenSSL by its words. Published logs of X15.5 still speak that of 1.1."""

    OPENSSL_1_1 = "1.1"
    OPENSSL_3_0 = "3.0"
    OPENSSL_3_2 = "3.2"


# Expressway's own words, as Cisco 212475 quotes them.
NAME_REFUSED = "Peer's TLS certificate identity was unacceptable"
REMOTE_DISCONNECT = "No SSL error available, probably remote disconnect"

# X509_V_ERR_… to its text in OpenSSL 1.1 (crypto/x509/x509_txt.c).
_VERIFY_WORDS = {
    3: "unable to get certificate CRL",
    9: "certificate is not yet valid",
    10: "certificate has expired",
    18: "self signed certificate",
    19: "self signed certificate in certificate chain",
    20: "unable to get local issuer certificate",
    21: "unable to verify the first certificate",
    23: "certificate revoked",
    26: "unsupported certificate purpose",
    62: "Hostname mismatch",
    66: "EE certificate key too weak",
}
# What OpenSSL 3 words otherwise.
_VERIFY_WORDS_OF_3 = {
    18: "self-signed certificate",
    19: "self-signed certificate in certificate chain",
    26: "unsuitable certificate purpose",
    62: "hostname mismatch",
}

# Alert numbers to OpenSSL's reason strings (ssl/ssl_err.c).
_ALERT_WORDS = {
    40: "sslv3 alert handshake failure",
    42: "sslv3 alert bad certificate",
    43: "sslv3 alert unsupported certificate",
    44: "sslv3 alert certificate revoked",
    45: "sslv3 alert certificate expired",
    46: "sslv3 alert certificate unknown",
    48: "tlsv1 alert unknown ca",
    49: "tlsv1 alert access denied",
    51: "tlsv1 alert decrypt error",
    80: "tlsv1 alert internal error",
    116: "tlsv13 alert certificate required",
}


def verify_words(error: int | None, dialect: Dialect = Dialect.OPENSSL_1_1) -> str:
    """Return why a side refused the other's certificate. None: it got none."""
    if error is None:
        return "peer did not return a certificate"
    words = _VERIFY_WORDS if dialect is Dialect.OPENSSL_1_1 else _VERIFY_WORDS | _VERIFY_WORDS_OF_3
    return words[error]


def alert_words(code: int, dialect: Dialect = Dialect.OPENSSL_1_1) -> str:
    """Return what a side logs that was sent an alert."""
    words = _ALERT_WORDS[code]
    return words.replace("sslv3", "ssl/tls") if dialect is Dialect.OPENSSL_3_2 else words


def alert_stack(code: int, dialect: Dialect = Dialect.OPENSSL_1_1) -> str:
    """Return what stands on the error stack of a side that was sent an alert."""
    reason = 1000 + code  # SSL_AD_REASON_OFFSET
    return _stack(f"14094{reason:03x}", "ssl3_read_bytes", reason, alert_words(code, dialect), dialect)


def refusal_stack(error: int | None, role: str, dialect: Dialect = Dialect.OPENSSL_1_1) -> str:
    """Return what stands on the error stack of a side that refused; `role`: the one that it had."""
    if error is None:
        words = verify_words(error, dialect)
        return _stack("140890C7", "ssl3_get_client_certificate", 0xC7, words, dialect)
    code, peer = ("14089086", "client") if role == "server" else ("14090086", "server")
    return _stack(code, f"ssl3_get_{peer}_certificate", 0x86, "certificate verify failed", dialect)


def _stack(code: str, function: str, reason: int, words: str, dialect: Dialect) -> str:
    if dialect is Dialect.OPENSSL_1_1:
        return f"error:{code}:SSL routines:{function}:{words}"
    return f"error:0A{reason:06X}:SSL routines::{words}"
