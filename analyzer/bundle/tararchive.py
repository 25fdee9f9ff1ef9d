"""What a tar holds, read from front to back (POSIX.1-2017 pax, ustar; GNU long names).

`tarfile` is not used: it loops for ever on a negative size before Python 3.11.14 (CVE-2025-8194), reads names
of any length into memory, and gives up what follows a damaged header.
"""

from __future__ import annotations

from msgspec.structs import replace

from analyzer.bundle.content import CHUNK, Changed, Content, Damaged, read_up_to
from analyzer.bundle.entry import Entry, Listing, Trouble, decode_name, too_many
from analyzer.bundle.files import BytesContent
from analyzer.bundle.limits import MIB, Limits
from analyzer.bundle.parts import Slice
from analyzer.bundle.sniff import HEAD_BYTES
from analyzer.bundle.tarheaders import BLOCK, TarHeader, pax_records, read_header
from analyzer.words import Words, say

_SMALL = MIB
_ALL_SMALL = 64 * MIB
_HEADERS_PER_MEMBER = 8  # folders, and extended headers before a file

_UNREAD = {
    b"1": say("a link, which is not followed"),
    b"2": say("a link, which is not followed"),
    b"3": say("a device, which is not opened"),
    b"4": say("a device, which is not opened"),
    b"6": say("a pipe, which is not opened"),
}
_SPARSE = say("a sparse file, which is not read")


def read_tar(content: Content, limits: Limits) -> Listing:
    """List a tar in one pass.

    Where the tar is compressed, small members are kept from that pass and large ones get a mark, so that opening
    a member costs that member alone.
    """
    walk = _Walk(content, limits)
    try:
        walk.to_the_end()
        walk.drain()
    except Changed as change:
        reason = say("it or another member was changed: {reason}", reason=change.why)
        walk.entries = [replace(entry, suspect=reason) for entry in walk.entries]
        walk.trouble(say("the archive is not as it was made"), change.why, say("which of its members were changed"))
    except Damaged as damage:
        walk.trouble(
            say("the archive could not be read to its end"), damage.why, say("what members after the break say")
        )
    return Listing(entries=tuple(walk.entries), troubles=tuple(walk.troubles))


class _Walk:
    """One pass over a tar."""

    def __init__(self, content: Content, limits: Limits) -> None:
        self.entries: list[Entry] = []
        self.troubles: list[Trouble] = []
        self._content, self._limits = content, limits
        self._reader, self._position = content.reader(), 0
        self._kept = 0
        self._extended: dict[str, bytes] = {}

    def trouble(self, what: Words, why: Words, leaves_open: Words) -> None:
        self.troubles.append(Trouble(what=what, why=why, leaves_open=leaves_open))

    def to_the_end(self) -> None:
        """Read headers up to the block of zeros behind the last member, or to the last that is listed."""
        for _ in range(_HEADERS_PER_MEMBER * self._limits.members):
            block = self._take(BLOCK)
            if not block:
                self.trouble(
                    say("the archive has no end mark"),
                    say("it may have been cut short"),
                    say("whether members are missing"),
                )
                return
            if not any(block):
                return
            if header := read_header(block):
                if len(self.entries) == self._limits.members:
                    break
                self._pass(header)
            elif not self._find_header():
                return
        self.troubles.append(too_many(self._limits.members))

    def drain(self) -> None:
        """Read what is left, so that the checksum of a compressed archive is checked."""
        if not self._content.seekable:
            self._skip(1 << 62)

    def _find_header(self) -> bool:
        """Go to the next sound header behind a damaged one; return whether there is one."""
        self.trouble(
            say("a member's header is damaged"),
            say("its checksum or its size is wrong"),
            say("what that member says"),
        )
        step = 16 * BLOCK
        while True:
            self._reader.mark()
            data, damage = read_up_to(self._reader, step)
            for start in range(0, len(data) - BLOCK + 1, BLOCK):
                if data[start + 257 : start + 262] == b"ustar" and read_header(data[start : start + BLOCK]):
                    self._position += start
                    self._reader = self._content.reader(self._position)
                    return True
            if damage:
                raise damage
            if len(data) < step:
                return False
            self._position += step
            step = min(2 * step, CHUNK)

    def _pass(self, header: TarHeader) -> None:
        """Pass over one header and its data, and note what it says."""
        if header.type in b"LKxg":
            self._extend(header)
            return
        extended, self._extended = self._extended, {}
        name = decode_name(extended.get("path", header.raw_name), "latin-1")
        declared = extended.get("size", b"")
        size = int(declared) if declared.isdigit() and len(declared) < 20 else header.size
        if header.type == b"5" or (name.endswith("/") and not size):
            return
        if reason := _UNREAD.get(header.type):
            self.entries.append(Entry(name=name, size=0, unreadable=reason))
        elif header.type == b"S" or any(key.startswith("GNU.sparse.") for key in extended):
            self.entries.append(Entry(name=name, unreadable=_SPARSE))
            self._skip(_padded(size))
        else:
            self._file(name, size)

    def _extend(self, header: TarHeader) -> None:
        """Keep what an extension header says about the next member."""
        start = self._position
        if header.type in b"Lx" and header.size <= _SMALL:
            data = self._take(header.size)
            more = {"path": data.split(b"\0", 1)[0]} if header.type == b"L" else pax_records(data)
            self._extended |= more
        self._skip(_padded(header.size) - (self._position - start))

    def _file(self, name: str, size: int) -> None:
        content: Content = Slice(self._content, self._position, size)
        small = size <= _SMALL and self._kept + size <= _ALL_SMALL
        if not self._content.seekable and not small:
            self._reader.mark()
        wanted = size if not self._content.seekable and small else min(size, HEAD_BYTES)
        data, damage = read_up_to(self._reader, wanted)
        self._position += len(data)
        if len(data) == size and not self._content.seekable:
            content = BytesContent(data)
            self._kept += size
        self.entries.append(Entry(name=name, content=content, size=size, head=data[:HEAD_BYTES]))
        if damage:
            raise damage
        self._skip(_padded(size) - len(data))

    def _take(self, size: int) -> bytes:
        data, damage = read_up_to(self._reader, size)
        self._position += len(data)
        if damage:
            raise damage
        if 0 < len(data) < size:
            raise Damaged(say("the file was cut short"))
        return data

    def _skip(self, size: int) -> None:
        skipped = self._reader.skip(size)
        self._position += skipped


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
