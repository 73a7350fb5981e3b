"""Tests of upgrades between any two sets of values: no immutable field changes."""

from __future__ import annotations

import pytest

from chart import Manifest, cases, render, values_of
from conftest import rendered

# Immutable fields by kind. A Job is replaced as a whole, because it is a hook.
IMMUTABLE = {
    "Deployment": [("spec", "selector")],
    "Service": [("spec", "clusterIP"), ("spec", "ipFamilies"), ("spec", "healthCheckNodePort")],
    "Secret": [("immutable",), ("type",)],
    "ConfigMap": [("immutable",)],
    "PodDisruptionBudget": [("spec", "selector")],
}


def field(manifest: Manifest, path: tuple[str, ...]) -> object:
    found = manifest.document
    for name in path:
        found = found.get(name, {})
    return found


@pytest.mark.parametrize("before", sorted(cases()))
@pytest.mark.parametrize("after", sorted(cases()))
def test_nothing_immutable_changes(before: str, after: str) -> None:
    then = {str(manifest): manifest for manifest in rendered(before)}
    now = {str(manifest): manifest for manifest in rendered(after)}
    both = then.keys() & now.keys()
    assert {f"Deployment/tagmill-{service}" for service in ("stg", "dds", "cdm")} <= both
    for name in both:
        assert then[name].document["apiVersion"] == now[name].document["apiVersion"]
        for path in IMMUTABLE.get(then[name].kind, []):
            assert field(then[name], path) == field(now[name], path), f"{name}: {'.'.join(path)}"


def test_an_upgrade_renders_what_an_installation_does() -> None:
    values = values_of(*cases()["scaling"])
    assert render(values) == render(values, upgrade=True)


def test_jobs_are_hooks_and_therefore_replaced() -> None:
    for case in cases():
        assert all(manifest.is_hook for manifest in rendered(case) if manifest.kind == "Job")
