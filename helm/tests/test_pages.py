"""Tests of pages: docs/settings.md has exactly the settings of the services, and README.md stays short."""

from __future__ import annotations

import re

from binaries import settings
from chart import ROOT, SERVICES

# | `NAME` | services | default | text |
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]*)` \| ([^|]+) \| ([^|]+) \|", re.MULTILINE)


def on_the_page() -> list[tuple[str, str, str]]:
    """Service, name and default of every row of the tables."""
    rows = ROW.findall((ROOT / "docs" / "settings.md").read_text())
    return [
        (service, name, default)
        for name, services, default in rows
        for service in (SERVICES if services == "all" else services.split(", "))
    ]


def default(setting: dict) -> str:
    """The default as the page writes it."""
    if setting["required"]:
        return "required"
    return "–" if setting["default"] is None else f"`{setting['default']}`"


def test_the_page_of_settings_has_every_setting_with_its_default() -> None:
    of_services = [
        (service, name, default(setting))
        for service in [*SERVICES, "elt", "segments"]
        for name, setting in settings(service).items()
    ]
    assert sorted(on_the_page()) == sorted(of_services)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 200


# ('dds-service', 'table', 'cdm_summary', 'stale_days', 'INSERT')
RIGHT = re.compile(r"\('([\w*-]+)', '(?:table|view)', '(\w+)', '[\w*]+', '([A-Z,]+)'\)")
WRITING = {"INSERT", "UPDATE", "DELETE", "TRUNCATE"}


def services_with_rights(wanted: set[str]) -> dict[str, set[str]]:
    """The services that have one of these rights on tables, by schema, as `migrate` grants them."""
    granted: dict[str, set[str]] = {}
    for service, schema, rights in RIGHT.findall((ROOT / "sql" / "service" / "select_missing_rights.sql").read_text()):
        if wanted & set(rights.split(",")):
            of = {f"{one}-service" for one in SERVICES} if service == "*" else {service}
            granted[schema] = granted.get(schema, set()) | of
    return granted


def test_the_page_of_schemas_says_who_writes_and_reads_each() -> None:
    page = (ROOT / "sql" / "README.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    services = re.compile(r"`(\w+-service)`")
    assert {schema: set(services.findall(writers)) for schema, _, writers, _ in rows} == services_with_rights(WRITING)
    assert {schema: set(services.findall(readers)) for schema, _, _, readers in rows} == services_with_rights({"SELECT"})
    for schema, owner, writers, _ in rows:
        assert owner == "all services" or owner in writers, schema
