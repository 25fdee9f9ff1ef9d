"""How much of an input is looked at. A limit that is reached becomes a visible row, never a silent stop."""

from __future__ import annotations

from msgspec import Struct

from analyzer.bundle.content import Damaged
from analyzer.evidence import MemberKind
from analyzer.words import Words, say

MIB = 1 << 20
GIB = 1 << 30


class Limits(Struct, frozen=True, kw_only=True):
    """What is allowed, counted on what is really produced, never on what a header claims.

    Attributes:
        members: files listed in one input, those of its nested archives included.
        nesting: archives within an archive that are opened.
        total_bytes: decompressed bytes of one input.
        ratio: decompressed bytes for each byte of an input. Deflate cannot exceed 1,032 (RFC 1951), so more
            proves nesting or overlap.
        certificate_bytes, dump_bytes, streamed_bytes: bytes read of a member: PEM; xconf and xstat; the rest.
        held_bytes: memory for archives and small files inside a compressed archive.
        name_length: characters of a member's name, after cleaning.
        folder_depth: levels of a folder that are walked.
    """

    members: int = 2000
    nesting: int = 1
    total_bytes: int = 4 * GIB
    ratio: int = 1100
    certificate_bytes: int = 16 * MIB
    dump_bytes: int = 256 * MIB
    streamed_bytes: int = 2 * GIB
    held_bytes: int = 256 * MIB
    name_length: int = 255
    folder_depth: int = 16

    def member_bytes(self, kind: MemberKind) -> int:
        """Return how many bytes of a member of this kind are read."""
        match kind:
            case MemberKind.SERVER_PEM | MemberKind.CLIENT_PEM | MemberKind.CA_PEM | MemberKind.CERTIFICATE:
                return self.certificate_bytes
            case MemberKind.XCONF_XML | MemberKind.XCONF_TEXT | MemberKind.XSTAT_XML | MemberKind.XSTAT_TEXT:
                return self.dump_bytes
            case MemberKind.SNAPSHOT | MemberKind.CAPTURE | MemberKind.OTHER:
                return self.streamed_bytes


class Budget:
    """Counts down what one input may still produce."""

    def __init__(self, allowed: int, reason: Words) -> None:
        self.left = allowed
        self._reason = reason

    @classmethod
    def for_input(cls, size: int, limits: Limits) -> Budget:
        """Return the budget for decompressing an input of `size` bytes."""
        by_ratio = limits.ratio * size + MIB
        if by_ratio < limits.total_bytes:
            return cls(by_ratio, say("it grows to more than {ratio} times the size of the input", ratio=limits.ratio))
        return cls(limits.total_bytes, say("the input holds more than {most:,} bytes", most=limits.total_bytes))

    def take(self, size: int) -> None:
        """Take `size` bytes off.

        Raises:
            Damaged: if they are not there.
        """
        if size > self.left:
            self.left = 0
            raise Damaged(say("limit reached: {reason}", reason=self._reason))
        self.left -= size
