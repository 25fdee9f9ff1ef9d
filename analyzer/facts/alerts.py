"""The TLS alert numbers and their names.

Sources: RFC 8446 section 6 (TLS 1.3) and the IANA "TLS Alerts" registry; the historic ones from RFC 6101
(SSL 3.0), RFC 2246 (TLS 1.0), RFC 4346, RFC 5246 and RFC 7507. Old peers still send them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ALERTS: Mapping[int, str] = MappingProxyType(
    {
        0: "close_notify",
        10: "unexpected_message",
        20: "bad_record_mac",
        21: "decryption_failed",
        22: "record_overflow",
        30: "decompression_failure",
        40: "handshake_failure",
        41: "no_certificate",
        42: "bad_certificate",
        43: "unsupported_certificate",
        44: "certificate_revoked",
        45: "certificate_expired",
        46: "certificate_unknown",
        47: "illegal_parameter",
        48: "unknown_ca",
        49: "access_denied",
        50: "decode_error",
        51: "decrypt_error",
        52: "too_many_cids_requested",
        60: "export_restriction",
        70: "protocol_version",
        71: "insufficient_security",
        80: "internal_error",
        86: "inappropriate_fallback",
        90: "user_canceled",
        100: "no_renegotiation",
        109: "missing_extension",
        110: "unsupported_extension",
        111: "certificate_unobtainable",
        112: "unrecognized_name",
        113: "bad_certificate_status_response",
        114: "bad_certificate_hash_value",
        115: "unknown_psk_identity",
        116: "certificate_required",
        117: "general_error",
        120: "no_application_protocol",
        121: "ech_required",
    }
)
"""Name by number, in the RFC's snake_case, without the suffix `_RESERVED` of the historic ones."""

HANDSHAKE_FAILURE, BAD_CERTIFICATE, UNSUPPORTED_CERTIFICATE = 40, 42, 43
CERTIFICATE_REVOKED, CERTIFICATE_EXPIRED, UNKNOWN_CA = 44, 45, 48
"""Those that rules ask for by themselves."""


def alert_name(code: int) -> str:
    """Return the name of an alert; `alert_N` for a number without one."""
    return ALERTS.get(code, f"alert_{code}")
