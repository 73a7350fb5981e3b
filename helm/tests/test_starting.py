"""Tests of rendered environments with the programs: `check` accepts the settings.

Nothing is reached, for every address is replaced by one where nobody listens: what is told apart is exit code 64, a setting
that cannot be read or does not go with the others, from 69, a server that is away.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chart import ROOT, Manifest, cases, values_of
from conftest import rendered
from environment import containers

AUTHORITY = Path(__file__).parent / "authority.pem"
NOBODY = "127.0.0.1:9"


def content(path: str, case: str) -> str:
    """The content of a file of a pod. A connection is encrypted if it has a certificate authority."""
    ca = values_of(*cases()[case]).get("ca", {})
    checked = ca.get("for", ["kafka", "database", "redis"]) if len(ca) > ("for" in ca) else []
    match path.rsplit("/", 1)[-1]:
        case "ca.pem":
            return AUTHORITY.read_text()
        case name if name.endswith("DATABASE_URL"):
            return f"postgres://a:b@{NOBODY}/c?sslmode={'verify-full' if 'database' in checked else 'disable'}"
        case "REDIS_URL":
            return f"redis{'s' if 'redis' in checked else ''}://{NOBODY}"
        case _:
            return "secret"


def check(container: dict, case: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs `check` as the container would, with its files below another folder."""
    environment = dict(container["environment"])
    for path in container["files"]:
        file = folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content(path, case))
    for name, value in environment.items():
        if value.startswith("/etc/tagmill/"):
            environment[name] = str(folder / value.lstrip("/"))
    if "KAFKA_BOOTSTRAP_SERVERS" in environment:
        environment["KAFKA_BOOTSTRAP_SERVERS"] = NOBODY
    program = ROOT / "target" / "debug" / Path(container["command"][0]).name
    return subprocess.run([program, "check"], env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], subprocess.CompletedProcess[str]]:
    """The output of `check` for every service and case. Concurrently, because each waits for an unreachable server."""
    jobs = {
        (case, component): container
        for case in cases()
        for component, container in containers(list(rendered(case))).items()
        if component != "migrate"
    }
    with ThreadPoolExecutor(8) as pool:
        running = {
            name: pool.submit(check, container, name[0], tmp_path_factory.mktemp("-".join(name)))
            for name, container in jobs.items()
        }
        return {name: answer.result() for name, answer in running.items()}


@pytest.mark.parametrize("service", ["stg", "dds", "cdm"])
def test_the_settings_are_in_order(case: str, service: str, answers: dict) -> None:
    answer = answers[case, service]
    assert answer.returncode == 69 and answer.stdout.startswith("ok     settings\n"), answer.stderr


def test_a_setting_that_does_not_go_with_the_others_is_seen(tmp_path: Path) -> None:
    container = containers(list(rendered("existing-secrets")))["dds"]
    container["environment"]["KAFKA_SECURITY_PROTOCOL"] = "PLAINTEXT"
    answer = check(container, "existing-secrets", tmp_path)
    assert answer.returncode == 64 and "KAFKA_SASL_" in answer.stderr


def test_the_migration_needs_no_more_than_it_is_given(manifests: list[Manifest], case: str, tmp_path: Path) -> None:
    for component, container in containers(manifests).items():
        assert (component == "migrate") == (container["command"][-1] == "migrate")
        if component == "migrate":
            assert "KAFKA_BOOTSTRAP_SERVERS" not in container["environment"]
