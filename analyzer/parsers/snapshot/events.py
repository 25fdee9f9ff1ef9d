"""Turn the log records that matter into events: cleaned, with the error in one spelling for both dialects."""

from __future__ import annotations

import re
from functools import lru_cache

from analyzer.evidence import LogEvent
from analyzer.facts.errors import alert_in, normalise_error
from analyzer.parsers.snapshot.changes import shown
from analyzer.parsers.snapshot.families import DECIDING_KEYS, FAMILIES, Family
from analyzer.parsers.snapshot.records import Record, first_values

_SHOWN_FIELDS = (
    *("Level", "Service", "Protocol", "Id", "Severity", "Reason", "Module", "Method", "Status", "Type"),
    *("Response-code", "Zone", "MatchedZone"),
)

_OF_INTEREST = re.compile(
    rb"ERROR|WARN|FATAL|DEBUG_MARKER|Diagnostic Logging|\bssh|traffic_server|client usage attribute"
    rb"|[Rr]estart|[Rr]eboot|[Ss]hut|developer\.ssl|network\.tcp|getZoneByIdentities|Event="
)

# Longer texts are not remembered: a log can be full of them.
_MAX_REMEMBERED = 2048


def may_matter(line: bytes) -> bool:
    """Whether a record line is worth reading (a cheap test that errs on the side of reading)."""
    return b'"developer.ssl"' in line or b'"network.tcp"' in line or _OF_INTEREST.search(line) is not None


def event_of(record: Record, file: str) -> LogEvent | None:
    """Return the event that a record tells, or None if it does not bear on the subject."""
    deciding = tuple([pair for pair in record.pairs if pair[0] in DECIDING_KEYS])
    is_short = len(record.message) + sum([len(value) for _, value in deciding]) < _MAX_REMEMBERED
    family = (_known_family if is_short else _family)(record.process, record.words, record.message, deciding)
    reading = family(record) if family else None
    if reading is None:
        return None
    error, alert = _error(reading.error) if reading.error else (None, None)
    fields = {key: value for key in _SHOWN_FIELDS if (value := record.get(key))} | dict(reading.fields)
    return LogEvent(
        time=record.time,
        name=shown(reading.name, 128),
        detail=shown(reading.detail),
        file=file,
        line=record.line,
        process=shown(record.process, 128) if record.process else None,
        source=reading.source,
        destination=reading.destination,
        error=error,
        alert=alert,
        local_role=reading.role,
        common_name=shown(reading.common_name, 255) if reading.common_name else None,
        fields={key: shown(value, 255) for key, value in fields.items()},
    )


@lru_cache(maxsize=16)
def _error(words: str) -> tuple[str | None, int | None]:
    return normalise_error(words), alert_in(words)


def _family(process: str | None, words: str, message: str, pairs: tuple[tuple[str, str], ...]) -> Family | None:
    """Return the family of a record, by what decides it: nearly all records say one of a few things."""
    record = Record(
        line=0,
        time=None,
        stamp=None,
        host=None,
        process=process,
        words=words,
        message=message,
        pairs=pairs,
        values=first_values(pairs),
    )
    return next((family for family in FAMILIES if family(record) is not None), None)


_known_family = lru_cache(maxsize=128)(_family)
