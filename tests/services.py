"""What the services of a report and its findings must not say of each other."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.evidence import Side
from analyzer.findings import Finding, Prospect, Report, Service, Severity
from analyzer.rules.view import BETWEEN_CORE_AND_EDGE, TRAVERSAL, TUNNELS

_ABOUT = {"SSH tunnels (2222)": frozenset({TUNNELS}), "MRA and WebRTC": BETWEEN_CORE_AND_EDGE}
_ROLES = {"outbound mTLS": Side.CLIENT, "inbound mTLS": Side.SERVER}


def contradictions(report: Report) -> Iterator[tuple[str, str, str]]:
    """Yield each service that is said to work without a remark, with a critical finding about the same."""
    for service in report.services:
        if _just_works(service):
            for finding in report.findings:
                if (
                    finding.determined
                    and finding.severity is Severity.CRITICAL
                    and _is_about(report, finding, service)
                ):
                    yield service.service, service.peer, finding.id


def _just_works(service: Service) -> bool:
    if service.finding is not None:
        return False
    if service.seen is not None:
        return service.seen.works
    return service.rule is not None and service.rule.prospect is Prospect.WORKS


def _is_about(report: Report, finding: Finding, service: Service) -> bool:
    if finding.node not in service.nodes:
        return False
    if service.between:
        is_of_tunnels = finding.id == "ssh-tunnels-down" and service.service.endswith("traversal zone")
        return not is_of_tunnels and not finding.about.isdisjoint(_ABOUT.get(service.service, frozenset({TRAVERSAL})))
    peers = {service.peer.removeprefix("zone "), service.peer}
    return any(
        record.id in finding.rests_on and not peers.isdisjoint({record.peer.name, record.peer.zone})
        for record in report.case.connections
        if record.local_role is _ROLES.get(service.service)
    )
