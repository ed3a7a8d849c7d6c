#!/usr/bin/env bash
# root.sh: prints the path of a tar file of a bare Debian 12, as a host's root file system starts out. Made by mmdebstrap
# once for each set of packages; no init system is in it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# What a small server has before anybody thinks of Kubernetes; libseccomp2 because Debian's runc needs it.
packages=(iproute2 iptables conntrack ethtool socat mount kmod procps util-linux ebtables ca-certificates libseccomp2)

cache=$(realpath -m "${KUBEFERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubeferry}")/cluster
mkdir -p "$cache"
exec {lock}>"$cache/.lock-root"
flock "$lock"
tar=$cache/root_$(printf '%s\n' "${packages[@]}" | sha256sum | cut -c1-12).tar
if [[ ! -s $tar ]]; then
  work=$(mktemp -d "$cache/.root.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  "$here/../../../ci/debian/root.sh" bookworm "$work/root.tar" --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*'
  mv "$work/root.tar" "$tar"
fi
printf '%s\n' "$tar"
