"""The collector of cyclic garbage stays as the caller had it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from analyzer.memory import without_collections


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Begin with the collector on, whatever a command that ran in this process before has made of it."""
    was_enabled = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if was_enabled else gc.disable)()


def test_the_collector_is_off_inside_and_on_again_behind_even_after_an_error() -> None:
    with pytest.raises(RuntimeError):
        _fail_inside()
    assert gc.isenabled()


def _fail_inside() -> None:
    with without_collections():
        assert not gc.isenabled()
        raise RuntimeError


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with without_collections():
        pass
    assert not gc.isenabled()
