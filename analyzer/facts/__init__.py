"""Dated knowledge as data: sunset dates, releases, ports, peer names, alarms, and the documents that they come from.

The rows are TOML files beside this module, one file per subject. Every row has an `id` that never changes and a
`source`: the id of a row of `citations.toml`, which gives title, address and date. A row that a newer document
overtakes is not removed but marked as superseded, because readers hold the older document.

Sample::

    [[date]]
    id = "chrome-1.8-leaf"
    kind = "root_program"
    effective_on = 2027-03-15
    applies_to = "leaf_issued_on_or_after"
    status = "current"
    source = "CRP"
    confidence = "official"

`store` reads rows, the modules named for a subject give them types and answer questions. Each of their functions
takes the `Facts` to answer from; without, it answers from the packaged ones. `custom` reads a file of the user's
(`--facts`). Nothing is read before the first question.
"""

from __future__ import annotations

from typing import Final

FACTS_AS_OF: Final = "2026-11-24"
"""The date of the packaged facts (ISO)."""
