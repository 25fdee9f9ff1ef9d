"""When the cyclic garbage collector is of no use."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collections() -> Iterator[None]:
    """Keep the cyclic garbage collector off, for work that makes many records and no cycles.

    It would look through all of them again and again: a quarter of the time of reading many handshakes, a tenth of
    judging them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
