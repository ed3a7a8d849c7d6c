#!/usr/bin/env bash
# Runs a command in namespaces where programs of every architecture that Kubernetes has start by themselves, under
# qemu-user, and where it may be root without being the machine's: other mounts, processes, host name, and no network.
#   run.sh [--network] COMMAND [ARGUMENT…]     --network: the machine's network stays
# The kernel is told of the emulators in a user namespace of its own (Linux 6.7); with an older one the machine itself
# must know them already, as Debian's qemu-user-static with binfmt-support or systemd makes it. Nothing on the machine is
# changed either way.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
others=(--mount --pid --uts --ipc --fork --kill-child)
if [[ ${1:-} == --network ]]; then shift; else others+=(--net); fi
(($# > 0)) || { echo 'usage: run.sh [--network] COMMAND…' >&2; exit 2; }
((EUID == 0)) || { echo 'run.sh: must be run by root' >&2; exit 1; }
"$here/emulators.sh" check || exit 1

if [[ -e /proc/sys/fs/binfmt_misc/status ]] && "$here/emulators.sh" known; then
  exec unshare "${others[@]}" "$here/inside.sh" machine "$@"
fi
# The numbers are the same inside and outside, so that files belong to whom they say. Only the parent may write the map,
# and only what is started after that is root.
work=$(mktemp -d)
inner=
# The namespaces' process 1 takes all that is inside along. (What unshare has for that is undone when it becomes root.)
trap 'rm -rf "$work"; [[ -z $inner ]] || kill -KILL "$inner" 2>/dev/null || true' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
mkfifo "$work/go"
# shellcheck disable=SC2016
unshare --user "${others[@]}" sh -c 'read -r go <"$1" && shift && exec "$@"' sh "$work/go" "$here/inside.sh" private "$@" <&0 &
outer=$!
for ((n = 0; n < 200; ++n)); do
  read -r inner _ <"/proc/$outer/task/$outer/children" 2>/dev/null || true
  [[ -z $inner ]] || break
  sleep 0.05
done
[[ -n $inner ]] || { echo 'run.sh: no user namespace can be made here' >&2; exit 1; }
for map in uid_map gid_map; do echo '0 0 65536' >"/proc/$inner/$map"; done
echo go >"$work/go"
status=0
wait "$outer" || status=$?
inner=
exit "$status"
