"""What the lengths of encrypted records give away of a TLS 1.3 handshake. All that follows from them is inferred.

Behind a message of the handshake, or an alert, stand one byte of content type and the tag (RFC 8446 section 5.2).
Lengths are exact for peers that put one message into one record and do not pad, as OpenSSL does (measured).
"""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.evidence import Handshake, Side, TlsRecord, Visibility

_TAG, _TAGS = 16, {0x1305: 8}
"""TLS_AES_128_CCM_8_SHA256 alone has a short tag."""

_DIGEST, _DIGESTS = 32, {0x1302: 48}
_MESSAGE_HEADER = 4
_CERTIFICATE_HEADER = 4
"""The length of the request context, which is empty within a handshake, and that of the list."""

_ENTRY = 5
"""The lengths of a certificate and of its extensions: stapled OCSP and SCTs make it longer."""


def alert_length(handshake: Handshake) -> int:
    """Return the length of a record that holds an alert: a fatal one, or a close_notify."""
    return 2 + _overhead(handshake)


def certificate_length(handshake: Handshake, chain: Iterable[bytes]) -> int:
    """Return the length of a record that holds a Certificate message with these certificates (DER)."""
    return _MESSAGE_HEADER + _CERTIFICATE_HEADER + sum(len(der) + _ENTRY for der in chain) + _overhead(handshake)


def may_be_certificate(handshake: Handshake, sender: Side) -> tuple[TlsRecord, ...]:
    """Return the records that stand where a side's Certificate message does.

    It is the first that a client encrypts. A server sends its EncryptedExtensions before it, and it may send a
    CertificateRequest. Nothing is returned if bytes from before are missing: they may have held it.
    """
    if not handshake.seen_from_start:
        return ()
    if sender is Side.CLIENT:
        return _sent(handshake, sender)[:1]
    return handshake.encrypted_records[: _begin_of_client(handshake)][1:3]


def presents_nothing(handshake: Handshake) -> bool:
    """Tell whether the client's flight has the lengths of an empty Certificate and a Finished message."""
    lengths = [record.length for record in _flight_of_client(handshake)[:2]]
    return lengths == [certificate_length(handshake, ()), _finished_length(handshake)]


def is_not_asked(handshake: Handshake) -> bool:
    """Tell whether the client's flight begins with the length of a Finished message: no certificate was asked for."""
    lengths = [record.length for record in _flight_of_client(handshake)[:1]]
    return lengths == [_finished_length(handshake)]


def is_alert_alone(handshake: Handshake) -> bool:
    """Tell whether all that the closing side said in its turn has the length of an alert.

    A server's turn comes behind the client's flight: tickets or data show that it took the client's certificate. A
    client that has sent its Finished message has taken the server's.
    """
    last = handshake.last_record_before_close
    if last is None or last.length != alert_length(handshake):
        return False
    said = answer(handshake) if last.sender is Side.SERVER else _sent(handshake, Side.CLIENT)
    return not _goes_on(handshake, said)


def may_have_gone_through(handshake: Handshake) -> bool:
    """Tell whether a TLS 1.3 handshake that was closed may have been through by then, though no data proves it.

    A client may take its leave when it has finished, and a server when it has said more than an alert about that.
    """
    if handshake.tls_version != "TLSv1.3" or handshake.completed is not None:
        return False
    behind = answer(handshake)
    took_leave = handshake.closed_by is Side.CLIENT and not behind
    return took_leave or _goes_on(handshake, behind) or not handshake.seen_from_start


def answer(handshake: Handshake) -> tuple[TlsRecord, ...]:
    """Return what the server sent behind the client's first encrypted record."""
    behind = handshake.encrypted_records[_begin_of_client(handshake) :]
    return tuple(record for record in behind if record.sender is Side.SERVER)


def _begin_of_client(handshake: Handshake) -> int:
    records = handshake.encrypted_records
    return next((n for n, record in enumerate(records) if record.sender is Side.CLIENT), len(records))


def _overhead(handshake: Handshake) -> int:
    return 1 + _TAGS.get(handshake.cipher_suite or 0, _TAG)


def _finished_length(handshake: Handshake) -> int:
    return _MESSAGE_HEADER + _DIGESTS.get(handshake.cipher_suite or 0, _DIGEST) + _overhead(handshake)


def _sent(handshake: Handshake, sender: Side) -> tuple[TlsRecord, ...]:
    return tuple(record for record in handshake.encrypted_records if record.sender is sender)


def _flight_of_client(handshake: Handshake) -> tuple[TlsRecord, ...]:
    hidden = handshake.client_certificate.visibility is Visibility.ENCRYPTED
    return _sent(handshake, Side.CLIENT) if hidden and handshake.seen_from_start else ()


def _goes_on(handshake: Handshake, records: Iterable[TlsRecord]) -> bool:
    return any(record.length != alert_length(handshake) for record in records)
