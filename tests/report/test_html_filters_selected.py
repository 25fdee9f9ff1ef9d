"""What the report's display filters select in the captures that it was made of, by tshark."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from lxml import html

from analyzer.bundle import open_inputs
from analyzer.evidence import MemberKind
from analyzer.pipeline import analyze
from analyzer.report.html import render_html
from analyzer.report.links import frame_filter
from samples.situation import Situation
from samples.situations import SITUATIONS
from tests.program import sample

TSHARK = shutil.which("tshark")
COLUMNS = (
    "frame.number", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport", "x509af.serialNumber"
)  # fmt: skip
FRAME = re.compile(r"frame\.number == (\d+)")
SERIAL = re.compile(r"x509af\.serialNumber == ([0-9a-f:]+)")
CONVERSATION = re.compile(
    r"ip(?:v6)?\.addr == (\S+) && tcp\.port == (\d+) && ip(?:v6)?\.addr == (\S+) && tcp\.port == (\d+)"
)

pytestmark = [
    pytest.mark.tshark,
    pytest.mark.skipif(TSHARK is None and os.environ.get("CI") != "true", reason="tshark is not installed"),
]

each_situation = pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.name for situation in SITUATIONS])

End = tuple[str, str]


class Seen(NamedTuple):
    """What tshark shows of a frame: the two ends of its TCP connection, and the serials in it."""

    ends: frozenset[End]
    serials: frozenset[int]


Capture = Mapping[int, Seen]


class Shown(NamedTuple):
    """The display filters of a report; those of frames by file, with the connection that each is shown for."""

    frames: list[tuple[str, str, str | None]]
    conversations: set[str]
    serials: set[str]
    claims: set[tuple[tuple[str, ...], int, int]]
    """Frames in which the report says that a serial is: the files of the connection, frame, serial."""

    @property
    def everywhere(self) -> set[str]:
        return self.conversations | self.serials


def tshark(*arguments: str | Path) -> list[str]:
    done = subprocess.run(
        [TSHARK or "tshark", "-n", *map(str, arguments)], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def written(situation: Situation, folder: Path) -> dict[str, Path]:
    """Write the captures of a sample's bundles as they are; return them by the name that the report has for them."""
    files: dict[str, Path] = {}
    with open_inputs(sample(situation.name)) as inputs:
        for member in (member for shown in inputs.inputs for member in shown.members):
            if member.kind is MemberKind.CAPTURE:
                files[member.reference] = folder / f"{len(files)}.pcap"
                with member.open() as stream, files[member.reference].open("wb") as copy:
                    shutil.copyfileobj(stream, copy)
    return files


def dissected(file: Path) -> Capture:
    """Return the frames of a capture as tshark shows them without any filter."""
    seen = {}
    for row in tshark("-r", file, "-T", "fields", *(word for name in COLUMNS for word in ("-e", name))):
        number, source4, target4, source6, target6, source_port, target_port, serials = row.split("\t")
        ends = frozenset({(source4 or source6, source_port), (target4 or target6, target_port)})
        seen[int(number)] = Seen(ends, frozenset(whole(serial) for serial in serials.split(",") if serial))
    return seen


def selected(file: Path, wanted: Mapping[str, set[int]]) -> dict[str, tuple[int, int]]:
    """Return how many frames of a capture each filter selects, and how many of those wanted, in one run."""
    both = [f"({it}) && ({' || '.join(map(frame_filter, numbers or [0]))})" for it, numbers in wanted.items()]
    output = tshark("-q", "-r", file, "-z", ",".join(["io,stat,0", *wanted, *both]))
    (row,) = (line for line in output if "<>" in line)
    counts = [int(cell) for cell in row.replace("|", " ").split()[3::2]]
    return dict(zip(wanted, zip(counts[: len(wanted)], counts[len(wanted) :], strict=True), strict=True))


def merged(parts: Sequence[Path]) -> Path:
    """Return the captures of a connection as one, by the frames' times."""
    merged = parts[0].with_suffix(".merged")
    subprocess.run([Path(TSHARK or "tshark").with_name("mergecap"), "-w", merged, *parts], check=True)
    return merged


def whole(serial: str) -> int:
    return int(serial.replace(":", ""), 16)


def text(element: html.HtmlElement) -> str:
    return str(element.text_content())


def file_of(code: html.HtmlElement) -> str:
    """Return the file that the page names with the filter of a frame."""
    if files := code.xpath("ancestor::span[@class='where']/code[@class='file']"):
        return reference(files[0])
    if files := code.xpath("following-sibling::*[1][self::br]/following-sibling::*[1][@class='file']"):
        return reference(files[0])
    if files := code.xpath("ancestor::table[@class='handshake']/preceding-sibling::p/code[@class='file']"):
        (file,) = files
        return reference(file)
    assert code.xpath("contains(.., 'in the same capture')")
    return reference(code.xpath("ancestor::dl/dd/code[@class='filter']/following-sibling::code[@class='file']")[0])


def reference(code: html.HtmlElement) -> str:
    """Return the whole name of a file: the page shows the member's, and the input's on hovering."""
    return f"{code.get('title')}/{text(code)}" if code.get("title") else text(code)


def connection_of(code: html.HtmlElement) -> str | None:
    """Return the filter of the connection for which a frame is shown; None: it is shown as a finding's evidence."""
    beside = code.xpath(
        "ancestor::table[@class='handshake']/preceding-sibling::p/code[@class='filter']"
        " | ancestor::dl[1]/dd/code[@class='filter'][starts-with(., 'ip')]"
    )
    return text(beside[0]) if beside else None


def shown_in(page: html.HtmlElement) -> Shown:
    codes = page.xpath("//code[@class='filter']")
    claims = set()
    for row in page.xpath("//table[@class='handshake']/tbody/tr[.//code[@class='filter']]"):
        (code,) = row.xpath(".//code[@class='filter']")
        for serial in re.findall(r"serial ([0-9A-Fa-f:]+)", text(row)):
            connection = tuple(map(reference, row.xpath("ancestor::table/preceding-sibling::p/code[@class='file']")))
            claims.add((connection, frame_in(text(code)), whole(serial)))
    shown = Shown(
        frames=[(file_of(code), text(code), connection_of(code)) for code in codes if FRAME.fullmatch(text(code))],
        conversations={text(code) for code in codes if CONVERSATION.fullmatch(text(code))},
        serials={text(code) for code in codes if SERIAL.fullmatch(text(code))},
        claims=claims,
    )
    assert {text(code) for code in codes} == shown.everywhere | {
        display_filter for _, display_filter, _ in shown.frames
    }
    return shown


def frame_in(display_filter: str) -> int:
    found = FRAME.fullmatch(display_filter)
    assert found
    return int(found[1])


def expected(display_filter: str, capture: Capture) -> set[int]:
    """Return the frames that a filter means to select."""
    if found := FRAME.fullmatch(display_filter):
        return {int(found[1])} & set(capture)
    if found := SERIAL.fullmatch(display_filter):
        return {number for number, seen in capture.items() if whole(found[1]) in seen.serials}
    found = CONVERSATION.fullmatch(display_filter)
    assert found
    ends = frozenset({(found[1], found[2]), (found[3], found[4])})
    return {number for number, seen in capture.items() if seen.ends == ends}


@each_situation
def test_every_filter_selects_what_it_is_shown_for_and_nothing_else(situation: Situation, tmp_path: Path) -> None:
    shown = shown_in(html.document_fromstring(render_html(analyze(sample(situation.name)))))
    files = written(situation, tmp_path)
    captures = {name: dissected(file) for name, file in files.items()}

    for name, capture in captures.items():
        filters = shown.everywhere | {display_filter for file, display_filter, _ in shown.frames if file == name}
        wanted = {display_filter: expected(display_filter, capture) for display_filter in sorted(filters)}
        assert selected(files[name], wanted) == {
            display_filter: (len(numbers), len(numbers)) for display_filter, numbers in wanted.items()
        }
    for file, display_filter, connection in shown.frames:
        assert len(expected(display_filter, captures[file])) == 1
        assert expected(display_filter, captures[file]) <= expected(connection or display_filter, captures[file])
    for conversation in shown.conversations:
        assert any(expected(conversation, capture) for capture in captures.values())
    for names, number, serial in shown.claims:
        if len(names) == 1:
            assert serial in captures[names[0]][number].serials
        else:  # a certificate that begins in one file and ends in the next is only read from both together
            assert any(serial in seen.serials for seen in dissected(merged([files[name] for name in names])).values())
