"""Cut a stream into blocks of whole lines, none of them longer than a limit.

A log may be hundreds of megabytes, hold a line of a gigabyte, or have been saved as UTF-16 by an editor.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from analyzer.parsers.readable import Readable

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class LineBlocks:
    """The lines of a stream, in blocks that end at a line end.

    The line end is LF alone: other separators stand inside messages that a peer wrote. The last line gets one
    if it has none. Of a longer line the first `line_limit` bytes are kept. The blocks depend on `chunk_size`,
    the bytes in them do not.

    Attributes:
        cut_lines: how many lines were longer than the limit, so far.
    """

    def __init__(self, stream: Readable, *, chunk_size: int, line_limit: int) -> None:
        self._stream = stream
        self._chunk_size = chunk_size
        self._line_limit = line_limit
        self.cut_lines = 0

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        for chunk in _utf8_chunks(self._stream, self._chunk_size):
            data = rest + chunk
            end = data.rfind(b"\n") + 1
            # One byte more than the limit is enough to know that this line is to be cut.
            rest = data[end : end + self._line_limit + 1]
            if end:
                yield self._cut(data[:end])
        if rest:
            yield self._cut(rest + b"\n")

    def _cut(self, lines: bytes) -> bytes:
        pieces: list[bytes] = []
        kept = start = 0
        while len(lines) - start > self._line_limit + 1:
            last = lines.rfind(b"\n", start, start + self._line_limit + 1)
            if last >= 0:
                start = last + 1
                continue
            self.cut_lines += 1
            pieces += (lines[kept : start + self._line_limit], b"\n")
            kept = start = lines.index(b"\n", start) + 1
        return b"".join((*pieces, lines[kept:])) if pieces else lines


def _utf8_chunks(stream: Readable, size: int) -> Iterator[bytes]:
    head = b""
    while len(head) < len(codecs.BOM_UTF8) and (more := stream.read(size)):
        head += more
    if not head.startswith(_UTF16_MARKS):
        yield head.removeprefix(codecs.BOM_UTF8)
        while chunk := stream.read(size):
            yield chunk
        return
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    chunk = head
    while chunk:
        yield decoder.decode(chunk).encode("utf-8", "replace")
        chunk = stream.read(size)
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")
