"""Product releases, and the versions that rules are gated by.

Sample::

    Version.parse("X15.5.1").matches(">=X15.5")     True
    Version.parse("X15.4.2").matches("<=X15.4")     True: a maintenance release of X15.4
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from msgspec import Struct

from analyzer.facts.store import PACKAGED, Facts

RE_MARKED_VERSION = re.compile(r"(?<![A-Za-z0-9])[xXvV]([0-9]{1,4}(?:\.[0-9]{1,6}){0,3})")
RE_BARE_VERSION = re.compile(r"\s*([0-9]{1,4}(?:\.[0-9]{1,6}){0,3})")
RE_CONDITION = re.compile(r"(>=|<=|==|!=|>|<)\s*[xXvV]?([0-9]{1,4}(?:\.[0-9]{1,6}){0,3})")

COMPARISONS: Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = MappingProxyType(
    {
        ">=": operator.ge,
        "<=": operator.le,
        ">": operator.gt,
        "<": operator.lt,
        "==": operator.eq,
        "!=": operator.ne,
    }
)


class Version(Struct, frozen=True, order=True):
    """An Expressway version; `Version(15, 5)` is X15.5 and X15.5.0."""

    major: int
    minor: int = 0
    maintenance: int = 0
    build: int = 0

    @classmethod
    def parse(cls, text: str | None) -> Version | None:
        """Read a version out of a text (`X15.5.1`, `v15.5`, `15.5`, `X14.0.6 (Test SW)`); None if it holds none."""
        start = (text or "")[:256]
        match = RE_MARKED_VERSION.search(start) or RE_BARE_VERSION.match(start)
        return cls(*_numbers(match[1])) if match else None

    def matches(self, spec: str) -> bool:
        """Whether all conditions of a spec hold, such as `>=X14.2,<X15.5`. An empty spec always holds.

        A condition looks at as many numbers as it names, so that X15.4.2 is `<=X15.4` and `==X15.4`, not `>X15.4`.

        Raises:
            ValueError: the spec is malformed.
        """
        return all(self._meets(condition) for condition in spec.split(",") if condition.strip())

    def _meets(self, condition: str) -> bool:
        match = RE_CONDITION.fullmatch(condition.strip())
        if not match:
            raise ValueError(f"not a version condition: {condition!r}")
        named = _numbers(match[2])
        own = (self.major, self.minor, self.maintenance, self.build)
        return COMPARISONS[match[1]](own[: len(named)], named)

    def __str__(self) -> str:
        rest = (
            f".{self.maintenance}.{self.build}" if self.build else f".{self.maintenance}" if self.maintenance else ""
        )
        return f"X{self.major}.{self.minor}{rest}"


FIRST_WITH_TWO_STORES = Version(15, 5)
"""The first Expressway release with a client store beside the server store (Cisco 225693)."""


def with_one_store(text: str | None) -> Version | None:
    """Return a release, as a bundle gives it, if it has one store for both roles; None: two, or it is not known."""
    version = Version.parse(text)
    return version if version is not None and version < FIRST_WITH_TWO_STORES else None


def matches(version: Version | str | None, spec: str | None) -> bool | None:
    """Whether a spec holds for a version as a bundle gives it; None: the spec needs a version, and none is known."""
    if not spec:
        return True
    known = version if isinstance(version, Version) else Version.parse(version)
    return known.matches(spec) if known else None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split("."))


class ReleaseStatus(StrEnum):
    """Whether a release was out on the date of the facts."""

    RELEASED = "released"
    PLANNED = "planned"


class Release(Struct, frozen=True, kw_only=True):
    """A release that changed something about certificates.

    Attributes:
        version: as the product writes it (`X15.5`, `15SU5`).
        when: ISO day or month, or the announced quarter (`2026-Q4`); None: not known.
        note: what it changed.
        source: code of a citation.
    """

    id: str
    product: str
    version: str
    status: ReleaseStatus
    when: str | None
    note: str | None
    source: str


@cache
def releases(facts: Facts = PACKAGED) -> tuple[Release, ...]:
    """Return all releases."""
    return tuple(
        Release(
            id=row.id,
            product=row.text("product"),
            version=row.text("version"),
            status=row.choice("status", ReleaseStatus),
            when=row.optional_text("when"),
            note=row.optional_text("note"),
            source=row.text("source"),
        )
        for row in facts.rows("release")
    )


def newest_expressway(facts: Facts = PACKAGED) -> Version:
    """Return the newest Expressway release that the facts know of."""
    versions = (Version.parse(row.version) for row in releases(facts) if row.product == "Expressway")
    return max(version for version in versions if version)
