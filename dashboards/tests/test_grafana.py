"""Tests of the operators' dashboard with the typed models of Grafana."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

import promql_parser
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from conftest import FOLDER


@pytest.fixture(scope="module")
def written() -> dict:
    """The committed file."""
    register_default_plugins()
    return json.loads((FOLDER / "tagmill.grafana.json").read_text(encoding="utf-8"))


def read_back(dashboard: dict) -> dict:
    """A dashboard after parsing into the models and serialization."""
    return json.loads(JSONEncoder().encode(Dashboard.from_json(copy.deepcopy(dashboard))))


def lost(written: object, read: object, path: str = "") -> Iterator[str]:
    """The differences after parsing and serialization. Additional defaults are not differences."""
    if isinstance(written, dict) and isinstance(read, dict):
        for key, value in written.items():
            yield from lost(value, read.get(key, "nothing"), f"{path}.{key}")
    elif isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        for number, (mine, theirs) in enumerate(zip(written, read)):
            yield from lost(mine, theirs, f"{path}[{number}]")
    elif written != read:
        yield f"{path}: {written} became {read}"


def test_grafana_knows_all_of_it(written: dict) -> None:
    assert list(lost(written, read_back(written))) == []


def test_what_grafana_does_not_know_is_noticed(written: dict) -> None:
    broken = copy.deepcopy(written)
    broken["panels"][1]["option"] = broken["panels"][1].pop("options")
    assert list(lost(broken, read_back(broken)))


def test_panels_have_ids_of_their_own_and_stand_beside_each_other(written: dict) -> None:
    panels = written["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for box in (panel["gridPos"] for panel in panels)
        for x in range(box["x"], box["x"] + box["w"])
        for y in range(box["y"], box["y"] + box["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) == 23


def test_every_query_is_promql(written: dict) -> None:
    queries = [target["expr"] for panel in written["panels"] for target in panel.get("targets", [])]
    assert len(queries) > 20
    for query in queries:
        plain = query.replace("$__rate_interval", "1m").replace("$service", ".*")
        assert "$" not in plain, query
        promql_parser.parse(plain)
    with pytest.raises(ValueError):
        promql_parser.parse("sum by (service) (tagmill_ready")
