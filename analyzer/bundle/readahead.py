"""Reads ahead: another thread reads and decompresses, or hashes, the next pieces of a large member.

The system's read, `zlib` and `hashlib` let other threads run, so that on two cores this takes hardly any time of the
parser's. Each of them wants the interpreter back when it is done, and the parser gives it away only when it is asked
to: at Python's usual interval of 5 ms hardly anything would happen at the same time (200 MB in a zip take 1.3 s so,
and 0.9 s with the interval and the size of the pieces here; plain, 0.44 and 0.29 s).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

_PIECES_AHEAD = 2
_SWITCH_INTERVAL = 0.0002  # seconds


class ReadAhead:
    """Calls `produce` for one piece after the other, up to two ahead, until one is empty or it raises.

    While it runs nothing else may use what `produce` uses.

    Raises:
        RuntimeError: if the system has no thread to give.
    """

    def __init__(self, produce: Callable[[], bytes]) -> None:
        self._produce = produce
        self._pieces: SimpleQueue[bytes | Exception] = SimpleQueue()
        self._permits: SimpleQueue[None] = SimpleQueue()
        self._is_closed = False
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_INTERVAL)
        for _ in range(_PIECES_AHEAD):
            self._permits.put(None)

    def read(self) -> bytes:
        """Return the next piece, or raise what `produce` raised. Not to be called again after an empty one."""
        piece = self._pieces.get()
        if isinstance(piece, Exception):
            raise piece
        self._permits.put(None)
        return piece

    def close(self) -> None:
        """Stop reading, and wait until it has stopped."""
        if self._is_closed:
            return
        self._is_closed = True
        self._permits.put(None)
        self._thread.join()
        sys.setswitchinterval(self._interval)

    def _run(self) -> None:
        piece: bytes | Exception = b"more"
        while piece and not isinstance(piece, Exception):
            self._permits.get()
            if self._is_closed:
                break
            try:
                piece = self._produce()
            except Exception as error:  # noqa: BLE001 - it is raised where the piece is asked for
                piece = error
            self._pieces.put(piece)
