"""The collector of cyclic garbage stays as the caller had it."""

from __future__ import annotations

import gc

import pytest

from analyzer.memory import without_collections


def test_the_collector_is_off_inside_and_on_again_behind_even_after_an_error() -> None:
    assert gc.isenabled()
    with pytest.raises(RuntimeError):
        _fail_inside()
    assert gc.isenabled()


def _fail_inside() -> None:
    with without_collections():
        assert not gc.isenabled()
        raise RuntimeError


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with without_collections():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
