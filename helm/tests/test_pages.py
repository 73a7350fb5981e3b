"""Pages that people read: docs/settings.md has the settings of the services and no other, and README.md stays short."""

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
        (service, name, default(setting)) for service in SERVICES for name, setting in settings(service).items()
    ]
    assert sorted(on_the_page()) == sorted(of_services)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 200
