"""Fixtures: all sets of values, rendered once for all tests."""

from __future__ import annotations

from functools import cache

import pytest

from chart import ALL_KINDS, Manifest, cases, render, values_of


@cache
def rendered(case: str) -> tuple[Manifest, ...]:
    """The objects rendered from a set of values."""
    return tuple(render(values_of(*cases()[case]), kinds=ALL_KINDS))


@pytest.fixture(params=sorted(cases()))
def case(request: pytest.FixtureRequest) -> str:
    """The name of each set of values, one after the other."""
    return request.param


@pytest.fixture
def manifests(case: str) -> list[Manifest]:
    """The objects of each set of values, one set after the other."""
    return list(rendered(case))
