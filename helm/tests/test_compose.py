"""Tests of docker-compose.yml: it is valid by the compose specification, old and new, and all settings exist."""

from __future__ import annotations

import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from typing import Any
from urllib.parse import urlsplit

import compose_spec
import jsonschema
import pytest
import yaml

from binaries import settings
from chart import ROOT, SERVICES

FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
OURS = COMPOSE["services"]


def schema_of_1_29() -> dict[str, Any]:
    """The specification in compose 1.29."""
    [file] = [file for file in metadata.files("docker-compose") if file.name == "compose_spec.json"]
    return json.loads(file.read_text())


def test_the_specification_knows_it() -> None:
    jsonschema.Draft7Validator(schema_of_1_29()).validate(COMPOSE)
    compose = compose_spec.PyCompose.from_yaml(yaml.safe_dump(COMPOSE))
    compose.validate()
    assert set(compose.to_spec().services) == set(OURS)


def test_the_specification_sees_a_slip() -> None:
    spoilt = json.loads(json.dumps(COMPOSE))
    spoilt["services"]["stg"]["heathcheck"] = {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema_of_1_29()).validate(spoilt)
    with pytest.raises(ValueError, match="heathcheck"):
        compose_spec.PyCompose.from_yaml(yaml.safe_dump(spoilt))


def test_the_services_know_every_variable_and_lack_none() -> None:
    for service in SERVICES:
        given, known = OURS[service]["environment"], settings(service)
        assert set(given) <= set(known)
        assert {name for name, setting in known.items() if setting["required"]} <= set(given)
    assert set(OURS["migrate"]["environment"]) == {"DATABASE_URL"}


def test_elt_service_is_a_profile_with_its_own_settings() -> None:
    given, known = OURS["elt"]["environment"], settings("elt")
    assert set(given) <= set(known)
    assert {name for name, setting in known.items() if setting["required"]} <= set(given)
    assert set(OURS["elt-migrate"]["environment"]) == {"TARGET_DATABASE_URL"}
    for name in ("elt", "elt-migrate", "elt-roles", "analytics"):
        assert OURS[name]["profiles"] == ["elt"]
    for name in ("elt", "elt-migrate"):
        assert (OURS[name]["read_only"], OURS[name]["cap_drop"], OURS[name]["mem_limit"]) == (True, ["ALL"], "128m")
    [mount] = OURS["elt"]["volumes"]
    assert mount.endswith(f":{given['JOBS_DIR']}:ro") and OURS["elt"]["tmpfs"] == [given["LOG_DIR"]]
    users = {name: urlsplit(url).username for name, url in given.items() if name.endswith("DATABASE_URL")}
    assert users == {"SOURCE_DATABASE_URL": "tagmill_elt_source", "TARGET_DATABASE_URL": "tagmill_elt_target"}


def test_segments_service_is_a_profile_that_needs_postgresql_only() -> None:
    given, known = OURS["segments"]["environment"], settings("segments")
    assert set(given) <= set(known)
    assert {name for name, setting in known.items() if setting["required"]} <= set(given)
    assert set(OURS["segments-migrate"]["environment"]) == {"DATABASE_URL"}
    for name in ("segments", "segments-migrate", "segments-role"):
        assert OURS[name]["profiles"] == ["segments"]
    for name in ("segments", "segments-migrate"):
        assert (OURS[name]["read_only"], OURS[name]["cap_drop"], OURS[name]["mem_limit"]) == (True, ["ALL"], "128m")
    urls = [urlsplit(OURS[name]["environment"]["DATABASE_URL"]) for name in ("segments", "segments-migrate")]
    assert [url.username for url in urls] == ["tagmill_segments", "tagmill_owner"]
    assert f"password={urls[0].password} " in OURS["segments-role"]["command"][-1]
    assert started_with("segments") == {"segments", "segments-migrate", "segments-role", "postgres"}
    port = given["HTTP_ADDR"].split(":")[1]
    assert known["HTTP_ADDR"]["default"].endswith(f":{port}") and OURS["segments"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    for command in (OURS["segments"]["command"], OURS["segments"]["healthcheck"]["test"][1:]):
        program = ROOT / "target" / "debug" / command[0]
        subprocess.run([program, *command[1:], "--help"], env={}, check=True, capture_output=True)


def started_with(service: str) -> set[str]:
    """A service and everything that it waits for."""
    found = {service}
    for needed in OURS[service].get("depends_on", {}):
        found |= started_with(needed)
    return found


def recipe(target: str) -> list[list[str]]:
    """The commands of a target of the Makefile, also when make itself runs the tests."""
    command = ["make", "--no-print-directory", "--dry-run", target]
    said = subprocess.run(command, cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True).stdout
    return [line.split() for line in said.splitlines()]


def test_the_makefile_starts_stops_and_removes_segments_service() -> None:
    compose = ["docker", "compose", "--profile", "segments"]
    assert recipe("up") == [[*compose, "up", "--build", "--detach", "segments"]]
    [stop] = recipe("stop")
    remove, image = recipe("down")
    for command, words in ((stop, ["stop"]), (remove, ["rm", "--force", "--stop"])):
        assert command[: 4 + len(words)] == [*compose, *words]
        assert set(command[4 + len(words) :]) == started_with("segments")
    # The image of PostgreSQL stays.
    assert image == ["docker", "image", "rm", "--force", OURS["segments"]["image"]]


def test_the_programs_accept_what_they_are_told() -> None:
    def check(service: str) -> subprocess.CompletedProcess[str]:
        nobody = {
            name: re.sub(r"\b(kafka|postgres|redis):\d+", "127.0.0.1:9", value)
            for name, value in OURS[service]["environment"].items()
        }
        program = ROOT / "target" / "debug" / f"{service}-service"
        return subprocess.run([program, "check"], env=nobody, capture_output=True, text=True, timeout=120)

    with ThreadPoolExecutor() as pool:
        for answer in pool.map(check, (*SERVICES, "segments")):
            assert answer.returncode == 69 and answer.stdout.startswith("ok     settings\n"), answer.stderr


def test_no_service_is_a_superuser() -> None:
    told = {name: urlsplit(OURS[name]["environment"]["DATABASE_URL"]) for name in (*SERVICES, "migrate")}
    roles = {name: f"tagmill_{name}" for name in SERVICES} | {"migrate": "tagmill_owner"}
    assert {name: url.username for name, url in told.items()} == roles
    server = OURS["postgres"]["environment"]
    assert server["POSTGRES_USER"] == "postgres"
    for name, url in told.items():
        assert url.password == server[f"{'OWNER' if name == 'migrate' else name.upper()}_PASSWORD"]
    scripts = {volume.split(":")[1] for volume in OURS["postgres"]["volumes"]}
    assert {"/docker-entrypoint-initdb.d/initialize.sh", "/etc/tagmill/create_service_roles.sql"} <= scripts


def test_every_command_is_one() -> None:
    for service in (*SERVICES, "migrate"):
        for command in (OURS[service]["command"], OURS[service]["healthcheck"].get("test", ["CMD"])[1:]):
            if command:
                program = ROOT / "target" / "debug" / command[0]
                subprocess.run([program, *command[1:], "--help"], env={}, check=True, capture_output=True)
    for service in ("orders", "loader"):
        command = [re.sub(r"\$\{\w+:-(\w+)\}", r"\1", word) for word in OURS[service]["command"]]
        subprocess.run(
            [ROOT / "target" / "debug" / "workload", *command, "--help"], env={}, check=True, capture_output=True
        )


def test_nobody_starts_before_what_it_needs() -> None:
    for name, service in OURS.items():
        for needed, how in service.get("depends_on", {}).items():
            ends = OURS[needed].get("restart") in (None, "no")
            assert how["condition"] == ("service_completed_successfully" if ends else "service_healthy"), (name, needed)
            assert ends or OURS[needed]["healthcheck"]["test"], needed
    for service in SERVICES:
        assert set(OURS[service]["depends_on"]) == {"kafka", "redis", "migrate"}
    assert set(OURS["migrate"]["depends_on"]) == {"postgres"}


def test_ours_are_small_and_may_do_nothing() -> None:
    for service in (*SERVICES, "migrate"):
        ours = OURS[service]
        assert (ours["read_only"], ours["cap_drop"], ours["mem_limit"]) == (True, ["ALL"], "128m")
        grace = settings("stg")["SHUTDOWN_GRACE"]["default"]
        assert int(ours["stop_grace_period"].removesuffix("s")) > int(grace.removesuffix("s"))


def test_no_port_is_open_to_the_world() -> None:
    ports = [port for service in OURS.values() for port in service.get("ports", [])]
    assert len(ports) == 9 and all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)


def test_volumes_and_images() -> None:
    used = {volume.split(":")[0] for service in OURS.values() for volume in service.get("volumes", [])}
    files = {name for name in used if name.startswith("./")}
    assert used - files == set(COMPOSE["volumes"])
    assert files and all((ROOT / name).exists() for name in files)
    for name in ("kafka", "postgres", "redis"):
        assert re.fullmatch(r"(apache/kafka|postgres|redis):\d[\d.]*", OURS[name]["image"])
    # Images and charts of that name have left the public registries.
    gone = "bit" + "nami"
    tracked = subprocess.run(["git", "grep", "-il", gone], cwd=ROOT, capture_output=True, text=True).stdout
    assert not tracked, tracked
