"""The catalogue of rules, in the order in which the report lists equal severities."""

from __future__ import annotations

from analyzer.rules import (
    alerts,
    check_off,
    checking_mode,
    client_certificates,
    coverage,
    failures,
    integrity,
    members,
    names,
    presentation,
    private_authority,
    purpose,
    scope,
    sent_chains,
    services,
    stores,
    tls13,
    trust,
    usage,
    validity,
    visibility,
    zones,
)
from analyzer.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    *purpose.RULES,
    *sent_chains.RULES,
    *trust.RULES,
    *private_authority.RULES,
    *names.RULES,
    *failures.RULES,
    *coverage.RULES,
    *validity.RULES,
    *check_off.RULES,
    *zones.RULES,
    *usage.RULES,
    *checking_mode.RULES,
    *services.RULES,
    *presentation.RULES,
    *alerts.RULES,
    *tls13.RULES,
    *visibility.RULES,
    *client_certificates.RULES,
    *members.RULES,
    *integrity.RULES,
    *stores.RULES,
    *scope.RULES,
)
