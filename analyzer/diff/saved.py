"""The JSON report as this program reads it back: of each part what a comparison needs, and nothing unknown.

A saved report may have been edited or made by another program: types are checked, words are not trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec.json
from msgspec import Meta, Struct, field

from analyzer.evidence import Outcome, Side, Store, Visibility
from analyzer.findings import Confidence, Severity
from analyzer.report.json import SCHEMA_VERSION

Time = Annotated[datetime, Meta(tz=True)]


class NoReportError(Exception):
    """It is JSON, or begins as JSON does, but no report that can be compared."""


class SavedKey(Struct, frozen=True, kw_only=True):
    """`sha256`: of the public key; None in reports that do not have it."""

    type: str | None = None
    bits: int | None = None
    sha256: str | None = None


class SavedCertificate(Struct, frozen=True, kw_only=True):
    serial: str | None
    subject: str | None
    issuer: str | None
    subject_alternative_names: tuple[str, ...]
    not_before: Time | None
    not_after: Time | None
    extended_key_usage: tuple[str, ...] | None
    key: SavedKey
    origin: str
    unreadable: tuple[str, ...] = ()


class SavedStores(Struct, frozen=True, kw_only=True):
    server: tuple[str, ...] | None
    client: tuple[str, ...] | None
    trusted: tuple[str, ...] | None


class SavedChange(Struct, frozen=True, kw_only=True):
    value: str


class SavedSetting(Struct, frozen=True, kw_only=True):
    value: str | None
    assumed: bool = False
    changes: tuple[SavedChange, ...] = ()


class SavedZonePeer(Struct, frozen=True, kw_only=True):
    address: str
    status: str | None = None


class SavedZone(Struct, frozen=True, kw_only=True):
    name: str
    type: str | None = None
    status: str | None = None
    port: int | None = None
    peers: tuple[str, ...] = ()
    tls_verify_mode: str | None = None
    tls_verify_subject: str | None = None
    transport: str | None = None
    inbound_classification: str | None = None
    peer_states: tuple[SavedZonePeer, ...] = ()


class SavedTunnel(Struct, frozen=True, kw_only=True):
    target: str | None = None
    domain: str | None = None
    status: str | None = None
    reason: str | None = None
    peer: str | None = None


class SavedAlarm(Struct, frozen=True, kw_only=True):
    id: str | None
    title: str
    severity: str | None = None


class SavedCluster(Struct, frozen=True, kw_only=True):
    name: str | None = None
    peers: tuple[str, ...] = ()


class SavedNode(Struct, frozen=True, kw_only=True):
    name: str | None
    role: str
    version: str | None
    serial_number: str | None
    addresses: tuple[str, ...]
    stores: SavedStores
    settings: Mapping[str, SavedSetting]
    zones: tuple[SavedZone, ...]
    tunnels: tuple[SavedTunnel, ...] | None
    alarms: tuple[SavedAlarm, ...]
    cluster: SavedCluster | None


class SavedPresented(Struct, frozen=True, kw_only=True):
    visibility: Visibility | None
    certificate: str | None
    serial: str | None
    store: Store | None


class SavedVerdict(Struct, frozen=True, kw_only=True):
    node: str | None
    peer: str
    local_role: Side | None
    presented: SavedPresented
    outcome: Outcome
    refused_by: Side | None
    confidence: Confidence


class SavedFinding(Struct, frozen=True, kw_only=True):
    id: str
    severity: Severity
    confidence: Confidence
    node: str | None
    subject: str
    title: str
    caused_by: str | None = None
    missing: str | None = None

    @property
    def determined(self) -> bool:
        """Whether the diagnosis was made."""
        return self.confidence is not Confidence.NOT_DETERMINABLE


class SavedMember(Struct, frozen=True, kw_only=True):
    name: str
    kind: str
    node: str | None
    read: str


class SavedInput(Struct, frozen=True, kw_only=True):
    name: str
    members: tuple[SavedMember, ...]


class SavedTool(Struct, frozen=True, kw_only=True):
    version: str
    facts_as_of: str


class SavedTime(Struct, frozen=True, kw_only=True):
    time: Time | None
    origin: str = field(name="from")


class SavedProblem(Struct, frozen=True, kw_only=True):
    file: str


class SavedReport(Struct, frozen=True, kw_only=True):
    """A report, as far as it is compared."""

    tool: SavedTool
    reference_time: SavedTime
    inputs: tuple[SavedInput, ...]
    nodes: tuple[SavedNode, ...]
    certificates: Mapping[str, SavedCertificate]
    verdicts: tuple[SavedVerdict, ...]
    findings: tuple[SavedFinding, ...]
    problems: tuple[SavedProblem, ...]


class _Versioned(Struct, frozen=True, kw_only=True):
    schema_version: str


_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_report(data: bytes) -> SavedReport:
    """Read a JSON report.

    Raises:
        NoReportError: with the reason, to stand behind the file's name.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        version = msgspec.json.decode(data, type=_Versioned).schema_version
    except msgspec.ValidationError:
        raise NoReportError("it is JSON, but no report of this program: it names no schema_version") from None
    except _UNREADABLE as error:
        raise NoReportError(f"it begins as JSON, but is damaged: {error}") from None
    major = SCHEMA_VERSION.split(".")[0]
    if version.split(".")[0] != major:
        raise NoReportError(
            f"it is a report of schema version {version}, and this program reads {major}.x: compare the bundles "
            "instead"
        )
    try:
        return msgspec.json.decode(data, type=SavedReport)
    except _UNREADABLE as error:
        raise NoReportError(f"it does not keep the report's schema: {error}") from None
