"""What a parser needs of a stream: an open file, a `BytesIO` and a member of an archive all have it."""

from __future__ import annotations

from typing import Protocol


class Readable(Protocol):
    """Bytes from front to back."""

    def read(self, size: int, /) -> bytes:
        """Return 1 to `size` bytes, or nothing at the end."""
        ...
