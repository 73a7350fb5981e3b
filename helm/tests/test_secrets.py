"""Tests of secrets: they are mounted as files, appear nowhere else, and every mounted object exists."""

from __future__ import annotations

import yaml

from binaries import secrets
from chart import SERVICES, Manifest, cases, render, texts, values_of
from conftest import rendered

# The secrets in ci/inline-secrets-values.yaml.
INLINE = {
    "inline-database-password",
    "inline-kafka-password",
    "inline-redis-password",
    "inline-dds-password",
    "inline-token",
}


def test_secrets_are_in_secrets_and_nowhere_else() -> None:
    found = set()
    for manifest in rendered("inline-secrets"):
        text = yaml.safe_dump(manifest.document)
        if manifest.kind == "Secret":
            found |= {secret for secret in INLINE if secret in text}
        else:
            assert not any(secret in text for secret in INLINE), manifest
    assert found == INLINE
    notes = texts(values_of(*cases()["inline-secrets"]))["tagmill/templates/NOTES.txt"]
    assert not any(secret in notes for secret in INLINE)


def test_no_secret_is_a_variable(manifests: list[Manifest]) -> None:
    known = set.union(*(secrets(service) for service in SERVICES))
    for manifest in manifests:
        if manifest.pod:
            names = {entry["name"] for entry in manifest.pod["spec"]["containers"][0]["env"]}
            assert not names & known, manifest


def test_each_service_gets_the_secrets_that_it_reads(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        if manifest.kind == "Deployment":
            component = manifest.document["metadata"]["labels"]["app.kubernetes.io/component"]
            given = files(manifest)[0]
            assert {path.split("/")[-1] for path in given if "/secrets/" in path} <= secrets(component), manifest
        elif manifest.kind == "Job":
            assert [path for path in files(manifest)[0] if "/secrets/" in path] == ["/etc/tagmill/secrets/DATABASE_URL"]


def files(manifest: Manifest) -> tuple[set[str], set[str]]:
    """The paths in the environment of a pod, and the mounted paths."""
    container = manifest.pod["spec"]["containers"][0]
    named = {entry["value"] for entry in container["env"] if entry["name"].endswith("_FILE")}
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert mounts["files"]["readOnly"] is True
    mounted = set()
    for source in sources(manifest):
        [(_, reference)] = source.items()
        mounted |= {f"{mounts['files']['mountPath']}/{item['path']}" for item in reference["items"]}
    return named, mounted


def sources(manifest: Manifest) -> list[dict]:
    """The sources of the files of a pod."""
    [volume] = [volume for volume in manifest.pod["spec"]["volumes"] if volume["name"] == "files"]
    return volume["projected"]["sources"]


def test_every_file_that_is_named_is_mounted(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        if manifest.pod:
            named, mounted = files(manifest)
            assert named == mounted, manifest


def test_everything_that_is_mounted_is_made_or_given(case: str, manifests: list[Manifest]) -> None:
    kinds = {"secret": "Secret", "configMap": "ConfigMap"}
    made = {(manifest.kind, manifest.name): manifest for manifest in manifests}
    given = yaml.safe_dump(values_of(*cases()[case]))
    for manifest in manifests:
        for source in sources(manifest) if manifest.pod else []:
            [(kind, reference)] = source.items()
            found = made.get((kinds[kind], reference["name"]))
            if found is None:
                assert f": {reference['name']}" in given, f"{manifest} needs {reference['name']}, which nobody makes"
                continue
            held = found.document.get("stringData") or found.document["data"]
            assert {item["key"] for item in reference["items"]} <= set(held), manifest
            # A hook that runs first can use only objects that are created before it.
            assert found.is_hook == manifest.is_hook, f"{manifest} needs {found}"


def test_hooks_come_in_the_order_in_which_they_are_needed(manifests: list[Manifest]) -> None:
    weight = {
        manifest.kind: int(manifest.document["metadata"]["annotations"]["helm.sh/hook-weight"])
        for manifest in manifests
        if manifest.is_hook
    }
    for manifest in manifests:
        if manifest.is_hook:
            annotations = manifest.document["metadata"]["annotations"]
            assert annotations["helm.sh/hook"] == "pre-install,pre-upgrade"
            assert annotations["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"
    assert all(weight["Job"] > before for kind, before in weight.items() if kind != "Job")


def test_a_secret_that_nobody_needs_is_not_made() -> None:
    made = {manifest.name: manifest for manifest in render(values_of(*cases()["minimal"])) if manifest.kind == "Secret"}
    assert set(made["tagmill-migrate"].document["stringData"]) == {"DATABASE_URL"}
    assert set(made["tagmill-dds"].document["stringData"]) == {"DATABASE_URL"}
    assert set(made["tagmill-stg"].document["stringData"]) == {"DATABASE_URL", "REDIS_URL"}
