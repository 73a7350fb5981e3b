"""Settings of the services, as their subcommand `settings` prints them."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from typing import Any

from chart import ROOT, SERVICES


@cache
def settings(service: str) -> dict[str, dict[str, Any]]:
    """The settings of a service by their names."""
    program = ROOT / "target" / "debug" / f"{service}-service"
    if not program.exists():
        raise SystemExit(f"{program} is missing: run `make test-helm`")
    answer = subprocess.run([program, "settings"], env={}, capture_output=True, text=True, check=True)
    return {setting["name"]: setting for setting in json.loads(answer.stdout)["settings"]}


def secrets(service: str) -> set[str]:
    """The names of the secret settings."""
    return {name for name, setting in settings(service).items() if setting["secret"]}


def shared(names: Any) -> set[str]:
    """The names that `names` returns for every service."""
    return set.intersection(*(set(names(service)) for service in SERVICES))
