"""IP fragments, put together again (RFC 791 section 3.2, RFC 8200 section 4.5)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

_DATAGRAMS = 1024
_LARGEST = 65_535
_TCP = b"\x06"
# RFC 791 lets a host give up after some seconds; RFC 8200 section 4.5 says 60. Identifications come round again.
_PATIENCE = 60


@dataclass(slots=True)
class _Datagram:
    """A datagram in the making. `length`: None until its last fragment is there."""

    seconds: int
    parts: dict[int, bytes] = field(default_factory=dict)
    length: int | None = None


class FragmentTable:
    """Datagrams of which a part is missing; the oldest gives way.

    A datagram's key ends in its protocol, and only TCP is counted as lost: nothing else is read to the end.
    """

    def __init__(self) -> None:
        self._lost = 0
        self._datagrams: OrderedDict[tuple[bytes, ...], _Datagram] = OrderedDict()

    @property
    def incomplete(self) -> int:
        """How many datagrams with TCP are incomplete or were given up."""
        return self._lost + sum(key[-1] == _TCP for key in self._datagrams)

    def give_up(self, key: tuple[bytes, ...]) -> None:
        """Forget a datagram of which a part cannot come any more."""
        self._datagrams.pop(key, None)
        self._lost += key[-1] == _TCP

    def add(self, key: tuple[bytes, ...], offset: int, more: bool, data: bytes, seconds: int) -> bytes | None:
        """Add a fragment and return the datagram's payload if that completes it. The first copy of a byte counts."""
        datagram = self._datagrams.get(key)
        if datagram is None or abs(seconds - datagram.seconds) > _PATIENCE:
            if datagram is None and len(self._datagrams) >= _DATAGRAMS:
                self.give_up(next(iter(self._datagrams)))
            datagram = self._datagrams[key] = _Datagram(seconds)
        if offset + len(data) > _LARGEST:
            return None
        if len(data) > len(datagram.parts.get(offset, b"")):
            datagram.parts[offset] = data
        if not more:
            datagram.length = offset + len(data)
        payload = _join(datagram)
        if payload is not None:
            del self._datagrams[key]
        return payload


def _join(datagram: _Datagram) -> bytes | None:
    if datagram.length is None or sum(map(len, datagram.parts.values())) < datagram.length:
        return None
    payload = bytearray()
    for offset, data in sorted(datagram.parts.items()):
        if offset > len(payload):
            return None
        payload += data[len(payload) - offset :]
    return bytes(payload[: datagram.length]) if len(payload) >= datagram.length else None
