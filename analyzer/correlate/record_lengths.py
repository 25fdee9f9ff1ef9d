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
    return bool(lengths) and lengths == [certificate_length(handshake, ()), _finished_length(handshake)]


def presents_something(handshake: Handshake) -> bool:
    """Tell whether the client's first record is too long for an empty Certificate and a Finished message in one."""
    longest_without = certificate_length(handshake, ()) + _finished_length(handshake) - _overhead(handshake)
    return any(record.length > longest_without for record in _flight_of_client(handshake)[:1])


def is_not_asked(handshake: Handshake) -> bool:
    """Tell whether the client's flight begins with the length of a Finished message: no certificate was asked for."""
    lengths = [record.length for record in _flight_of_client(handshake)[:1]]
    return bool(lengths) and lengths == [_finished_length(handshake)]


def lone_alert(handshake: Handshake) -> TlsRecord | None:
    """Return the record with an alert's length that is all a side said in its turn, if the connection was closed.

    A client's turn is its flight. A server's comes behind that: tickets or data show that it took the certificate,
    and a leave that the client took before explains the server's.
    """
    if handshake.closed_by is None:
        return None
    by_client, last = _sent(handshake, Side.CLIENT), handshake.last_record_before_close
    if by_client and not _goes_on(handshake, by_client):
        return by_client[-1]
    behind = answer(handshake)
    if behind and not _goes_on(handshake, behind) and not _took_leave(handshake):
        return behind[-1]
    return last if last and not by_client and last.length == alert_length(handshake) else None


def may_have_gone_through(handshake: Handshake) -> bool:
    """Tell whether a TLS 1.3 handshake that was closed may have been through by then, though no data proves it.

    A client may take its leave when it has finished, and a server when it has said more than an alert about that.
    """
    if handshake.tls_version != "TLSv1.3" or handshake.completed is not None:
        return False
    behind = answer(handshake)
    took_leave = _took_leave(handshake) or (handshake.closed_by is Side.CLIENT and not behind)
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


def _took_leave(handshake: Handshake) -> bool:
    """Tell whether the client sent a close_notify behind its Finished message."""
    lengths = [record.length for record in _sent(handshake, Side.CLIENT)]
    return alert_length(handshake) in lengths[1:]


def _goes_on(handshake: Handshake, records: Iterable[TlsRecord]) -> bool:
    return any(record.length != alert_length(handshake) for record in records)
