"""Tests of settings: the chart uses the names that the services print."""

from __future__ import annotations

from binaries import settings
from chart import SERVICES, Manifest, cases, one, render, values_of
from schema import OF_MIGRATION, OWN, current, definitions


def environment(document: dict) -> dict[str, str | None]:
    """The variables of a pod."""
    container = document["spec"]["template"]["spec"]["containers"][0]
    names = [entry["name"] for entry in container["env"]]
    assert len(names) == len(set(names)), "a variable is set twice"
    return {entry["name"]: entry.get("value") for entry in container["env"]}


# Variables that ci/everything-else-values.yaml sets itself.
EXTRA = {"TZ", "NODE", "RUST_BACKTRACE"}


def test_the_services_know_every_variable(case: str, manifests: list[Manifest]) -> None:
    extra = EXTRA if case == "everything-else" else set()
    for service in SERVICES:
        for name in set(environment(one(manifests, "Deployment", service))) - extra:
            known = settings(service)
            assert name in known or name.removesuffix("_FILE") in known, f"{service} does not know {name}"


def test_the_services_have_every_setting_that_they_need(manifests: list[Manifest]) -> None:
    for service in SERVICES:
        given = {name.removesuffix("_FILE") for name in environment(one(manifests, "Deployment", service))}
        needed = {name for name, setting in settings(service).items() if setting["required"]}
        assert needed <= given


def test_the_migration_is_told_of_the_database_and_nothing_else(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        if manifest.kind == "Job":
            names = set(environment(manifest.document)) - EXTRA
            assert names <= {"DATABASE_URL_FILE", "DATABASE_CA_FILE"} | OF_MIGRATION


def test_the_schema_is_that_of_the_code() -> None:
    said = current()["definitions"]
    for name, definition in definitions().items():
        assert said.get(name) == definition, f"{name} is old: run `make chart`"
    stray = {name for name in said if name.isupper()} - set(definitions())
    assert not stray, f"{stray} are gone: run `make chart`"


def test_what_the_chart_sees_to_itself_is_a_setting() -> None:
    known = set.union(*(set(settings(service)) for service in SERVICES))
    assert OWN | OF_MIGRATION <= known
    files = {name for service in SERVICES for name, setting in settings(service).items() if setting["file"]}
    assert files <= OWN, "a file that no volume holds"


def test_topics_and_groups_are_those_of_the_services() -> None:
    values = values_of(*cases()["minimal"])
    for service in SERVICES:
        values["services"].setdefault(service, {})["scaling"] = {"enabled": True}
    manifests = render(values)
    for service in SERVICES:
        metadata = one(manifests, "ScaledObject", service)["spec"]["triggers"][0]["metadata"]
        assert metadata["topic"] == settings(service)["KAFKA_SOURCE_TOPIC"]["default"]
        assert metadata["consumerGroup"] == settings(service)["KAFKA_GROUP_ID"]["default"]


def test_a_services_own_setting_wins_even_if_it_is_false() -> None:
    values = values_of(*cases()["minimal"])
    values["settings"] |= {"KAFKA_CREATE_TOPICS": True, "BATCH_SIZE": 1000000, "SCHEDULE": "continuous"}
    values["services"]["dds"] = {"settings": {"KAFKA_CREATE_TOPICS": False, "BATCH_SIZE": 50, "SCHEDULE": ""}}
    manifests = render(values)
    stg, dds = (environment(one(manifests, "Deployment", service)) for service in ("stg", "dds"))
    assert (stg["KAFKA_CREATE_TOPICS"], stg["BATCH_SIZE"], stg["SCHEDULE"]) == ("true", "1000000", "continuous")
    assert (dds["KAFKA_CREATE_TOPICS"], dds["BATCH_SIZE"]) == ("false", "50")
    assert "SCHEDULE" not in dds, "set to nothing, it is left to the service"
