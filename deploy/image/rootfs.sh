#!/usr/bin/env bash
# Creates the root file system of an image: programs, their shared libraries from Debian, certificates, time zones, an
# unprivileged user, and the bill of materials. Dockerfile and build.sh both call it, so both images have the same files.
#   rootfs.sh FOLDER SBOM PROGRAM...
set -euo pipefail
root=$1 sbom=$2
shift 2

say() { echo "rootfs: $*" >&2; }

# Packages with the shared libraries of the programs. One of them contains the loader.
packages() {
    local library
    ldd "$@" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | sort -u | while read -r library; do
        dpkg -S "$(realpath "$library")" 2>/dev/null || dpkg -S "${library/#\/lib/\/usr\/lib}" 2>/dev/null || dpkg -S "$library"
    done | cut -d: -f1 | sort -u
}

rm -rf "$root"
mkdir -p "$root"/{etc/ssl/certs,tmp,usr/bin,usr/lib,usr/lib64,usr/lib/ssl,usr/local/bin,usr/share/sbom,var/lib/dpkg/status.d}
chmod 1777 "$root/tmp"
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"

mapfile -t wanted < <(packages "$@")
wanted+=(ca-certificates tzdata)
say "packages: ${wanted[*]}"
debs=$(mktemp -d)
trap 'rm -rf "$debs"' EXIT
# Downloads as the current user, because apt's own user may not write to this folder.
(cd "$debs" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download "${wanted[@]}" >&2)
for deb in "$debs"/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$root"
    dpkg-deb --field "$deb" >"$root/var/lib/dpkg/status.d/$(dpkg-deb --field "$deb" Package)"
done

# Replaces a script of a package: one bundle of all certificate authorities at the path that OpenSSL reads.
cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
ln -sf /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
# Keeps licences. Removes manuals, translations, other character sets and package data.
find "$root/usr/share/doc" -type f ! -name copyright -delete
rm -rf "$root"/usr/share/{man,lintian,locale,ca-certificates} "$root"/usr/{bin,sbin} "$root"/sbin "$root"/etc/ca-certificates \
    "$root"/usr/lib/*/gconv "$root"/usr/lib/*/{engines-3,ossl-modules}
find "$root" -type d -empty ! -path "$root/tmp" -delete

mkdir -p "$root/etc"
printf 'root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"

mkdir -p "$root/usr/local/bin" "$root/usr/share/sbom"
install -m 0755 "$@" "$root/usr/local/bin/"
install -m 0644 "$sbom" "$root/usr/share/sbom/"
# Files are read-only and readable for all users.
chmod -R go-w,a+rX "$root"
chmod 1777 "$root/tmp"
say "$(du -sm "$root" | cut -f1) MiB in $root"
