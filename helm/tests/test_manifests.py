"""Tests of the plain manifests: all rendered objects, and nothing that only Helm reads."""

from __future__ import annotations

import yaml

from chart import Manifest
from manifests import split, steps


def test_nothing_is_lost_and_nothing_is_left_of_helm(manifests: list[Manifest]) -> None:
    files = split(manifests)
    assert sum(map(len, files.values())) == len(manifests)
    assert "helm.sh/hook" not in yaml.safe_dump(files)
    kinds = [document["kind"] for document in files["1-migrate.yaml"]]
    assert not kinds or kinds[-1] == "Job", "the job comes when all that it needs is there"
    assert "Job" not in {document["kind"] for document in files["2-tagmill.yaml"]}
    assert {document["kind"] for document in files["2-tagmill.yaml"]} >= {"Deployment", "Service"}


def test_the_steps_can_be_taken_again(manifests: list[Manifest]) -> None:
    migrates = any(manifest.kind == "Job" for manifest in manifests)
    migration = [
        "kubectl delete --ignore-not-found job/tagmill-migrate",
        "kubectl apply -f target/manifests/1-migrate.yaml",
        "kubectl wait --for=condition=complete --timeout=10m job/tagmill-migrate",
    ]
    services = ["kubectl apply -f target/manifests/2-tagmill.yaml"]
    assert steps(split(manifests)) == (migration if migrates else []) + services
