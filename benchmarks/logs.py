"""Generated logs of any size in any header form: `python -m benchmarks.logs 200 A` prints the file and its truth.

The mix is that of a busy Expressway at DEBUG, and was written down before anything was made faster:

* Three quarters of the bytes are SIP messages of 0.5 to 3.5 KB, each below a DEBUG record and next to its INFO twin
  (Cisco writes both); one message in twelve is HTTP; one in a hundred holds a `|` of its own.
* One to three routine lines of other modules follow each message.
* One TLS connection is opened for every 24 messages: zones keep theirs open, so that only calls to new peers and
  registrations open one, and a call through two zones is some forty messages. It logs two `network.tcp` lines, two
  `Handshake in progress`, one `Handshake succeeded`, and its close; where both sides present a certificate (one in
  four), the names found in it and the zone that they were matched to.
* Wanted lines are rare, 2,000 in 200 MB: TLS failures (as three lines each, or alone), alarms, changed settings,
  restarts, SSH tunnels, traffic server errors.
* Decoys, 260 in 200 MB, are wanted lines quoted in the text of a SIP MESSAGE; one in four stands at the margin.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks import log_messages

FOLDER = Path(__file__).parent / "inputs"
FORMS = "ABCDEGHIJ"
"""Of `analyzer.parsers.snapshot.headers`, in the order of its samples; F, free text, is no form of the whole log."""

HOST = "expe01"
BYTES_PER_WANTED = 100_000
BYTES_PER_DECOY = 770_000
MESSAGES_PER_CONNECTION = 24
_FIRST_TIME = datetime(2026, 3, 24, 11, 54, 26, tzinfo=UTC)

_HEADERS: dict[str, Callable[[datetime, str], str]] = {
    "A": lambda time, process: f"{_iso(time)}+00:00 {HOST} {process}: ",
    "B": lambda time, process: f"{time:%Y-%m-%dT%H:%M:%S}+00:00 {HOST} {process}: ",
    "C": lambda time, _: f"{_iso(time)}+00:00 {HOST} ",
    "D": lambda time, process: f"{_iso(time)}+00:00 {HOST} {process}[2030]: ",
    "E": lambda time, process: f"{_iso(time)}+00:00 {HOST} httpd[15060]: {process}: ",
    "G": lambda time, process: f"{_iso(time)}+00:00  {process}: ",
    "H": lambda time, process: f"{time:%b %d %H:%M:%S} {HOST} {process}: ",
    "I": lambda time, process: f"<166>{_iso(time)}Z {HOST} {process}: {process}: ",
    "J": lambda _, process: f"{HOST} {process}[23843]: ",
}
# The decoy itself, the closing `|`, and an empty line.
_LINES_BEHIND_DECOY = 3
_TIME_LEADS = frozenset("CEIJ")
"""Forms in which a record is told by `UTCTime=` behind its header."""


@dataclass(frozen=True, slots=True)
class Log:
    """A generated log: where it is, and the numbers of the lines that are wanted, and of the decoys."""

    path: Path
    wanted: frozenset[int]
    decoys: frozenset[int]


def generated(megabytes: int, form: str) -> Log:
    """Return a log of so many megabytes; it is written only once."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"log_{form}_{megabytes}.txt"
    truth = path.with_suffix(".truth")
    if not truth.exists():
        with path.open("w", encoding="utf-8", newline="\n") as file:
            writer = _Writer(form)
            for piece in writer.pieces(megabytes * 1_000_000):
                file.write(piece)
        truth.write_text(json.dumps({"wanted": writer.wanted, "decoys": writer.decoys}), encoding="ascii")
    numbers = json.loads(truth.read_text(encoding="ascii"))
    return Log(path, frozenset(numbers["wanted"]), frozenset(numbers["decoys"]))


class _Writer:
    def __init__(self, form: str) -> None:
        self.wanted: list[int] = []
        self.decoys: list[int] = []
        self._form = form
        self._random = Random(form)
        self._time = _FIRST_TIME
        self._next_line = 1

    def pieces(self, size: int) -> Iterator[str]:
        """Yield messages with what surrounds them, until there are so many bytes."""
        written = number = 0
        while written < size:
            pieces = [self._counted(self._message(number))]
            number += 1
            if number % MESSAGES_PER_CONNECTION == 0:
                pieces.append(self._counted(self._lines(log_messages.connection(self._random))))
            if written // BYTES_PER_WANTED > len(self.wanted):
                first = self._next_line
                pieces.append(self._counted(self._lines(log_messages.wanted(self._random))))
                self.wanted += range(first, self._next_line)
            if written // BYTES_PER_DECOY > len(self.decoys):
                pieces.append(self._counted(self._decoy()))
                self.decoys.append(self._next_line - _LINES_BEHIND_DECOY)
            piece = "".join(pieces)
            written += len(piece)
            yield piece

    def _counted(self, piece: str) -> str:
        self._next_line += piece.count("\n")
        return piece

    def _message(self, number: int) -> str:
        twin, header, marker, body = log_messages.message(self._random, number)
        routine = self._lines(log_messages.routine(self._random) for _ in range(self._random.randint(1, 3)))
        return f"{self._line(*twin)}{self._line(*header)} {marker}:\n |{_indented(body)} |\n\n{routine}"

    def _decoy(self) -> str:
        quoted = self._line(*log_messages.wanted(self._random)[0])
        header, body = log_messages.quoting(self._random)
        margin = "" if self._random.random() < 0.25 else " "
        return f"{self._line(*header)} SIPMSG:\n |{_indented(body)}{margin}{quoted} |\n\n"

    def _lines(self, lines: Iterator[log_messages.Line] | tuple[log_messages.Line, ...]) -> str:
        return "".join(self._line(*line) for line in lines)

    def _line(self, process: str, first: str, rest: str) -> str:
        """Return a record; `first` says what leads: the time (module records), or the rest (event records)."""
        self._time += timedelta(milliseconds=self._random.choice((0, 0, 1, 1, 2, 9)))
        utc_time = f'UTCTime="{self._time:%Y-%m-%d %H:%M:%S},{self._time.microsecond // 1000:03d}"'
        leads = first == log_messages.MODULE or self._form in _TIME_LEADS
        message = f"{utc_time} {rest}" if leads else f"{rest} {utc_time}" if first == log_messages.EVENT else rest
        return f"{_HEADERS[self._form](self._time, process)}{message}\n"


def _indented(body: str) -> str:
    return body.replace("\n", "\n ")[:-1]


def _iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}"


if __name__ == "__main__":
    log = generated(int(sys.argv[1]), sys.argv[2])
    print(f"{log.path}: {len(log.wanted)} wanted lines, {len(log.decoys)} decoys")
