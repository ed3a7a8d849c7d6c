#!/usr/bin/env bash
# inside.sh private|machine COMMAND…: what run.sh starts in its namespaces, as their process 1.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kind=$1
shift
[[ $$ == 1 ]] || { echo 'inside.sh: is started by run.sh only' >&2; exit 1; }
mount --make-rprivate /
mount -t proc proc /proc
if [[ $kind == private ]]; then
  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc 2>/dev/null || {
    echo 'run.sh: neither does the machine know the emulators (binfmt_misc), nor can a namespace (Linux 6.7)' >&2
    exit 1
  }
  "$here/emulators.sh" register
fi
"$@"
