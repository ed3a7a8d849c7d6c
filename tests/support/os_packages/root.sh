#!/usr/bin/env bash
# root.sh ARCH [PACKAGE…]: prints the path of a tar file of a bare Debian 12 for that architecture (Debian's name), made
# once for each; nothing but what is essential, apt and the packages is in it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
arch=$1
shift
cache=$(realpath -m "${KUBEFERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubeferry}")/os_packages
mkdir -p "$cache"
exec {lock}>"$cache/.lock-$arch"
flock "$lock"
tar=$cache/root_$arch$(printf '_%s' "$@" | sed 's/_$//').tar
if [[ ! -s $tar ]]; then
  work=$(mktemp -d "$cache/.root.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  include=()
  (($# == 0)) || include=(--include="$(IFS=,; echo "$*")")
  "$here/../foreign/run.sh" --network "$here/../../../ci/debian/root.sh" bookworm "$work/root.tar" --variant=minbase \
    --architectures="$arch" --skip=check/qemu "${include[@]}" --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' >&2
  mv "$work/root.tar" "$tar"
fi
printf '%s\n' "$tar"
