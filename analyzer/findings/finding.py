"""Findings: a diagnosis, how sure it is, what shows it, and what to do."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from analyzer.words import Words


class Severity(StrEnum):
    """How bad it is for this deployment now."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    OK = "ok"


class Confidence(StrEnum):
    """How sure it is. proven: bytes or lines are quoted; strong: two independent indirect items."""

    PROVEN = "proven"
    STRONG = "strong"
    INFERRED = "inferred"
    NOT_DETERMINABLE = "not-determinable"


class EvidenceKind(StrEnum):
    """What a piece of evidence points to."""

    FRAME = "frame"
    LINE = "line"
    CERTIFICATE = "certificate"
    SETTING = "setting"
    STATUS = "status"


class RemedyKind(StrEnum):
    """What a step is for."""

    DURABLE = "durable"
    STOP_GAP = "stop-gap"
    COLLECT = "collect"


class Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """A piece of evidence that a reader can go and look at.

    Attributes:
        file: `INPUT/MEMBER`; None only for a certificate that was found in several places.
        locator: frame number, 1-based line number, certificate id, or the setting's path.
        text: what stands there, rebuilt from named fields.
    """

    kind: EvidenceKind
    file: str | None
    locator: str | int
    text: str


HERE = ""
"""Stands for the finding's own node."""


class Remedy(Struct, frozen=True, kw_only=True):
    """One step to take.

    Attributes:
        command: an exact command or menu path, or None.
        at: name of the node that it is done on; `HERE`; None: elsewhere, as the text says.
        instead: it takes the place of the one before it; a stop-gap always does.
    """

    text: Words
    kind: RemedyKind
    command: str | None = None
    at: str | None = HERE
    instead: bool = False


class Citation(Struct, frozen=True, kw_only=True):
    """Where a diagnosis comes from. `date`: ISO, of the source's revision; None if it has none."""

    title: str
    url: str | None
    date: str | None


class Finding(Struct, frozen=True, kw_only=True):
    """One diagnosis.

    Attributes:
        subject: what it is about: a peer, a certificate's name, a zone, a file.
        caused_by: id of the finding that explains this one, or None.
        missing: for `not-determinable`: what is missing, in words that group equal ones; else None.
        first, last: of the repeats, as far as they carry a time.
        due: the day before which a renewal has to bring what its steps ask for; None: it is about now.
        is_context: background that explains no failure and is explained by none.
        rests_on: ids of the connections and log lines that it rests on.
        about: the peers that it is about, by the keys that `Grounds.about` uses; empty: none.
    """

    id: str
    severity: Severity
    confidence: Confidence
    node: str | None
    subject: str
    title: Words
    explanation: Words
    caused_by: str | None = None
    remedy: tuple[Remedy, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    count: int = 1
    first: datetime | None = None
    last: datetime | None = None
    due: date | None = None
    sources: tuple[Citation, ...] = ()
    missing: Words | None = None
    is_context: bool = False
    rests_on: frozenset[str] = frozenset()
    about: frozenset[str] = frozenset()

    @property
    def determined(self) -> bool:
        """Whether the diagnosis was made (anything but `not-determinable`)."""
        return self.confidence is not Confidence.NOT_DETERMINABLE
