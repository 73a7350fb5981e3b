"""Tests of the list of services in the chart: every template derives its objects from it."""

from __future__ import annotations

import re

import yaml

from chart import ALL_KINDS, CHART, OPTIONAL, SERVICES, cases, over, render, values_of
from test_elt import of_elt
from test_elt import values as with_elt

TEMPLATES = CHART / "templates"

# An entry of the list, at the beginning of a line.
ENTRY = re.compile(r"^(\w+):$", re.MULTILINE)


def test_every_service_is_in_the_list_and_in_the_values() -> None:
    listed = ENTRY.findall((TEMPLATES / "_services.tpl").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())["services"]
    assert set(listed) == set(values) == {*SERVICES, *OPTIONAL}
    assert {name for name, own in values.items() if "enabled" in own} == set(OPTIONAL)
    assert not [name for name in OPTIONAL if values[name]["enabled"]]


def test_no_other_template_decides_by_the_name_of_a_service() -> None:
    names = "|".join([*SERVICES, *OPTIONAL])
    decides = re.compile(rf'(eq|ne|has|hasKey|hasPrefix|hasSuffix|dict \S+|list) [^{{}}()]*"({names})"')
    for file in TEMPLATES.iterdir():
        # The job files are those of one service.
        if file.name not in ("_services.tpl", "elt.yaml"):
            assert not decides.search(file.read_text()), file.name


def test_every_service_has_what_every_service_has() -> None:
    values = over(with_elt(replicas=2), {"podDisruptionBudget": {"enabled": True}, "networkPolicy": {"enabled": True}})
    kinds = sorted(manifest.kind for manifest in of_elt(values) if not manifest.is_hook)
    assert kinds == ["ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "Secret", "Service"]
    minimal = render(values_of(*cases()["minimal"]), kinds=ALL_KINDS)
    assert sorted(str(manifest) for manifest in minimal if manifest.kind == "Service") == [
        f"Service/tagmill-{name}" for name in sorted(SERVICES)
    ]
