"""The header blocks of a tar (POSIX.1-2017 pax, ustar interchange format)."""

from __future__ import annotations

from typing import NamedTuple

from analyzer.bundle.sniff import is_tar_header

BLOCK = 512


class TarHeader(NamedTuple):
    """One header. `type` is one byte: `0` a file, `5` a folder, `L` and `x` say more about the next member."""

    raw_name: bytes
    type: bytes
    size: int


def read_header(block: bytes) -> TarHeader | None:
    """Return what a block says; None if it is no sound header."""
    if not is_tar_header(block):
        return None
    size = _number(block[124:136])
    if size is None:
        return None
    name = _text(block[:100])
    if block[257:263] == b"ustar\0" and (prefix := _text(block[345:500])):
        name = prefix + b"/" + name
    return TarHeader(name, block[156:157].replace(b"\0", b"0").replace(b"7", b"0"), size)


def _text(field: bytes) -> bytes:
    return field.split(b"\0", 1)[0]


def _number(field: bytes) -> int | None:
    """Return a size in octal digits or, if the first bit is set, in base 256; None if it is no size."""
    if field[0] & 0x80:
        return None if field[0] & 0x40 else int.from_bytes(field, "big") & ~(0x80 << 88)
    digits = field.strip(b"\0 ")
    try:
        return int(digits or b"0", 8) if not digits.startswith((b"-", b"+")) else None
    except ValueError:
        return None


def pax_records(data: bytes) -> dict[str, bytes]:
    r"""Return the records of an extended header: `30 path=server_core1.pem\n`, the length counting itself."""
    records: dict[str, bytes] = {}
    position = 0
    while position < len(data):
        digits = data[position : position + 20].split(b" ", 1)[0]
        end = position + int(digits) if digits.isdigit() else 0
        key, found, value = data[position + len(digits) + 1 : end].partition(b"=")
        if not found:
            break
        records[key.decode("utf-8", "replace")] = value.removesuffix(b"\n")
        position = end
    return records
