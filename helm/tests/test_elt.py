"""elt-service in the chart: off unless it is switched on, with databases, job files and a migration of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

from binaries import secrets, settings
from chart import ALL_KINDS, CHART, ROOT, Manifest, cases, one, render, values_of
from environment import containers
from test_starting import check

AUTHORITY = "-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"
JOBS = {"orders.yaml": "TARGET_TABLE: orders\n"}


def values(**own: Any) -> dict[str, Any]:
    """The least values with elt-service."""
    base = values_of(*cases()["minimal"])
    servers = {
        "SOURCE_DATABASE_URL": {"value": "postgres://reader:source-password@shop:6432/shop?sslmode=disable"},
        "TARGET_DATABASE_URL": {"value": "postgres://owner:target-password@analytics:7432/marts?sslmode=disable"},
        "REDIS_URL": {"value": "redis://:redis-password@redis:6380/3"},
    }
    base["services"]["elt"] = {"enabled": True, "jobs": JOBS, "secrets": servers} | own
    return base


def of_elt(values: dict[str, Any]) -> list[Manifest]:
    """The objects of elt-service."""
    return [manifest for manifest in render(values, kinds=ALL_KINDS) if "-elt" in manifest.name]


def pod(manifests: list[Manifest], kind: str, component: str) -> dict[str, Any]:
    return one(manifests, kind, component)["spec"]["template"]["spec"]


def environment(spec: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry.get("value") for entry in spec["containers"][0]["env"]}


def test_it_is_off_by_default(manifests: list[Manifest]) -> None:
    assert not [manifest for manifest in manifests if "elt" in manifest.name]


def test_the_pod_has_the_settings_and_secrets_of_the_program() -> None:
    spec = pod(of_elt(values(settings={"SCHEDULE": "1m"})), "Deployment", "elt")
    container = spec["containers"][0]
    assert (container["command"], container["args"]) == (["/usr/local/bin/elt-service"], ["run"])
    told = environment(spec)
    known = settings("elt")
    assert {name.removesuffix("_FILE") for name in told} <= set(known)
    assert {name for name, setting in known.items() if setting["required"]} <= {
        name.removesuffix("_FILE") for name in told
    }
    assert not set(told) & secrets("elt"), "secrets are files"
    assert (told["SCHEDULE"], told["JOBS_DIR"], told["LOG_DIR"]) == ("1m", "/jobs", "/var/log/tagmill")
    assert spec["terminationGracePeriodSeconds"] == 45


def test_job_files_are_a_folder_and_logs_may_be_written() -> None:
    for own, name in [({}, "tagmill-elt-jobs"), ({"jobs": {}, "existingJobs": "analysts"}, "analysts")]:
        manifests = of_elt(values(**own))
        spec = pod(manifests, "Deployment", "elt")
        mounts = {mount["name"]: mount for mount in spec["containers"][0]["volumeMounts"]}
        assert mounts["jobs"] == {"name": "jobs", "mountPath": "/jobs", "readOnly": True}, "no subPath: it would never change"
        assert mounts["logs"] == {"name": "logs", "mountPath": "/var/log/tagmill"}
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        assert volumes["jobs"]["configMap"]["name"] == name
        assert "emptyDir" in volumes["logs"]
        maps = [manifest for manifest in manifests if manifest.kind == "ConfigMap"]
        assert [manifest.document["data"] for manifest in maps] == ([JOBS] if not own else [])
        assert all(manifest.name == volumes["jobs"]["configMap"]["name"] for manifest in maps)


def test_the_migration_is_a_hook_that_knows_the_target_only() -> None:
    manifests = of_elt(values())
    job = next(manifest for manifest in manifests if manifest.kind == "Job")
    assert job.is_hook
    spec = job.pod["spec"]
    assert spec["containers"][0]["command"] == ["/usr/local/bin/elt-service"]
    assert spec["containers"][0]["args"] == ["migrate"]
    assert set(environment(spec)) == {"TARGET_DATABASE_URL_FILE"}
    hooks = [manifest for manifest in manifests if manifest.kind == "Secret" and manifest.is_hook]
    assert [set(hook.document["stringData"]) for hook in hooks] == [{"TARGET_DATABASE_URL"}]
    without = values() | {"migration": {"enabled": False}}
    assert not [manifest for manifest in of_elt(without) if manifest.kind == "Job"]


def test_secrets_are_in_secrets_and_nowhere_else() -> None:
    for manifest in of_elt(values()):
        text = yaml.safe_dump(manifest.document)
        assert ("-password" in text) == (manifest.kind == "Secret"), manifest


def test_a_network_policy_opens_its_own_ports() -> None:
    manifests = of_elt(values() | {"networkPolicy": {"enabled": True}})
    ports = {
        component: [port["port"] for port in one(manifests, "NetworkPolicy", component)["spec"]["egress"][1]["ports"]]
        for component in ("elt", "elt-migrate")
    }
    assert sorted(ports["elt"]) == [6380, 6432, 7432] and ports["elt-migrate"] == [7432]


def test_certificates_are_those_of_its_servers() -> None:
    spec = pod(of_elt(values() | {"ca": {"pem": AUTHORITY, "for": ["database", "redis"]}}), "Deployment", "elt")
    files = {name for name in environment(spec) if name.endswith("CA_FILE")}
    assert files == {"SOURCE_DATABASE_CA_FILE", "TARGET_DATABASE_CA_FILE", "REDIS_CA_FILE"}


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"secrets": {}}, "elt.secrets.SOURCE_DATABASE_URL: give value or existingSecret"),
        ({"jobs": {}}, "elt: give jobs, or existingJobs"),
        ({"existingJobs": "analysts"}, "elt: give either jobs or existingJobs"),
        ({"settings": {"JOBS_DIR": "/x"}}, "JOBS_DIR"),
        ({"jobs": {"orders.txt": "x"}}, "orders.txt"),
    ],
)
def test_what_cannot_be_is_refused(own: dict[str, Any], said: str) -> None:
    with pytest.raises(helm_python.HelmError) as refused:
        render(values(**own))
    assert said in str(refused.value)


def test_its_settings_are_in_order(tmp_path: Path) -> None:
    cluster = cases()["b-managed-data"]
    found = containers(of_elt(values_of(*cluster, ROOT / "deploy" / "elt" / "values.yaml")))
    assert set(found) == {"elt", "elt-migrate"}
    folders = {name: str(tmp_path / name) for name in ("JOBS_DIR", "LOG_DIR")}
    for folder in folders.values():
        Path(folder).mkdir()
    found["elt"]["environment"] |= folders
    answer = check(found["elt"], "b-managed-data", tmp_path)
    assert answer.returncode == 69 and answer.stdout.startswith("ok     settings\n"), answer.stderr


def test_a_job_that_holds_deletes_back_fires_one_alert() -> None:
    rules = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["groups"][0]["rules"]
    late = {rule["alert"]: rule["expr"] for rule in rules}["TagmillEltLate"]
    left, _, right = late.partition(" unless on (namespace, service, job) ")
    assert "tagmill_elt_last_success_timestamp_seconds" in left and right == (
        "max by (namespace, service, job) (tagmill_elt_deletes_held) == 1"
    ), late
