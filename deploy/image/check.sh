#!/usr/bin/env bash
# Checks the image of build.sh on the stack of `devstack run`. First: the image has the name that the pods of
# deploy/clusters/a-single-vm.yaml request. Then, as the user of the image: the migrations, the three order services and segments-service
# until each is healthy by its own probe, and `check` of all five. elt-service has the same database as source and target.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot

say() { echo "image: $*" >&2; }

version=$(sed -n '/^appVersion: /s///p' helm/tagmill/Chart.yaml)
names=$(tar -xOf target/image/tagmill.tar manifest.json | sed -n 's/.*"RepoTags":\[\([^]]*\)\].*/\1/p')
if [ "$names" != "\"docker.io/library/tagmill:$version\"" ]; then
    say "it is called $names: no pod will find it"
    exit 1
fi
image=$(buildah pull --quiet "docker-archive:$PWD/target/image/tagmill.tar")
container=$(buildah from "$image")
running=()
# A process and its descendants, because buildah does not forward signals.
tree() {
    local child
    for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do tree "$child"; done
    echo "$1"
}
finish() {
    local process
    for process in "${running[@]}"; do
        # The innermost process is the service. When it stops, the processes around it end.
        kill "$(tree "$process" | head -n 1)" 2>/dev/null || true
        wait "$process" || say "a service did not exit successfully"
    done
    buildah rm "$container" >/dev/null
    buildah rmi "$image" >/dev/null
}
trap finish EXIT

inside() {
    buildah run --user 65532:65532 --env KAFKA_BOOTSTRAP_SERVERS="${KAFKA-$KAFKA_BOOTSTRAP_SERVERS}" \
        --env DATABASE_URL="$DATABASE_URL" --env SOURCE_DATABASE_URL="$DATABASE_URL" --env TARGET_DATABASE_URL="$DATABASE_URL" \
        --env REDIS_URL="$REDIS_URL" --env JOBS_DIR=/tmp --env LOG_DIR=/tmp --env TIME_ZONE=Europe/Moscow \
        --env KAFKA_CREATE_TOPICS=true --env HTTP_ADDR="${HTTP_ADDR:-127.0.0.1:5000}" \
        "$container" -- "$@"
}

# An empty value is no value: segments-service reads no users, and elt-service knows no Kafka.
without_kafka() { KAFKA= inside "$@"; }

inside stg-service migrate
without_kafka segments-service migrate
without_kafka elt-service migrate
# An address that is probably unused on this machine.
host=127.2.$(($$ / 256 % 256)).$(($$ % 256))
port=5000
for service in stg dds cdm segments; do
    run=inside
    [ "$service" != segments ] || run=without_kafka
    port=$((port + 1))
    export HTTP_ADDR=$host:$port
    "$run" "$service-service" run >"target/image/$service.log" 2>&1 &
    running+=($!)
    # A healthy service may not have found Kafka yet. The topics exist after it has.
    attempts=0
    until "$run" "$service-service" healthcheck 2>/dev/null && "$run" "$service-service" check >/dev/null 2>&1; do
        attempts=$((attempts + 1))
        if [ "$attempts" -gt 100 ] || ! kill -0 "${running[-1]}" 2>/dev/null; then
            say "$service-service makes no progress"
            cat "target/image/$service.log" >&2
            exit 1
        fi
    done
done
for service in stg dds cdm; do
    say "$service-service check"
    inside "$service-service" check
done
for service in elt segments; do
    say "$service-service check"
    without_kafka "$service-service" check
done
