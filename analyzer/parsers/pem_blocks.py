"""The BEGIN and END lines of a PEM file (RFC 7468), and what stands between them.

Every marker is accounted for: a block may lack its END, or its BEGIN.

Sample::

    -----BEGIN CERTIFICATE-----
    MIIDCjCCAfKgAwIBAgICH5owDQYJKoZIhvcNAQELBQAwIDEeMBwGA1UEAwwVRXhh
    -----END CERTIFICATE-----
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from msgspec import Struct

from analyzer.text import clean
from analyzer.words import Words, say

# Two dashes are asked for, five are written: a dash lost while copying is no reason to lose the certificate.
_MARKER = re.compile(r"--(?P<edge>BEGIN|END) (?P<label>[^-\n]{1,80})--")


class Block(Struct, frozen=True, kw_only=True):
    """One block.

    Attributes:
        number: counted from 1.
        line: 1-based number of the line of its first marker.
        label: in capitals (`CERTIFICATE`, `RSA PRIVATE KEY`).
        body: the text up to the next marker; None where the BEGIN line is missing.
        ended: whether the next marker is an END.
    """

    number: int
    line: int
    label: str
    body: str | None
    ended: bool

    @property
    def what(self) -> Words:
        """How a problem names it."""
        return say(
            "block {number} ({label}, line {line})", number=self.number, label=clean(self.label, 80), line=self.line
        )


def pem_blocks(data: bytes) -> tuple[Block, ...]:
    """Return a block for each BEGIN and for each END without one; none if the file has no marker at all."""
    return tuple(_blocks(_decode(data)))


def _decode(data: bytes) -> str:
    """Return the file as text, its lines ended by line feeds.

    PEM is ASCII. Windows editors and shells write UTF-16, and append it to ASCII: without the NUL octets all of
    that reads the same.
    """
    return data.replace(b"\0", b"").decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")


def _blocks(text: str) -> Iterator[Block]:
    """Yield one block for each BEGIN, up to the next marker or the end of the text, and for each END without one."""
    markers = list(_MARKER.finditer(text))
    number, line, counted, is_open = 0, 1, 0, False
    for marker, following in zip_longest(markers, markers[1:]):
        line += text.count("\n", counted, marker.start())
        counted = marker.start()
        begins = marker["edge"] == "BEGIN"
        if begins or not is_open:
            number += 1
            yield Block(
                number=number,
                line=line,
                label=marker["label"].strip().upper(),
                body=text[marker.end() : following.start() if following else len(text)] if begins else None,
                ended=following is not None and following["edge"] == "END",
            )
        is_open = begins
