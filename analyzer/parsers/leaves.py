"""The one shape that every xconf and xstat dump is reduced to: an ordered list of named values.

`<Zones><Zone item="1"><SIP><Port>7001</Port>` in XML and `*c xConfiguration Zones Zone 1 SIP Port: 7001` in text are
the same leaf. No complete public sample of either exists, so names are compared run together and in lower case:
`TLSVerify/Mode`, `TLS/Verify/Mode` and `TLS Verify Mode` are one key. Secrets are dropped here, before anything
keeps them, and so is every part of the dump that nothing reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct, field

from analyzer.evidence import Problem
from analyzer.facts.settings import path_key

MAX_LEAVES = 100_000
MAX_STEPS = 24
MAX_VALUE = 1024
"""Characters; the longest documented string, a zone's name, has 1024."""

_ROOTS = frozenset({"configuration", "xconfiguration", "status", "xstatus"})
WRAPPER_DEPTH = 6
_DISTINCT = re.compile(r"zones|alternates|systemunit|\w{0,64}tunnel")
_DIRECT = re.compile(
    r"system|ip(?!t)|dns|ethernet|lan\d|network|time|ntp|sip|xcp|cluster|collaborationedge|unifiedcommunications"
    r"|edge(?:config|domain|xmpp)|xmpp|chat|phonesecurity|unifiedcm|cucm|management|hardware|software|alarm|warning"
)
_REPEATED = frozenset({"zone", "peer", "domain", "ethernet", "alarm", "warning", "tunnel", "server"})
_SECRET_NAME = re.compile(r"passw|passphrase|secret|community|token|credential|cookie|(?<!extended)key(?!size)")
_SECRET_VALUE = re.compile(r"\{(?:cipher|crypt|md5|s?sha\d*)\}|\$\d[a-z]?\$|-----BEGIN ", re.IGNORECASE)


plain = lru_cache(maxsize=2048)(path_key)
"""Returns a name in lower case without anything but letters and digits."""


class Step(NamedTuple):
    """One name on the way to a value.

    `number`: the one that the dump gives; `occurrence`: which one of its name it is under its parent, in XML.
    """

    name: str
    word: str
    number: int | None = None
    occurrence: int = 0


class Leaf(Struct, frozen=True, kw_only=True):
    """A value and the steps to it, of which the first `begin` are left behind.

    Attributes:
        key: the words from `begin` on, run together.
        separator: `/` in XML, a blank in text.
    """

    trail: tuple[Step, ...]
    begin: int
    key: str
    value: str
    separator: str

    @property
    def path(self) -> str:
        """The whole path in the spelling of the dump."""
        return self.path_to(len(self.trail))

    def path_to(self, end: int) -> str:
        """Return the path of the first `end` steps."""
        return self.separator.join(self._spelled(step) for step in self.trail[:end])

    def _spelled(self, step: Step) -> str:
        if self.separator == " ":
            return step.name if step.number is None else f"{step.name} {step.number}"
        number = step.number or step.occurrence
        return f"{step.name}[{number}]" if number > 1 or step.word in _REPEATED else step.name

    def ends_of(self, prefix: str) -> Iterator[tuple[int, str]]:
        """Yield (end, rest) where the words so far make up `prefix`, a run-on number (`Zone1`) let pass."""
        so_far = ""
        for position in range(self.begin, len(self.trail)):
            so_far += self.trail[position].word
            if so_far.startswith(prefix):
                rest = so_far[len(prefix) :]
                if not rest or rest.isdecimal():
                    yield position + 1, rest
                return

    def below(self, end: int) -> Leaf:
        """Return this leaf as seen from the step before `end`."""
        key = "".join(step.word for step in self.trail[end:])
        return Leaf(trail=self.trail, begin=end, key=key, value=self.value, separator=self.separator)


class Entry(Struct, frozen=True, kw_only=True):
    """One of several equal parts of a dump, such as a zone. `index` is None where the dump numbers none."""

    index: int | None
    path: str
    leaves: Leaves


class Leaves:
    """Leaves, in the order of the dump, and the questions asked of them. Keys are given run together."""

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self._leaves = tuple(leaves)
        self._first: dict[str, Leaf] = {}
        for leaf in self._leaves:
            if leaf.value:
                self._first.setdefault(leaf.key, leaf)

    def __iter__(self) -> Iterator[Leaf]:
        return iter(self._leaves)

    def __len__(self) -> int:
        return len(self._leaves)

    def leaf(self, *keys: str) -> Leaf | None:
        """Return the leaf of the first of these keys that has a value; of equal keys the first in the dump."""
        return next((self._first[key] for key in keys if key in self._first), None)

    def value(self, *keys: str) -> str | None:
        """Return the value of `leaf`, or None."""
        leaf = self.leaf(*keys)
        return leaf.value if leaf else None

    def under(self, prefix: str) -> Leaves:
        """Return the leaves below a key, as seen from there."""
        return Leaves(leaf.below(end) for leaf in self._leaves for end, _ in leaf.ends_of(prefix))

    def entries(self, prefix: str) -> list[Entry]:
        """Return the equal parts below a key (`zoneszone`), each with its own leaves."""
        parts: dict[tuple[object, ...], tuple[int | None, str, list[Leaf]]] = {}
        for leaf in self._leaves:
            for end, digits in leaf.ends_of(prefix):
                step = leaf.trail[end - 1]
                index = int(digits[:9]) if digits else step.number
                identity = (index, step.occurrence, leaf.trail[end - 2].occurrence if end > 1 else 0)
                part = parts.setdefault(identity, (index, leaf.path_to(end), []))
                part[2].append(leaf.below(end))
        return [Entry(index=index, path=path, leaves=Leaves(leaves)) for index, path, leaves in parts.values()]


class LeafReading(Struct, frozen=True, kw_only=True):
    """A reduced dump. `complete`: it was read to its end."""

    leaves: Leaves
    problems: tuple[Problem, ...]
    complete: bool


class Reduction(Struct):
    """Takes values as they come and keeps what may be kept."""

    separator: str
    leaves: list[Leaf] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether no more leaves are taken, so that memory does not grow with the dump."""
        return len(self.leaves) >= MAX_LEAVES

    def add(self, trail: tuple[Step, ...], begin: int, value: str) -> None:
        """Keep a value unless it is a secret."""
        if self.full or len(trail) > MAX_STEPS:
            return
        key = "".join(step.word for step in trail[begin:])
        value = unquoted(value.strip())[:MAX_VALUE]
        if not _SECRET_NAME.search(key) and not _SECRET_VALUE.search(value):
            self.leaves.append(Leaf(trail=trail, begin=begin, key=key, value=value, separator=self.separator))


def unquoted(value: str) -> str:
    """Return a value without the quotes that text dumps put around strings."""
    if not value.startswith('"'):
        return value
    end = value.rfind('"')
    return value[1 : end if end > 0 else None].replace('\\"', '"')


@lru_cache(maxsize=2048)
def beginning(words: tuple[str, ...]) -> int | None:
    """Return the position of the element that the dump's wanted part begins with; None: nothing wanted (yet).

    Document roots and wrappers before it are passed over. Names that also occur elsewhere in a dump (`SIP`) count
    only directly below the root, which may be an unknown wrapper.
    """
    root: int | None = None
    for position, word in enumerate(words[:WRAPPER_DEPTH]):
        if _DISTINCT.match(word):
            return position
        direct = position == root if root is not None else position <= 1
        if direct and _DIRECT.match(word):
            return position
        if word in _ROOTS:
            root = position + 1
    return None
