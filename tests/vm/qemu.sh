#!/usr/bin/env bash
# qemu.sh: prints the folder in which a QEMU of Debian 13 lies unpacked, its libraries and C library with it, and below
# which `run PROGRAM ARGUMENT…` starts its programs. Debian 12's own QEMU 7.2 lets a guest under software emulation
# panic. Unpacked once; nothing is installed and no maintainer script runs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly suite=trixie packages=qemu-system-x86,qemu-utils oldest=10

cache=$(realpath -m "${KUBEFERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubeferry}")/vm
mkdir -p "$cache"
exec {lock}>"$cache/.lock-qemu"
flock "$lock"
root=$cache/qemu_$(printf '%s %s\n' "$suite" "$packages" | cat - "${BASH_SOURCE[0]}" | sha256sum | cut -c1-12)
if [[ ! -d $root ]]; then
  work=$(mktemp -d "$cache/.qemu.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  "$here/../../ci/debian/root.sh" "$suite" "$work" --variant=extract --include="$packages"
  # Its loader by its own path: the machine's is older than these programs. QEMU looks for modules beside itself, and the
  # program that the kernel has started is the loader.
  cat >"$work/run" <<'RUN'
#!/bin/sh
root=$(dirname "$0") program=$1
shift
QEMU_MODULE_DIR=$root/usr/lib/x86_64-linux-gnu/qemu exec "$root/usr/lib64/ld-linux-x86-64.so.2" \
  --library-path "$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/$program" "$@"
RUN
  chmod 0755 "$work" "$work/run"
  version=$("$work/run" qemu-system-x86_64 --version | sed -n 's/^QEMU emulator version \([0-9]*\).*/\1/p')
  ((version >= oldest)) || { echo "qemu.sh: QEMU $version of $suite is older than $oldest" >&2; exit 1; }
  mv "$work" "$root"
  trap - EXIT
fi
printf '%s\n' "$root"
