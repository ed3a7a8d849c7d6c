#!/usr/bin/env bash
# A real containerd, with root and state of its own and no network, imports WORK/a.tar.zst as the OCI layout that it is,
# without kubeferry; every image of WORK/inspect.json must be there under its name, complete, with its digest.
#   import_layout.sh WORK
set -euo pipefail
work=$1
mkdir -p "$work/import"
cd "$work/import"
cat >containerd.toml <<T
version = 2
root = "$work/import/root"
state = "$work/import/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[plugins."io.containerd.internal.v1.opt"]
  path = "$work/import/opt"
[grpc]
  address = "$work/import/containerd.sock"
T
containerd --config containerd.toml >containerd.log 2>&1 &
containerd=$!
trap 'kill -TERM "$containerd" 2>/dev/null || true; wait "$containerd" || true; rm -rf "$work/import"' EXIT
for _ in $(seq 100); do [[ -S containerd.sock ]] && break; sleep 0.1; done
zstd -dcq ../a.tar.zst | ctr --address containerd.sock images import --no-unpack - >import.out 2>&1 ||
  { cat import.out containerd.log >&2; exit 1; }
ctr --address containerd.sock images check 2>/dev/null | awk 'NR > 1 && / complete / {print $1, $3}' | sort >have
jq -r '.manifest.images[] | select(any(.manifests[]; .platform == "linux/amd64")) | "\(.reference) \(.digest)"' \
  ../inspect.json | sort >want
diff want have >&2 || { echo 'what containerd imported is not what the bundle holds' >&2; exit 1; }
echo "containerd imported $(wc -l <want) images from the stock layout"
