"""Turns what lies in one input into members: files are taken as they are, archives are opened one level down."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from analyzer.bundle.content import Content, read_up_to
from analyzer.bundle.entry import Entry, Listing, Trouble, too_many
from analyzer.bundle.files import BytesContent
from analyzer.bundle.inflate import GZIP, Inflated
from analyzer.bundle.limits import Budget, Limits
from analyzer.bundle.members import OpenMember
from analyzer.bundle.names import label, parse_name, unsafe_name
from analyzer.bundle.sniff import (
    HEAD_BYTES,
    ArchiveFormat,
    archive_format,
    content_kind,
    holds_tar_header,
    member_kind,
    unopened_format,
)
from analyzer.bundle.tararchive import read_tar
from analyzer.bundle.ziparchive import read_zip
from analyzer.bundle.zipheaders import read_directory
from analyzer.evidence import MemberKind, Problem

LOOSE = ""
"""The container of the loose files."""

_EMPTY = Trouble(
    what="no member was found in it", why="the archive is empty or damaged", leaves_open="all that it should say"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where entries stand.

    Attributes:
        container: see `OpenMember.container`.
        prefix: what comes before their names in a reference: `INPUT/` or `INPUT/inner.zip/`; nothing for loose files.
        depth: levels of archives around them; a folder counts as one.
        in_archive: their names are an archive's, not those of real files.
    """

    container: str
    prefix: str
    depth: int
    in_archive: bool


class Opener:
    """Collects the members of one input.

    Attributes:
        members: in the order of the archive or folder.
        problems: what could not be read of the archives as a whole.
    """

    def __init__(self, input_name: str, size: int, limits: Limits) -> None:
        self.members: list[OpenMember] = []
        self.problems: list[Problem] = []
        self._input_name, self._limits = input_name, limits
        self._budget = Budget.for_input(size, limits)
        self._held = limits.held_bytes
        self._seen: Counter[str] = Counter()

    def add(self, entry: Entry, place: Place) -> bool:
        """Add an entry or, if it is an archive, what it holds; return whether it is one that was opened."""
        reason = entry.unreadable or (unsafe_name(entry.name) if place.in_archive else None)
        if reason or entry.content is None:
            self._member(entry, place, unreadable=reason)
            return False
        content, head, damage = entry.content, entry.head, None
        if head is None:
            head, damage = read_up_to(content.reader(), HEAD_BYTES)
        archive = _archive_in(content, head)
        if archive is ArchiveFormat.GZIP:
            content = Inflated(content, GZIP, self._budget)
            head, damage = read_up_to(content.reader(), HEAD_BYTES)
            archive = _archive_in(content, head)
        if archive:
            return self._open(entry, place, content, archive)
        unknown = member_kind(parse_name(entry.name).kind, head) is MemberKind.OTHER
        reason = str(damage) if damage and (unknown or not head) else unopened_format(head)
        self._member(entry, place, content, head, reason)
        return False

    def _member(
        self,
        entry: Entry,
        place: Place,
        content: Content | None = None,
        head: bytes = b"",
        unreadable: str | None = None,
    ) -> None:
        if len(self.members) >= self._limits.members:
            self.report(self._input_name, too_many(self._limits.members))
            return
        parts = parse_name(entry.name)
        kind = member_kind(parts.kind, head)
        reference = self._reference(entry, place)
        self.members.append(
            OpenMember(
                input_name=self._input_name,
                name=reference.removeprefix(f"{self._input_name}/"),
                reference=reference,
                container=place.container,
                kind=kind,
                host=parts.host,
                taken=parts.taken,
                interface=parts.interface if kind is MemberKind.CAPTURE else None,
                sequence=parts.sequence if kind is MemberKind.CAPTURE else None,
                size=entry.size if content is entry.content or content is None else None,
                head=head,
                unreadable=unreadable,
                suspect=entry.suspect,
                content=content or BytesContent(b""),
                limit=self._limits.member_bytes(kind),
            )
        )

    def _reference(self, entry: Entry, place: Place) -> str:
        """Return how an entry is called everywhere: no two are called the same."""
        if place.container == LOOSE:
            return self._input_name
        reference = place.prefix + label(entry.name, self._limits.name_length)
        self._seen[reference] += 1
        return reference if self._seen[reference] == 1 else f"{reference}#{self._seen[reference]}"

    def _open(self, entry: Entry, place: Place, content: Content, archive: ArchiveFormat) -> bool:
        """Open an archive and add what it holds. One that is too deep or cannot be opened is listed instead."""
        if place.depth > self._limits.nesting or archive is ArchiveFormat.GZIP:
            self._member(entry, place, unreadable="an archive inside an archive inside an archive: unpack one first")
            return False
        if archive is ArchiveFormat.ZIP and not content.seekable:
            held = self._hold(content)
            if held is None:
                self._member(entry, place, unreadable="too large to open inside another archive: unpack that first")
                return False
            content = held
        listing = self._list(content, archive)
        reference = self._reference(entry, place) if place.depth else self._input_name
        self._report(listing, reference)
        inside = Place(container=reference, prefix=f"{reference}/", depth=place.depth + 1, in_archive=True)
        for child in listing.entries:
            self.add(child, inside)
        return True

    def _list(self, content: Content, archive: ArchiveFormat) -> Listing:
        if archive is ArchiveFormat.ZIP:
            return read_zip(content, self._limits, self._budget)
        return read_tar(content, self._limits)

    def _hold(self, content: Content) -> Content | None:
        """Return a zip that can only be read from front to back as one that can be read anywhere."""
        data, _ = read_up_to(content.reader(), self._held + 1)
        if len(data) > self._held:
            return None
        self._held -= len(data)
        return BytesContent(data)

    def _report(self, listing: Listing, reference: str) -> None:
        for trouble in listing.troubles if listing.entries else (*listing.troubles, _EMPTY):
            self.report(reference, trouble)

    def report(self, file: str, trouble: Trouble) -> None:
        """Note what could not be read, once."""
        problem = Problem(file=file, what=trouble.what, why=trouble.why, leaves_open=trouble.leaves_open)
        if problem not in self.problems:
            self.problems.append(problem)


def _archive_in(content: Content, head: bytes) -> ArchiveFormat | None:
    """Return which archive this is, even if its beginning is damaged or something stands before it."""
    found, kind = archive_format(head), content_kind(head)
    if found or kind is MemberKind.CAPTURE:
        return found
    if holds_tar_header(head):
        return ArchiveFormat.TAR
    return ArchiveFormat.ZIP if kind is None and content.seekable and read_directory(content, 1) else None
