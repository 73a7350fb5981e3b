#!/usr/bin/env bash
# Builds the image of deploy/Dockerfile without Docker and without a base image: the same files, with the programs of
# target/release (PROGRAMS=: another folder). Writes target/image/tagmill.tar, which `docker load`, `podman load`,
# `k3s ctr images import` and `skopeo copy docker-archive:` can read. Then check.sh starts the image.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# Layers as plain folders and commands by chroot also work inside a container.
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot

say() { echo "image: $*" >&2; }

version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
# The full name: containerd stores names unchanged, and a pod with the image `tagmill:1` requests this name.
name=docker.io/library/tagmill:$version
out=target/image programs=${PROGRAMS:-target/release}
rm -rf "$out"
mkdir -p "$out"
/usr/bin/python3 deploy/image/sbom.py stg dds cdm elt segments >"$out/services.cdx.json"
deploy/image/rootfs.sh "$out/root" "$out/services.cdx.json" "$programs"/{stg,dds,cdm,elt,segments}-service

container=$(buildah from --format docker scratch)
trap 'buildah rm "$container" >/dev/null' EXIT
buildah add --quiet "$container" "$out/root" / >/dev/null
buildah config \
    --user 65532:65532 --env PATH=/usr/local/bin --env MALLOC_ARENA_MAX=2 --port 5000 --cmd '["stg-service"]' \
    --healthcheck 'CMD stg-service healthcheck' --healthcheck-interval 10s --healthcheck-timeout 5s \
    --healthcheck-start-period 60s --healthcheck-retries 3 \
    --label org.opencontainers.image.title=Tagmill \
    --label org.opencontainers.image.licenses=Apache-2.0 \
    --label org.opencontainers.image.version="$version" \
    --label org.opencontainers.image.revision="${TAGMILL_COMMIT:-}" \
    "$container"
buildah commit --quiet --format docker "$container" "$name" >/dev/null
buildah push --quiet "$name" "docker-archive:$out/tagmill.tar:$name"
buildah rmi "$name" >/dev/null
say "$name, $(du -sm "$out/root" | cut -f1) MiB of files, $(($(gzip <"$out/tagmill.tar" | wc -c) >> 20)) MiB compressed: $out/tagmill.tar"
for program in "$out"/root/usr/local/bin/*; do
    say "  $(du -m "$program" | cut -f1) MiB $(basename "$program")"
done
