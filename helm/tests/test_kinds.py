"""Strict validation of every object against the schema of its kind: an unknown field is an error."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest

from chart import CHART, Manifest, cases, values_of
from conftest import rendered

SCHEMAS = Path(__file__).parent / "schemas"

# The oldest version in use, and the newest.
KUBERNETES = ("1.29", "1.37")


def own(manifest: Manifest) -> dict | None:
    """The schema of a kind that is not part of Kubernetes."""
    name = manifest.document["apiVersion"].replace("/", "_")
    file = SCHEMAS / f"{name}_{manifest.kind}.json"
    return json.loads(file.read_text()) if file.exists() else None


@pytest.mark.parametrize("version", KUBERNETES)
def test_every_object_is_valid(manifests: list[Manifest], version: str) -> None:
    for manifest in manifests:
        if schema := own(manifest):
            jsonschema.validate(manifest.document, schema)
        else:
            kubernetes_validate.validate(manifest.document, version, strict=True)


def test_the_schemas_see_a_slip() -> None:
    for manifest in rendered("scaling"):
        spoilt = json.loads(json.dumps(manifest.document))
        spoilt["spec"]["replicaz"] = 1
        error = jsonschema.ValidationError if own(manifest) else kubernetes_validate.ValidationError
        with pytest.raises(error):
            if schema := own(manifest):
                jsonschema.validate(spoilt, schema)
            else:
                kubernetes_validate.validate(spoilt, KUBERNETES[-1], strict=True)


def test_the_cases_together_render_every_template() -> None:
    templates = {manifest.template for case in cases() for manifest in rendered(case)}
    # elt-service is in no case: test_elt.py renders it.
    assert templates | {"elt.yaml"} == {file.name for file in (CHART / "templates").glob("*.yaml")}
    kinds = {manifest.kind for case in cases() for manifest in rendered(case)}
    assert {"Secret", "ConfigMap", "NetworkPolicy", "ScaledObject", "PrometheusRule"} <= kinds


def test_the_chart_is_for_helm_3_as_well() -> None:
    chart = values_of(CHART / "Chart.yaml")
    assert chart["apiVersion"] == "v2"
    assert set(chart) <= {"apiVersion", "name", "description", "type", "version", "appVersion", "kubeVersion"}
    # The library of Helm 3 reads schemas up to draft 7.
    assert json.loads((CHART / "values.schema.json").read_text())["$schema"].startswith(
        "http://json-schema.org/draft-07/"
    )
