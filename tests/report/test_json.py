"""The JSON report keeps its contract: every field mapped, every word of the schema, whatever the input says."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec import Struct
from msgspec.structs import fields, replace

from analyzer.evidence import (
    Case,
    Certificate,
    Connection,
    Event,
    Node,
    Origin,
    PresentedCertificate,
    ReferenceTime,
    Setting,
    Store,
    Stores,
    Visibility,
)
from analyzer.findings import Finding, Report, Verdict
from analyzer.report.json import render_json, report_as_dict, schema_text
from analyzer.text import said_serial
from analyzer.words import Words

SHA = "ab" * 32
EKU_MODE = "SIP TLS Certificate ExtendedKeyUsage Checking Mode"
MOMENT = datetime(2026, 3, 29, 6, 54, 39, 839000, tzinfo=UTC)

# Fields whose values have a form of their own; every other text is free.
FORMED: dict[tuple[str, str], Any] = {
    ("Report", "tool_version"): "0.1.0",
    ("Report", "facts_as_of"): "2026-11-24",
    ("ReferenceTime", "origin"): "evidence",
    ("Input", "sha256"): SHA,
    ("Member", "sha256"): SHA,
    ("Stores", "server"): (SHA,),
    ("Stores", "client"): (SHA,),
    ("Stores", "trusted"): (SHA,),
    ("Certificate", "sha256"): SHA,
    ("Certificate", "serial"): "2f00",
    ("Certificate", "extended_key_usage"): ("serverAuth", "1.3.6.1.5.5.7.3.17"),
    ("Certificate", "unreadable"): ("key_bits", "policies"),
    ("PresentedCertificate", "serial"): "2f00",
    ("PresentedCertificate", "chain"): (SHA,),
    ("Presented", "serial"): "-1",
    ("Presented", "certificate"): SHA,
    ("Certificate", "public_key_sha256"): "cd" * 32,
    ("Handshake", "tls_version"): "TLSv1.2",
    ("Alert", "level"): "fatal",
    ("Alert", "description"): "unsupported_certificate",
    ("Alert", "code"): 43,
    ("Connection", "id"): "c1",
    ("Connection", "events"): ("e1",),
    ("Event", "id"): "e1",
    ("Event", "connection"): "c1",
    ("Twin", "first"): "c1",
    ("Twin", "second"): "c1",
    ("Verdict", "connections"): ("c1",),
    ("Verdict", "events"): ("e1",),
    ("Forecast", "store"): Store.CLIENT,
    ("Forecast", "certificate"): SHA,
    ("Finding", "id"): "uc-zone-failed",
    ("Finding", "caused_by"): "core-client-eku-missing-check-on",
    ("Citation", "url"): "https://example.org/",
    ("Citation", "date"): "2026-06-01",
}

# What the report does not tell: bytes, joins that other members show, and details that only rules need.
INTERNAL = {
    "Case": {"origins", "paths"},
    "Certificate": {
        "sha256", "der", "subject_der", "issuer_der", "common_name", "key_usage", "is_ca",
        "subject_key_identifier", "authority_key_identifier", "extensions", "policies", "locations",
    },
    "ClockOffset": {"spread"},
    "Connection": {"outcome_reason", "peer_identity"},
    "Event": {"peer"},
    "Handshake": {
        "completed", "closed_by", "closed_by_reset", "last_record_before_close", "encrypted_records", "cipher_suite",
        "signature_algorithms", "requested_signature_algorithms", "requested_certificate_types",
        "renegotiated", "certificate_authority_names", "client_random", "opened", "established",
        "server_certificate", "client_certificate",
    },
    "Alert": {"time"},
    "LogEvent": {"process", "error", "alert", "local_role", "common_name", "fields"},
    "Member": {"reference", "private_keys"},
    "Node": {
        "host", "host_names", "uptime", "domains", "needed_names", "members", "captures", "logs", "traces",
        "identities", "carried", "conversations", "taken", "partners",
    },
    "NodePair": {"offset"},
    "Peer": {"kind", "reason", "hint_only", "node", "zone"},
    "Finding": {"is_context", "rests_on", "about", "due"},
    "Remedy": {"at", "instead"},
    "Report": {"rule_titles", "ends_soon_days", "services"},
    "Verdict": {"grounds"},
    "Tunnel": {"source"},
    "Alarm": {"source"},
    "Zone": {"index", "status_source", "source"},
}  # fmt: skip


def described(owner: str, name: str) -> str:
    return f"{owner}.{name}"


class Filler:
    """Builds a record with every field filled, after the field's type."""

    def __init__(
        self, text: Callable[[str, str], str] = described, other: Mapping[tuple[str, str], Any] | None = None
    ):
        self.text = text
        self.formed = FORMED | dict(other or {})

    def record(self, cls: Any) -> Any:
        hints = get_type_hints(cls)
        return cls(**{field.name: self.field(cls.__name__, field.name, hints[field.name]) for field in fields(cls)})

    def field(self, owner: str, name: str, hint: Any) -> Any:
        return self.formed[owner, name] if (owner, name) in self.formed else self.value(owner, name, hint)

    def value(self, owner: str, name: str, hint: Any) -> Any:
        if get_origin(hint) in {Union, types.UnionType}:
            return self.value(owner, name, get_args(hint)[0])
        if get_origin(hint) is tuple:
            return (self.value(owner, name, get_args(hint)[0]),)
        if get_origin(hint) is frozenset:
            return frozenset({described(owner, name)})
        if get_origin(hint) is not None:
            return {SHA if owner == "Case" else described(owner, name): self.value(owner, name, get_args(hint)[1])}
        if isinstance(hint, type) and issubclass(hint, Struct):
            return self.record(hint)
        if issubclass(hint, StrEnum):
            return next(iter(hint))
        plain = {
            str: self.text(owner, name), Words: Words(self.text(owner, name), {}), int: 7, float: 0.25,
            bool: True, bytes: b"\x30", datetime: MOMENT, date: MOMENT.date(),
        }  # fmt: skip
        return plain[hint]


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case StrEnum():
            return list(type(value))[-1]
        case bool():
            return not value
        case str() | bytes():
            return value * 2
        case datetime() | date():
            return value + timedelta(days=1)
        case tuple() | dict():
            return type(value)()
        case _:
            return value + 1


def contract_fields(cls: Any = Report, seen: frozenset[str] = frozenset()) -> Iterator[tuple[Any, str, Any]]:
    """All fields of the records that the contract tells of, from the report down."""
    for name, hint in get_type_hints(cls).items():
        if name in INTERNAL.get(cls.__name__, set()):
            continue
        yield cls, name, hint
        for inner in records_in(hint):
            if cls.__name__ not in seen:
                yield from contract_fields(inner, seen | {cls.__name__})


def records_in(hint: Any) -> Iterator[Any]:
    """The record types that a type hint names, at any depth."""
    if isinstance(hint, type) and issubclass(hint, Struct):
        yield hint
    for inner in get_args(hint):
        yield from records_in(inner)


def all_fields() -> set[tuple[str, str]]:
    owners = {cls for cls, _, _ in contract_fields()}
    return {(cls.__name__, name) for cls in owners for name in get_type_hints(cls)}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(schema_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture
def full() -> Report:
    report: Report = Filler().record(Report)
    return report


@pytest.fixture
def empty() -> Report:
    case = Case(
        inputs=(),
        nodes=(),
        certificates={},
        origins={},
        connections=(),
        events=(),
        problems=(),
        reference_time=ReferenceTime(time=None, origin="none"),
    )
    return Report(tool_version="0.1.0", facts_as_of="2026-11-24", case=case, verdicts=(), findings=(), rule_titles={})


def with_node(report: Report, **values: Any) -> dict[str, Any]:
    node = replace(report.case.nodes[0], **values)
    return _node(replace(report, case=replace(report.case, nodes=(node,))))


def _node(report: Report) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = report_as_dict(report)["nodes"]
    return nodes[0]


def test_a_full_report_is_valid(full: Report, validator: Draft202012Validator) -> None:
    validator.validate(report_as_dict(full))


def test_an_empty_report_is_valid(empty: Report, validator: Draft202012Validator) -> None:
    written = report_as_dict(empty)

    validator.validate(written)
    assert written["reference_time"] == {"time": None, "from": "none"}
    assert written["connections"] == []
    assert written["certificates"] == {}


def test_records_without_any_knowledge_are_valid(full: Report, validator: Draft202012Validator) -> None:
    case = full.case
    presented = PresentedCertificate(visibility=Visibility.ENCRYPTED)
    handshake = replace(
        case.connections[0].handshake,
        tls_version=None, server_name=None, resumed=None, certificate_requested=None, frames=(), alerts=(),
    )  # fmt: skip
    connection = replace(
        case.connections[0],
        node=None, handshake=handshake, local_role=None, service=None, refused_by=None,
        server_certificate=presented, client_certificate=presented,
    )  # fmt: skip
    event = replace(
        case.events[0],
        node=None, connection=None, record=replace(case.events[0].record, time=None, source=None, destination=None),
    )  # fmt: skip
    bare = replace(
        full,
        case=replace(
            case,
            nodes=(Node(name=None, host=None),),
            certificates={SHA: Certificate(sha256=SHA, der=b"")},
            origins={},
            connections=(connection,),
            events=(event,),
        ),
    )

    written = report_as_dict(bare)

    validator.validate(written)
    assert written["certificates"][SHA]["origin"] == "unknown"
    assert written["certificates"][SHA]["key"] == {"type": None, "bits": None, "sha256": None}
    assert written["nodes"][0]["stores"] == {"server": None, "client": None, "trusted": None}
    assert written["nodes"][0]["tunnels"] is None
    assert written["events"][0]["source"] is None


def test_every_field_of_the_contract_changes_the_report(full: Report) -> None:
    base = report_as_dict(full)
    unchanged = {
        (cls.__name__, name)
        for cls, name, hint in contract_fields()
        if not any(records_in(hint))
        and report_as_dict(
            Filler(other={(cls.__name__, name): changed(Filler().field(cls.__name__, name, hint))}).record(Report)
        )
        == base
    }

    assert unchanged == set()


def test_internal_fields_exist_and_stay_inside(full: Report) -> None:
    internal = {(owner, name) for owner, names in INTERNAL.items() for name in names}

    assert internal <= all_fields()
    text = render_json(full).decode()
    assert [f"{owner}.{name}" for owner, name in internal if f'"{owner}.{name}"' in text] == []


def test_optional_and_required_members_are_those_of_the_schema(full: Report, validator: Draft202012Validator) -> None:
    definitions = json.loads(schema_text())["$defs"]
    written = report_as_dict(full)

    assert set(definitions["finding"]["properties"]) == set(written["findings"][0])
    assert set(definitions["connection"]["properties"]) == set(written["connections"][0])
    assert set(definitions["node"]["properties"]) == set(written["nodes"][0])
    assert set(definitions["forecast"]["properties"]) == set(written["forecast"][0])
    assert set(definitions["forecast_rule"]["properties"]) == set(written["forecast"][0]["rules"][0])
    assert set(definitions["verdict"]["properties"]) == set(written["verdicts"][0])
    assert set(definitions["certificate"]["properties"]) == set(written["certificates"][SHA])


@pytest.mark.parametrize(
    ("place", "word"),
    [
        (("findings", 0, "severity"), "fatal"),
        (("findings", 0, "surprise"), 1),
        (("connections", 0, "tls_version"), "TLS 1.2"),
        (("connections", 0, "started"), "2026-03-29T06:54:39Z"),
        (("certificates", SHA, "serial"), "0a"),
        (("certificates", SHA, "serial"), 10),
        (("nodes", 0, "settings", "eku_checking_mode", "value"), "on"),
        (("events", 0, "line"), 0),
    ],
)
def test_the_schema_refuses_other_words(
    full: Report, validator: Draft202012Validator, place: tuple[Any, ...], word: Any
) -> None:
    written = report_as_dict(full)
    target: Any = written
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = word

    assert not validator.is_valid(written)


HOSTILE = '</script><img src=x onerror=alert(1)>\x1b[31m\u202egnp\ud800\x00\n"\\'


def test_hostile_text_stays_valid_and_visible(validator: Draft202012Validator) -> None:
    report = Filler(lambda owner, name: f"{owner}{HOSTILE}").record(Report)

    text = render_json(report).decode()

    validator.validate(json.loads(text))
    assert not any(character in text for character in "\x1b\u202e\ud800\x00")
    assert json.loads(text)["nodes"][0]["name"].startswith("Node</script>")
    assert "\\x1b" in json.loads(text)["nodes"][0]["name"]


def test_long_text_of_the_input_is_cut_and_sentences_are_not() -> None:
    report = Filler(lambda owner, name: "x" * 5000).record(Report)

    written = report_as_dict(report)

    assert len(written["nodes"][0]["version"]) == 1024
    assert len(written["verdicts"][0]["sentence"]) == 5000


def test_a_serial_that_stands_alone_is_written_as_every_serial_is(full: Report) -> None:
    finding = replace(full.findings[0], subject=said_serial("4d0e"))
    shown = json.loads(render_json(replace(full, findings=(finding,))))
    assert shown["findings"][0]["subject"] == "4d0e"


def test_lines_of_our_own_prose_are_kept(full: Report) -> None:
    finding = replace(full.findings[0], explanation="one\ntwo\x07")

    assert report_as_dict(replace(full, findings=(finding,)))["findings"][0]["explanation"] == "one\ntwo\\x07"


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40))
def test_any_text_gives_a_valid_report(text: str) -> None:
    written = render_json(Filler(lambda owner, name: text).record(Report))

    Draft202012Validator(json.loads(schema_text())).validate(json.loads(written))


def test_the_same_report_gives_the_same_text(full: Report) -> None:
    again = Filler().record(Report)

    assert render_json(again) == render_json(full)
    assert render_json(full).endswith(b"}\n")
    assert render_json(full).startswith(b'{\n "schema_version": "1.0"')


def test_certificates_are_sorted_by_id(full: Report) -> None:
    first, last = "00" * 32, "ff" * 32
    certificates = {key: Certificate(sha256=key, der=b"") for key in (last, SHA, first)}

    written = report_as_dict(replace(full, case=replace(full.case, certificates=certificates)))

    assert list(written["certificates"]) == [first, SHA, last]


def test_origin_and_times_are_in_the_contracts_words(full: Report) -> None:
    written = report_as_dict(full)

    assert written["certificates"][SHA]["origin"] == full.case.origins[SHA].origin.value
    assert written["certificates"][SHA]["not_after"] == "2026-03-29T06:54:39.839000Z"
    assert written["connections"][0]["client"] == {"address": "Endpoint.address", "port": 7}
    assert written["connections"][0]["peer"] == "Peer.name"


def test_unreadable_names_only_properties_of_the_contract(full: Report) -> None:
    assert report_as_dict(full)["certificates"][SHA]["unreadable"] == ["key"]


def test_an_absent_extension_differs_from_an_empty_one(full: Report) -> None:
    certificate = full.case.certificates[SHA]

    def usages(value: tuple[str, ...] | None) -> Any:
        case = replace(full.case, certificates={SHA: replace(certificate, extended_key_usage=value)})
        return report_as_dict(replace(full, case=case))["certificates"][SHA]["extended_key_usage"]

    assert usages(None) is None
    assert usages(()) == []


@pytest.mark.parametrize(
    ("dumped", "written"), [("On", "On"), ("OFF", "Off"), (" on ", "On"), ("オン", None), (None, None)]
)
def test_the_checking_mode_is_on_off_or_null(full: Report, dumped: str | None, written: str | None) -> None:
    node = with_node(full, settings={EKU_MODE: Setting(value=dumped, source="xconf.xml: path")})

    assert node["settings"]["eku_checking_mode"] == {
        "value": written,
        "assumed": False,
        "source": "xconf.xml: path",
        "changes": [],
    }


def test_the_checking_mode_is_there_without_a_dump(full: Report) -> None:
    assert with_node(full, settings={})["settings"] == {
        "eku_checking_mode": {"value": None, "assumed": False, "source": None, "changes": []}
    }


def test_settings_are_named_by_their_path(full: Report) -> None:
    names = (
        "XCP TLS Certificate CVS EnableServerEkuUpload",
        "SIP Advanced SipTlsVersions",
        "clusterConfiguration tls_verify",
    )

    node = with_node(full, settings={name: Setting(value="x") for name in names})

    assert list(node["settings"]) == [
        "eku_checking_mode",
        "sip_advanced_sip_tls_versions",
        "xcp_tls_certificate_cvs_enable_server_eku_upload",
        "cluster_configuration_tls_verify",
    ]


def test_absent_stores_differ_from_empty_ones(full: Report) -> None:
    assert with_node(full, stores=Stores(server=(), client=None))["stores"] == {
        "server": [],
        "client": None,
        "trusted": None,
    }


def test_the_builder_covers_the_records_that_matter(full: Report) -> None:
    kinds = {
        type(part) for part in (full.case.connections[0], full.case.events[0], full.findings[0], full.verdicts[0])
    }

    assert kinds == {Connection, Event, Finding, Verdict}
    assert isinstance(full.case.origins[SHA], Origin)
