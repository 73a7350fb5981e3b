"""How many replicas there may be, who says so, and that none is scaled away by mistake."""

from __future__ import annotations

from chart import Manifest, SERVICES, one
from conftest import rendered


def scaled(manifests: list[Manifest]) -> dict[str, dict]:
    """What scales, by the name of what is scaled."""
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


def test_the_fence_has_a_gate_for_each_server_and_no_other() -> None:
    manifests = list(rendered("scaling"))
    gates = {
        component: {
            port["port"]
            for rule in one(manifests, "NetworkPolicy", component)["spec"]["egress"]
            for port in rule["ports"]
        }
        for component in (*SERVICES, "migrate")
    }
    assert gates == {
        "stg": {53, 6432, 9091, 9093, 6380},
        "dds": {53, 6432, 9091, 9093},
        "cdm": {53, 6432, 9091, 9093},
        "migrate": {53, 6432},
    }
    for service in SERVICES:
        [way_in] = one(manifests, "NetworkPolicy", service)["spec"]["ingress"]
        assert [port["port"] for port in way_in["ports"]] == ["http"] and way_in["from"]
    assert one(manifests, "NetworkPolicy", "migrate")["spec"]["ingress"] == []
