"""What a page calls the members of its inputs: by their own names, which tell node and time.

The input's name before each member says the same again, and wraps. It stays where another input has a member of
that name, and in JSON, note and terminal, which have no list of inputs beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from analyzer.evidence import Input
from analyzer.words import Joined, Words


class FileNames:
    """Called with a text, a reference or words that name some, it returns it with members called so."""

    def __init__(self, inputs: Iterable[Input] = ()) -> None:
        """Learn the names of the inputs' members."""
        members = [member for record in inputs for member in record.members]
        told = Counter(member.name for member in members)
        self._names = {m.reference: m.name for m in members if told[m.name] == 1 and m.name != m.reference}

    def __call__(self, text: str) -> str:
        """Return a text with shorter names; the very same text if there is none in it."""
        if isinstance(text, Joined):
            parts = [self(part) for part in text.parts]
            return Joined(text.between, parts) if _differ(parts, text.parts) else text
        if not isinstance(text, Words):
            return self._names.get(text, text)
        values = {name: self(value) if isinstance(value, str) else value for name, value in text.values.items()}
        return Words(text.message, values, text.plural) if _differ(values.values(), text.values.values()) else text


def _differ(some: Iterable[object], others: Iterable[object]) -> bool:
    return any(one is not other for one, other in zip(some, others, strict=True))
