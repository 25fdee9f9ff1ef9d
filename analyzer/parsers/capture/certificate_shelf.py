"""The distinct certificates of a capture: many handshakes show the same few."""

from __future__ import annotations

import hashlib

from analyzer.parsers.capture.messages import read_certificates
from analyzer.parsers.capture.sources import CaptureLimits

_REMEMBERED = 256
_LARGEST_REMEMBERED = 1 << 16


class CertificateShelf:
    """Keeps each distinct certificate once, and remembers messages that were read before.

    Attributes:
        certificates: DER by SHA-256.
        refused: Certificate messages with certificates beyond the limit.
    """

    def __init__(self, limits: CaptureLimits) -> None:
        self.certificates: dict[str, bytes] = {}
        self.refused = 0
        self._limits = limits
        self._bytes = 0
        self._chains: dict[bytes, tuple[str, ...] | None] = {}

    def add(self, message: bytes) -> tuple[str, ...] | None:
        """Return the SHA-256 of each certificate of a Certificate message's body; None: it cannot be read."""
        if message in self._chains:
            return self._chains[message]
        chain = self._read(message)
        if len(message) > _LARGEST_REMEMBERED:
            return chain
        if len(self._chains) >= _REMEMBERED:
            del self._chains[next(iter(self._chains))]
        self._chains[message] = chain
        return chain

    def _read(self, message: bytes) -> tuple[str, ...] | None:
        ders = read_certificates(message, self._limits.chain + 1)
        if ders is None:
            return None
        if len(ders) > self._limits.chain:
            self.refused += 1
            ders = ders[: self._limits.chain]
        chain: list[str] = []
        for der in ders:
            digest = hashlib.sha256(der).hexdigest()
            if digest not in self.certificates:
                if self._bytes + len(der) > self._limits.certificate_bytes:
                    self.refused += 1
                    break
                self._bytes += len(der)
                self.certificates[digest] = der
            chain.append(digest)
        return tuple(chain) if chain or not ders else None
