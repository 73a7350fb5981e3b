"""Tests of scaling: number of replicas, its source, and no replica removed by mistake."""

from __future__ import annotations

import pytest

from binaries import settings
from chart import Manifest, SERVICES, cases, one, render, values_of
from conftest import rendered


def scaled(manifests: list[Manifest]) -> dict[str, dict]:
    """The ScaledObjects by the name of their target."""
    found = [manifest.document["spec"] for manifest in manifests if manifest.kind == "ScaledObject"]
    return {spec["scaleTargetRef"]["name"]: spec for spec in found}


def test_either_the_chart_says_how_many_or_what_scales_does(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        if manifest.kind == "Deployment":
            assert ("replicas" in manifest.document["spec"]) != (manifest.name in scaled(manifests)), manifest


def test_there_are_never_more_replicas_than_partitions(manifests: list[Manifest]) -> None:
    for service in SERVICES:
        deployment = one(manifests, "Deployment", service)
        spec = scaled(manifests).get(deployment["metadata"]["name"])
        most = spec["maxReplicaCount"] if spec else deployment["spec"]["replicas"]
        environment = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
        [partitions] = [entry["value"] for entry in environment if entry["name"] == "KAFKA_TOPIC_PARTITIONS"]
        assert most <= int(partitions)


def test_lag_is_that_of_one_topic_and_an_outage_scales_nothing(manifests: list[Manifest]) -> None:
    for name, spec in scaled(manifests).items():
        [trigger] = spec["triggers"]
        assert trigger["metadata"]["topic"] and trigger["metadata"]["offsetResetPolicy"] == "earliest"
        assert spec["minReplicaCount"] >= 1 and spec["fallback"]["replicas"] == spec["minReplicaCount"], name


def test_keda_logs_in_as_the_services_do() -> None:
    manifests = list(rendered("scaling"))
    for service in ("stg", "dds"):
        [trigger] = one(manifests, "ScaledObject", service)["spec"]["triggers"]
        assert (trigger["metadata"]["tls"], trigger["metadata"]["sasl"]) == ("enable", "scram_sha512")
        login = one(manifests, "TriggerAuthentication", service)
        assert trigger["authenticationRef"]["name"] == login["metadata"]["name"]
        assert login["spec"]["secretTargetRef"] == [
            {"parameter": "password", "name": "tagmill", "key": "KAFKA_SASL_PASSWORD"},
            {"parameter": "ca", "name": "authority", "key": "ca.crt"},
        ]
        [username] = login["spec"]["env"]
        container = one(manifests, "Deployment", service)["spec"]["template"]["spec"]["containers"][0]
        assert username["containerName"] == container["name"]
        assert username["name"] in {entry["name"] for entry in container["env"]}
    assert one(manifests, "ScaledObject", "dds")["spec"]["triggers"][0]["metadata"]["topic"] == "orders-with-names"


def test_an_authority_in_a_config_map_is_found_there() -> None:
    manifests = list(rendered("everything-else"))
    login = one(manifests, "TriggerAuthentication", "cdm")
    assert login["spec"] == {"configMapTargetRef": [{"parameter": "ca", "name": "tagmill-ca", "key": "ca.crt"}]}
    assert ("ConfigMap", "tagmill-ca") in {(manifest.kind, manifest.name) for manifest in manifests}


def test_a_budget_is_for_two_or_more(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        if manifest.kind == "PodDisruptionBudget":
            assert manifest.document["spec"]["maxUnavailable"] == 1
            target = scaled(manifests).get(manifest.name)
            component = manifest.document["metadata"]["labels"]["app.kubernetes.io/component"]
            deployment = one(manifests, "Deployment", component)
            assert (target["minReplicaCount"] if target else deployment["spec"]["replicas"]) >= 2


@pytest.mark.parametrize(
    ("mechanism", "called"),
    [("PLAIN", "plaintext"), ("SCRAM-SHA-256", "scram_sha256"), ("SCRAM-SHA-512", "scram_sha512")],
)
def test_keda_knows_every_mechanism_by_its_own_name(mechanism: str, called: str) -> None:
    assert mechanism in settings("stg")["KAFKA_SASL_MECHANISM"]["values"]
    values = values_of(*cases()["scaling"])
    values["settings"]["KAFKA_SASL_MECHANISM"] = mechanism
    [trigger] = one(render(values), "ScaledObject", "stg")["spec"]["triggers"]
    assert trigger["metadata"]["sasl"] == called


def gates(manifests: list[Manifest], component: str) -> set[int]:
    """The ports that a component may connect to."""
    policy = one(manifests, "NetworkPolicy", component)
    return {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]}


@pytest.mark.parametrize(
    ("database", "ports"),
    [
        ("postgres://a:b@db.example/c?sslmode=disable", {5432}),
        ("postgres://a:b@db.example:6432/c?sslmode=verify-full", {6432}),
        ("postgres://a:b%3A1@[fd00::1]:6432/c", {6432}),
        ("postgres://a:b:7@db-1.example:6432,db-2.example:6433,db-3.example/c", {6432, 6433, 5432}),
        ("postgres://db.example:6432?sslmode=disable", {6432}),
    ],
)
def test_the_fence_follows_a_url_that_is_given_here(database: str, ports: set[int]) -> None:
    values = values_of(*cases()["minimal"])
    values["secrets"]["DATABASE_URL"] = {"value": database}
    values["services"]["stg"]["secrets"]["REDIS_URL"] = {"value": "rediss://:x@names.example:6380/0"}
    values["networkPolicy"] = {"enabled": True}
    manifests = render(values)
    assert gates(manifests, "migrate") == {53} | ports
    assert gates(manifests, "dds") == {53, 9092} | ports
    assert gates(manifests, "stg") == {53, 9092, 6380} | ports


def test_the_fence_has_a_gate_for_each_server_and_no_other() -> None:
    manifests = list(rendered("scaling"))
    assert {component: gates(manifests, component) for component in (*SERVICES, "migrate")} == {
        "stg": {53, 6432, 9091, 9093, 6380},
        "dds": {53, 6432, 9091, 9093},
        "cdm": {53, 6432, 9091, 9093},
        "migrate": {53, 6432},
    }
    for service in SERVICES:
        [way_in] = one(manifests, "NetworkPolicy", service)["spec"]["ingress"]
        assert [port["port"] for port in way_in["ports"]] == ["http"] and way_in["from"]
    assert one(manifests, "NetworkPolicy", "migrate")["spec"]["ingress"] == []
