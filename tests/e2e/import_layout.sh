#!/usr/bin/env bash
# A real containerd, with root and state of its own and no network, imports WORK/a.tar.zst as the OCI layout that it is,
# without kubeferry; every image of WORK/inspect.json must be there under its name, complete, with its digest.
#   import_layout.sh WORK
set -euo pipefail
work=$1
# shellcheck source=tests/support/containerd.sh
source "$(dirname "$0")/../support/containerd.sh"
trap 'containerd_stop; rm -rf "$work/import"' EXIT
containerd_start "$work/import"
cd "$work/import"
zstd -dcq ../a.tar.zst | ctr --address containerd.sock images import --no-unpack - >import.out 2>&1 ||
  { cat import.out containerd.log >&2; exit 1; }
ctr --address containerd.sock images check 2>/dev/null | awk 'NR > 1 && / complete / {print $1, $3}' | sort >have
jq -r '.manifest.images[] | select(any(.manifests[]; .platform == "linux/amd64")) | "\(.reference) \(.digest)"' \
  ../inspect.json | sort >want
diff want have >&2 || { echo 'what containerd imported is not what the bundle holds' >&2; exit 1; }
echo "containerd imported $(wc -l <want) images from the stock layout"
