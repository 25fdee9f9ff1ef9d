"""The one way to write a serial, a time and an untrusted string."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address

from analyzer.words import Words, say

_SHORT_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def serial_hex(number: int) -> str:
    """Return a serial in lower-case hex without separators or leading zeros, a leading `-` if negative."""
    return f"{number:x}"


def person_serial(serial: str | None) -> str:
    """Return a serial as Expressway and openssl show it, for a person; None: it could not be read."""
    return say("unreadable") if serial is None else ":".join(_octets(serial)).upper()


class Serial(str):
    """A serial within our own words: the JSON report has it as it has all serials, for a person it is spelled."""

    __slots__ = ()

    @property
    def spelled(self) -> str:
        return person_serial(str(self))


def said_serial(serial: str | None) -> str:
    """Return a serial for a message; None: it could not be read."""
    return say("unreadable") if serial is None else Serial(serial)


def serial_spellings(serial: str) -> tuple[str, ...]:
    """Return a serial as Expressway and openssl (colons), Wireshark (DER octets) and Windows (plain) show it.

    A DER INTEGER whose first bit is set is negative: a positive number carries a leading zero octet instead, and
    Wireshark shows and filters that, too.
    """
    number = int(serial, 16)
    wireshark = number.to_bytes((number + (number < 0)).bit_length() // 8 + 1, signed=True)
    digits = serial.removeprefix("-")
    return (person_serial(serial), wireshark.hex(":"), "".join(_octets(serial)), f"0x{digits}")


def _octets(serial: str) -> list[str]:
    digits = serial.removeprefix("-")
    even = digits if len(digits) % 2 == 0 else f"0{digits}"
    return [even[i : i + 2] for i in range(0, len(even), 2)]


def iso_utc(time: datetime) -> str:
    """Return a time as ISO 8601 UTC with microseconds and a `Z`."""
    return time.astimezone(UTC).isoformat("T", "microseconds").removesuffix("+00:00") + "Z"


@lru_cache(maxsize=1 << 14)
def person_utc(time: datetime) -> str:
    """Return a time in UTC with milliseconds, for a person; findings quote the same frames and lines again."""
    return time.astimezone(UTC).isoformat(" ", "milliseconds").removesuffix("+00:00") + " UTC"


def is_address(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address (and not a name)."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def clean(text: str, limit: int = 1024) -> str:
    """Make an untrusted string safe to show: control and format characters become visible escapes.

    Escape sequences, bidirectional overrides and lone surrogates survive HTML escaping and terminal markup,
    so they are made visible here, once, for every way out. Longer strings end in an ellipsis.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}:
        code = ord(character)
        plain = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
        return _SHORT_ESCAPES.get(character, plain)
    return character


def failed_on_it(error: Exception) -> Words:
    """Return why something was not read if the reason is a bug of ours."""
    return say("the program failed on it ({error}); please report this", error=type(error).__name__)


def common_name_of(name: str | None) -> str | None:
    """Return the first CN of an RFC 4514 name, unescaped no further than a person needs; the name if it has none."""
    for part in (name or "").split(","):
        if part.strip().upper().startswith("CN="):
            return part.strip()[3:]
    return name
