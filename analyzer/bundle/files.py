"""Content that lies in a file or in memory, where every place is reached at once."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import BinaryIO

from analyzer.bundle.content import Damaged, Reader
from analyzer.words import say


class Files:
    """The files that are being read, few of them open at a time."""

    _MOST_OPEN = 32

    def __init__(self) -> None:
        self._open: OrderedDict[Path, _OpenFile] = OrderedDict()
        self._closed = False

    def read(self, path: Path, offset: int, size: int) -> bytes:
        """Return up to `size` bytes of a file.

        Raises:
            Damaged: if the system does not give them.
        """
        if self._closed:
            raise Damaged(say("the input was closed"))
        try:
            return self._file(path).read(offset, size)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise Damaged(say("the file cannot be read: {reason}", reason=reason)) from error

    def _file(self, path: Path) -> _OpenFile:
        if path not in self._open:
            self._open[path] = _OpenFile(path.open("rb", buffering=0))
            if len(self._open) > self._MOST_OPEN:
                self._open.popitem(last=False)[1].handle.close()
        self._open.move_to_end(path)
        return self._open[path]

    def close(self) -> None:
        """Close what is open; nothing can be read any more."""
        self._closed = True
        while self._open:
            self._open.popitem()[1].handle.close()


class _OpenFile:
    """A file, read from one place on without asking the system to go there again."""

    def __init__(self, handle: BinaryIO) -> None:
        self.handle = handle
        self._position = 0

    def read(self, offset: int, size: int) -> bytes:
        position, self._position = self._position, -1  # nowhere, until the system has said what it did
        if offset != position:
            self.handle.seek(offset)
        data = self.handle.read(size)
        self._position = offset + len(data)
        return data


class FileContent:
    """A file, as long as it was when it was opened."""

    seekable = True

    def __init__(self, files: Files, path: Path, size: int) -> None:
        self._files, self._path = files, path
        self.size: int | None = size

    def reader(self, start: int = 0) -> Reader:
        """See `Content.reader`."""
        return _AddressedReader(self, start)

    def at(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from an offset on."""
        return self._files.read(self._path, offset, size)


class BytesContent:
    """Bytes in memory."""

    seekable = True

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size: int | None = len(data)

    def reader(self, start: int = 0) -> Reader:
        """See `Content.reader`."""
        return _AddressedReader(self, start)

    def at(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from an offset on."""
        return self._data[offset : offset + size]


class _AddressedReader:
    def __init__(self, content: FileContent | BytesContent, start: int) -> None:
        self._content, self._position = content, start

    def read(self, size: int) -> bytes:
        data = self._content.at(self._position, size)
        self._position += len(data)
        return data

    def skip(self, size: int) -> int:
        skipped = min(size, max(0, (self._content.size or 0) - self._position))
        self._position += skipped
        return skipped

    def mark(self) -> None:
        """Every place is reached at once."""
