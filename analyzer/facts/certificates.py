"""What makes a certificate unfit by its key or its signature, and the words for a key that cannot be loaded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from msgspec import Struct

from analyzer.facts.store import PACKAGED, Facts


class KeyStrength(Struct, frozen=True, kw_only=True):
    """What sizes of a type of key mean, in bits.

    Attributes:
        key_type: as `Certificate.key_type` has it.
        weak_below: smaller keys are refused by many; None: every size is.
        broken_below: smaller keys are refused by nearly all.
        oversized_from: such keys make trouble by their size; None: no size is known to.
    """

    key_type: str
    weak_below: int | None
    broken_below: int
    oversized_from: int | None

    def is_weak(self, bits: int) -> bool:
        """Whether many peers refuse a key of this size."""
        return self.weak_below is None or bits < self.weak_below

    def is_broken(self, bits: int) -> bool:
        """Whether nearly all peers refuse a key of this size."""
        return bits < self.broken_below

    def is_oversized(self, bits: int) -> bool:
        """Whether a key of this size makes trouble by its size."""
        return self.oversized_from is not None and bits >= self.oversized_from


@cache
def key_strengths(facts: Facts = PACKAGED) -> Mapping[str, KeyStrength]:
    """Return what sizes mean, by the type of key."""
    return MappingProxyType(
        {
            row.id: KeyStrength(
                key_type=row.id,
                weak_below=row.number("weak_below") if "weak_below" in row.cells else None,
                broken_below=row.number("broken_below"),
                oversized_from=row.number("oversized_from") if "oversized_from" in row.cells else None,
            )
            for row in facts.rows("key_strength")
        }
    )


@cache
def weak_hashes(facts: Facts = PACKAGED) -> tuple[str, ...]:
    """Return the names of hashes that no longer count as secure."""
    return tuple(row.id for row in facts.rows("weak_hash"))


def weak_hash_in(signature_algorithm: str | None, facts: Facts = PACKAGED) -> str | None:
    """Return the weak hash of a signature algorithm; None: it has none, or is not known.

    >>> weak_hash_in("sha1WithRSAEncryption")
    'SHA1'
    """
    algorithm = (signature_algorithm or "").casefold()
    return next((name for name in weak_hashes(facts) if name.casefold() in algorithm), None)


@cache
def key_load_failures(facts: Facts = PACKAGED) -> tuple[str, ...]:
    """Return words by which a log may say that a private key could not be loaded, in lower case."""
    return tuple(row.id.casefold() for row in facts.rows("key_load_failure"))
