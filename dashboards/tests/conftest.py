"""Fixtures: the committed files, and a DataLens to which they are published."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from datalens_sdk import DataLensClientEnterprise, EntryLocation
from datalens_sdk.domain.dashboard import Dashboard

from server import Server

FOLDER = Path(__file__).parent.parent
sys.path.insert(0, str(FOLDER))

CONNECTION = {"host": "db.example", "port": 6432, "db_name": "orders", "username": "reader", "password": "a secret"}


@dataclass
class Published:
    """A DataLens after `publish.py`."""

    server: Server
    client: DataLensClientEnterprise
    dashboard: Dashboard

    def created(self, scope: str) -> list[dict]:
        """The requests that created entries of this kind."""
        return [body for operation, body in self.server.requests if operation == f"create{scope}"]


@pytest.fixture(scope="session")
def workbook() -> dict:
    """The entries of the workbook file."""
    return json.loads((FOLDER / "tagmill.datalens.json").read_text(encoding="utf-8"))["export"]["entries"]


@pytest.fixture(scope="session")
def published() -> Published:
    """All entries, created by the SDK in the in-memory API."""
    import publish

    server = Server()
    client = DataLensClientEnterprise(base_url="http://datalens.example", transport=httpx.MockTransport(server))
    dashboard = publish.publish(client, EntryLocation.workbook("workbook"), publish.read(), CONNECTION)
    return Published(server, client, dashboard)
