"""Environment of each container of a release: its command, its variables, and the files that they name.

`python helm/tests/environment.py VALUES...` prints it as JSON, for tests that start the programs themselves.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from chart import Manifest, render, values_of


def containers(manifests: list[Manifest]) -> dict[str, dict[str, Any]]:
    """By component: `command`, `environment`, `replicas`, and `files`, the source of each by its path."""
    return {
        manifest.pod["spec"]["containers"][0]["name"]: _container(manifest) for manifest in manifests if manifest.pod
    }


def _container(manifest: Manifest) -> dict[str, Any]:
    spec = manifest.pod["spec"]
    [container] = spec["containers"]
    [mount] = [mount for mount in container["volumeMounts"] if mount["name"] == "files"]
    [volume] = [volume for volume in spec["volumes"] if volume["name"] == "files"]
    files = {}
    for source in volume["projected"]["sources"]:
        [(kind, reference)] = source.items()
        for item in reference["items"]:
            files[f"{mount['mountPath']}/{item['path']}"] = {
                "kind": kind,
                "name": reference["name"],
                "key": item["key"],
            }
    return {
        "command": container["command"] + container["args"],
        "environment": {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry},
        "files": files,
        "replicas": manifest.document["spec"].get("replicas", 1),
    }


if __name__ == "__main__":
    print(json.dumps(containers(render(values_of(*map(Path, sys.argv[1:])))), indent=2))
