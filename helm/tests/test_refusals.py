"""Tests of invalid values: the chart rejects them with a line that names the value."""

from __future__ import annotations

import copy
import json
from typing import Any

import helm_python
import pytest

from chart import CHART, cases, render, texts, values_of


def changed(case: str, path: str, value: Any) -> dict[str, Any]:
    """The values of a case with one of them changed."""
    values = copy.deepcopy(values_of(*cases()[case]))
    *parents, last = path.split(".")
    target = values
    for parent in parents:
        target = target.setdefault(parent, {})
    target[last] = value
    return values


@pytest.mark.parametrize(
    ("case", "path", "value", "said"),
    [
        ("minimal", "settings.KAFKA_BOOTSTRAP_SERVERS", "", "settings.KAFKA_BOOTSTRAP_SERVERS: required"),
        ("minimal", "secrets.DATABASE_URL", {}, "secrets.DATABASE_URL: give value or existingSecret"),
        ("minimal", "services.stg.secrets", {}, "services.stg.secrets.REDIS_URL: give value or existingSecret"),
        (
            "minimal",
            "secrets.DATABASE_URL.existingSecret",
            "x",
            "secrets.DATABASE_URL: give either value or existingSecret",
        ),
        ("minimal", "secrets.KAFKA_SASL_PASSWORD.value", "x", "secrets.KAFKA_SASL_PASSWORD: has no effect with"),
        ("minimal", "settings.KAFKA_SASL_USERNAME", "x", "settings.KAFKA_SASL_USERNAME: has no effect with"),
        ("minimal", "settings.KAFKA_BOOTSTRAP_SERVERS", "a:9092, b", "KAFKA_BOOTSTRAP_SERVERS: `b` lacks a port"),
        (
            "minimal",
            "services.dds.secrets",
            {"DATABASE_URL": {"value": "x", "existingSecret": "x"}},
            "services.dds.secrets.DATABASE_URL: ",
        ),
        (
            "existing-secrets",
            "secrets.KAFKA_SASL_PASSWORD",
            {},
            "secrets.KAFKA_SASL_PASSWORD: required by KAFKA_SECURITY_PROTOCOL=SASL_SSL",
        ),
        ("existing-secrets", "settings.KAFKA_SASL_USERNAME", "", "settings.KAFKA_SASL_USERNAME: "),
        ("existing-secrets", "ca.existingSecret", "x", "ca: give one of pem, existingSecret and existingConfigMap"),
        ("minimal", "services.dds.replicas", 4, "services.dds.replicas: 4 are more than the 3 partitions"),
        (
            "minimal",
            "services.cdm.scaling",
            {"enabled": True, "maxReplicas": 5},
            "services.cdm.scaling.maxReplicas: 5 are more",
        ),
        (
            "minimal",
            "services.cdm.scaling",
            {"enabled": True, "minReplicas": 3, "maxReplicas": 2},
            "services.cdm.scaling: maxReplicas",
        ),
        ("minimal", "prometheusRule.enabled", True, "prometheusRule.runbooks: say where"),
        # By the schema.
        ("minimal", "servicez", {}, "servicez"),
        ("minimal", "settings.BATCH_SZIE", 5, "BATCH_SZIE"),
        ("minimal", "settings.PARK_RETRY", "5s", "PARK_RETRY"),
        ("minimal", "settings.DATABASE_URL", "postgres://", "DATABASE_URL"),
        ("minimal", "settings.HTTP_ADDR", "0.0.0.0:80", "HTTP_ADDR"),
        ("minimal", "settings.KAFKA_SECURITY_PROTOCOL", "TLS", "KAFKA_SECURITY_PROTOCOL"),
        ("minimal", "services.cdm.settings.TAG_API", False, "TAG_API"),
        ("minimal", "services.dds.secrets.REDIS_URL", {"value": "redis://"}, "REDIS_URL"),
        ("minimal", "services.stg.replicas", "two", "replicas"),
        ("minimal", "services.stg.scaling", {"enabled": True, "minReplicas": 0}, "minReplicas"),
        ("minimal", "ca.pem", "certificate", "pem"),
        ("minimal", "ca.for", ["mongo"], "for"),
        ("minimal", "networkPolicy.databasePorts", [70000], "databasePorts"),
        ("minimal", "shutdownGraceSeconds", 0, "shutdownGraceSeconds"),
        ("minimal", "image.pullPolicy", "Sometimes", "pullPolicy"),
        ("minimal", "secrets.DATABASE_URL.existingSecret", "Not A Name", "existingSecret"),
        ("minimal", "extraEnv", {"A": "b"}, "extraEnv"),
    ],
)
def test_bad_values_are_refused(case: str, path: str, value: Any, said: str) -> None:
    with pytest.raises(helm_python.HelmError) as refused:
        render(changed(case, path, value))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("services.stg.scaling", "keda.sh/v1alpha1"),
        ("serviceMonitor", "monitoring.coreos.com/v1"),
        ("prometheusRule", "monitoring.coreos.com/v1"),
    ],
)
def test_a_kind_that_the_cluster_does_not_know_is_refused(path: str, kind: str) -> None:
    values = changed("minimal", path, {"enabled": True})
    values["prometheusRule"] = values.get("prometheusRule", {}) | {"runbooks": "https://git.example"}
    with pytest.raises(helm_python.HelmError) as refused:
        render(values, kinds=("apiregistration.k8s.io/v1",))
    assert f"{path}.enabled: this cluster does not know {kind}; install" in str(refused.value)
    assert render(values, kinds=("apiregistration.k8s.io/v1", kind))
    assert render(values), "who renders without a cluster is believed"


def test_extra_environment_is_taken_whole() -> None:
    whole = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "b", "key": "c", "optional": True}}}]
    values = changed("minimal", "services.stg.extraEnv", whole)
    [stg] = [manifest for manifest in render(values) if str(manifest) == "Deployment/tagmill-stg"]
    assert whole[0] in stg.pod["spec"]["containers"][0]["env"]


def test_extra_environment_wins_and_nothing_is_there_twice() -> None:
    values = changed("minimal", "extraEnv", [{"name": "HTTP_ADDR", "value": "[::]:5000"}])
    for manifest in render(values):
        if manifest.pod:
            found = [
                entry["value"] for entry in manifest.pod["spec"]["containers"][0]["env"] if entry["name"] == "HTTP_ADDR"
            ]
            assert found == ["[::]:5000"], manifest


def test_lint_finds_nothing() -> None:
    for case in cases():
        report = helm_python.lint(CHART, values_of(*cases()[case]), strict=True)
        assert not report["errors"] and not [said for said in report["messages"] if said["severity"] > 1], report


def test_names_stay_names_whatever_a_release_is_called() -> None:
    for release in ("tagmill", "orders", "a" * 53):
        for manifest in render(values_of(*cases()["inline-secrets"]), release=release):
            assert len(manifest.name) <= 63 and manifest.name.startswith(release[:50])


def test_the_notes_say_what_to_do_next() -> None:
    def notes(case: str, **options: Any) -> str:
        return texts(values_of(*cases()[case]), **options)["tagmill/templates/NOTES.txt"]

    minimal = notes("minimal")
    for service in ("stg", "dds", "cdm"):
        assert f"exec deployment/tagmill-{service} -- {service}-service check" in minimal
    assert "TAG_API_TOKEN is not set" in minimal and "TAG_API_TOKEN" not in notes("inline-secrets")
    assert "migration.enabled is false" in notes("everything-else")
    # stg has a continuous schedule, dds an interval: lag has another meaning for dds only.
    assert "dds is scaled by its lag" in notes("scaling") and "stg is scaled by its lag" not in notes("scaling")
    assert "deployment/orders-tagmill-stg" in notes("minimal", release="orders")


def objects(schema: Any, path: str = "") -> dict[str, dict[str, Any]]:
    """Every object that a schema describes, with its path."""
    found = {path: schema} if isinstance(schema, dict) and schema.get("type") == "object" else {}
    for name, part in schema.items() if isinstance(schema, dict) else []:
        found |= objects(part, f"{path}/{name}")
    return found


def test_every_object_is_closed_but_those_that_are_taken_whole() -> None:
    described = objects(json.loads((CHART / "values.schema.json").read_text()))
    assert len(described) > 30
    # Maps of names to texts, and objects that Kubernetes validates.
    maps = {"labels", "annotations", "nodeSelector", "jobs"}
    whole = {"global", "resources", "podSecurityContext", "securityContext", "affinity"}
    for path, schema in described.items():
        name = path.rsplit("/", 1)[-1]
        if name in maps:
            assert schema["additionalProperties"] == {"type": "string"}, path
        elif name in whole or path in ("/properties/pod/properties/tolerations/items", "/definitions/whole/items"):
            assert schema == {"type": "object"}, path
        else:
            assert schema["additionalProperties"] is False and schema["properties"], path


def test_values_and_schema_know_the_same() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]
    values = values_of(CHART / "values.yaml")
    assert set(values) == set(schema) - {"global"}
    for name, value in values.items():
        if schema[name].get("properties"):
            assert set(value) == set(schema[name]["properties"]), name
    for service, own in values["services"].items():
        assert set(own) == set(schema["services"]["properties"][service]["properties"]), service


def test_values_are_few() -> None:
    assert len((CHART / "values.yaml").read_text().splitlines()) < 300
