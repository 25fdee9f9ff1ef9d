r"""Read one line of the log: the header, the words, and the `Key="value"` pairs.

Sample::

    2017-09-20T14:49:18.724+00:00 edge tvcs: UTCTime="2017-09-20 14:49:18,724" Module="developer.ssl" Level="ERROR"
    CodeLocation="ttssl_openssl.cpp(68)" Method="::TTSSLErrorOutput" Thread="0x7f29": TTSSL_continueHandshake: Failed
    to establish SSL connection iResult="-1" error="1" bServer="true" localAddress="['IPv4''TCP''192.0.2.1:5062']"

(one line). Keys repeat, values go without quotes or hold blanks, quotes and colons; words may stand between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from msgspec import Struct

from analyzer.evidence import Endpoint, Side
from analyzer.parsers.snapshot.headers import RECORD_START
from analyzer.parsers.snapshot.pairs import read_parts

_UTC_TIME = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?+", re.ASCII)
_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9A-Fa-f:.]{2,45})):(\d{1,5})'?\]?\Z", re.ASCII)

_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|\Z)){4}(?<!\.)\Z", re.ASCII)


class Record(Struct, frozen=True, kw_only=True):
    """One record of the log, without its continuation lines.

    Attributes:
        line: 1-based number of its line.
        time: `UTCTime`, else the header's stamp if it names its offset; None: neither.
        stamp: the header's ISO 8601 stamp as written; None: it has none.
        process: the innermost process tag, without the process id.
        words: what stands before the first pair of the message; the whole message if no value is quoted.
        message: the words and all behind them, pairs without quotes as well.
        pairs: keys as written, values without quotes and outer blanks, in order; keys repeat.
        values: of each key the first value that is not empty.
    """

    line: int
    time: datetime | None
    stamp: str | None
    host: str | None
    process: str | None
    words: str
    message: str
    pairs: tuple[tuple[str, str], ...]
    values: dict[str, str]

    def get(self, key: str) -> str | None:
        """Return the first value of a key that is not empty, or None."""
        return self.values.get(key)

    @property
    def utc_offset(self) -> int | None:
        """Seconds east of UTC in the header; None: not said."""
        time = _iso(self.stamp) if self.stamp else None
        offset = time.utcoffset() if time is not None else None
        return offset // timedelta(seconds=1) if offset is not None else None

    def endpoint(self, side: str) -> Endpoint | None:
        """Return the endpoint of `Src` or `Dst`."""
        address, port = self.get(f"{side}-ip"), self.get(f"{side}-port")
        return endpoint(address, port) if address and port else None

    def address(self, key: str) -> Endpoint | None:
        """Return the endpoint of a value like `['IPv4''TCP''192.0.2.1:5062']`."""
        match = _ADDRESS.search((self.get(key) or "")[-80:])
        return endpoint(match[1] or match[2], match[3]) if match else None

    @property
    def tls_role(self) -> Side | None:
        """This Expressway's side by `bServer`; None: the record does not say."""
        return {"true": Side.SERVER, "false": Side.CLIENT}.get((self.get("bServer") or "").lower())

    @property
    def tls_ends(self) -> tuple[Endpoint | None, Endpoint | None]:
        """The initiator and the other end, by `localAddress`, `remoteAddress` and `bServer`."""
        local, remote = self.address("localAddress"), self.address("remoteAddress")
        return (remote, local) if self.tls_role is Side.SERVER else (local, remote)


def read_records(text: str, line: int) -> Iterator[Record]:
    """Yield the record of a line, and those that follow it on the same line (seen where line feeds were lost).

    A further record starts only after a closed value, so that no value can imitate one.
    """
    while text and (start := RECORD_START.match(text)) is not None:
        words, message, pairs, rest = read_parts(text, start.end())
        iso, host, process, bare_host, bare_process, inner = start.groups()
        yield Record(
            line=line,
            time=_time(pairs, iso),
            stamp=iso,
            host=host or bare_host,
            process=inner or process or bare_process,
            words=words,
            message=message,
            pairs=pairs,
            values=first_values(pairs),
        )
        text = text[rest:]


def first_values(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return of each key the first value that is not empty."""
    values = dict(pairs)
    if len(values) == len(pairs) and "" not in values.values():
        return values
    return {key: value for key, value in reversed(pairs) if value}


def _time(pairs: tuple[tuple[str, str], ...], stamp: str | None) -> datetime | None:
    # Module records begin with UTCTime, event records end with it: a value in between may hold anything.
    if pairs and pairs[0][0] == "UTCTime":
        written = pairs[0][1]
    else:
        written = next((value for key, value in reversed(pairs) if key == "UTCTime"), "")
    match = _UTC_TIME.match(written)
    time = utc(match[0]) if match else None
    return time or header_time(stamp)


@lru_cache(maxsize=8)
def utc(text: str) -> datetime | None:
    """Return a time that is written without an offset and means UTC; None: there is no such time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def header_time(stamp: str | None) -> datetime | None:
    """Return the time of a header's ISO 8601 stamp in UTC; None without an offset, or if it is no time."""
    time = _iso(stamp) if stamp else None
    return time.astimezone(UTC) if time is not None and time.tzinfo else None


@lru_cache(maxsize=8)
def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def endpoint(address: str, port: str) -> Endpoint | None:
    """Return an endpoint in its compressed spelling; an IPv4-mapped address as IPv4; None if it is none."""
    host = _compressed(address)
    if host is None or not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65536):
        return None
    return Endpoint(address=host, port=int(port))


@lru_cache(maxsize=1024)
def _compressed(address: str) -> str | None:
    if _IPV4.match(address):
        return address
    try:
        number = ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(number, IPv6Address) and number.ipv4_mapped:
        number = number.ipv4_mapped
    return number.compressed
