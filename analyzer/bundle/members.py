"""The opened inputs and their members, as the rest of the program sees them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import Struct, field

from analyzer.bundle.content import Content
from analyzer.bundle.files import BytesContent, FileContent
from analyzer.bundle.stream import MemberStream, Pass
from analyzer.evidence import Member, MemberKind, ReadState
from analyzer.words import Words, itemized


class OpenMember(Struct, kw_only=True, eq=False):
    """A file of a bundle that can be read.

    Attributes:
        name: inside the input, cleaned for display; of a nested archive `inner.zip/NAME`.
        reference: `INPUT/NAME`; a loose file: its name alone. Unique: a second one of the same name ends in `#2`.
        container: the archive or folder that it stands in, `""` for loose files; for grouping only, never shown.
        host, taken, interface, sequence: what the name says, see `NameParts`.
        size: bytes, as far as they are known without reading; in an archive a claim.
        head: its first bytes, at most 16 KiB.
        unreadable: why it cannot be opened at all; None if it can.
        suspect: why its bytes may be wrong although they can be read.
        content: its bytes; nothing for an unreadable one.
        limit: how many bytes are read of it.
    """

    input_name: str
    name: str
    reference: str
    container: str
    kind: MemberKind
    host: str | None = None
    taken: datetime | None = None
    interface: str | None = None
    sequence: int | None = None
    size: int | None = None
    head: bytes = b""
    unreadable: str | None = None
    suspect: Words | None = None
    content: Content = field(default_factory=lambda: BytesContent(b""))
    limit: int = 0
    _last: Pass | None = None

    def open(self, progress: Callable[[int], object] | None = None) -> MemberStream:
        """Return a stream from the first byte on. May be called again; of an unreadable member it is empty.

        Args:
            progress: is told how many bytes were read, piece by piece.
        """
        return MemberStream(
            self.content.reader(), self.limit, self._note, hash_ahead=self.content.seekable, progress=progress
        )

    @property
    def sha256(self) -> str | None:
        """Of all its bytes; None until they were read to a sound end."""
        return self._last.sha256 if self._last else None

    def _note(self, ended: Pass) -> None:
        self._last = ended

    def record(self, *, read: ReadState, reason: str | None, node: str | None) -> Member:
        """Return what came of the member: what its reader says, and what reading it showed.

        Args:
            read: how much the reader could use.
            reason: why not all of it.
            node: the node that it was filed under.
        """
        last = self._last
        damage = last.damage if last else None
        reasons = [text for text in (damage, self.suspect, reason) if text]
        if self.unreadable:
            read, reasons = ReadState.NOT, [self.unreadable]
        elif reasons and read is ReadState.WHOLE:
            read = ReadState.PART
        return Member(
            name=self.name,
            reference=self.reference,
            kind=self.kind,
            node=node,
            size=self._counted_size(),
            sha256=self.sha256,
            read=read,
            reason=itemized(reasons) or None,
        )

    def _counted_size(self) -> int | None:
        if self._last is None:
            return self.size
        return None if self._last.damage else self._last.size


class OpenInput(Struct, kw_only=True, eq=False):
    """One path of the command line.

    Attributes:
        name: base name of the path, cleaned; unique: a second one of the same name ends in `#2`.
    """

    name: str
    path: Path
    is_archive: bool
    is_folder: bool
    members: tuple[OpenMember, ...]
    _digest: str | None = None

    @property
    def sha256(self) -> str | None:
        """Of the file, read when it is first asked for; None for a folder, and if it cannot be read.

        A loose file that is not compressed is its own member: what was hashed while that was read is known.
        """
        if self.is_folder:
            return None
        if self._digest is None and not self.is_archive and self.members:
            (member,) = self.members
            self._digest = member.sha256 if isinstance(member.content, FileContent) else None
        if self._digest is None:
            try:
                with self.path.open("rb") as file:
                    self._digest = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError:
                return None
        return self._digest
