"""Keeps compiled templates where Python keeps compiled modules: in `__pycache__` beside the source.

Compiling takes Jinja2 some 80 ms, a quarter of a small run. What lies there is trusted as far as the program's own
`.pyc` files are; Jinja2 checks that it was made from this text by this version.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from pickle import PickleError

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class CompiledTemplates(BytecodeCache):
    """A bytecode cache in the `__pycache__` of the templates' folder. Where it can't write, it does not."""

    def __init__(self, templates: Path) -> None:
        """Keep the folder of the templates."""
        self._folder = templates / "__pycache__"

    def _path(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.{sys.implementation.cache_tag}.template"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load a template's code; a stale or damaged file is ignored and compiled anew."""
        with suppress(OSError, EOFError, ValueError, TypeError, PickleError):
            bucket.load_bytecode(BytesIO(self._path(bucket).read_bytes()))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write a template's code, whole or not at all."""
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                bucket.write_bytecode(file)
            Path(name).replace(self._path(bucket))
