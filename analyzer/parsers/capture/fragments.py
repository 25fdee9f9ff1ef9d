"""IP fragments, put together again (RFC 791 section 3.2, RFC 8200 section 4.5)."""

from __future__ import annotations

from collections import OrderedDict
from zlib import crc32

from msgspec import Struct, field

_DATAGRAMS = 1024
_BYTES = 16 << 20
_LARGEST = 65_535
_TCP = b"\x06"
# RFC 791 lets a host give up after some seconds; RFC 8200 section 4.5 says 60. Identifications come round again.
_PATIENCE = 60


class _Datagram(Struct):
    """A datagram in the making, or one that was put together.

    Attributes:
        covered: a bit for each 8 bytes that are there: fragments begin at multiples of 8.
        length: None until its last fragment is there.
        held: bytes of the parts.
        checksums: of the parts of one that was put together, by their offsets; until then empty.
        is_given_up: the snaplen cut a part of it.
    """

    seconds: int
    parts: dict[int, bytes] = field(default_factory=dict)
    covered: int = 0
    length: int | None = None
    held: int = 0
    checksums: dict[int, int] = field(default_factory=dict)
    is_given_up: bool = False

    def add(self, offset: int, more: bool, data: bytes) -> None:
        """Add a fragment, if it brings anything new."""
        size = len(data) // 8 if more else (len(data) + 7) // 8
        covered = self.covered | ((1 << size) - 1) << offset // 8
        if not more:
            self.length = offset + len(data)
        if covered == self.covered:
            return
        self.covered = covered
        self.held += len(data) - len(self.parts.get(offset, b""))
        self.parts[offset] = data

    def join(self) -> bytes | None:
        """Return the payload, and keep no more than what tells a copy of a fragment; None: parts are missing."""
        if self.length is None or ~self.covered & ((1 << (self.length + 7) // 8) - 1):
            return None
        payload = bytearray()
        for offset, data in sorted(self.parts.items()):
            payload += data[len(payload) - offset :]
        self.checksums = {offset: crc32(data) for offset, data in self.parts.items()}
        self.parts, self.held = {}, 0
        return bytes(payload[: self.length])


class FragmentTable:
    """Datagrams of which a part is missing, and the last ones that were put together; the oldest gives way.

    A datagram's key ends in its protocol, and only TCP is counted as lost: nothing else is read to the end.
    """

    def __init__(self) -> None:
        self._lost = 0
        self._held = 0
        self._datagrams: OrderedDict[tuple[bytes, ...], _Datagram] = OrderedDict()

    @property
    def incomplete(self) -> int:
        """How many datagrams with TCP are incomplete or were given up."""
        return self._lost + sum(_is_lost(key, datagram) for key, datagram in self._datagrams.items())

    def give_up(self, key: tuple[bytes, ...], seconds: int) -> None:
        """Take note of a datagram of which a part cannot come any more."""
        self._current(key, seconds).is_given_up = True

    def add(self, key: tuple[bytes, ...], offset: int, more: bool, data: bytes, seconds: int) -> bytes | None:
        """Add a fragment and return the datagram's payload if that completes it."""
        datagram = self._current(key, seconds)
        if datagram.checksums:
            # Captures that mirror two interfaces hold every frame twice.
            if datagram.checksums.get(offset) == crc32(data):
                return None
            self._forget(key)
            datagram = self._current(key, seconds)
        if datagram.is_given_up or offset + len(data) > _LARGEST:
            return None
        held = datagram.held
        datagram.add(offset, more, data)
        payload = datagram.join()
        self._held += datagram.held - held
        while self._held > _BYTES:
            self._forget(next(iter(self._datagrams)))
        return payload

    def _current(self, key: tuple[bytes, ...], seconds: int) -> _Datagram:
        """Return the datagram with this key, or begin one."""
        datagram = self._datagrams.get(key)
        if datagram is not None and abs(seconds - datagram.seconds) <= _PATIENCE:
            return datagram
        if datagram is not None:
            self._forget(key)
        elif len(self._datagrams) >= _DATAGRAMS:
            self._forget(next(iter(self._datagrams)))
        datagram = self._datagrams[key] = _Datagram(seconds)
        return datagram

    def _forget(self, key: tuple[bytes, ...]) -> None:
        datagram = self._datagrams.pop(key)
        self._held -= datagram.held
        self._lost += _is_lost(key, datagram)


def _is_lost(key: tuple[bytes, ...], datagram: _Datagram) -> bool:
    return key[-1] == _TCP and not datagram.checksums
