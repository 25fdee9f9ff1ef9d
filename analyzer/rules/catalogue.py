"""The catalogue of rules, in the order in which the report lists equal severities."""

from __future__ import annotations

from analyzer.rules import (
    alerts,
    failures,
    members,
    presentation,
    purpose,
    services,
    trust,
    usage,
    validity,
    visibility,
    zones,
)
from analyzer.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    *purpose.RULES,
    *trust.RULES,
    *failures.RULES,
    *validity.RULES,
    *zones.RULES,
    *usage.RULES,
    *services.RULES,
    *presentation.RULES,
    *alerts.RULES,
    *visibility.RULES,
    *members.RULES,
)
