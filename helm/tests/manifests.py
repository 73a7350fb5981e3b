"""The chart as plain manifests for kubectl: `make manifests VALUES=file`.

Two files, for there are two steps: what has to be done before the services start, and the services.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from chart import ROOT, Manifest, render, values_of

TARGET = ROOT / "target" / "manifests"
HEAD = "# Made by `make manifests` from the chart and {values}; change those.\n"

# Metadata for Helm, which kubectl must not get.
HOOKS = "helm.sh/hook"


def plain(manifest: Manifest) -> dict:
    """The object without metadata for Helm and without a namespace."""
    metadata = manifest.document["metadata"]
    annotations = {name: text for name, text in metadata.get("annotations", {}).items() if not name.startswith(HOOKS)}
    kept = {name: value for name, value in metadata.items() if name != "annotations"}
    return manifest.document | {"metadata": kept | ({"annotations": annotations} if annotations else {})}


def weight(manifest: Manifest) -> int:
    """The order of the hooks."""
    return int(manifest.document["metadata"]["annotations"][f"{HOOKS}-weight"])


def split(manifests: list[Manifest]) -> dict[str, list[dict]]:
    """The objects by their file."""
    first = sorted((manifest for manifest in manifests if manifest.is_hook), key=weight)
    then = [manifest for manifest in manifests if not manifest.is_hook]
    return {
        "1-migrate.yaml": [plain(manifest) for manifest in first],
        "2-tagmill.yaml": [plain(manifest) for manifest in then],
    }


def steps(files: dict[str, list[dict]]) -> list[str]:
    """Instructions for the first and for later uses of the files."""
    commands = []
    for name, documents in files.items():
        jobs = " ".join(f"job/{document['metadata']['name']}" for document in documents if document["kind"] == "Job")
        if jobs:  # an existing job cannot be changed and does not run again
            commands.append(f"kubectl delete --ignore-not-found {jobs}")
        if documents:
            commands.append(f"kubectl apply -f {(TARGET / name).relative_to(ROOT)}")
        if jobs:
            commands.append(f"kubectl wait --for=condition=complete --timeout=10m {jobs}")
    return commands


def main(given: list[str]) -> None:
    files = split(render(values_of(*map(Path, given))))
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, documents in files.items():
        text = HEAD.format(values=", ".join(given)) + yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True)
        (TARGET / name).write_text(text)
        print(f"{(TARGET / name).relative_to(ROOT)}: {len(documents)} objects")
    print(" &&\n  ".join(steps(files)))


if __name__ == "__main__":
    main(sys.argv[1:])
