#!/usr/bin/env bash
# enter.sh TAR COMMAND…: unpacks a root file system into memory, in the namespaces that it was started in by
# ../foreign/run.sh, and runs the command with its path in $ROOT. It goes with the namespaces.
set -euo pipefail
tar=$1
shift
! ip -o link | grep -qv ': lo:' || { echo 'enter.sh: there is a network here' >&2; exit 1; }
ROOT=$(mktemp -d)
export ROOT
mount -t tmpfs -o mode=755,size=3g tmpfs "$ROOT"
tar -xf "$tar" -C "$ROOT" --numeric-owner --exclude='./dev/*'
for device in null zero full random urandom; do
  touch "$ROOT/dev/$device"
  mount --bind "/dev/$device" "$ROOT/dev/$device"
done
mount -t proc proc "$ROOT/proc"
# As a host has it whose administrator does not want services to start by themselves.
printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
chmod 755 "$ROOT/usr/sbin/policy-rc.d"
rm -f "$ROOT/etc/resolv.conf"
# Nothing is run in a root that is this machine's.
touch "$ROOT/.kubeferry-root"
[[ ! -e /.kubeferry-root ]] || { echo 'enter.sh: this is a root of a test already' >&2; exit 1; }
chroot "$ROOT" test -e /.kubeferry-root
"$@"
