"""How Expressway words what OpenSSL reports: the 1.1 dialect, which X15.5 still speaks."""

from __future__ import annotations

# Expressway's own words, as Cisco 212475 quotes them.
NAME_REFUSED = "Peer's TLS certificate identity was unacceptable"
REMOTE_DISCONNECT = "No SSL error available, probably remote disconnect"

# X509_V_ERR_… to its text in OpenSSL 1.1 (crypto/x509/x509_txt.c).
_VERIFY_WORDS = {
    9: "certificate is not yet valid",
    10: "certificate has expired",
    18: "self signed certificate",
    19: "self signed certificate in certificate chain",
    20: "unable to get local issuer certificate",
    21: "unable to verify the first certificate",
    23: "certificate revoked",
    26: "unsupported certificate purpose",
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
    80: "tlsv1 alert internal error",
    116: "tlsv13 alert certificate required",
}


def verify_words(error: int | None) -> str:
    """Return why a side refused the other's certificate. None: it got none."""
    return "peer did not return a certificate" if error is None else _VERIFY_WORDS[error]


def alert_words(code: int) -> str:
    """Return what a side logs that was sent an alert."""
    return _ALERT_WORDS[code]
