"""Builds the archives and files of these tests, honest and forged."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from analyzer.bundle import Inputs, Limits, OpenMember, open_inputs

STAMP = "2026-03-25_03_20_11"
PEM = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
LOG = b'2026-03-24T11:54:26.106+00:00 core_1 tvcs: UTCTime="2026-03-24 11:54:26,106" Module="network.sip"\n'
PCAP = b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + bytes(16)
XCONF = b'<?xml version="1.0"?>\n<Configuration xmlns="http://www.tandberg.no/XML/CUIL/1.0"></Configuration>'

BUNDLE = {
    f"ca_core_1_{STAMP}.pem": PEM * 3,
    f"client_core_1_{STAMP}.pem": PEM,
    f"server_core_1_{STAMP}.pem": PEM * 2,
    f"eth0_diagnostic_logging_tcpdump00_core_1_{STAMP}.pcap": PCAP + bytes(range(256)) * 40,
    f"loggingsnapshot_core_1_{STAMP}.txt": LOG * 200,
    f"xconf_dump_core_1_{STAMP}.xml": XCONF,
}


def zipped(
    members: Mapping[str, bytes] | Sequence[tuple[str, bytes]], *, deflate: bool = True, streamed: bool = False
) -> bytes:
    """Return a zip; `streamed` ones give the sizes behind the data."""
    buffer = io.BytesIO()
    target: IO[bytes] = _Unseekable(buffer) if streamed else buffer  # type: ignore[assignment]
    method = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members.items() if isinstance(members, Mapping) else members:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return buffer.getvalue()


class _Unseekable:
    def __init__(self, target: io.BytesIO) -> None:
        self._target = target

    def write(self, data: bytes) -> int:
        return self._target.write(data)

    def flush(self) -> None:
        self._target.flush()


def tarred(members: Mapping[str, bytes], *, format: int = tarfile.PAX_FORMAT) -> bytes:  # noqa: A002
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def tar_header(name: bytes, size: bytes, kind: bytes = b"0", link: bytes = b"") -> bytes:
    """Return a header with a sound checksum around whatever size field is given."""
    block = bytearray(512)
    block[: len(name)] = name
    block[100:108] = b"0000644\0"
    block[124 : 124 + len(size)] = size
    block[156:157] = kind
    block[157 : 157 + len(link)] = link
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def local_header(name: bytes, data: bytes, *, size: int, crc32: int, flags: int = 0, method: int = 8) -> bytes:
    fields = (b"PK\x03\x04", 20, flags, method, 0, 33, crc32, len(data), size, len(name), 0)
    return struct.pack("<4s5H3I2H", *fields) + name + data


def central_header(
    name: bytes, *, compressed: int, size: int, crc32: int, offset: int, flags: int = 0, method: int = 8
) -> bytes:
    fields = (b"PK\x01\x02", 20, 20, flags, method, 0, 33, crc32, compressed, size, len(name), 0, 0, 0, 0, 0, offset)
    return struct.pack("<4s6H3I5H2I", *fields) + name


def end_record(entries: int, size: int, offset: int) -> bytes:
    return struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, entries, entries, size, offset, 0)


def forged_zip(name: bytes, data: bytes, *, size: int | None = None, flags: int = 0, method: int = 8) -> bytes:
    """Return a zip of one member whose headers may lie."""
    packed = deflated(data) if method == 8 else data
    real = {"size": len(data) if size is None else size, "crc32": zlib.crc32(data), "flags": flags, "method": method}
    body = local_header(name, packed, **real)
    directory = central_header(name, compressed=len(packed), offset=0, **real)
    return body + directory + end_record(1, len(directory), len(body))


def opened(folder: Path, data: bytes, name: str = "bundle.bin", limits: Limits | None = None) -> Inputs:
    path = folder / name
    path.write_bytes(data)
    return open_inputs([path], limits)


def members(inputs: Inputs) -> dict[str, OpenMember]:
    return {member.name: member for one in inputs.inputs for member in one.members}


def read_all(member: OpenMember) -> tuple[bytes, str | None]:
    """Return a member's bytes and its damage."""
    with member.open() as stream:
        parts = []
        while data := stream.read(10_000):
            parts.append(data)
        return b"".join(parts), stream.damage


def contents(inputs: Inputs) -> dict[str, tuple[bytes, str | None]]:
    """Return bytes and damage of every member that can be opened."""
    return {name: read_all(member) for name, member in members(inputs).items() if member.unreadable is None}
