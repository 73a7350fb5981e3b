"""Tests of the Dockerfile with hadolint, and comparison with the image of `make image`. It is not built here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from chart import OPTIONAL, ROOT, SERVICES, one
from conftest import rendered

# The image has programs that the chart installs only if they are switched on.
PROGRAMS = (*SERVICES, *OPTIONAL)

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
TEXT = DOCKERFILE.read_text()


def stage(name: str) -> str:
    """The instructions of a stage."""
    [found] = [part for part in re.split(r"^FROM ", TEXT, flags=re.MULTILINE) if re.match(rf"\S+ AS {name}\n", part)]
    return found


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    found = subprocess.run([hadolint, "--no-color", DOCKERFILE], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_shell_scripts_can_be_read() -> None:
    for script in (ROOT / "deploy" / "image").glob("*.sh"):
        subprocess.run(["bash", "-n", script], check=True)


def test_the_image_holds_the_programs_and_nobody_with_rights() -> None:
    services = stage("services")
    assert services.startswith("scratch ")
    assert "USER 65532:65532" in services and "HEALTHCHECK" in services and "EXPOSE 5000" in services
    for service in PROGRAMS:
        assert f"/programs/{service}-service" in stage("build")
    assert "ENV MALLOC_ARENA_MAX=2\n" in services
    assert "--env MALLOC_ARENA_MAX=2 " in (ROOT / "deploy" / "image" / "build.sh").read_text()
    for label in ("title", "description", "licenses", "version"):
        assert f"org.opencontainers.image.{label}=" in services


def test_versions_are_those_of_the_workspace() -> None:
    toolchain = tomllib.loads((ROOT / "rust-toolchain.toml").read_text())["toolchain"]["channel"]
    assert stage("build").startswith(f"rust:{toolchain}-bookworm ")
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    assert f'image.version="{version}"' in TEXT
    chart = yaml.safe_load((ROOT / "helm" / "tagmill" / "Chart.yaml").read_text())
    assert chart["appVersion"] == version


def test_pods_on_a_machine_without_a_registry_find_the_image() -> None:
    deployment = one(list(rendered("a-single-vm")), "Deployment", "stg")
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    repository, version = image.split(":")
    assert version == tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    # Kubernetes requests the full name, and containerd stores names unchanged.
    assert f"name=docker.io/library/{repository}:$version\n" in (ROOT / "deploy" / "image" / "build.sh").read_text()


def bill(*crates: str) -> dict:
    """The bill of materials of some crates."""
    script = ROOT / "deploy" / "image" / "sbom.py"
    return json.loads(
        subprocess.run([sys.executable, script, *crates], capture_output=True, text=True, check=True).stdout
    )


def test_what_the_build_needs_is_sent_to_it() -> None:
    sent = set(re.findall(r"^!(.+)$", (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(), re.MULTILINE))
    assert all((ROOT / path).exists() for path in sent)
    ours = [component["name"] for component in bill(*PROGRAMS, "workload")["components"] if "hashes" not in component]
    sources = [
        file
        for crate in ours
        for pattern in ("src/**/*.rs", "build.rs")
        for file in next((ROOT / "crates").glob(f"*/{crate}")).glob(pattern)
    ]
    # Folders outside the crates whose files are compiled in: the SQL.
    named = [(file.parent / path).resolve() for file in sources for path in re.findall(r"(?:\.\./)+[a-z]+/", file.read_text())]
    folders = {path.relative_to(ROOT).parts[0] for path in named if path.is_relative_to(ROOT)}
    assert "sql" in folders and folders - {"target"} <= {path.split("/")[0] for path in sent}


def test_the_bill_of_materials_names_every_crate_that_is_compiled_in() -> None:
    told = bill(*PROGRAMS)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.5")
    components = {component["name"]: component for component in told["components"]}
    assert {"tokio", "rdkafka", "rdkafka-sys", "openssl-sys", "tokio-postgres", *PROGRAMS} <= set(components)
    assert not {"devstack", "insta", "proptest"} & set(components), "what only tests use is not in the image"
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    checksums = {(crate["name"], crate["version"]): crate.get("checksum") for crate in lock}
    for component in told["components"]:
        checksum = checksums[component["name"], component["version"]]
        assert component.get("hashes") == ([{"alg": "SHA-256", "content": checksum}] if checksum else None)
        assert component["licenses"][0]["expression"]
