"""Diagnostic bundles: the members that a box writes, under the names it gives them, in an archive."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from samples.builders import dumps
from samples.builders.dumps import NodeState

_MEMBER_DATE = (2026, 3, 24, 12, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One bundle. What is None is not in it.

    Attributes:
        time: when the log was collected; part of every name.
        captures: by interface and rotation number: `("eth0", 0)`.
        extra: further members by full name.
    """

    host: str
    time: datetime = datetime(2026, 3, 24, 11, 55, 47, tzinfo=UTC)
    server: bytes | None = None
    client: bytes | None = None
    trusted: bytes | None = None
    state: NodeState | None = None
    log: bytes | None = None
    captures: Mapping[tuple[str, int], bytes] = field(default_factory=dict)
    extra: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def stamp(self) -> str:
        """Host and time as member names carry them."""
        return f"{self.host}_{self.time:%Y-%m-%d_%H_%M_%S}"

    @property
    def name(self) -> str:
        """Name of the archive, without its extension."""
        return f"diagnostic_log_{self.stamp}"

    def members(self) -> dict[str, bytes]:
        """Return the content of each member by its name."""
        named = {
            f"server_{self.stamp}.pem": self.server,
            f"client_{self.stamp}.pem": self.client,
            f"ca_{self.stamp}.pem": self.trusted,
            f"loggingsnapshot_{self.stamp}.txt": self.log,
        }
        if self.state:
            named |= {
                f"xconf_dump_{self.stamp}.txt": dumps.xconf_text(self.state),
                f"xconf_dump_{self.stamp}.xml": dumps.xconf_xml(self.state),
                f"xstat_dump_{self.stamp}.txt": dumps.xstat_text(self.state),
                f"xstat_dump_{self.stamp}.xml": dumps.xstat_xml(self.state),
            }
        for (interface, number), capture in self.captures.items():
            named[f"{interface}_diagnostic_logging_tcpdump{number:02d}_{self.stamp}.pcap"] = capture
        return {name: content for name, content in named.items() if content is not None} | dict(self.extra)

    def zip_bytes(self) -> bytes:
        """Return the bundle as a zip, as support cases carry it."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, content in self.members().items():
                archive.writestr(zipfile.ZipInfo(name, _MEMBER_DATE), content, zipfile.ZIP_DEFLATED, 9)
        return buffer.getvalue()

    def targz_bytes(self) -> bytes:
        """Return the bundle as a tar.gz, as the box hands it out."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for name, content in self.members().items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                member.mtime = int(self.time.timestamp())
                archive.addfile(member, io.BytesIO(content))
        return gzip.compress(buffer.getvalue(), mtime=0)

    def write_zip(self, folder: Path) -> Path:
        """Write the zip into a folder, and return its path."""
        path = folder / f"{self.name}.zip"
        path.write_bytes(self.zip_bytes())
        return path

    def write_folder(self, folder: Path) -> Path:
        """Write the members into a folder of the bundle's name, and return its path."""
        target = folder / self.name
        target.mkdir(parents=True)
        for name, content in self.members().items():
            (target / name).write_bytes(content)
        return target
