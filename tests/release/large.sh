#!/usr/bin/env bash
# A layer and a bundle of more than 4 GiB, with a program whose addresses and file offsets might have 32 bits: lock, build,
# verify, serve from behind 4 GiB, extract. The same bytes as the program of this machine makes.
#   large.sh ARCH FOLDER      FOLDER: with kubeferry-linux-ARCH and kubeferry-linux-amd64 (ci/build-static)
# Needs root (a network namespace), 20 GiB in $TMPDIR, and minutes: 4 GiB are hashed some ten times, some of them emulated.
set -euo pipefail
if [[ ${KF_INSIDE:-} != yes ]]; then
  exec env KF_INSIDE=yes unshare --net "$0" "$@"
fi
arch=$1 folder=$(realpath "$2")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
WORK=$(mktemp -d)
# shellcheck source=tests/support/expect.sh
source "$root/tests/support/expect.sh"
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$WORK"' EXIT
native=$folder/kubeferry-linux-amd64
other=(env "$(type -P "qemu-$(jq -r .qemu "$root/platforms/data/$arch.json")-static")" "$folder/kubeferry-linux-$arch")
cd "$WORK"
ip link set lo up
export SOURCE_DATE_EPOCH=1795000000

registry=127.0.0.1:5001
cat >registry.yml <<YAML
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $WORK/registry}}
http: {addr: "$registry"}
YAML
docker-registry serve registry.yml >registry.log 2>&1 &
pids+=($!)
within 20 curl -s -o null "http://$registry/v2/"

# A layer of nothing but zeros, which is an empty tar; a marker at its end tells whether its last bytes were reached.
size=$((4 * 1024 ** 3 + 512 * 1024 ** 2))
truncate -s "$size" layer
printf 'the end' | dd of=layer bs=1 seek=$((size - 7)) conv=notrunc status=none
push_blob() { # FILE: prints its digest
  local digest location
  digest=sha256:$(sha256sum "$1" | cut -d' ' -f1)
  location=$(curl -s -i -X POST "http://$registry/v2/large/blobs/uploads/" | tr -d '\r' | sed -n 's/^Location: //p')
  curl -sf -o null -X PUT -T "$1" -H 'Content-Type: application/octet-stream' "$location&digest=$digest"
  printf '%s\n' "$digest"
}
layer=$(push_blob layer)
rm layer
printf '{"architecture":"%s","os":"linux","rootfs":{"type":"layers","diff_ids":["%s"]}}' "$arch" "$layer" >config
config=$(push_blob config)
jq -n --arg layer "$layer" --arg config "$config" --argjson size "$size" --argjson config_size "$(stat -c %s config)" '{
  schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $config, size: $config_size},
  layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $layer, size: $size}]}' >manifest
curl -sf -o null -X PUT -T manifest -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' "http://$registry/v2/large/manifests/v1"

printf '%s\n' 'apiVersion: kubeferry/v1' 'kind: Bundle' 'name: large' 'version: "1"' "platforms: [linux/$arch]" \
  "images: [$registry/large:v1]" "upstreams: {\"$registry\": {endpoint: \"http://$registry\", plainHttp: true}}" >large.yaml
quiet "$native" key generate site
quiet "$native" lock large.yaml --output large.lock
quiet "$native" build large.yaml --key site.key --output native.tar.zst --quiet
(($(stat -c %s native.tar.zst) > 4 * 1024 ** 3)) || fail 'the bundle is not large'
step() { echo "$arch: $1 ($((SECONDS - began)) s)"; began=$SECONDS; }
began=$SECONDS
quiet "${other[@]}" build large.yaml --key site.key --output other.tar.zst --quiet
cmp native.tar.zst other.tar.zst || fail "a bundle built on $arch has other bytes"
rm native.tar.zst
step 'built, the same bytes'
quiet "${other[@]}" verify other.tar.zst --trust site.pub --quiet
step verified
"${other[@]}" serve other.tar.zst --trust site.pub --listen 127.0.0.1:5002 --plain-http >serve.log 2>&1 &
pids+=($!)
within 60 curl -s -o null http://127.0.0.1:5002/v2/ || { cat serve.log >&2; fail 'serve does not start'; }
[[ $(curl -sf -r "$((size - 7))-" "http://127.0.0.1:5002/v2/large/blobs/$layer") == 'the end' ]] || fail 'serve gives something else behind 4 GiB'
[[ $(curl -sf "http://127.0.0.1:5002/v2/large/blobs/$layer" | sha256sum) == "${layer#sha256:}  -" ]] || fail 'serve gives another layer'
step served
quiet "${other[@]}" extract other.tar.zst --trust site.pub --to out --layout --quiet
[[ $(sha256sum <"out/blobs/sha256/${layer#sha256:}") == "${layer#sha256:}  -" ]] || fail 'extract writes another layer'
step extracted
# One bit, in the last hundred bytes that belong to the layer.
printf '\x01' | dd of=other.tar.zst bs=1 seek=$((size - 1000)) conv=notrunc status=none
expect 13 "${other[@]}" verify other.tar.zst --trust site.pub --quiet
step 'a changed bit behind 4 GiB found'
echo "large: passed"
