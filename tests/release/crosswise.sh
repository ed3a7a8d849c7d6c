#!/usr/bin/env bash
# Five programs, one format: from one lock and key each builds the same bytes, and each verifies, lists, extracts, serves
# and mirrors what another one built. Those of other architectures run under qemu-user.
#   crosswise.sh FOLDER [ARCH…]      FOLDER: with kubeferry-linux-ARCH for each, amd64 in any case (ci/build-static)
set -euo pipefail
programs=$(realpath "$1")
shift
(($# > 0)) || set -- arm arm64 ppc64le s390x
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
export KUBEFERRY=$programs/kubeferry-linux-amd64
WORK=$(mktemp -d)
# shellcheck source=tests/support/site/site.sh
source "$root/tests/support/site/site.sh"
# shellcheck source=tests/support/expect.sh
source "$root/tests/support/expect.sh"
serving=
finish() {
  [[ -z $serving ]] || kill "$serving" 2>/dev/null || true
  site_down
  rm -rf "$WORK"
}
trap finish EXIT
for arch in amd64 "$@"; do
  [[ -x $programs/kubeferry-linux-$arch ]] || fail "$programs/kubeferry-linux-$arch is missing: ci/build-static $arch"
done

site_up ''
site_spec ''
site_seed "$WORK/site.yaml"
cd "$WORK"
export SOURCE_DATE_EPOCH=1795000000
printf 'kubeferry: %s/kubeferry-linux-{arch}\n' "$programs" >>site.yaml
wanted=$(printf 'linux/%s, ' amd64 "$@")
sed -i "s|^platforms:.*|platforms: [${wanted%, }]|" site.yaml
quiet "$KUBEFERRY" key generate site
# The sample upstream's kubeadm is a stand-in here; ci/demo asks the real one.
quiet "$KUBEFERRY" lock site.yaml --output site.lock --image-list catalog
quiet "$KUBEFERRY" build site.yaml --key site.key --output site.tar.zst --quiet
quiet "$KUBEFERRY" extract site.tar.zst --trust site.pub --to extracted --quiet
# What depends on the moment or the machine is not looked at.
"$KUBEFERRY" inspect site.tar.zst --trust site.pub --output json >inspected.json

each() { # NAME COMMAND…: with its seconds
  local name=$1 start=$EPOCHREALTIME
  shift
  quiet "$@"
  printf '%-8s %-8s passed %7.1f s\n' "$arch" "$name" "$(awk "BEGIN { print $EPOCHREALTIME - $start }")"
}
for arch in "$@"; do
  program=(env "$(type -P "qemu-$(jq -r .qemu "$root/platforms/data/$arch.json")-static")" "$programs/kubeferry-linux-$arch")
  each build "${program[@]}" build site.yaml --key site.key --output "$arch.tar.zst" --quiet
  cmp site.tar.zst "$arch.tar.zst" || fail "a bundle built on $arch has other bytes than one built on amd64"
  rm "$arch.tar.zst"
  each verify "${program[@]}" verify site.tar.zst --trust site.pub --deep --quiet
  "${program[@]}" inspect site.tar.zst --trust site.pub --output json >"$arch.json"
  cmp inspected.json "$arch.json" || fail "inspect says something else on $arch"
  each extract "${program[@]}" extract site.tar.zst --trust site.pub --to "extracted-$arch" --quiet
  diff -r --no-dereference extracted "extracted-$arch" || fail "extract writes something else on $arch"
  rm -r "extracted-$arch"

  "${program[@]}" serve site.tar.zst --trust site.pub --listen 127.0.0.1:0 --ca-dir "ca-$arch" >"serve-$arch.log" 2>&1 &
  serving=$!
  within 60 grep -qo 'https\?://127[0-9.]*:[0-9]*' "serve-$arch.log" || fail "serve does not start: $(cat "serve-$arch.log")"
  address=$(grep -o '127\.0\.0\.1:[0-9]*' "serve-$arch.log" | head -n 1)
  mkdir "certs-$arch"
  cp "ca-$arch"/*.crt "certs-$arch/"
  each serve skopeo copy -q --src-cert-dir "certs-$arch" --override-arch "$arch" "docker://$address/kube-proxy:v1.20.2" "oci:pulled-$arch:v1"
  kill "$serving"
  wait "$serving" || fail "serve ended with $?"
  serving=
  each mirror "${program[@]}" mirror site.tar.zst "$KF_TARGET/by-$arch" --trust site.pub --ca "$KF_CA" --write-to "mirrored-$arch" --quiet
  "$root/tests/support/site/digest_table.py" --bundle inspected.json --upstream "$KF_OPEN" --target "$KF_TARGET/by-$arch" --ca "$KF_CA" >"digests-$arch" ||
    { tail -n 5 "digests-$arch" >&2; fail "the mirror made on $arch has other digests"; }
done
echo 'crosswise: passed'
