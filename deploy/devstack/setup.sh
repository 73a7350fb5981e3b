#!/usr/bin/env bash
# Installs the requirements of builds and of devstack on Debian or Ubuntu, if they are missing: packages and Kafka's jars.
# Arguments are names of additional programs. `browser` adds the requirements of the tests of the page: Chromium and a
# font with Cyrillic letters. It can be run repeatedly. Downloads go below target/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { echo "setup: $*" >&2; }
have() { command -v "$1" >/dev/null; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        say "cannot install packages: be root, or install sudo"
        return 1
    fi
}

# The output of a program is shown only if it fails.
quietly() {
    local output
    output=$("$@" 2>&1) || { say "failed: $*"$'\n'"$output"; return 1; }
}

java_serves() { # Kafka 4 wants Java 17 or later
    have java || return 1
    local version
    version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge 17 ]
}

missing_browser() {
    have chromium || have chromium-browser || have google-chrome || echo browser # its package has yet to be found
    compgen -G '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf' >/dev/null || echo fonts-dejavu-core
}

missing_packages() { # what for
    have c++ && have make || echo build-essential
    have pkg-config || echo pkg-config
    pkg-config --exists openssl 2>/dev/null || echo libssl-dev
    pkg-config --exists zlib 2>/dev/null || echo zlib1g-dev
    have mvn || echo maven
    have redis-server || echo redis-server
    have pgbouncer || [ -x /usr/sbin/pgbouncer ] || echo pgbouncer # not in everyone's search path
    /usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv # not whichever comes first in the path
    have initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || echo postgresql
    local program
    for program in "$@"; do
        if [ "$program" = browser ]; then
            missing_browser
        else
            have "$program" || echo "$program" # the package has the same name
        fi
    done
    java_serves || echo java # last: its package has yet to be found
}

# The oldest sufficient version of Java. The available versions depend on the release.
java_package() {
    local package
    for package in openjdk-{17,21,25}-jre-headless; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            echo "$package"
            return
        fi
    done
    say "this system has no package of Java 17 or later"
    return 1
}

# Ubuntu has Chromium under another name, as a snap.
browser_package() {
    if apt-cache show chromium >/dev/null 2>&1; then echo chromium; else echo chromium-browser; fi
}

# Packages of servers start and enable the servers. devstack starts its own, so these must not start.
# An existing policy-rc.d is not changed.
readonly POLICY=/usr/sbin/policy-rc.d
forbid_starts() {
    [ ! -e "$POLICY" ] || return 0
    trap 'as_root rm -f "$POLICY"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
    as_root chmod 755 "$POLICY"
}
disable_services() {
    local service
    have systemctl || return 0
    for service in redis-server postgresql pgbouncer; do
        case " $* " in *" $service "*) as_root systemctl --quiet disable "$service" >/dev/null 2>&1 || true ;; esac
    done
}

install_packages() {
    local packages
    mapfile -t packages < <(missing_packages "$@")
    [ "${#packages[@]}" -gt 0 ] || return 0
    if ! have apt-get; then
        say "please install, or the like of it: ${packages[*]} (java: 17 or later; browser: Chromium)"
        return 1
    fi
    say "installing ${packages[*]}"
    local apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    quietly "${apt[@]}" update
    local at
    for at in "${!packages[@]}"; do
        case "${packages[at]}" in
        java) packages[at]=$(java_package) ;;
        browser) packages[at]=$(browser_package) ;;
        esac
    done
    forbid_starts
    quietly "${apt[@]}" install --yes --no-install-recommends "${packages[@]}"
    disable_services "${packages[@]}"
}

fetch_kafka() {
    local pom=deploy/devstack/pom.xml libs=target/kafka/libs stamp=target/kafka/pom.sha256 sum
    sum=$(sha256sum <"$pom")
    [ ! -e "$stamp" ] || [ "$(cat "$stamp")" != "$sum" ] || return 0
    say "fetching Kafka's jars"
    rm -rf "$libs" "$stamp"
    quietly mvn --quiet --batch-mode --file "$pom" dependency:copy-dependencies -DoutputDirectory="$PWD/$libs"
    echo "$sum" >"$stamp"
}

if ! have cargo && [ ! -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
    say "cargo is missing: install Rust (rustup), then run this again"
    exit 1
fi
install_packages "$@"
fetch_kafka
say "ready"
