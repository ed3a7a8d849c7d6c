#!/usr/bin/env bash
# The main job on the sample site, for real: lock, build, the same bytes again and after ten kills, stock tools, a real
# containerd that pulls every image of its platform from `serve` in a network namespace of its own, a mirror, bad input.
#   main_job.sh KUBEFERRY
set -euo pipefail
export KUBEFERRY=$1
here=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d)
# shellcheck source=tests/support/site/site.sh
source "$here/../support/site/site.sh"
trap 'site_down; rm -rf "$WORK"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
expect() {  # expect STATUS COMMAND…
  local want=$1 got=0
  shift
  "$@" >"$WORK/out" 2>"$WORK/err" || got=$?
  [[ $got == "$want" ]] || { cat "$WORK/err" >&2; fail "exit $got instead of $want: $*"; }
}

site_up ''
site_spec ''
site_seed "$WORK/site.yaml"
cd "$WORK"
export SOURCE_DATE_EPOCH=1795000000
"$KUBEFERRY" key generate site >/dev/null
"$KUBEFERRY" key generate stranger >/dev/null
# The sample upstream's kubeadm is a stand-in here; ci/demo asks the real one.
"$KUBEFERRY" lock site.yaml --output site.lock --image-list catalog >/dev/null
build() { "$KUBEFERRY" build site.yaml --key site.key --output "$1" --quiet; }

echo '== the same lock and key give the same bytes'
build a.tar.zst >/dev/null
build b.tar.zst >/dev/null
cmp a.tar.zst b.tar.zst || fail 'two builds differ'
rm b.tar.zst

echo '== ten kills at random moments, then the same bytes'
for _ in $(seq 10); do
  # Not by way of a function: the shell in between would be killed, and the build live on.
  "$KUBEFERRY" build site.yaml --key site.key --output k.tar.zst --quiet >/dev/null 2>&1 &
  victim=$!
  sleep "$((RANDOM % 3)).$((RANDOM % 10))"
  kill -KILL "$victim" 2>/dev/null || true
  wait "$victim" 2>/dev/null || true
done
[[ -e k.tar.zst ]] || build k.tar.zst >/dev/null
cmp a.tar.zst k.tar.zst || fail 'a build after kills differs'
[[ ! -e k.tar.zst.partial && ! -e k.tar.zst.partial.journal ]] || fail 'a finished build left its journal'
rm k.tar.zst

echo '== verify, and refuse what is not genuine'
"$KUBEFERRY" verify a.tar.zst --trust site.pub --deep --quiet >/dev/null
expect 11 "$KUBEFERRY" verify a.tar.zst --trust stranger.pub
head -c 5000000 a.tar.zst >cut.tar.zst
expect 10 "$KUBEFERRY" verify cut.tar.zst --trust site.pub
cp a.tar.zst flipped.tar.zst
printf '\xff\x00\xff\x00' | dd of=flipped.tar.zst bs=1 seek=9000000 conv=notrunc status=none
expect 13 "$KUBEFERRY" verify flipped.tar.zst --trust site.pub
rm cut.tar.zst flipped.tar.zst

echo '== stock tools read it'
zstd -tq a.tar.zst
mkdir layout
tar --zstd -xf a.tar.zst -C layout
# skopeo finds only OCI media types in a layout; Docker manifest lists are for ctr images import.
skopeo inspect --raw oci:layout:ghcr.io/flannel-io/flannel:v0.28.9 >/dev/null

echo '== a real containerd imports the layout, kubeferry being nowhere'
"$KUBEFERRY" inspect a.tar.zst --trust site.pub --output json >inspect.json
unshare -n "$here/import_layout.sh" "$WORK"

echo '== a real containerd pulls every image of its platform, with no other network'
jq -r '.manifest.images[] | select(any(.manifests[]; .platform == "linux/amd64")) | .reference' inspect.json >references
unshare -n bash -eu "$here/pull_all.sh" "$KUBEFERRY" "$WORK" || { cat serve.err containerd/containerd.log >&2; fail 'containerd could not pull'; }

echo '== mirrored, every digest compared'
"$KUBEFERRY" mirror a.tar.zst "$KF_TARGET" --trust site.pub --ca "$KF_CA" --write-to mirrored --quiet >/dev/null
"$here/../support/site/digest_table.py" --bundle inspect.json --upstream "$KF_OPEN" --target "$KF_TARGET" --ca "$KF_CA"
echo 'main job: passed'
