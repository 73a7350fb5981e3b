"""Creates the dashboards in a DataLens through its API, with the official SDK.

It creates and never overwrites: a second run in one workbook is refused by DataLens. Where the connection leads to comes
from the environment, DATABASE_HOST, DATABASE_PORT, DATABASE_NAME, DATABASE_USER and DATABASE_PASSWORD_FILE; the password
is in the file and goes nowhere else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from datalens_sdk import DataLensClientEnterprise, DataLensClientYC, EntryLocation
from datalens_sdk.domain.dashboard import Dashboard
from datalens_sdk.recipes import validate_dashboard_refs

SNAPSHOTS = Path(__file__).with_name("tagmill.datalens-sdk.json")

Json = dict | list | str | int | float | bool | None
Client = DataLensClientEnterprise | DataLensClientYC


def read(path: Path = SNAPSHOTS) -> dict:
    """The entries to create, from the files of `make dashboards`."""
    return json.loads(path.read_text(encoding="utf-8"))


def publish(client: Client, workbook: EntryLocation, snapshots: dict, connection: Mapping[str, str | int]) -> Dashboard:
    """Creates all entries, each after those it refers to. `connection` has the changed fields of the connection."""
    ids: dict[str, str] = {}

    def create(factory, snapshot: dict, **more):
        entry = factory(response_snapshot=renamed(snapshot, ids), name=snapshot["name"], location=workbook, **more).build()
        ids[snapshot["id"]] = entry.id
        return entry

    create(client.raw.create.connection, snapshots["connection"], overrides=connection)
    for dataset in snapshots["datasets"]:
        create(client.raw.create.dataset, dataset)
    for chart in snapshots["charts"]:
        create(client.raw.create.wizard_chart, chart)
    return client.get.dashboard(by_id=create(client.raw.create.dashboard, snapshots["dashboard"]).id)


def renamed(value: Json, ids: Mapping[str, str]) -> Json:
    """The same with the ids of DataLens instead of ours."""
    if isinstance(value, dict):
        return {key: renamed(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, ids) for item in value]
    return ids.get(value, value) if isinstance(value, str) else value


def database(environment: Mapping[str, str]) -> dict[str, str | int]:
    """The address and the credentials of the connection."""
    return {
        "host": environment["DATABASE_HOST"],
        "port": int(environment.get("DATABASE_PORT", "5432")),
        "db_name": environment["DATABASE_NAME"],
        "username": environment["DATABASE_USER"],
        "password": Path(environment["DATABASE_PASSWORD_FILE"]).read_text(encoding="utf-8").rstrip("\n"),
    }


def main() -> int:
    """Reads the arguments, publishes, and checks that every chart and selector is bound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workbook", required=True, help="the id of the workbook to create them in")
    parser.add_argument("--base-url", help="the API of your own DataLens; without it: Yandex Cloud, as `yc` is signed in")
    arguments = parser.parse_args()
    connection = database(os.environ)
    client = DataLensClientEnterprise(base_url=arguments.base_url) if arguments.base_url else DataLensClientYC()
    with client:
        dashboard = publish(client, EntryLocation.workbook(arguments.workbook), read(), connection)
        issues = (*dashboard.validate(), *validate_dashboard_refs(client, dashboard))
    for issue in issues:
        print(f"publish: {issue.message}", file=sys.stderr)
    print(dashboard.id)
    return 1 if issues else 0


if __name__ == "__main__":
    sys.exit(main())
