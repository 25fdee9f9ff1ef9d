"""IP fragments, put together again (RFC 791 section 3.2, RFC 8200 section 4.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

_DATAGRAMS = 1024
_LARGEST = 65_535
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

    Attributes:
        lost: datagrams that were given up.
    """

    def __init__(self) -> None:
        self.lost = 0
        self._datagrams: dict[tuple[bytes, ...], _Datagram] = {}

    @property
    def incomplete(self) -> int:
        """How many datagrams are incomplete or were given up."""
        return self.lost + len(self._datagrams)

    def add(self, key: tuple[bytes, ...], offset: int, more: bool, data: bytes, seconds: int) -> bytes | None:
        """Add a fragment and return the datagram's payload if that completes it. The first copy of a byte counts."""
        datagram = self._datagrams.get(key)
        if datagram is None or abs(seconds - datagram.seconds) > _PATIENCE:
            if datagram is None and len(self._datagrams) >= _DATAGRAMS:
                del self._datagrams[next(iter(self._datagrams))]
                self.lost += 1
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
