#!/usr/bin/env bash
# In a network namespace of its own: serves WORK/a.tar.zst and has a real containerd, with root and state of its own, pull
# every reference in WORK/references through the hosts.toml files that serve wrote.
#   pull_all.sh KUBEFERRY WORK
set -euo pipefail
kubeferry=$1
work=$2
# shellcheck source=tests/support/containerd.sh
source "$(dirname "$0")/../support/containerd.sh"
cd "$work"
ip link set lo up
[[ -z $(ip route show) ]] || { echo 'this namespace has routes' >&2; exit 1; }
"$kubeferry" serve a.tar.zst --trust site.pub --listen 127.0.0.1:5000 --ca-dir ca --write-hosts certs.d >serve.out 2>serve.err &
serve=$!
stop() {
  kill -TERM "$serve" 2>/dev/null || true
  containerd_stop
  wait "$serve"
}
containerd_start "$work/containerd"
for _ in $(seq 100); do [[ -s serve.out ]] && break; sleep 0.1; done
while read -r reference; do
  ctr --address containerd/containerd.sock images pull --hosts-dir "$work/certs.d" --snapshotter native --platform linux/amd64 "$reference" >pull.out 2>&1 ||
    { cat pull.out >&2; stop || true; exit 1; }
done <references
echo "containerd pulled $(wc -l <references) images"
stop
