from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from analyzer.bundle.readahead import ReadAhead
from tests.bundle.building import PCAP, members, opened, zipped


def producing(*pieces: bytes | Exception) -> Callable[[], bytes]:
    """A function that returns or raises these, one by one."""
    rest: Iterator[bytes | Exception] = iter(pieces)

    def produce() -> bytes:
        piece = next(rest)
        if isinstance(piece, Exception):
            raise piece
        return piece

    return produce


def test_pieces_come_in_order_and_end_with_an_empty_one() -> None:
    ahead = ReadAhead(producing(b"a", b"b", b"c", b"d", b""))

    assert [ahead.read() for _ in range(5)] == [b"a", b"b", b"c", b"d", b""]
    ahead.close()


def test_what_was_raised_comes_behind_the_pieces_before_it() -> None:
    ahead = ReadAhead(producing(b"a", b"b", ValueError("damaged")))

    assert [ahead.read(), ahead.read()] == [b"a", b"b"]
    with pytest.raises(ValueError, match="damaged"):
        ahead.read()
    ahead.close()


def test_no_more_than_two_pieces_are_read_ahead() -> None:
    numbers = count(1)
    ahead = ReadAhead(lambda: b"%d" % next(numbers))
    ahead.read()
    time.sleep(0.05)
    ahead.close()

    assert next(numbers) == 4


def test_a_stream_that_is_closed_early_leaves_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    with opened(tmp_path, zipped({"a.pcap": PCAP + bytes(20_000_000)})) as inputs:
        with members(inputs)["a.pcap"].open() as stream:
            while threading.active_count() == before:
                assert stream.read(1 << 20)
            assert threading.active_count() == before + 1
        assert threading.active_count() == before


def test_the_interpreters_switch_interval_is_left_as_it_was() -> None:
    before = sys.getswitchinterval()
    ahead = ReadAhead(producing(b"a", b""))
    ahead.close()

    assert sys.getswitchinterval() == before
