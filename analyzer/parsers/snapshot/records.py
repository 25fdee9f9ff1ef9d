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

# A key at the start of a word; Cisco's pages also show a blank between `=` and the quote.
_KEY = re.compile(r"(?<![\w-])([A-Za-z][\w-]*+)=( ?\")?+", re.ASCII)
# No sample escapes a quote inside a value: a quote closes it where the value can end.
_CLOSING_QUOTE = re.compile(r"\"(?=[\s:]|\Z)")
_WORD_END = re.compile(r"\s|\Z")
_NEXT_RECORD = re.compile(r"\s++(?=(?:<\d{1,3}>)?20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)", re.ASCII)
_UTC_TIME = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?+", re.ASCII)
_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9A-Fa-f:.]{2,45})):(\d{1,5})'?\]?\Z", re.ASCII)
_BETWEEN = " \t\r:"
_MAX_PAIRS = 200


class Record(Struct, frozen=True, kw_only=True):
    """One record of the log, without its continuation lines.

    Attributes:
        line: 1-based number of its line.
        time: `UTCTime`, else the header's stamp if it names its offset; None: neither.
        utc_offset: seconds east of UTC in the header; None: not said.
        process: the innermost process tag, without the process id.
        words: what stands before the first pair of the message; the whole message if no value is quoted.
        message: the words and all behind them, pairs without quotes as well.
        pairs: keys as written, values without quotes and outer blanks, in order; keys repeat.
    """

    line: int
    time: datetime | None
    utc_offset: int | None
    host: str | None
    process: str | None
    words: str
    message: str
    pairs: tuple[tuple[str, str], ...]

    def get(self, key: str) -> str | None:
        """Return the first value of a key that is not empty, or None."""
        return next((value for name, value in self.pairs if name == key and value), None)

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
    while (start := RECORD_START.match(text)) is not None:
        words, message, pairs, rest = _read_pairs(text, start.end())
        iso = start["iso"]
        yield Record(
            line=line,
            time=_time(pairs, iso),
            utc_offset=_offset(iso),
            host=start["host"] or start["bare_host"],
            process=start["inner"] or start["process"] or start["bare_process"],
            words=words,
            message=message,
            pairs=pairs,
        )
        text = text[rest:]


def _read_pairs(text: str, position: int) -> tuple[str, str, tuple[tuple[str, str], ...], int]:
    """Return the words before the first pair of the message, these and all behind, the pairs, and the next record."""
    pairs: list[tuple[str, str]] = []
    message, end, rest, words, quoted = position, len(text), len(text), "", False
    while len(pairs) < _MAX_PAIRS:
        key = _KEY.search(text, position)
        following = _NEXT_RECORD.match(text, position) if pairs else None
        if following is not None:
            end, rest = following.span()
            break
        between = text[position : key.start() if key else len(text)].strip(_BETWEEN)
        if between and not words and quoted:
            message = position
        words = words or between
        if key is None:
            words = words if quoted else text[message:].strip(_BETWEEN)
            break
        closing = (_CLOSING_QUOTE if key[2] else _WORD_END).search(text, key.end())
        value = text[key.end() : closing.start() if closing else len(text)]
        pairs.append((key[1], value.strip()))
        quoted = quoted or key[2] is not None
        position = closing.end() if closing and key[2] else key.end() + len(value)
    return words, text[message:end].strip(_BETWEEN) if words else "", tuple(pairs), rest


def _time(pairs: tuple[tuple[str, str], ...], stamp: str | None) -> datetime | None:
    # Module records begin with UTCTime, event records end with it: a value in between may hold anything.
    times = [value for key, value in pairs if key == "UTCTime"]
    if times:
        match = _UTC_TIME.match(times[0] if pairs[0][0] == "UTCTime" else times[-1])
        if match and (time := _iso(match[0])) is not None:
            return time.replace(tzinfo=UTC)
    return header_time(stamp)


def header_time(stamp: str | None) -> datetime | None:
    """Return the time of a header's ISO 8601 stamp in UTC; None without an offset, or if it is no time."""
    time = _iso(stamp) if stamp else None
    return time.astimezone(UTC) if time is not None and time.tzinfo else None


def _offset(stamp: str | None) -> int | None:
    time = _iso(stamp) if stamp else None
    offset = time.utcoffset() if time is not None else None
    return offset // timedelta(seconds=1) if offset is not None else None


@lru_cache(maxsize=8)
def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def endpoint(address: str, port: str) -> Endpoint | None:
    """Return an endpoint in its compressed spelling; an IPv4-mapped address as IPv4; None if it is none."""
    try:
        number = ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(number, IPv6Address) and number.ipv4_mapped:
        number = number.ipv4_mapped
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65536):
        return None
    return Endpoint(address=number.compressed, port=int(port))
