#!/usr/bin/env bash
# Makes the image of deploy/Dockerfile without Docker and without an image from elsewhere: the same files, from the programs
# in target/release (PROGRAMS= another folder). Leaves target/image/tagmill.tar, an OCI archive, which `docker load`,
# `podman load`, `k3s ctr images import` and `skopeo copy` read; the format knows no HEALTHCHECK, Kubernetes has its own.
# check.sh then starts what is in it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# Layers as plain folders, commands by chroot: what works inside a container, too.
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot

say() { echo "image: $*" >&2; }

version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
out=target/image programs=${PROGRAMS:-target/release}
rm -rf "$out"
mkdir -p "$out"
/usr/bin/python3 deploy/image/sbom.py stg dds cdm >"$out/services.cdx.json"
deploy/image/rootfs.sh "$out/root" "$out/services.cdx.json" "$programs"/{stg,dds,cdm}-service

container=$(buildah from scratch)
trap 'buildah rm "$container" >/dev/null' EXIT
buildah add --quiet "$container" "$out/root" / >/dev/null
buildah config \
    --user 65532:65532 --env PATH=/usr/local/bin --port 5000 --cmd '["stg-service"]' \
    --label org.opencontainers.image.title=Tagmill \
    --label org.opencontainers.image.licenses=Apache-2.0 \
    --label org.opencontainers.image.version="$version" \
    "$container"
buildah commit --quiet "$container" "tagmill:$version" >/dev/null
buildah push --quiet "tagmill:$version" "oci-archive:$out/tagmill.tar:tagmill:$version"
buildah rmi "tagmill:$version" >/dev/null
say "tagmill:$version, $(du -sm "$out/root" | cut -f1) MiB of files, $(du -m "$out/tagmill.tar" | cut -f1) MiB to fetch: $out/tagmill.tar"
for program in "$out"/root/usr/local/bin/*; do
    say "  $(du -m "$program" | cut -f1) MiB $(basename "$program")"
done
