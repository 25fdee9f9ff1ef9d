"""What the log changes of what the dumps show, which were taken when logging started: settings and alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from analyzer.evidence import Alarm, Configuration, LogEvent, Setting, SettingChange
from analyzer.facts.settings import EKU_CHECKING_MODE, default_of, setting_named
from analyzer.text import iso_utc


def settings_of(
    configuration: Configuration | None, version: str | None, events: Iterable[LogEvent]
) -> Mapping[str, Setting]:
    """Return the settings of the dump, the release's assumed defaults, and the log's later changes."""
    settings = dict(configuration.settings) if configuration else {}
    if configuration is not None and configuration.complete and EKU_CHECKING_MODE not in settings:
        default = default_of(EKU_CHECKING_MODE, version)
        settings[EKU_CHECKING_MODE] = Setting(value=default, assumed=default is not None)
    for event in events:
        path, value = event.fields.get("Setting"), event.fields.get("Value")
        name = setting_named(path) if path else None
        if name is None or value is None:
            continue
        change = SettingChange(time=event.time, value=_as_dumped(value), file=event.file, line=event.line)
        known = settings.get(name, Setting(value=None))
        settings[name] = replace(known, changes=(*known.changes, change))
    return settings


def _as_dumped(value: str) -> str:
    return value.capitalize() if value.lower() in {"on", "off"} else value


def alarms_of(alarms: Sequence[Alarm], events: Iterable[LogEvent]) -> tuple[Alarm, ...]:
    """Join the dump's alarms, taken when logging started, with what the log raises and lowers after that.

    An alarm may be raised several times under one id (one for each tunnel, say) with a UUID for each, which the dump
    does not tell apart: the dump's rows of an id go when the log has lowered as many as there are.
    """
    last: dict[tuple[str | None, str], Alarm | None] = {}
    for event in events:
        key = (event.fields.get("Id"), event.fields.get("UUID", ""))
        name = event.name.lower()
        if name == "alarm raised":
            title = event.detail.split(":", 1)[0]
            last[key] = Alarm(
                id=key[0],
                severity=event.fields.get("Severity"),
                title=title,
                raised=iso_utc(event.time) if event.time else None,
                source=f"{event.file}: line {event.line}",
            )
        elif name == "alarm lowered":
            last[key] = None
    lowered = Counter(identifier for (identifier, _), alarm in last.items() if alarm is None)
    dumped = Counter(alarm.id for alarm in alarms)
    kept = [alarm for alarm in alarms if alarm.id is None or lowered[alarm.id] < dumped[alarm.id]]
    known = {alarm.id for alarm in kept}
    raised = [alarm for alarm in last.values() if alarm is not None and (alarm.id is None or alarm.id not in known)]
    return (*kept, *raised)
