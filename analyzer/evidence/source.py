"""Where facts come from: the inputs, their members, and what of them could not be read."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class MemberKind(StrEnum):
    """What a member of a diagnostic bundle is."""

    SERVER_PEM = "server_pem"
    CLIENT_PEM = "client_pem"
    CA_PEM = "ca_pem"
    CERTIFICATE = "certificate"
    XCONF_XML = "xconf_xml"
    XCONF_TEXT = "xconf_text"
    XSTAT_XML = "xstat_xml"
    XSTAT_TEXT = "xstat_text"
    SNAPSHOT = "snapshot"
    CAPTURE = "capture"
    OTHER = "other"


class ReadState(StrEnum):
    """How much of a member was read."""

    WHOLE = "whole"
    PART = "part"
    NOT = "not"


class Problem(Struct, frozen=True, kw_only=True):
    """Something that could not be read or done.

    Attributes:
        file: `INPUT/MEMBER`, or the input alone.
        what: what could not be read or done.
        why: the cause, in words for a person.
        leaves_open: the questions that this leaves unanswered.
    """

    file: str
    what: str
    why: str
    leaves_open: str


class Member(Struct, frozen=True, kw_only=True):
    """One member of an input, and what came of reading it.

    Attributes:
        name: the name inside the input, cleaned for display.
        reference: how every other record names this member: `INPUT/MEMBER`; a loose file: its name alone.
        node: the name of the node that it was filed under; None if it names no host.
        size: bytes; None if they could not be counted.
        sha256: of the member's bytes; None if they were not read to the end.
        reason: why it was not read, or only in part; None for `whole`.
        private_keys: private keys found in it; they are counted, and never kept.
    """

    name: str
    reference: str
    kind: MemberKind
    node: str | None
    size: int | None
    sha256: str | None
    read: ReadState
    reason: str | None = None
    private_keys: int = 0


class Input(Struct, frozen=True, kw_only=True):
    """One path of the command line: an archive, a folder or a loose file.

    Attributes:
        name: base name of the path.
        sha256: of the file; None for a folder.
    """

    name: str
    sha256: str | None
    members: tuple[Member, ...]
