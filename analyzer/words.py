"""The program's own words: English text that remembers its message, so that a report can say it in another language.

A `Words` is a string, the English text, and may be used as one. It also keeps the message that it was made from and
the values in it; `analyzer.report.language` looks the message up in a catalogue and puts the values in anew. What is
not `Words` (a log line, a name from a certificate, a command) is never translated.

Babel finds the messages by the names `say` and `counted`: they take the message as a literal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Self


class Words(str):
    """A text of ours in English.

    Attributes:
        message: with its placeholders, as the catalogue has it; of something counted, that for one.
        plural: the message for several; None: nothing is counted.
        values: by placeholder; `count` is the number that is counted.
    """

    __slots__ = ("message", "plural", "values")

    message: str
    plural: str | None
    values: Mapping[str, object]

    def __new__(cls, message: str, values: Mapping[str, object], plural: str | None = None) -> Self:
        """Put the values into the message."""
        template = message if plural is None or values["count"] == 1 else plural
        self = str.__new__(cls, template.format_map(values) if values else template)
        self.message = message
        self.plural = plural
        self.values = values
        return self

    def __reduce__(self) -> tuple[object, ...]:
        """Let a report be pickled: whoever analyses many bundles does so in many processes."""
        return Words, (self.message, self.values, self.plural)


class Joined(Words):
    """Parts of which each is said by itself.

    Attributes:
        between: what stands between two of them.
        parts: words, or any other text.
    """

    __slots__ = ("between", "parts")

    between: Words
    parts: Sequence[str]

    def __new__(cls, between: Words, parts: Sequence[str]) -> Self:
        """Join the parts."""
        self = super().__new__(cls, between.join(parts), {})
        self.between = between
        self.parts = parts
        return self

    def __reduce__(self) -> tuple[object, ...]:
        """Let a report be pickled."""
        return Joined, (self.between, self.parts)


def say(message: str, /, **values: object) -> Words:
    """Return a message with its values in place of `{name}`; without values braces stand for themselves."""
    return Words(message, values)


def counted(count: int, one: str, many: str, /, **values: object) -> Words:
    """Return `one` or `many`, which name the number as `{count}` (mostly `{count:,}`)."""
    return Words(one, {"count": count, **values}, many)


def sentences(parts: Iterable[str]) -> Words:
    """Return sentences one after another."""
    return joined(say("{before} {after}", before="", after=""), parts)


def listed(parts: Iterable[str]) -> Words:
    """Return parts of a sentence as a list with commas."""
    return joined(say("{before}, {after}", before="", after=""), parts)


def itemized(parts: Iterable[str]) -> Words:
    """Return clauses, which may have commas of their own, with semicolons between them."""
    return joined(say("{before}; {after}", before="", after=""), parts)


def both(parts: Iterable[str]) -> Words:
    """Return things that belong together, with `and` between them."""
    return joined(say("{before} and {after}", before="", after=""), parts)


def either(parts: Iterable[str]) -> Words:
    """Return things to choose from, with `or` between them."""
    return joined(say("{before} or {after}", before="", after=""), parts)


def joined(between: Words, parts: Iterable[str]) -> Words:
    """Join what is not empty with `between`; a single part of ours stays what it is."""
    told = [part for part in parts if part]
    return told[0] if len(told) == 1 and isinstance(told[0], Words) else Joined(between, told)
