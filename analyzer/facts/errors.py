"""One key for each reason that a TLS handshake failed, whoever worded it.

Expressway logs OpenSSL's words, in the dialect of the release that it was built with, beside its own.
`unsupported certificate purpose` (OpenSSL 1.x) and `unsuitable certificate purpose` (OpenSSL 3) are one fact.

Sample::

    unsupported certificate purpose
    error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca
    Peer's TLS certificate identity was unacceptable

How to read them: verify strings say that *this side* refused the peer's certificate; `... alert ...` says that
*the peer* refused and told so in an alert.

Sources: OpenSSL `crypto/x509/x509_txt.c` and `ssl/ssl_err.c` (1.0.2 to 3.2); Cisco "Troubleshooting Guide for
Webex Hybrid Call Service Connect" for Expressway's own words.
"""

from __future__ import annotations

import re

from analyzer.facts.alerts import ALERTS

PEER_ALERT = "peer-alert"
REMOTE_DISCONNECT = "remote-disconnect"
HANDSHAKE_FAILURE = "handshake-failure"
IDENTITY_UNACCEPTABLE = "identity-unacceptable"
VERIFY_FAILED = "verify-failed"

# In the order of trial: the specific before the general ("in certificate chain" before "self signed").
_KEYS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (key, re.compile(words))
    for key, words in (
        ("unsupported-purpose", r"(?:unsupported|unsuitable) certificate purpose"),
        ("self-signed-in-chain", r"self[- ]signed certificate in (?:certificate )?chain"),
        ("self-signed", r"self[- ]signed certificate"),
        ("crl-unavailable", r"unable to get (?:certificate crl|crl)"),
        ("crl-expired", r"\bcrl (?:has expired|is not yet valid)"),
        (
            "issuer-missing",
            r"unable to get (?:local )?issuer certificate|unable to verify the first certificate",
        ),
        ("expired", r"certificate (?:has )?expired"),
        ("not-yet-valid", r"certificate is not yet valid"),
        ("revoked", r"certificate (?:has been |is )?revoked"),
        ("no-certificate", r"no certificate returned|peer did not return a certificate"),
        (
            IDENTITY_UNACCEPTABLE,
            r"certificate identity was unacceptable|(?:hostname|ip address|email address) mismatch"
            r"|\) not in certificate",
        ),
        ("weak-key", r"\b(?:ee|ca) (?:certificate )?(?:key|md) too (?:weak|small)"),
        (
            REMOTE_DISCONNECT,
            r"no ssl error available|probably remote disconnect|got eof|unexpected eof|connection reset by peer",
        ),
        (
            VERIFY_FAILED,
            r"certificate verif(?:y|ication) failed|certificate (?:rejected|not trusted|signature failure)"
            r"|invalid ca certificate|path length constraint exceeded|certificate chain too long",
        ),
        (
            HANDSHAKE_FAILURE,
            r"no shared cipher|wrong version number|(?:unsupported|unknown) protocol|https? (?:proxy )?request"
            r"|version too low|no (?:suitable|common) signature algorithm|no protocols available"
            r"|no ciphers available|inappropriate fallback|handshake fail|bad record mac|dh key too small"
            r"|wrong signature type|failed to establish ssl connection|ssl connection failed|ssl routines",
        ),
    )
)

_BLANKS = re.compile(r"\s+")
# OpenSSL 3.2 and later write "ssl/tls alert"; the extension alerts go without the word "alert".
_ALERT_PREFIX = re.compile(r"\b(?:sslv3|ssl/tls|tlsv1(?:\.\d|[123])?|tls) alert ")
_ALERT_WORDS = re.compile(
    r"\b(?:sslv3|ssl/tls|tlsv1(?:\.\d|[123])?|tls) (?:alert )?("
    + "|".join(sorted((name.replace("_", " ") for name in ALERTS.values()), key=len, reverse=True))
    + r"|user cancelled)\b"
)
_ALERT_NUMBER = re.compile(r"\bssl alert number (\d{1,3})\b")
_ALERT_RECEIVED = re.compile(r"\breceived (?:fatal|warning) alert: (\w{1,40})\b")  # Java's words
_CODE = re.compile(r"\berror:([0-9a-f]{8})\b")

_NUMBERS = {name: number for number, name in ALERTS.items()} | {"user_cancelled": 90}

# OpenSSL `include/openssl/sslerr.h`; read where a line carries the code but not the words.
_REASONS = {134: VERIFY_FAILED, 199: "no-certificate", 294: REMOTE_DISCONNECT}


def normalise_error(text: str) -> str | None:
    """Return the key of a TLS error in OpenSSL's or Expressway's words; None: these words are no TLS error.

    Keys: unsupported-purpose, self-signed-in-chain, self-signed, issuer-missing, expired, not-yet-valid,
    revoked, crl-unavailable, crl-expired, no-certificate, identity-unacceptable, weak-key, peer-alert,
    remote-disconnect, verify-failed, and handshake-failure for everything else of the handshake.
    """
    words = _plain(text)
    if alert_in(words) is not None or _ALERT_PREFIX.search(words):
        return PEER_ALERT
    for key, pattern in _KEYS:
        if pattern.search(words) and not (key == HANDSHAKE_FAILURE and _reason(words) in _REASONS):
            return key
    reason = _reason(words)
    return None if reason is None else _REASONS.get(reason, HANDSHAKE_FAILURE)


def alert_in(text: str) -> int | None:
    """Return the number of the alert that the peer sent, by the words or by OpenSSL's error code.

    None: the text does not speak of a received alert, or of one without a name.
    """
    words = _plain(text)
    if named := _ALERT_WORDS.search(words):
        return _NUMBERS[named[1].replace(" ", "_")]
    if numbered := _ALERT_NUMBER.search(words):
        return int(numbered[1])
    if received := _ALERT_RECEIVED.search(words):
        return _NUMBERS.get(received[1])
    reason = _reason(words)
    # SSL_AD_REASON_OFFSET: the reason of a received alert is 1000 plus its number.
    return reason - 1000 if reason is not None and 1000 < reason < 1256 else None


def _plain(text: str) -> str:
    return _BLANKS.sub(" ", text).lower()


def _reason(words: str) -> int | None:
    """Return the reason of an error code of the SSL library (20); 1.x packs library, function and reason."""
    match = _CODE.search(words)
    if match is None:
        return None
    code = int(match[1], 16)
    return code & 0xFFF if code >> 24 == 20 or code >> 23 == 20 else None
