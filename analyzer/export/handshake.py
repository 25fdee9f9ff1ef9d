"""From a connection of the report back to the bytes of its handshake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analyzer.bundle import open_inputs
from analyzer.correlate.grouping import group_members
from analyzer.evidence import Handshake
from analyzer.export.recording import Recorder, Recording
from analyzer.intake import read_node_captures


def record(paths: Sequence[Path], wanted: Handshake) -> Recording | None:
    """Read the captures of a handshake's node again, as they were read before, and return it with its bytes.

    None: it is not there any more.
    """
    recorder = Recorder(wanted)
    with open_inputs(paths) as inputs:
        for group in group_members(member for shown in inputs.inputs for member in shown.members):
            if any(member.reference in wanted.captures for member in group):
                read_node_captures(group, make_dialogue=recorder.make_dialogue)
    return recorder.found()
