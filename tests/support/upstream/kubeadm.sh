#!/usr/bin/env bash
# kubeadm.sh OUT: builds the real kubeadm v1.20.2 for this machine from Debian 12's source package `kubernetes`
# and copies it to OUT. The binary is cached by source version, so only the first call takes minutes.
set -euo pipefail

readonly VERSION=v1.20.2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here

die() {
  printf 'kubeadm.sh: %s\n' "$*" >&2
  exit 1
}

[[ $# -eq 1 ]] || die "usage: kubeadm.sh OUT"
out=$(realpath -m "$1")
readonly out
# kubeadm 1.20 builds with Go 1.19; a newer go may be first in PATH.
readonly go=/usr/lib/go-1.19/bin/go
[[ -x $go ]] || die "$go is missing: apt-get install golang-1.19-go"
command -v dpkg-source >/dev/null || die "dpkg-source is missing: apt-get install dpkg-dev"

cache=$(realpath -m "${KUBEFERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubeferry}")/kubeadm
readonly cache
mkdir -p "$cache"
exec {lock}>"$cache/.lock"
flock "$lock"
rm -rf "$cache"/.work.* # of a killed run; nobody else is here

install_out() {
  install -D -m 0755 "$1" "$out.part"
  mv "$out.part" "$out"
}

# A cached binary is used without asking apt; to build again, remove it.
architecture=$(dpkg --print-architecture)
readonly architecture
for built in "$cache"/kubeadm_*_"$architecture"; do
  if [[ -x $built ]]; then
    install_out "$built"
    printf 'kubeadm.sh: %s from the cache (%s)\n' "$VERSION" "${built##*/}"
    exit 0
  fi
done

started=$SECONDS
work=$(mktemp -d "$cache/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT

conf=$(python3 "$here/apt_root.py" "$work/apt" --architecture "$architecture" --sources)
cd "$work"
apt-get -q -c "$conf" source --download-only kubernetes >apt.log 2>&1 \
  || die "cannot fetch the source package: $(tail -n 5 apt.log)"
apt-get -q -c "$conf" download golang-github-modern-go-reflect2-dev >>apt.log 2>&1 \
  || die "cannot fetch golang-github-modern-go-reflect2-dev: $(tail -n 5 apt.log)"

source_version=$(sed -n 's/^Version: //p' kubernetes_*.dsc | head -n 1)
readonly tree=$work/gopath/src/k8s.io/kubernetes
mkdir -p "${tree%/*}"
# apt has checked the files against the signed index.
dpkg-source --no-check -x kubernetes_*.dsc "$tree" >>apt.log 2>&1 \
  || die "cannot unpack the source: $(tail -n 5 apt.log)"
dpkg-deb -x golang-github-modern-go-reflect2-dev_*.deb reflect2

# Go 1.18 and later crash the vendored reflect2 1.0.1: lay Debian's 1.0.2 over it, file by file.
# Files that only the vendored version has are laid over with nothing, which hides them.
python3 - "$tree/vendor/github.com/modern-go/reflect2" \
  "$work/reflect2/usr/share/gocode/src/github.com/modern-go/reflect2" >overlay.json <<'PYTHON'
import json, sys
from pathlib import Path

vendored, newer = map(Path, sys.argv[1:])
names = lambda folder: {path.name for path in folder.iterdir()
                        if path.suffix in (".go", ".s") and not path.name.endswith("_test.go")}
if not names(newer):
    sys.exit(f"no Go files in {newer}")
replace = {str(vendored / name): "" for name in names(vendored) - names(newer)}
replace |= {str(vendored / name): str(newer / name) for name in names(newer)}
json.dump({"Replace": replace}, sys.stdout)
PYTHON

flags=
for package in k8s.io/kubernetes/vendor/k8s.io/component-base/version \
  k8s.io/kubernetes/vendor/k8s.io/client-go/pkg/version; do
  for setting in gitVersion=$VERSION gitMajor=1 gitMinor=20 gitTreeState=clean; do
    flags+=" -X $package.$setting"
  done
done

cd "$tree"
env -u GOFLAGS -u GOROOT GOPATH="$work/gopath" GO111MODULE=off GOTOOLCHAIN=local CGO_ENABLED=0 \
  GOCACHE="$work/gocache" \
  "$go" build -trimpath -overlay "$work/overlay.json" -ldflags "-s -w$flags" -o "$work/kubeadm" ./cmd/kubeadm

printed=$("$work/kubeadm" version -o short)
[[ $printed == "$VERSION" ]] || die "built kubeadm says it is '$printed', not $VERSION"
"$work/kubeadm" config images list --kubernetes-version "$VERSION" 2>"$work/list.log" \
  | grep -q "/kube-apiserver:$VERSION\$" || die "built kubeadm lists no images: $(<"$work/list.log")"
built=$cache/kubeadm_${source_version}_$architecture
mv "$work/kubeadm" "$built"
install_out "$built"
printf 'kubeadm.sh: %s built from %s in %d s\n' "$VERSION" "$source_version" $((SECONDS - started))
