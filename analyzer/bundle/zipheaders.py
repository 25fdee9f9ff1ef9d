"""The headers of a zip, read without trust (PKWARE APPNOTE 6.3.10).

`zipfile` is not used: it reads the whole directory before a limit can be set, finds nothing in a file that was
cut short, and whether it refuses overlapping members depends on the Python version (CVE-2024-0450).
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from msgspec import Struct

from analyzer.bundle.content import Content, read_at
from analyzer.bundle.entry import decode_name

LOCAL_SIGNATURE = b"PK\x03\x04"
DESCRIPTOR_SIGNATURE = b"PK\x07\x08"
ENCRYPTED = 1 << 0 | 1 << 13
DESCRIPTOR_FOLLOWS = 1 << 3

_CENTRAL_SIGNATURE = b"PK\x01\x02"
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_END = struct.Struct("<4s4H2IH")
_END_SIGNATURE = b"PK\x05\x06"
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64_SIZE = 20
_ZIP64_EXTRA = 0x0001
_UNKNOWN32 = 0xFFFFFFFF
_DIRECTORY_BYTES = 1 << 24
_UNIX = 3
_LINK = 0o120000


class ZipHeader(Struct, frozen=True, kw_only=True):
    """A member's entry in the directory, or its own (local) header.

    Attributes:
        offset: of the local header.
        data: offset of the first byte of its data; in the directory, which does not say, that of the header.
        compressed, size: bytes, as it claims.
        crc32, size: None in a local header if they follow the data.
    """

    raw_name: bytes
    flags: int
    method: int
    crc32: int | None
    compressed: int
    size: int | None
    offset: int
    data: int
    is_link: bool = False

    @property
    def name(self) -> str:
        """The name in UTF-8 or, failing that, code page 437 (APPNOTE appendix D)."""
        return decode_name(self.raw_name, "cp437")


def read_directory(content: Content, most: int) -> list[ZipHeader] | None:
    """Return up to `most` entries of the directory; None if there is none or it does not hold together."""
    end = _find_end(content)
    if end is None or end.disk:
        return None
    start = end.position - end.size
    shift = start - end.offset  # bytes that something put before the archive
    if start < 0 or shift < 0:
        return None
    data = read_at(content, start, min(end.size, _DIRECTORY_BYTES))
    headers: list[ZipHeader] = []
    position = 0
    while position < end.size and len(headers) < most:
        entry = _central_header(data, position, shift)
        if entry is None:
            return None
        header, position = entry
        headers.append(header)
    # Without zip64 the number of entries is kept modulo 65,536.
    sound = position == end.size and end.entries in {len(headers), len(headers) & 0xFFFF}
    return headers if sound or position < end.size else None


class _End(NamedTuple):
    position: int
    disk: int
    entries: int
    size: int
    offset: int


def _find_end(content: Content) -> _End | None:
    """Find the record at the end, which a comment of up to 64 KiB may follow."""
    total = content.size or 0
    tail_start = max(0, total - _END.size - 0xFFFF - 1024)
    tail = read_at(content, tail_start, total - tail_start)
    index = tail.rfind(_END_SIGNATURE, 0, max(0, len(tail) - _END.size + 4))
    if index < 0:
        return None
    _, disk, _, _, entries, size, offset, _ = _END.unpack_from(tail, index)
    position = tail_start + index
    if 0xFFFF in (disk, entries) or _UNKNOWN32 in (size, offset):
        return _find_end64(content, position) or _End(position, disk, entries, size, offset)
    return _End(position, disk, entries, size, offset)


def _find_end64(content: Content, position: int) -> _End | None:
    start = position - _LOCATOR64_SIZE - _END64.size
    record = read_at(content, start, _END64.size) if start >= 0 else b""
    if len(record) < _END64.size or not record.startswith(b"PK\x06\x06"):
        return None
    _, _, _, _, disk, _, _, entries, size, offset = _END64.unpack(record)
    return _End(start, disk, entries, size, offset)


def _central_header(data: bytes, position: int, shift: int) -> tuple[ZipHeader, int] | None:
    if position + _CENTRAL.size > len(data) or not data.startswith(_CENTRAL_SIGNATURE, position):
        return None
    fields = _CENTRAL.unpack_from(data, position)
    _, made_by, _, flags, method, _, _, crc32, compressed, size = fields[:10]
    name_length, extra_length, comment_length, _, _, attributes, offset = fields[10:]
    name_end = position + _CENTRAL.size + name_length
    extra = data[name_end : name_end + extra_length]
    size, compressed, offset = _zip64(extra, (size, compressed, offset))
    header = ZipHeader(
        raw_name=data[name_end - name_length : name_end],
        flags=flags,
        method=method,
        crc32=crc32,
        compressed=compressed,
        size=size,
        offset=offset + shift,
        data=offset + shift,
        is_link=made_by >> 8 == _UNIX and attributes >> 16 & 0o170000 == _LINK,
    )
    return header, name_end + extra_length + comment_length


def read_local_header(content: Content, offset: int) -> ZipHeader | None:
    """Return a member's own header; None if there is none at this offset."""
    head = read_at(content, offset, _LOCAL.size)
    if len(head) < _LOCAL.size or not head.startswith(LOCAL_SIGNATURE):
        return None
    _, _, flags, method, _, _, crc32, compressed, size, name_length, extra_length = _LOCAL.unpack(head)
    rest = read_at(content, offset + _LOCAL.size, name_length + extra_length)
    size, compressed = _zip64(rest[name_length:], (size, compressed))
    follows = flags & DESCRIPTOR_FOLLOWS and not compressed
    return ZipHeader(
        raw_name=rest[:name_length],
        flags=flags,
        method=method,
        crc32=None if follows else crc32,
        compressed=compressed,
        size=None if follows else size,
        offset=offset,
        data=offset + _LOCAL.size + name_length + extra_length,
    )


def _zip64(extra: bytes, values: tuple[int, ...]) -> tuple[int, ...]:
    """Replace the values that do not fit in 32 bits by those of the zip64 extra field, which holds only them."""
    position = 0
    while _UNKNOWN32 in values and position + 4 <= len(extra):
        identifier, length = struct.unpack_from("<2H", extra, position)
        if identifier == _ZIP64_EXTRA:
            field = extra[position + 4 : position + 4 + length]
            large = iter(struct.unpack_from(f"<{len(field) // 8}Q", field))
            return tuple(next(large, value) if value == _UNKNOWN32 else value for value in values)
        position += 4 + length
    return values
