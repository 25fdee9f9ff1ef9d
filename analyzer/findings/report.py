"""The whole result: what was read, and what is concluded from it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from analyzer.evidence import Case
from analyzer.findings.finding import Finding
from analyzer.findings.forecast import Forecast
from analyzer.findings.outlook import Outlook, Service
from analyzer.findings.verdict import Verdict


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
