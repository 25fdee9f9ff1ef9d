"""Frozen records of what is concluded: findings, verdicts, and the report that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from analyzer.evidence import Case, Frame, Outcome, PeerIdentity, Side, Store, TlsRecord, Visibility
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


class Presented(Struct, frozen=True, kw_only=True):
    """The certificate that a verdict is about: the one that this node presented.

    Attributes:
        certificate: its id; None unless seen.
    """

    visibility: Visibility | None
    certificate: str | None = None
    serial: str | None = None
    store: Store | None = None


class StoreRule(Struct, frozen=True, kw_only=True):
    """What the store rule says of a certificate: as a TLS client the client store's, as a server the server store's.

    Attributes:
        expected: the certificate that it says; None: that is not known.
        is_seen: whether the certificate that was presented is seen.
        kept: whether that is the one that it says; None: it cannot be told.
        unknown: why a certificate that is seen cannot be compared, or why none is expected; else None.
        is_older: what was presented is an older one of what is expected.
    """

    expected: Presented | None = None
    is_seen: bool = False
    kept: bool | None = None
    unknown: Words | None = None
    is_older: bool = False


class Grounds(Struct, frozen=True, kw_only=True):
    """What a verdict is shown by: decided with it, once, for every report (not a part of the JSON report).

    Attributes:
        connection: id of the one that the sentence tells of, the newest; None: only the log shows it.
        frame: the one that the sentence names: of the certificate that is shown; of a hidden one, of the record in
            its place, else of the ClientHello.
        event: id of the log line that tells of its outcome; of that connection, if it has one.
        refused: the side whose certificate was refused; None: none was, or something else was.
        accepted: the peer is known to have gone through with what this node is seen to have presented.
        wanted_name: the name that was looked for in a refused certificate.
        rule: what the store rule says of what this node presented; None: it presented nothing.
        rule_of_refused: of the peer's certificate, if that was refused and the peer's bundle is at hand.
        named: the line in which the peer's log names what this node presented.
        brief: `sentence` without serials and paths.
        about: keys of the peer, as in `Finding.about`.
        nodes: names of the nodes of this case at both ends.
        remedy: the steps that it calls for by itself: what to collect, and what an alert asks for where the ends are
            not known, so that no finding tells.
    """

    connection: str | None = None
    frame: Frame | TlsRecord | None = None
    event: str | None = None
    refused: Side | None = None
    accepted: bool = False
    wanted_name: str | None = None
    rule: StoreRule | None = None
    rule_of_refused: StoreRule | None = None
    named: PeerIdentity | None = None
    brief: Words | None = None
    about: frozenset[str] = frozenset()
    nodes: frozenset[str | None] = frozenset()
    remedy: tuple[Remedy, ...] = ()

    @property
    def by_rule(self) -> Presented | None:
        """What the store rule says that this node presented, where that can't be seen."""
        return self.rule.expected if self.rule and not self.rule.is_seen else None


class Verdict(Struct, frozen=True, kw_only=True):
    """The answer for one node, peer, local role, certificate and outcome.

    Attributes:
        local_role: None: the node's addresses are not known.
        sentence: the answer in one sentence, in English.
        collect: what to collect where the answer is `not-determinable`; else None.
    """

    node: str | None
    peer: str
    local_role: Side | None
    connections: tuple[str, ...]
    events: tuple[str, ...]
    presented: Presented
    outcome: Outcome
    refused_by: Side | None
    confidence: Confidence
    sentence: Words
    collect: Words | None = None
    grounds: Grounds = Grounds()


class ForecastKind(StrEnum):
    """By what a certificate stops working, or what its successor will lack."""

    EXPIRY = "expiry"
    AUTHORITY_EXPIRY = "authority-expiry"
    USAGE = "usage"
    ROOT_REMOVAL = "root-removal"
    LIFETIME_CAP = "lifetime-cap"


class ForecastRule(Struct, frozen=True, kw_only=True):
    """One rule that bears on a certificate's time. `day`: from when; None: now already, or not known."""

    kind: ForecastKind
    day: date | None
    text: Words
    sources: tuple[Citation, ...] = ()


class Forecast(Struct, frozen=True, kw_only=True):
    """When the certificate of a store stops working, by what rules, and what to order before then.

    Attributes:
        store: client or server.
        certificate: its id.
        roles: the TLS roles in which the release presents it.
        stops_on: its last day; None: it does not do for one of its roles now, or its end could not be read.
        stops_by: the kind of the rule that sets it; None: not known.
        rules: all that bear on it, the one that sets the day first.
        order: what to order, from whom, by when.
    """

    node: str | None
    store: Store
    certificate: str
    roles: tuple[Side, ...]
    stops_on: date | None
    stops_by: ForecastKind | None
    rules: tuple[ForecastRule, ...]
    order: Words


class Prospect(StrEnum):
    """What a service does, as far as usages decide. needs-far-end: it works only if the far end does not check."""

    WORKS = "works"
    FAILS = "fails"
    NEEDS_FAR_END = "needs-far-end"
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What a prospect rests on: a source that says it of this very situation, inference, or what was captured."""

    STATED = "stated"
    INFERRED = "inferred"
    SEEN = "seen"


class OutlookCell(Struct, frozen=True, kw_only=True):
    """What becomes of a service, and why.

    Attributes:
        condition: what it works on condition of, in two words (`if trusted`); else None.
        row: of the truth table that says it; None: no row.
    """

    prospect: Prospect
    basis: Basis
    reason: Words
    condition: str | None = None
    row: str | None = None
    sources: tuple[Citation, ...] = ()


class OutlookRow(Struct, frozen=True, kw_only=True):
    """A service of a node in a role, towards a peer; a cell for each column of the outlook."""

    node: str | None
    local_role: Side
    service: str
    peer: str
    cells: tuple[OutlookCell, ...]


class Outlook(Struct, frozen=True, kw_only=True):
    """The truth table applied to what was read: now, and under a change.

    Attributes:
        notes: what it takes for granted, and what it leaves out.
    """

    columns: tuple[str, ...]
    rows: tuple[OutlookRow, ...]
    notes: tuple[Words, ...]


class Sighted(Struct, frozen=True, kw_only=True):
    """What a capture, a log or a dump shows of a service: the last of it.

    Attributes:
        works: whether it did.
        reason: what shows it, and when.
        state: in place of `works` or `fails` where that is not all (`worked, with the server store's certificate`).
        is_rule: whether what the store rule says was presented, as far as it shows: else next time may be different.
        connection: id of the handshake that shows it.
        by_zone: whether all that shows it is what the dump says of its zone: not that a certificate was asked for.
    """

    works: bool
    reason: Words
    state: Words | None = None
    is_rule: bool = True
    connection: str | None = None
    by_zone: bool = False


class Service(Struct, frozen=True, kw_only=True):
    """A service as it is now: as it was seen, else as the truth table has it (not a part of the JSON report).

    Attributes:
        nodes: names of the nodes of this case at its ends.
        between: whether it is between a Core and an Edge.
        seen: None: nothing shows it.
        rule: what the truth table says; None: nothing.
        why: why it fails, in two or three words.
        finding: what tells why it fails, or what is wrong although it works.
    """

    service: Words
    peer: str
    nodes: frozenset[str | None]
    between: bool
    seen: Sighted | None
    rule: OutlookCell | None
    why: Words | None = None
    finding: Finding | None = None


class Report(Struct, frozen=True, kw_only=True):
    """The whole result: what was read, and what is concluded from it.

    Attributes:
        facts_as_of: date of the facts that dates were judged by (ISO).
        ends_soon_days: how long before its end a certificate is said to end soon.
        rule_titles: title by finding id, for every rule that ran.
        forecast: one per node and store with a certificate.
        outlook: what works now, with the extended key usage check on, and with it off; None: not worked out.
        services: what becomes of each service now, in the order in which the first screen shows them.
    """

    tool_version: str
    facts_as_of: str
    case: Case
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    rule_titles: Mapping[str, str]
    ends_soon_days: int = 0
    forecast: tuple[Forecast, ...] = ()
    outlook: Outlook | None = None
    services: tuple[Service, ...] = ()
