"""The catalogue in plain text, for the terminal: every rule in a few lines, and one rule explained."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from analyzer.facts.citations import citations
from analyzer.findings import Severity
from analyzer.rules.cause_table import CAUSES
from analyzer.rules.rule import Rule

WIDTH = 80
_LABEL = 14
_SEVERITY = 10
_NONE = "-"

CONTEXT = "remarks go to the context table, unless they are tied to a failure"


def listing(rules: Sequence[Rule]) -> Iterator[str]:
    """Yield each rule's gravest severity, id and title, and below it the releases it is about and what it needs."""
    for rule in rules:
        yield from _labelled(rule.severity, f"{rule.id}: {rule.title}", _SEVERITY)
        yield from _labelled("", f"versions: {versions_of(rule)}; needs: {needs_of(rule)}", _SEVERITY)


def explained(rule: Rule) -> Iterator[str]:
    """Yield the lines that explain one rule."""
    yield rule.id
    yield from textwrap.wrap(rule.title, WIDTH)
    yield ""
    yield from _labelled("Severity", severity_of(rule))
    yield from _labelled("Roles", roles_of(rule))
    yield from _labelled("Versions", versions_of(rule))
    yield from _labelled("Needs", needs_of(rule))
    if rule.is_context:
        yield from _labelled("Context", CONTEXT)
    yield ""
    yield from textwrap.wrap(rule.meaning, WIDTH)
    yield ""
    yield from _labelled("Explained by", ", ".join(explained_by(rule)) or _NONE)
    yield from _labelled("Explains", ", ".join(explains(rule)) or _NONE)
    yield ""
    for source in citations(rule.sources):
        dated = f"{source.title}, {source.date}" if source.date else source.title
        yield from _labelled("Source", dated)
        if source.url:
            yield f"{'':{_LABEL}}{source.url}"


def severity_of(rule: Rule) -> str:
    """Return how grave a rule's findings may be."""
    may_be_less = rule.severity in {Severity.CRITICAL, Severity.WARNING}
    return f"up to {rule.severity}" if may_be_less else str(rule.severity)


def needs_of(rule: Rule) -> str:
    """Return what a rule needs, in short words; of those with `or` between them one is enough."""
    alternatives = [need if isinstance(need, tuple) else (need,) for need in rule.needs]
    return ", ".join(" or ".join(one.word for one in group) for group in alternatives) or _NONE


def versions_of(rule: Rule) -> str:
    """Return the releases that a rule is about."""
    return rule.applies_to or "any"


def roles_of(rule: Rule) -> str:
    """Return the roles of nodes that a rule is about."""
    return ", ".join(role.capitalize() for role in rule.roles) or "any"


def explained_by(rule: Rule) -> tuple[str, ...]:
    """Return the ids of what may explain a rule's findings, the most specific first."""
    return CAUSES.get(rule.id, ())


def explains(rule: Rule) -> tuple[str, ...]:
    """Return the ids of what a rule's findings may explain."""
    return tuple(effect for effect, causes in CAUSES.items() if rule.id in causes)


def _labelled(label: str, text: str, width: int = _LABEL) -> list[str]:
    """Return a text beside its label, wrapped within its column; ids are never broken."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=label.ljust(width),
        subsequent_indent=" " * width,
        break_on_hyphens=False,
        break_long_words=False,
    )
