"""The catalogue as `docs/rules.md`: every diagnosis by subject, with what it means and where it comes from.

A subject is a file of this package, and its heading is that file's own first sentence.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence

from analyzer.facts.citations import citations
from analyzer.rules.listing import CONTEXT, explained_by, explains, needs_of, roles_of, severity_of, versions_of
from analyzer.rules.rule import Rule

WIDTH = 118

_INTRODUCTION = (
    "Generated from `analyzer/rules`; `pytest tests/rules/test_handbook.py --update-golden` renews it. "
    "`expressway-analyzer rules` lists the same in the order of importance, and `rules show ID` explains one.",
    "A severity is the gravest that a rule gives: how bad it is for this deployment now. What a rule needs and a bundle "
    "lacks makes it “not determinable”, once for each node. An effect stands under the finding that explains it, and a "
    "finding that explains a graver one is as grave as that.",
)


def handbook(rules: Sequence[Rule]) -> str:
    """Return the text of `docs/rules.md`."""
    known = frozenset(rule.id for rule in rules)
    subjects: dict[str, list[Rule]] = {}
    for rule in rules:
        subjects.setdefault(_first_sentence(rule), []).append(rule)
    lines = ["# Rules", ""]
    for paragraph in _INTRODUCTION:
        lines += [*_wrapped(paragraph), ""]
    for subject, group in subjects.items():
        heading, _, rest = subject.partition(": ")
        lines += [f"## {heading}", ""]
        if rest:
            lines += [*_wrapped(f"{rest[0].upper()}{rest[1:]}."), ""]
        for rule in group:
            lines += [*_entry(rule, known), ""]
    lines += ["## Sources", "", *_sources(rules)]
    return "\n".join(lines) + "\n"


def _first_sentence(rule: Rule) -> str:
    documentation = sys.modules[rule.judge.__module__].__doc__ or rule.judge.__module__
    return documentation.splitlines()[0].removesuffix(".")


def _entry(rule: Rule, known: frozenset[str]) -> Iterator[str]:
    yield f"### {rule.id}"
    yield ""
    yield from _wrapped(f"**{rule.title}.** {rule.meaning}")
    yield ""
    facts = [
        severity_of(rule),
        f"roles: {roles_of(rule)}",
        f"versions: {versions_of(rule)}",
        f"needs: {needs_of(rule)}",
    ]
    yield from _item("; ".join([*facts, *([CONTEXT] if rule.is_context else [])]))
    if causes := explained_by(rule):
        yield from _item(f"explained by: {_linked(causes, known)}")
    if effects := explains(rule):
        yield from _item(f"explains: {_linked(effects, known)}")
    yield from _item(f"sources: {', '.join(f'[{code}](#sources)' for code in rule.sources)}")


def _linked(ids: Sequence[str], known: frozenset[str]) -> str:
    return ", ".join(f"[{one}](#{one})" if one in known else one for one in ids)


def _sources(rules: Sequence[Rule]) -> Iterator[str]:
    codes = sorted({code for rule in rules for code in rule.sources})
    for code, source in zip(codes, citations(codes), strict=True):
        dated = f"{source.title}, {source.date}" if source.date else source.title
        yield f"- **{code}** {f'[{dated}]({source.url})' if source.url else dated}"


def _item(text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
    )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_on_hyphens=False, break_long_words=False)
