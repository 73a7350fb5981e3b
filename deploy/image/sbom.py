"""Bill of materials (CycloneDX) of the programs of some crates: `sbom.py CRATE...` on standard output.

Every crate that is compiled in, with version, licence and the checksum that Cargo.lock holds it to. Packages of Debian that
an image adds are told by the image itself, in /var/lib/dpkg/status.d.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def compiled_in(crates: list[str]) -> list[tuple[str, str, str]]:
    """Name, version and licence of every crate in the programs, without build scripts and tests."""
    command = ["cargo", "tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}|{l}"]
    for crate in crates:
        command += ["--package", crate]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = set()
    for line in text.splitlines():
        if line:
            package, licence = line.removesuffix(" (*)").rsplit("|", 1)
            name, version = package.split()[:2]
            found.add((name, version.removeprefix("v"), licence.removesuffix(" (*)")))
    return sorted(found)


def checksums() -> dict[tuple[str, str], str]:
    """The SHA-256 of each crate's archive; our own crates have none."""
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    return {(crate["name"], crate["version"]): crate["checksum"] for crate in lock["package"] if "checksum" in crate}


def component(name: str, version: str, licence: str, checksum: str | None) -> dict:
    """A crate as a CycloneDX component."""
    told = {"type": "library", "bom-ref": f"{name}@{version}", "name": name, "version": version}
    if checksum:
        told |= {"purl": f"pkg:cargo/{name}@{version}", "hashes": [{"alg": "SHA-256", "content": checksum}]}
    if licence:
        told["licenses"] = [{"expression": licence.replace("/", " OR ")}]
    return told


def main(crates: list[str]) -> None:
    known = checksums()
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]
    components = [
        component(name, version, licence, known.get((name, version))) for name, version, licence in compiled_in(crates)
    ]
    json.dump(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {
                "component": {"type": "application", "name": "tagmill", "version": workspace["version"]},
                "properties": [{"name": "tagmill:crates", "value": " ".join(crates)}],
            },
            "components": components,
        },
        sys.stdout,
        indent=1,
        ensure_ascii=False,
    )
    print()


if __name__ == "__main__":
    main(sys.argv[1:])
