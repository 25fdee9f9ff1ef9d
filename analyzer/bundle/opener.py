"""Turns what lies in one input into members: files are taken as they are, archives are opened one level down."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from analyzer.bundle.content import Content, read_up_to
from analyzer.bundle.entry import Entry, Trouble, too_many
from analyzer.bundle.files import BytesContent
from analyzer.bundle.inflate import GZIP, Inflated
from analyzer.bundle.limits import Budget, Limits
from analyzer.bundle.members import OpenMember
from analyzer.bundle.names import NameParts, label, parse_name, unique, unsafe_name
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
from analyzer.words import say

LOOSE = ""
"""The container of the loose files."""

_EMPTY = Trouble(
    what=say("no member was found in it"),
    why=say("the archive is empty or damaged"),
    leaves_open=say("all that it should say"),
)
_EMPTY_INSIDE = say("no member was found in it: the archive is empty or damaged")


class Place(Struct, frozen=True, kw_only=True):
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


class _Item(Struct, frozen=True, kw_only=True):
    """An entry in its place, and what its name says."""

    entry: Entry
    place: Place
    parts: NameParts
    reference: str


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
        self._references: set[str] = set()

    def add(self, entry: Entry, place: Place) -> bool:
        """Add an entry or, if it is an archive, what it holds; return whether it is one that was opened."""
        if len(self.members) >= self._limits.members:
            self.report(self._input_name, too_many(self._limits.members))
            return False
        item = self._item(entry, place)
        reason = entry.unreadable or (unsafe_name(entry.name) if place.in_archive else None)
        if reason or entry.content is None:
            self._list_unreadable(item, reason)
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
            return self._open(item, content, archive)
        unknown = member_kind(item.parts.kind, head) is MemberKind.OTHER
        if reason := damage.why if damage and (unknown or not head) else unopened_format(head):
            self._list_unreadable(item, reason)
        else:
            self._list(item, content, head)
        return False

    def _item(self, entry: Entry, place: Place) -> _Item:
        loose = place.container == LOOSE
        name = self._input_name if loose else place.prefix + label(entry.name, self._limits.name_length)
        reference = unique(name, self._references)
        return _Item(entry=entry, place=place, parts=parse_name(entry.name), reference=reference)

    def _list(self, item: _Item, content: Content, head: bytes, unreadable: str | None = None) -> None:
        kind = member_kind(item.parts.kind, head)
        is_capture = kind is MemberKind.CAPTURE
        member = OpenMember(
            input_name=self._input_name,
            name=item.reference.removeprefix(f"{self._input_name}/"),
            reference=item.reference,
            container=item.place.container,
            kind=kind,
            host=item.parts.host,
            taken=item.parts.taken,
            interface=item.parts.interface if is_capture else None,
            sequence=item.parts.sequence if is_capture else None,
            size=item.entry.size if unreadable or content is item.entry.content else None,
            head=head,
            unreadable=unreadable,
            suspect=item.entry.suspect,
            content=content,
            limit=self._limits.member_bytes(kind),
        )
        self.members.append(member)

    def _list_unreadable(self, item: _Item, reason: str | None) -> None:
        self._list(item, BytesContent(b""), b"", reason or say("it has no bytes"))

    def _open(self, item: _Item, content: Content, archive: ArchiveFormat) -> bool:
        """Open an archive and add what it holds. One that is too deep or cannot be opened is listed instead."""
        place = item.place
        if place.depth > self._limits.nesting or archive is ArchiveFormat.GZIP:
            self._list_unreadable(item, say("an archive inside an archive inside an archive: unpack one first"))
            return False
        if archive is ArchiveFormat.ZIP and not content.seekable:
            held = self._hold(content)
            if held is None:
                self._list_unreadable(item, say("too large to open inside another archive: unpack that first"))
                return False
            content = held
        is_zip = archive is ArchiveFormat.ZIP
        listing = read_zip(content, self._limits, self._budget) if is_zip else read_tar(content, self._limits)
        for trouble in listing.troubles if listing.entries else (*listing.troubles, _EMPTY):
            self.report(item.reference, trouble)
        if place.depth and not listing.entries:
            self._list_unreadable(item, _EMPTY_INSIDE)
        inside = Place(container=item.reference, prefix=f"{item.reference}/", depth=place.depth + 1, in_archive=True)
        for child in listing.entries:
            self.add(replace(child, suspect=child.suspect or item.entry.suspect), inside)
        return True

    def _hold(self, content: Content) -> Content | None:
        """Return a zip that can only be read from front to back as one that can be read anywhere."""
        data, _ = read_up_to(content.reader(), self._held + 1)
        if len(data) > self._held:
            return None
        self._held -= len(data)
        return BytesContent(data)

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
