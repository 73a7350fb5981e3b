"""Rendering of the chart with Helm, from the wheel of helm-python-sdk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import helm_python
import yaml
from helm_python import _native

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "tagmill"
SERVICES = ("stg", "dds", "cdm")

# The services that are off by default.
OPTIONAL = ("elt", "segments")

# API versions of a cluster with all optional kinds that the chart uses.
ALL_KINDS = ("apiregistration.k8s.io/v1", "keda.sh/v1alpha1", "monitoring.coreos.com/v1")


@dataclass(frozen=True)
class Manifest:
    """A rendered object and its template."""

    template: str
    document: dict[str, Any]

    @property
    def kind(self) -> str:
        return self.document["kind"]

    @property
    def name(self) -> str:
        return self.document["metadata"]["name"]

    @property
    def is_hook(self) -> bool:
        return "helm.sh/hook" in self.document["metadata"].get("annotations", {})

    @property
    def pod(self) -> dict[str, Any] | None:
        """The pod template, if the object has one."""
        return self.document.get("spec", {}).get("template") if self.kind in ("Deployment", "Job") else None

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def values_of(*files: Path) -> dict[str, Any]:
    """The merged values of files; later ones take precedence, as with `helm -f`."""
    merged: dict[str, Any] = {}
    for file in files:
        merged = over(merged, yaml.safe_load(file.read_text()))
    return merged


def over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Maps are merged, everything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = over(merged[key], value) if both else value
    return merged


def texts(
    values: dict[str, Any], *, release: str = "tagmill", kinds: tuple[str, ...] = (), upgrade: bool = False
) -> dict[str, str]:
    """The text that Helm renders from each template. `kinds` are additional API versions of the cluster."""
    options = {
        "name": release,
        "namespace": "orders",
        "is_install": not upgrade,
        "is_upgrade": upgrade,
        "api_versions": list(kinds),
    }
    with helm_python.Chart.load(CHART) as chart:
        # The wrapper of this function lacks a parameter of the library: the API versions of the cluster.
        rendered = _native.call_string("helm_render", chart._raw(), json.dumps(values), json.dumps(options))
    return json.loads(rendered)


def render(values: dict[str, Any], **options: Any) -> list[Manifest]:
    """The objects of a release, in the order of their templates."""
    return [
        Manifest(Path(template).name, document)
        for template, text in sorted(texts(values, **options).items())
        if template.endswith(".yaml")
        for document in yaml.safe_load_all(text)
        if document
    ]


def one(manifests: list[Manifest], kind: str, component: str) -> dict[str, Any]:
    """The one object of this kind that a component has."""
    found = [
        manifest.document
        for manifest in manifests
        if manifest.kind == kind and manifest.document["metadata"]["labels"]["app.kubernetes.io/component"] == component
    ]
    assert len(found) == 1, f"{len(found)} objects {kind} of {component}"
    return found[0]


def cases() -> dict[str, list[Path]]:
    """Every set of values in the repository, by its name."""
    files = sorted((CHART / "ci").glob("*-values.yaml")) + sorted((ROOT / "deploy" / "clusters").glob("*.yaml"))
    return {file.stem.removesuffix("-values"): [file] for file in files}
