"""Alerts by the names that RFC 8446 section 6 and its predecessors give them (IANA TLS Alerts)."""

from __future__ import annotations

_LEVELS = {1: "warning", 2: "fatal"}
_DESCRIPTIONS = {
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

FATAL = 2
CLOSE_NOTIFY = 0
NO_CERTIFICATE = 41


def level_name(level: int) -> str:
    """Return `warning`, `fatal`, else `level_N`."""
    return _LEVELS.get(level, f"level_{level}")


def description_name(code: int) -> str:
    """Return the alert's name in snake_case, else `alert_N`."""
    return _DESCRIPTIONS.get(code, f"alert_{code}")


def is_plausible(payload: bytes) -> bool:
    """Whether a record holds whole alerts in clear: pairs of a level and a code that exist."""
    return len(payload) % 2 == 0 and all(
        level in _LEVELS and code in _DESCRIPTIONS for level, code in zip(payload[::2], payload[1::2], strict=True)
    )
