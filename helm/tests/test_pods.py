"""Tests of the pods: properties that hold with any values."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import chart
from binaries import settings
from chart import SERVICES, Manifest, one, render, values_of, cases
from conftest import rendered


def pods(manifests: list[Manifest]) -> list[tuple[Manifest, dict[str, Any]]]:
    """The pod templates, each with its object."""
    found = [(manifest, manifest.pod) for manifest in manifests if manifest.pod]
    assert len(found) >= len(SERVICES)
    return found


def test_pods_may_do_nothing_that_they_need_not(case: str, manifests: list[Manifest]) -> None:
    for manifest, pod in pods(manifests):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, manifest
        assert spec["securityContext"]["runAsNonRoot"] is True, manifest
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, manifest
        ids = {spec["securityContext"].get(name) for name in ("runAsUser", "runAsGroup", "fsGroup")}
        assert ids == ({None} if case == "everything-else" else {65532}), manifest
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, manifest
        for volume in spec["volumes"]:
            assert set(volume) <= {"name", "projected", "emptyDir"}, manifest


def test_pods_are_small_unless_told_otherwise(case: str, manifests: list[Manifest]) -> None:
    small = {"cpu": "100m", "memory": "128Mi"}
    told = {("scaling", "Deployment/tagmill-dds")}
    for manifest, pod in pods(manifests):
        resources = pod["spec"]["containers"][0]["resources"]
        assert (resources == {"requests": small, "limits": small}) == ((case, str(manifest)) not in told), manifest
        assert resources["requests"]["memory"] == resources["limits"]["memory"], manifest


def test_probes_name_their_port_and_all_thresholds(manifests: list[Manifest]) -> None:
    for manifest, pod in pods(manifests):
        container = pod["spec"]["containers"][0]
        probes = {name: probe for name, probe in container.items() if name.endswith("Probe")}
        if manifest.kind == "Job":
            assert not probes and "ports" not in container
            continue
        assert [port["name"] for port in container["ports"]] == ["http"]
        assert set(probes) == {"startupProbe", "livenessProbe", "readinessProbe"}, manifest
        for name, probe in probes.items():
            # /ready fails when a broker is unreachable, and a restart does not help.
            path = "/ready" if name == "readinessProbe" else "/health"
            assert probe["httpGet"] == {"path": path, "port": "http"}, manifest
            thresholds = {"periodSeconds", "timeoutSeconds", "failureThreshold", "successThreshold"}
            assert set(probe) == thresholds | {"httpGet"}, manifest


def test_a_pod_outlives_its_drain(case: str, manifests: list[Manifest]) -> None:
    for manifest, pod in pods(manifests):
        if manifest.kind == "Deployment":
            environment = {entry["name"]: entry.get("value") for entry in pod["spec"]["containers"][0]["env"]}
            grace = int(environment["SHUTDOWN_GRACE"].removesuffix("s"))
            assert pod["spec"]["terminationGracePeriodSeconds"] == grace + 15, manifest


def test_selectors_match_and_hold_nothing_that_changes(manifests: list[Manifest]) -> None:
    labels = {
        manifest.name: manifest.pod["metadata"]["labels"] for manifest in manifests if manifest.kind == "Deployment"
    }
    hooks = [manifest.pod["metadata"]["labels"] for manifest in manifests if manifest.kind == "Job"]
    services = [manifest.document["metadata"]["labels"] for manifest in manifests if manifest.kind == "Service"]
    seen = set()
    for manifest in manifests:
        spec = manifest.document.get("spec", {})
        match manifest.kind:
            case "Deployment" | "PodDisruptionBudget":
                selector = spec["selector"]["matchLabels"]
            case "Service":
                selector = spec["selector"]
            case "NetworkPolicy":
                selector = spec["podSelector"]["matchLabels"]
            case "ServiceMonitor":
                # All three, and the port that they have.
                matched = [of for of in services if spec["selector"]["matchLabels"].items() <= of.items()]
                assert len(matched) == len(SERVICES) and spec["endpoints"][0]["port"] == "http"
                continue
            case _:
                continue
        assert set(selector) == {f"app.kubernetes.io/{name}" for name in ("name", "instance", "component")}
        matched = [pod for pod in [*labels.values(), *hooks] if selector.items() <= pod.items()]
        assert len(matched) == 1, manifest
        assert manifest.name.endswith(f"-{matched[0]['app.kubernetes.io/component']}")
        seen.add(manifest.kind)
    assert {"Deployment", "Service"} <= seen


def test_ports_lead_to_ports_that_are_there(manifests: list[Manifest]) -> None:
    for service in SERVICES:
        [port] = one(manifests, "Service", service)["spec"]["ports"]
        assert port["targetPort"] == "http"
        container = one(manifests, "Deployment", service)["spec"]["template"]["spec"]["containers"][0]
        environment = {entry["name"]: entry.get("value") for entry in container["env"]}
        assert environment["HTTP_ADDR"].endswith(f":{container['ports'][0]['containerPort']}")
        assert container["ports"][0]["containerPort"] == int(settings(service)["HTTP_ADDR"]["default"].split(":")[1])


def test_each_pod_runs_its_own_program(manifests: list[Manifest]) -> None:
    for service in SERVICES:
        container = one(manifests, "Deployment", service)["spec"]["template"]["spec"]["containers"][0]
        assert (container["command"], container["args"]) == ([f"/usr/local/bin/{service}-service"], ["run"])


def test_a_pod_is_replaced_when_what_it_was_given_changes() -> None:
    values = values_of(*cases()["inline-secrets"])

    def annotations() -> list[str]:
        return [pod["metadata"]["annotations"] for _, pod in pods(render(values))]

    before = annotations()
    values["secrets"]["KAFKA_SASL_PASSWORD"] = {"value": "another"}
    rotated = annotations()
    # cdm, dds and stg log in to Kafka, the migration does not.
    assert [now == then for now, then in zip(rotated, before, strict=True)] == [False, False, False, True]
    values["ca"] = {"pem": values["ca"]["pem"].replace("bm8g", "bm9g")}
    assert all(now != then for now, then in zip(annotations(), rotated, strict=True))


def changed(values: dict[str, Any]) -> list[str]:
    """The components whose pods differ from those of the values in the repository."""
    before = {str(manifest): pod for manifest, pod in pods(list(rendered("existing-secrets")))}
    after = {str(manifest): pod for manifest, pod in pods(render(values))}
    return sorted(name.rsplit("-", 1)[1] for name, pod in after.items() if pod != before[name])


def test_a_pod_is_replaced_when_another_secret_is_named() -> None:
    values = values_of(*cases()["existing-secrets"])
    values["secrets"]["KAFKA_SASL_PASSWORD"]["existingSecret"] = "another"
    assert changed(values) == ["cdm", "dds", "stg"]
    values = values_of(*cases()["existing-secrets"])
    values["ca"]["existingConfigMap"] = "another"
    assert changed(values) == ["cdm", "dds", "migrate", "stg"]


def test_a_pod_is_left_alone_when_something_else_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = values_of(*cases()["existing-secrets"])
    values["networkPolicy"] = values["podDisruptionBudget"] = values["serviceMonitor"] = {"enabled": True}
    values["services"]["dds"] = {"replicas": 2}
    assert changed(values) == []
    newer = tmp_path / "tagmill"
    shutil.copytree(chart.CHART, newer)
    said = (newer / "Chart.yaml").read_text()
    (newer / "Chart.yaml").write_text(re.sub(r"^version: .*", "version: 99.0.0", said, flags=re.MULTILINE))
    monkeypatch.setattr(chart, "CHART", newer)
    assert changed(values) == []
    deployment = one(render(values), "Deployment", "dds")
    assert deployment["metadata"]["labels"]["helm.sh/chart"] == "tagmill-99.0.0"


def test_an_authority_replaces_only_the_pods_that_go_by_it() -> None:
    values = values_of(*cases()["inline-secrets"])
    values["ca"]["for"] = ["redis"]
    before = [pod for _, pod in pods(render(values))]
    values["ca"]["pem"] = values["ca"]["pem"].replace("bm8g", "bm9g")
    after = [pod for _, pod in pods(render(values))]
    # cdm, dds and stg, and the migration.
    assert [now == then for now, then in zip(after, before, strict=True)] == [True, True, False, True]


def test_the_tag_api_is_reached_while_kafka_is_away(manifests: list[Manifest]) -> None:
    # The pod is not ready then, but the API needs only the database.
    assert one(manifests, "Service", "cdm")["spec"]["publishNotReadyAddresses"] is True
