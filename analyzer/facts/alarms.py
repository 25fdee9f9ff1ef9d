"""Alarms that bear on certificates, TLS, the tunnels or the clock, by their id.

Source: Cisco Expressway Administrator Guide X15.0, Reference Material. The words are this project's own; a report
quotes an alarm by the title that the bundle carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from msgspec import Struct

from analyzer.facts.store import PACKAGED, Facts


class AlarmTopic(StrEnum):
    """What an alarm is about, as far as certificates go."""

    ACME = "acme"
    APPLICATION = "application"
    CERTIFICATE = "certificate"
    CLOCK = "clock"
    CLUSTER = "cluster"
    EXPIRY = "expiry"
    LICENSING = "licensing"
    LOGGING = "logging"
    NAMES = "names"
    RESTART = "restart"
    REVERSE_DNS = "reverse-dns"
    REVOCATION = "revocation"
    SSH_TUNNEL = "ssh-tunnel"
    TLS_SETTINGS = "tls-settings"
    TLS_VERIFICATION = "tls-verification"
    UC_TLS_VERIFICATION = "uc-tls-verification"


class AlarmFact(Struct, frozen=True, kw_only=True):
    """An alarm.

    Attributes:
        id: five digits.
        meaning: what it means for TLS, in one sentence.
        severity: as Cisco lists it, in lower case; None: not looked up.
        source: code of a citation.
    """

    id: str
    title: str
    meaning: str
    topic: AlarmTopic
    severity: str | None
    source: str


@cache
def alarms(facts: Facts = PACKAGED) -> Mapping[str, AlarmFact]:
    """Return all alarms by id."""
    return MappingProxyType(
        {
            row.id: AlarmFact(
                id=row.id,
                title=row.text("title"),
                meaning=row.text("meaning"),
                topic=row.choice("topic", AlarmTopic),
                severity=row.optional_text("severity"),
                source=row.text("source"),
            )
            for row in facts.rows("alarm")
        }
    )


def alarm(alarm_id: str | None, facts: Facts = PACKAGED) -> AlarmFact | None:
    """Return what is known of an alarm; None: nothing, or it has no id."""
    return alarms(facts).get(alarm_id) if alarm_id else None


@cache
def alarm_ids(topic: AlarmTopic, facts: Facts = PACKAGED) -> frozenset[str]:
    """Return the ids of the alarms about a topic."""
    return frozenset(row.id for row in alarms(facts).values() if row.topic is topic)
