"""Plain manifests hold all that the chart renders, and nothing that only Helm understands."""

from __future__ import annotations

import yaml

from chart import Manifest
from manifests import split


def test_nothing_is_lost_and_nothing_is_left_of_helm(manifests: list[Manifest]) -> None:
    files = split(manifests)
    assert sum(map(len, files.values())) == len(manifests)
    assert "helm.sh/hook" not in yaml.safe_dump(files)
    kinds = [document["kind"] for document in files["1-migrate.yaml"]]
    assert not kinds or kinds[-1] == "Job", "the job comes when all that it needs is there"
    assert "Job" not in {document["kind"] for document in files["2-tagmill.yaml"]}
    assert {document["kind"] for document in files["2-tagmill.yaml"]} >= {"Deployment", "Service"}
