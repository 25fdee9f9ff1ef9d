"""Reduces a text dump to leaves: one setting per line, or an indented tree.

Sample::

    *c xConfiguration Zones Zone 6 DNS SIP TLS Verify Mode: "On"
    *s SystemUnit:
      Product: "Cisco Expressway"
      Software:
        Version: "X15.5"
    *s/end

Only the first form is documented (Cisco's Hybrid Call guide, 2017); the tree is how this product family prints
status. A line without `*c` or `*s` belongs to the nearest line above it that is indented less.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from functools import lru_cache

from analyzer.evidence import Problem
from analyzer.facts.settings import path_key
from analyzer.parsers.leaves import (
    MAX_LEAVES,
    MAX_STEPS,
    WRAPPER_DEPTH,
    LeafReading,
    Leaves,
    Reduction,
    Step,
    beginning,
)
from analyzer.parsers.readable import Readable
from analyzer.words import Words, say

_CHUNK = 1 << 16
_MAX_LINE = 1 << 16
_PREFIX = re.compile(r"\*[cs](?=[\s/]|$)", re.IGNORECASE)
_NAME = re.compile(r"[\w.\-()&/]{1,128}")
_NUMBER = re.compile(r"\[?(\d{1,9})\]?")


class _TreeReader:
    """Keeps the lines that later, deeper lines belong to."""

    def __init__(self) -> None:
        self.reduction = Reduction(" ")
        self.in_quotes = False
        self._above: list[tuple[int, tuple[Step, ...]]] = []

    def read(self, line: str) -> None:
        """Take one line."""
        body = line.expandtabs(4).rstrip()
        text = body.lstrip()
        prefix = _PREFIX.match(text)
        if self.in_quotes and not prefix:
            self.in_quotes = not body.endswith('"')
            return
        self.in_quotes = False
        indent = len(body) - len(text)
        if prefix:
            rest = text[prefix.end() :]
            text = rest.lstrip()
            # A blank follows the mark itself: a tree's top stands left of every line without a mark.
            indent = len(rest) - len(text) - 2
        if text.startswith(("/", "**")):
            self._above.clear()
            return
        self._read_setting(text, indent, marked=prefix is not None)

    def _read_setting(self, text: str, indent: int, *, marked: bool) -> None:
        path, colon, value = text.partition(":")
        steps = _steps(path)
        if not steps or not (colon or marked):
            return
        while self._above and self._above[-1][0] >= indent:
            self._above.pop()
        trail = (*(self._above[-1][1] if self._above else ()), *steps)
        if len(trail) > MAX_STEPS:
            return
        self._above.append((indent, trail))
        value = value.strip()
        self.in_quotes = value.startswith('"') and '"' not in value[1:]
        if value in {"", "/"} or self.in_quotes:
            return
        begin = beginning(tuple(step.word for step in trail[:WRAPPER_DEPTH]))
        if begin is not None:
            self.reduction.add(trail, begin, value)


def _steps(path: str) -> tuple[Step, ...]:
    """Return the steps of a path, each number as the index of the name before it; empty if it is no path."""
    steps: list[Step] = []
    for token in path.split(maxsplit=MAX_STEPS * 2):
        number = _NUMBER.fullmatch(token) if steps else None
        if number:
            steps[-1] = steps[-1]._replace(number=int(number[1]))
        elif _NAME.fullmatch(token):
            steps.append(_step(token))
        else:
            return ()
    return tuple(steps)


@lru_cache(maxsize=2048)
def _step(token: str) -> Step:
    return Step(token, path_key(token))


def read_text_leaves(stream: Readable, file: str, what: Words) -> LeafReading:
    """Reduce a text dump. `what` names it in problems (`xconf dump (text)`). Never raises for bad input."""
    reader = _TreeReader()
    for line in _lines(stream):
        reader.read(line)
        if reader.reduction.full:
            break
    why: Words | None = None
    if reader.reduction.full:
        why = say("more than {most:,} values", most=MAX_LEAVES)
    elif reader.in_quotes:
        why = say("it ends in the middle of a quoted value")
    problems: tuple[Problem, ...] = ()
    if why:
        leaves_open = say("whatever stands after that place")
        not_whole = say("{what} could not be read whole", what=what)
        problems = (Problem(file=file, what=not_whole, why=why, leaves_open=leaves_open),)
    return LeafReading(leaves=Leaves(reader.reduction.leaves), problems=problems, complete=why is None)


def _lines(stream: Readable) -> Iterator[str]:
    """Yield lines without their ends, cut at `_MAX_LINE` characters; bytes that are no text become U+FFFD."""
    chunk = stream.read(_CHUNK)
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(_encoding(chunk))("replace"), translate=True)
    pending = ""
    while chunk:
        *whole, pending = (pending[:_MAX_LINE] + decoder.decode(chunk)).split("\n")
        for line in whole:
            yield line[:_MAX_LINE]
        chunk = stream.read(_CHUNK)
    *whole, pending = (pending[:_MAX_LINE] + decoder.decode(b"", final=True)).split("\n")
    for line in (*whole, pending):
        yield line[:_MAX_LINE]


def _encoding(head: bytes) -> str:
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    if 0 in head[:2]:
        return "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
    return "utf-8-sig"
