"""A sample's bundle, grown to the size of the seed's, or to that of a busy day."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

from benchmarks import captures, logs
from benchmarks.captures import FOLDER
from samples.situations import SITUATIONS

SEED_SIZES = {"capture": 305_000, "log": 918_000, "xconf": 135_000, "xstat": 120_000}
"""Bytes of the members of the seed's bundle (Cisco 225693, screenshot of the unpacked archive)."""

SIP_LINES = (
    b'2026-03-24T11:54:26.106+00:00 expe tvcs: UTCTime="2026-03-24 11:54:26,106" Module="network.sip" '
    b'Level="DEBUG":  '
    b'Action="Received" Local-ip="10.20.30.31" Local-port="5061" Src-ip="10.20.30.16" Src-port="25011"\n'
    b" SIPMSG:\n |OPTIONS sip:10.20.30.31:5061;transport=tls SIP/2.0\n Via: SIP/2.0/TLS 10.20.30.16:5061;rport\n"
    b" Max-Forwards: 70\n User-Agent: TANDBERG/4137 (X15.5)\n Content-Length: 0\n |\n\n"
)


def _members() -> dict[str, bytes]:
    situation = next(situation for situation in SITUATIONS if situation.name == "webex-client-certificate")
    return dict(situation.build("ec256")[0].members())


def _grown_log(log: bytes, size: int) -> bytes:
    return SIP_LINES * ((size - len(log)) // len(SIP_LINES)) + log


def _grown_xml(xml: bytes, size: int) -> bytes:
    """Put settings that nobody asks for into a dump, some 50 bytes each.

    So many make up the seed's: its text dump of 155 KB is some 2,600 lines, and its XML has 135 KB.
    """
    cut = xml.rindex(b"</")
    filler = (
        b'<Refresh item="1"><OutboundMinimumSeconds item="1">500</OutboundMinimumSeconds>'
        b'<StandardRefreshStrategy item="1">Variable</StandardRefreshStrategy></Refresh>'
    )
    return xml[:cut] + filler * ((size - len(xml)) // len(filler)) + xml[cut:]


def grown_capture(capture: bytes, size: int) -> bytes:
    """Put media packets behind the handshakes of a capture, as many as it takes."""
    return capture + media((size - len(capture)) // MEDIA_RECORD, start=1_774_353_200)


MEDIA_RECORD = 16 + 214


def media(count: int, *, start: int) -> bytes:
    """Return records of 172-byte RTP packets, one every 20 ms."""
    frame = bytes.fromhex("020a00001f01020a00001f02080045b800c8000040004011") + b"\0\0" + bytes((10, 20, 30, 31))
    frame += bytes((163, 129, 37, 33)) + struct.pack("!HHHH", 36000, 5004, 180, 0) + b"\x80\x08" + bytes(range(170))
    frame = frame.ljust(MEDIA_RECORD - 16, b"\0")
    record = struct.Struct("<IIII")
    return b"".join(
        record.pack(start + number // 50, number % 50 * 20_000, len(frame), len(frame)) + frame
        for number in range(count)
    )


def seed_size_bundle() -> Path:
    """Write a bundle of the seed's size."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "seed_size.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _members().items():
            grown = content
            if name.endswith(".pcap"):
                grown = grown_capture(content, SEED_SIZES["capture"])
            elif name.startswith("loggingsnapshot"):
                grown = _grown_log(content, SEED_SIZES["log"])
            elif name.endswith(".xml"):
                grown = _grown_xml(content, SEED_SIZES["xconf" if name.startswith("xconf") else "xstat"])
            archive.writestr(name, grown)
    return path


def big_bundle() -> Path:
    """Write a bundle with a capture and a log of 200 MB each, if it is not there."""
    path = FOLDER / "big.zip"
    if not path.exists():
        generated = {
            ".pcap": captures.capture("mixed", 200).path,
            ".txt": logs.generated(200, "A").path,
        }
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in _members().items():
                if (source := generated.get(Path(name).suffix)) is not None:
                    archive.write(source, name)
                else:
                    archive.writestr(name, content)
    return path


if __name__ == "__main__":
    print(seed_size_bundle())
    print(captures.capture("mixed", 200).path)
    print(big_bundle())
