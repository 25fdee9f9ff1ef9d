"""Captures of any size, written as they are made, each with its truth beside it.

`mixed`: five connections a megabyte, some 10 % of the bytes TLS data, the rest video and audio. `data`: as mixed, but
a third TLS data. `dense`: nothing but handshakes. `audio`: as mixed, with audio alone, in packets of 230 bytes.
"""

from __future__ import annotations

import heapq
import json
import math
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from benchmarks.traffic import AUDIO, VIDEO, Story, connection, media, stories, tcp_frame

FOLDER = Path(__file__).parent / "inputs"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_START_MICROSECONDS = 1_774_353_266_000_000  # 2026-03-24 11:54:26
_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
_RECORD = struct.Struct("<IIII")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What a capture is made of.

    Attributes:
        every: microseconds between two connections.
        data: bytes of TLS data of a connection, on average.
        video, audio: RTP packets of this kind per connection.
    """

    every: int
    data: int
    video: int
    audio: int


MIXES = {
    "mixed": Mix(every=40_000, data=20_000, video=120, audio=160),
    "data": Mix(every=40_000, data=60_000, video=85, audio=115),
    "dense": Mix(every=2_000, data=0, video=0, audio=0),
    "audio": Mix(every=40_000, data=20_000, video=0, audio=760),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A capture file and what is in it, in clear: certificates (not distinct ones) and alerts."""

    path: Path
    packets: int
    connections: int
    certificates: int
    alerts: int


def capture(kind: str, megabytes: int) -> Capture:
    """Return a capture of this kind and size, and write it first if it is not there."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{kind}_{megabytes}.pcap"
    truth = path.with_suffix(".json")
    if not truth.exists():
        truth.write_text(json.dumps(_write(path, MIXES[kind], megabytes * 1_000_000)), encoding="utf-8")
    return Capture(path=path, **json.loads(truth.read_text(encoding="utf-8")))


def zipped(capture: Capture) -> Path:
    """Return a zip that holds the capture under the name that it has in a bundle."""
    path = capture.path.with_suffix(".zip")
    if not path.exists():
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(capture.path, "eth0_diagnostic_logging_tcpdump00_expe_2026-03-24_11_55_47.pcap")
    return path


def _write(path: Path, mix: Mix, size: int) -> dict[str, int]:
    truth = dict.fromkeys(("packets", "connections", "certificates", "alerts"), 0)
    waiting: list[tuple[int, int, bytes]] = []  # time in microseconds, order of arrival, frame
    orders = count()
    with path.open("wb") as file:

        def write_until(time: float) -> None:
            while waiting and waiting[0][0] < time:
                microseconds, _, frame = heapq.heappop(waiting)
                truth["packets"] += 1
                file.write(_RECORD.pack(*divmod(microseconds, 1_000_000), len(frame), len(frame)) + frame)

        file.write(_HEADER)
        while file.tell() < size:
            number = truth["connections"]
            story = stories()[number % len(stories())]
            truth["connections"] += 1
            truth["certificates"] += story.certificates
            truth["alerts"] += story.alerts
            start = _START_MICROSECONDS + number * mix.every
            for time, frame in (*_call(story, number, mix), *_media(number, mix)):
                heapq.heappush(waiting, (start + time, next(orders), frame))
            write_until(start + mix.every)
        write_until(math.inf)
    return truth


def _call(story: Story, number: int, mix: Mix) -> Iterator[tuple[int, bytes]]:
    """Yield the frames of a connection, with their times from its beginning in microseconds."""
    data = number * 7919 % (2 * mix.data) if mix.data else 0
    for segment in connection(story, number, _EPOCH, data):
        yield (segment.time - _EPOCH) // timedelta(microseconds=1), tcp_frame(segment)


def _media(number: int, mix: Mix) -> Iterator[tuple[int, bytes]]:
    for payload, packets in ((VIDEO, mix.video), (AUDIO, mix.audio)):
        for packet, frame in enumerate(media(payload, packets, number)):
            yield packet * mix.every // packets, frame


def main() -> None:
    for kind, megabytes in (
        ("mixed", 20),
        ("mixed", 200),
        ("mixed", 1000),
        ("data", 200),
        ("dense", 40),
        ("audio", 200),
    ):
        print(f"{kind}_{megabytes}\t{capture(kind, megabytes).path}")
    print(f"mixed_200_zip\t{zipped(capture('mixed', 200))}")


if __name__ == "__main__":
    main()
