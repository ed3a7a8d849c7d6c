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
  command -v mmdebstrap >/dev/null || { echo 'root.sh: mmdebstrap is missing: ci/setup' >&2; exit 1; }
  work=$(mktemp -d "$cache/.root.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # This machine's own mirrors and the way to them; not its hooks.
  python3 - "$here/../upstream" >"$work/sources.list" <<'PYTHON'
import sys
sys.path.insert(0, sys.argv[1])
import apt_root
for uri in apt_root.debian_uris():
    print(f"deb [signed-by={apt_root.KEYRING}] {uri} {apt_root.SUITE} {apt_root.COMPONENT}")
PYTHON
  apt-config dump --format '%F "%v";%n' Acquire | grep -E 'Proxy|::Check-|Verify-|CaInfo|Retries' >"$work/apt.conf" || true
  mmdebstrap --mode=root --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" --aptopt="$work/apt.conf" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$work/root.tar" "$work/sources.list" >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; exit 1; }
  mv "$work/root.tar" "$tar"
fi
printf '%s\n' "$tar"
