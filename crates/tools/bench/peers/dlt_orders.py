"""Copies the table orders with dlt: `dlt_orders.py BACKEND DISPOSITION`. URLs come from SOURCE and TARGET."""

import datetime
import os
import sys

import dlt
from dlt.common.runtime import anon_tracker
from dlt.sources.sql_database import sql_table


def url(variable, scheme):
    """The URL with another scheme."""
    return os.environ[variable].replace("postgres://", f"{scheme}://", 1)


# Telemetry is off (RUNTIME__DLTHUB_TELEMETRY). dlt would leave an id in /var/dlt or the home folder all the same.
anon_tracker.get_anonymous_id = lambda: ""

backend, disposition = sys.argv[1:]
hour_ago = datetime.datetime.now() - datetime.timedelta(hours=1)
incremental = dlt.sources.incremental("updated_at", initial_value=hour_ago) if disposition == "merge" else None
orders = sql_table(
    credentials=url("SOURCE", "postgresql+psycopg2"),
    table="orders",
    backend=backend,
    chunk_size=100_000,
    incremental=incremental,
)
orders.apply_hints(primary_key="order_id", write_disposition=disposition)
pipeline = dlt.pipeline(
    pipeline_name=f"orders_{backend}",
    pipelines_dir=os.environ["PIPELINES"],
    destination=dlt.destinations.postgres(url("TARGET", "postgresql")),
    dataset_name=f"dlt_{backend}",
)
# With CSV dlt uses COPY, its fastest way into PostgreSQL.
pipeline.run(orders, loader_file_format="csv").raise_on_failed_jobs()
