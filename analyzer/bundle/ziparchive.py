"""What a zip holds: by its directory, or by the members' own headers where the directory is missing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from msgspec.structs import replace

from analyzer.bundle.content import Content
from analyzer.bundle.entry import Entry, Listing, Trouble, too_many
from analyzer.bundle.inflate import BARE, Inflated
from analyzer.bundle.limits import Budget, Limits
from analyzer.bundle.parts import Checked, Slice
from analyzer.bundle.salvage import salvage
from analyzer.bundle.zipheaders import (
    ENCRYPTED,
    ZipHeader,
    read_directory,
    read_local_header,
)
from analyzer.text import clean
from analyzer.words import Words, say

_STORED, _DEFLATED = 0, 8
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz", 98: "PPMd", 99: say("AES encryption")}

_NO_DIRECTORY = Trouble(
    what=say("the archive's directory is missing or damaged; members were found by their own headers"),
    why=say("the file was cut short or changed, in a transfer perhaps"),
    leaves_open=say("what the missing part held"),
)


def read_zip(content: Content, limits: Limits, budget: Budget) -> Listing:
    """List a zip; `content` must be seekable."""
    directory = read_directory(content, limits.members + 1)
    members = [_Member(content, header) for header in (directory or ())[: limits.members]]
    if directory is None or (members and not any(member.own for member in members)):
        return _salvaged(content, limits, budget)
    running_over = _running_over(members)
    entries, troubles = [], []
    for member in members:
        header = member.header
        reason = _why_not_read(header, limits)
        if member.own is None:
            reason = say("its header is not where the archive's directory says")
        elif member in running_over:
            reason = say("it runs into the next member, as only damaged or forged archives do")
        elif member.own.raw_name != header.raw_name:
            troubles.append(_misnamed(header, member.own))
        if not _is_folder(header):
            entries.append(_entry(content, header, reason, budget))
    if len(directory) > limits.members:
        troubles.append(too_many(limits.members))
    return Listing(entries=tuple(entries), troubles=tuple(troubles))


def _misnamed(header: ZipHeader, own: ZipHeader) -> Trouble:
    return Trouble(
        what=say(
            "a member has two names, {listed} and {own}", listed=clean(header.name, 255), own=clean(own.name, 255)
        ),
        why=say("the archive's directory and the member's own header differ: it was damaged or forged"),
        leaves_open=say("which of the two names it had when the archive was made (the directory's is used)"),
    )


def _salvaged(content: Content, limits: Limits, budget: Budget) -> Listing:
    headers = salvage(content, limits.members + 1, budget)
    entries = [
        _entry(content, header, _why_not_read(header, limits), budget)
        for header in headers[: limits.members]
        if not _is_folder(header)
    ]
    more = [too_many(limits.members)] if len(headers) > limits.members else []
    return Listing(entries=tuple(entries), troubles=(_NO_DIRECTORY, *more))


class _Member:
    """A member by its entry in the directory and by its own header, and what is to be believed of the two.

    Attributes:
        own: its own header; None if it is not where the directory says.
    """

    def __init__(self, content: Content, listed: ZipHeader) -> None:
        self.own = read_local_header(content, listed.offset)
        self.header = _reconciled(listed, self.own) if self.own else listed


def _reconciled(listed: ZipHeader, own: ZipHeader) -> ZipHeader:
    if own.size is None or (own.compressed, own.size) == (listed.compressed, listed.size):
        return replace(listed, data=own.data)
    # The smaller one cannot run into the next member; if it is too small, decompressing shows it.
    return replace(listed, data=own.data, compressed=min(own.compressed, listed.compressed), size=None)


def _running_over(members: Sequence[_Member]) -> set[_Member]:
    """Return the members that run into the next one: those that are left share no byte."""
    in_order = sorted((member for member in members if member.own), key=lambda member: member.header.offset)
    return {
        member
        for member, following in pairwise(in_order)
        if member.header.data + member.header.compressed > following.header.offset
    }


def _entry(content: Content, header: ZipHeader, unreadable: Words | None, budget: Budget) -> Entry:
    if unreadable:
        return Entry(name=header.name, size=header.size, unreadable=unreadable)
    data: Content = Slice(content, header.data, header.compressed)
    if header.method == _DEFLATED:
        data = Inflated(data, BARE, budget)
    return Entry(name=header.name, content=Checked(data, header.size, header.crc32), size=header.size)


def _why_not_read(header: ZipHeader, limits: Limits) -> Words | None:
    if header.is_link:
        return say("a link, which is not followed")
    if header.flags & ENCRYPTED:
        return say("encrypted: unpack the archive with its password and give the folder")
    if header.method not in {_STORED, _DEFLATED}:
        return say(
            "compressed with method {number} ({method}), which is not read",
            number=header.method,
            method=_METHODS.get(header.method) or say("unknown"),
        )
    if header.size is not None and header.size > limits.ratio * header.compressed + 1024:
        return say(
            "it claims {size:,} bytes from {compressed:,}, more than compression can give",
            size=header.size,
            compressed=header.compressed,
        )
    return None


def _is_folder(header: ZipHeader) -> bool:
    return header.raw_name.endswith((b"/", b"\\")) and not header.size
