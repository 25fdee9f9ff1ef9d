"""Opens what the command line names: archives, folders and loose files, whatever they are called."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from analyzer.bundle.entry import Entry
from analyzer.bundle.files import FileContent, Files
from analyzer.bundle.limits import Limits
from analyzer.bundle.members import OpenInput
from analyzer.bundle.names import unique
from analyzer.bundle.opener import LOOSE, Opener, Place
from analyzer.evidence import Problem
from analyzer.text import clean
from analyzer.words import Words, say


class Inputs:
    """The opened inputs; a context manager. After it closes, nothing can be read any more.

    Attributes:
        inputs: in the order of the command line; one that could not be opened has no members.
        problems: what could not be opened or listed.
    """

    def __init__(self, paths: Sequence[Path], limits: Limits) -> None:
        self.problems: list[Problem] = []
        self._files, self._limits = Files(), limits
        self._names: set[str] = set()
        self.inputs = tuple(self._open(path) for path in self._distinct(paths))

    def _distinct(self, paths: Sequence[Path]) -> Iterator[Path]:
        seen: set[str] = set()
        for path in paths:
            real = _real(path)
            if real not in seen:
                seen.add(real)
                yield path

    def _open(self, path: Path) -> OpenInput:
        name = unique(_base_name(path), self._names)
        try:
            status = path.stat()
        except (OSError, ValueError) as error:
            return self._unopened(path, name, getattr(error, "strerror", None) or str(error))
        if stat.S_ISDIR(status.st_mode):
            return self._open_folder(path, name)
        if not stat.S_ISREG(status.st_mode):
            return self._unopened(path, name, say("it is neither a file nor a folder"))
        return self._open_file(path, name, status.st_size)

    def _open_file(self, path: Path, name: str, size: int) -> OpenInput:
        opener = Opener(name, size, self._limits)
        entry = Entry(name=path.name, content=FileContent(self._files, path, size), size=size)
        is_archive = opener.add(entry, Place(container=LOOSE, prefix="", depth=0, in_archive=False))
        return self._opened(opener, path, name, is_archive=is_archive)

    def _open_folder(self, path: Path, name: str) -> OpenInput:
        files = list(islice(self._walk(path, name), self._limits.members + 1))
        opener = Opener(name, sum(file.size or 0 for file in files), self._limits)
        for entry in files:
            opener.add(entry, Place(container=name, prefix=f"{name}/", depth=1, in_archive=False))
        return self._opened(opener, path, name, is_folder=True)

    def _opened(
        self, opener: Opener, path: Path, name: str, *, is_archive: bool = False, is_folder: bool = False
    ) -> OpenInput:
        self.problems += opener.problems
        return OpenInput(
            name=name, path=path, is_archive=is_archive, is_folder=is_folder, members=tuple(opener.members)
        )

    def _unopened(self, path: Path, name: str, why: str) -> OpenInput:
        self._problem(name, say("the input was not opened"), why, say("all that it says"))
        return OpenInput(name=name, path=path, is_archive=False, is_folder=False, members=())

    def _walk(self, top: Path, name: str, prefix: str = "", depth: int = 1) -> Iterator[Entry]:
        """Yield the files of a folder in the order of their names; what is hidden is left out."""
        if depth > self._limits.folder_depth:
            self._not_looked_into(f"{name}/{clean(prefix)}", say("it lies too deep"))
            return
        try:
            with os.scandir(top) as found:
                items = sorted((item for item in found if not item.name.startswith(".")), key=lambda item: item.name)
        except OSError as error:
            self._not_looked_into(f"{name}/{clean(prefix)}", error.strerror or str(error))
            return
        for item in items:
            if item.is_dir(follow_symlinks=False):
                yield from self._walk(Path(item.path), name, f"{prefix}{item.name}/", depth + 1)
            else:
                yield self._folder_entry(item, prefix + item.name)

    def _folder_entry(self, item: os.DirEntry[str], name: str) -> Entry:
        try:
            status = item.stat(follow_symlinks=False)
        except OSError as error:
            return Entry(name=name, unreadable=error.strerror or str(error))
        if stat.S_ISLNK(status.st_mode):
            return Entry(name=name, unreadable=say("a link, which is not followed"))
        if not stat.S_ISREG(status.st_mode):
            return Entry(name=name, unreadable=say("a device or pipe, which is not opened"))
        content = FileContent(self._files, Path(item.path), status.st_size)
        return Entry(name=name, content=content, size=status.st_size)

    def _not_looked_into(self, folder: str, why: str) -> None:
        self._problem(folder, say("the folder was not looked into"), why, say("what it holds"))

    def _problem(self, file: str, what: Words, why: str, leaves_open: Words) -> None:
        self.problems.append(Problem(file=file, what=what, why=why, leaves_open=leaves_open))

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_inputs(paths: Sequence[Path], limits: Limits | None = None) -> Inputs:
    """Open what the command line names. Bad input never raises: it becomes a problem, or an unreadable member."""
    return Inputs(paths, limits or Limits())


def _real(path: Path) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return str(path)


def _base_name(path: Path) -> str:
    """Return the last part of a path, also of one like `.` that ends in none."""
    last = path.name if path.name not in {"", ".."} else Path(_real(path)).name
    return clean(last or str(path), 255)
