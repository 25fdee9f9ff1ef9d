"""The forecast table: when each store's certificate stops working, by what rules, and what to order."""

from __future__ import annotations

from msgspec import Struct

from analyzer.evidence import Case
from analyzer.findings import Forecast, ForecastKind, Report
from analyzer.report import wording
from analyzer.report.store_names import store_name
from analyzer.report.views.badge import Badge, Tone
from analyzer.report.views.certificates import certificate_anchor
from analyzer.words import both, say

MAX_FORECASTS = 200


class ForecastRuleView(Struct, frozen=True, kw_only=True):
    """One rule. `day` is empty where there is none."""

    name: str
    day: str
    text: str


class ForecastView(Struct, frozen=True, kw_only=True):
    """One row.

    Attributes:
        title: what the certificate is called; `anchor` leads to its description.
        stops: its last day, or that it is not known; empty if `badge` says that it does not do now.
        badge: None where it works until a day.
    """

    node: str
    store: str
    roles: str
    title: str
    anchor: str
    stops: str
    badge: Badge | None
    by: str
    rules: tuple[ForecastRuleView, ...]
    order: str


def forecast_views(report: Report) -> tuple[ForecastView, ...]:
    """Show the forecasts, as many as a page bears."""
    return tuple(_view(report.case, forecast) for forecast in report.forecast[:MAX_FORECASTS])


def _view(case: Case, forecast: Forecast) -> ForecastView:
    certificate = case.certificates.get(forecast.certificate)
    node = next((node for node in case.nodes if node.name == forecast.node), None)
    stops = str(forecast.stops_on) if forecast.stops_on else say("not known")
    not_now = forecast.stops_on is None and forecast.stops_by is ForecastKind.USAGE
    return ForecastView(
        node=forecast.node or say("not named"),
        store=store_name(forecast.store, node, brief=True),
        roles=both(wording.SIDES[role] for role in forecast.roles) or say("not presented"),
        title=wording.title(certificate) if certificate else forecast.certificate[:16],
        anchor=certificate_anchor(forecast.certificate),
        stops="" if not_now else stops,
        badge=Badge(tone=Tone.WARN, word=say("Not where it is checked")) if not_now else None,
        by=wording.FORECAST_KINDS[forecast.stops_by] if forecast.stops_by else "",
        rules=tuple(
            ForecastRuleView(
                name=wording.FORECAST_KINDS[rule.kind], day=str(rule.day) if rule.day else "", text=rule.text
            )
            for rule in forecast.rules
        ),
        order=forecast.order,
    )
