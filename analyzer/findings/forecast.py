"""Forecasts: when the certificates of the stores stop working."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from msgspec import Struct

from analyzer.evidence import Side, Store
from analyzer.findings.finding import Citation
from analyzer.words import Words


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
