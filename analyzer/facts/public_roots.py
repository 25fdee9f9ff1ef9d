"""Which certification authorities are public: the roots that Mozilla's list held, and the names of their operators.

The list of today alone would call a certificate private whose root has left it: DigiCert Global Root CA and
QuoVadis Root CA 2 did so in 2026. `public_roots.json` remembers them, by name and key, with the date of the last
snapshot that held them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from msgspec import Struct


class PublicRoot(Struct, frozen=True, kw_only=True):
    """A root of Mozilla's list.

    Attributes:
        subject: RFC 4514.
        public_key_sha256: of the SubjectPublicKeyInfo, as in `Certificate`.
        last: ISO date of the newest snapshot that holds it.
        removed: whether that is not the newest of all.
    """

    subject: str
    public_key_sha256: str
    last: str
    removed: bool


class PublicRoots(Struct, frozen=True, kw_only=True):
    """All of them, as of a date (ISO); `organisations` are in the form of `organisation_key`."""

    as_of: str
    by_key: Mapping[str, PublicRoot]
    by_subject: Mapping[str, PublicRoot]
    organisations: frozenset[str]

    def find(self, subject: str | None, public_key_sha256: str | None) -> PublicRoot | None:
        """Return the root with this name and this key, however it is signed: cross-signs keep both."""
        root = self.by_key.get(public_key_sha256 or "")
        return root if root is not None and root.subject == subject else None


@lru_cache(maxsize=1)
def public_roots() -> PublicRoots:
    """Return the packaged list; it is read when first asked for."""
    data = json.loads(Path(__file__).with_name("public_roots.json").read_text(encoding="utf-8"))
    roots = [
        PublicRoot(
            subject=row["subject"],
            public_key_sha256=row["key"],
            last=row["last"],
            removed=row["last"] != data["as_of"],
        )
        for row in data["roots"]
    ]
    return PublicRoots(
        as_of=data["as_of"],
        by_key={root.public_key_sha256: root for root in roots},
        by_subject={root.subject: root for root in roots},
        organisations=frozenset(map(organisation_key, data["organisations"])),
    )


def organisation_key(name: str) -> str:
    """Return what the spellings of an organisation have in common (`DigiCert, Inc.`, `DigiCert Inc`)."""
    return "".join(character for character in name.casefold() if character.isalnum())


def certifi_bundle() -> bytes:
    """Return the roots that the installed certifi holds, as PEM."""
    import certifi

    return Path(certifi.where()).read_bytes()
