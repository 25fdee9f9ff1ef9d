"""JSON reports to compare: a healthy Core of X15.5 and what a test changes of it."""

from __future__ import annotations

import json
from typing import Any

from analyzer.diff import SavedReport, difference, lines_of, read_report

Json = dict[str, Any]

SERVER, CLIENT, NEWER, ROOT, OTHER_ROOT = ("a1" * 32, "b2" * 32, "c3" * 32, "d4" * 32, "e5" * 32)
KEY, OTHER_KEY = "11" * 32, "22" * 32


def certificate(name: str = "core.example.com", **changes: Any) -> Json:
    return {
        "serial": "1a2b",
        "subject": f"CN={name},O=Example",
        "issuer": "CN=Issuing CA,O=Example",
        "subject_alternative_names": [f"DNS:{name}"],
        "not_before": "2026-01-01T00:00:00.000000Z",
        "not_after": "2026-12-31T00:00:00.000000Z",
        "extended_key_usage": ["serverAuth"],
        "key": {"type": "RSA", "bits": 2048, "sha256": KEY},
        "signature_algorithm": "sha256WithRSAEncryption",
        "origin": "public",
        "unreadable": [],
        **changes,
    }


def zone(**changes: Any) -> Json:
    return {
        "name": "UC traversal",
        "type": "TraversalClient",
        "status": "Active",
        "port": 7001,
        "peers": ["edge.example.com"],
        "tls_verify_mode": "On",
        "tls_verify_subject": None,
        **changes,
    }


def tunnel(**changes: Any) -> Json:
    ends = {"target": "edge.example.com", "domain": "example.com", "peer": None}
    return {**ends, "status": "Active", "reason": None, **changes}


def setting(value: str | None, *changes: str, assumed: bool = False) -> Json:
    return {"value": value, "assumed": assumed, "source": None, "changes": [{"value": one} for one in changes]}


def alarm(identifier: str | None, title: str) -> Json:
    return {"id": identifier, "severity": "warning", "title": title, "raised": None}


def node(**changes: Any) -> Json:
    return {
        "name": "core",
        "role": "core",
        "version": "X15.5",
        "serial_number": "0001",
        "addresses": ["10.0.0.1"],
        "stores": {"server": [SERVER], "client": [CLIENT], "trusted": [ROOT]},
        "settings": {"eku_checking_mode": setting("On")},
        "zones": [zone()],
        "tunnels": [tunnel()],
        "alarms": [],
        "cluster": None,
        **changes,
    }


def verdict(**changes: Any) -> Json:
    return {
        "node": "core",
        "peer": "edge",
        "local_role": "client",
        "presented": {"visibility": "seen", "certificate": CLIENT, "serial": "1a2b", "store": "client"},
        "outcome": "completed",
        "refused_by": None,
        "confidence": "proven",
        **changes,
    }


def finding(identifier: str, severity: str = "critical", **changes: Any) -> Json:
    return {
        "id": identifier,
        "severity": severity,
        "confidence": "proven",
        "node": "core",
        "subject": "edge",
        "title": f"Title of {identifier}",
        "caused_by": None,
        "missing": None,
        **changes,
    }


def unanswered(identifier: str, missing: str) -> Json:
    return finding(identifier, "info", confidence="not-determinable", subject="core", missing=missing)


def members(*names: str, read: str = "whole") -> list[Json]:
    """Return the members of kinds as they stand in the file's name: `xconf_xml` of `core` and so on."""
    return [{"name": f"{kind}_{host}", "kind": kind, "node": host, "read": read} for kind, host in _split(names)]


def _split(names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(kind, host) for kind, _, host in (name.rpartition("@") for name in names)]


ALL_KINDS = ("server_pem", "client_pem", "ca_pem", "xconf_xml", "xstat_xml", "snapshot", "capture")


def report(*nodes: Json, **changes: Any) -> Json:
    shown = nodes or (node(),)
    held = [member for one in shown for member in members(*(f"{kind}@{one['name']}" for kind in ALL_KINDS))]
    return {
        "schema_version": "1.0",
        "tool": {"name": "expressway-analyzer", "version": "0.1.0", "facts_as_of": "2026-11-24"},
        "reference_time": {"time": "2026-03-24T12:00:00.000000Z", "from": "evidence"},
        "inputs": [{"name": "bundle.zip", "sha256": None, "members": held}],
        "nodes": list(shown),
        "certificates": {
            SERVER: certificate(),
            CLIENT: certificate(serial="c1"),
            ROOT: certificate(subject="CN=Root CA,O=Example", serial="99"),
        },
        "connections": [],
        "events": [],
        "verdicts": [],
        "findings": [],
        "problems": [],
        **changes,
    }


def read(document: Json) -> SavedReport:
    return read_report(json.dumps(document).encode())


def text(before: Json, after: Json) -> str:
    return "\n".join(lines_of(difference(read(before), read(after)))) + "\n"


def section(name: str, before: Json, after: Json) -> list[str]:
    """Return the lines of one section, unwrapped: a line that goes on is indented deeper than it began."""
    told = text(before, after).split(f"\n\n{name}\n")
    return told[1].split("\n\n")[0].splitlines() if len(told) == 2 else []


def said(name: str, before: Json, after: Json) -> str:
    """Return one section's words, its lines joined."""
    return " ".join(" ".join(section(name, before, after)).split())
