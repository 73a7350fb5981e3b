"""The generated part of values.schema.json: the settings and secrets of the services.

`python helm/tests/schema.py` writes it, `make chart` does so with everything it needs; a test says when it is old.
"""

from __future__ import annotations

import json
from typing import Any

from binaries import secrets, settings, shared
from chart import CHART, OPTIONAL, SERVICES

FILE = CHART / "values.schema.json"

# Settings that the templates set from other values.
OWN = {
    "HTTP_ADDR",
    "SHUTDOWN_GRACE",
    "KAFKA_TOPIC_PARTITIONS",
    "KAFKA_SSL_CA_FILE",
    "DATABASE_CA_FILE",
    "REDIS_CA_FILE",
}
# The same of services that are off by default.
OWN_OF = {
    "elt": {"JOBS_DIR", "LOG_DIR", "SOURCE_DATABASE_CA_FILE", "TARGET_DATABASE_CA_FILE"},
    "segments": {"FILES_ROOT"},
}
# Settings that `migrate` reads in addition to the database.
OF_MIGRATION = {"LOG_FORMAT", "RUST_LOG"}


def definitions() -> dict[str, Any]:
    """The definitions that are generated."""
    every = {name: setting for service in SERVICES for name, setting in settings(service).items()}
    plain = {service: set(settings(service)) - secrets(service) - OWN for service in SERVICES}
    made = {name: _setting(every[name]) for name in sorted(set.union(*plain.values()))}
    made |= {
        "settings": _references(set.intersection(*plain.values())),
        "migrationSettings": _references(OF_MIGRATION),
        "secrets": _secrets(shared(secrets)),
        "migrationSecrets": _secrets({"DATABASE_URL"}),
    }
    for service in SERVICES:
        made[f"{service}Settings"] = _references(plain[service])
        made[f"{service}Secrets"] = _secrets(secrets(service))
    for service in OPTIONAL:
        made |= _optional(service)
    return made


# The part of a service that is off by default. Its settings have texts of their own.
def _optional(service: str) -> dict[str, Any]:
    every = settings(service)
    plain = {name: _setting(every[name]) for name in sorted(set(every) - secrets(service) - OWN - OWN_OF[service])}
    return {f"{service}Settings": _closed(plain), f"{service}Secrets": _secrets(secrets(service))}


def _references(names: set[str]) -> dict[str, Any]:
    return _closed({name: {"$ref": f"#/definitions/{name}"} for name in sorted(names)})


def _setting(setting: dict[str, Any]) -> dict[str, Any]:
    said = {"description": setting["help"]}
    match setting["values"]:
        case []:
            return said | {"type": ["string", "integer", "boolean"]}
        case ["true", "false"]:
            return said | {"enum": [True, False, "true", "false", ""]}
        case values:
            return said | {"enum": [*values, ""]}


def _secrets(names: set[str]) -> dict[str, Any]:
    return _closed({name: {"$ref": "#/definitions/secret"} for name in sorted(names)})


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def current() -> dict[str, Any]:
    """The schema in the chart."""
    return json.loads(FILE.read_text())


def main() -> None:
    schema = current()
    schema["definitions"].update(definitions())
    FILE.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
