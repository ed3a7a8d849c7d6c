#!/usr/bin/env bash
# kubernetes.sh OUT PROGRAM…: builds programs of Kubernetes v1.20.2 for this machine from Debian 12's source package
# `kubernetes` and puts links to them into the folder OUT. A program is built once for each version of the source: only
# the first call takes minutes (all seven: about eight on two cores). A PROGRAM's name is that of a folder below cmd.
#   KUBEFERRY_EXTRA_CMD=DIR   takes the folders in DIR for programs too, as if they lay below cmd
set -euo pipefail

readonly VERSION=v1.20.2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here

die() {
  printf 'kubernetes.sh: %s\n' "$*" >&2
  exit 1
}

[[ $# -ge 2 ]] || die "usage: kubernetes.sh OUT PROGRAM…"
out=$(realpath -m "$1")
shift
programs=("$@")
readonly out programs
# Kubernetes 1.20 builds with Go 1.19; a newer go may be first in PATH.
readonly goroot=/usr/lib/go-1.19
[[ -x $goroot/bin/go ]] || die "$goroot/bin/go is missing: apt-get install golang-1.19-go"
command -v dpkg-source >/dev/null || die "dpkg-source is missing: apt-get install dpkg-dev"
extra=${KUBEFERRY_EXTRA_CMD:+$(realpath "$KUBEFERRY_EXTRA_CMD")}
readonly extra

architecture=$(dpkg --print-architecture)
cache=$(realpath -m "${KUBEFERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubeferry}")/cluster
readonly architecture cache
mkdir -p "$cache" "$out"
exec {lock}>"$cache/.lock-kubernetes"
flock "$lock"
rm -rf "$cache"/.kubernetes.* # of a killed run; nobody else is here

# A program of our own is not only as old as Kubernetes' source.
cached_name() {
  if [[ -n $extra && -d $extra/$1 ]]; then
    printf '%s-%s\n' "$1" "$(cat "$extra/$1"/* | sha256sum | cut -c1-12)"
  else
    printf '%s\n' "$1"
  fi
}

# Puts a link to every program into OUT, or says with status 1 that folder $1 of the cache lacks some.
install_from() {
  local program
  for program in "${programs[@]}"; do
    [[ -x $1/$(cached_name "$program") ]] || return 1
  done
  for program in "${programs[@]}"; do
    ln -sfn "$1/$(cached_name "$program")" "$out/$program"
  done
}

# What is cached is used without asking apt; to build again, remove it.
for folder in "$cache"/kubernetes_*_"$architecture"; do
  if install_from "$folder"; then
    printf 'kubernetes.sh: %s from the cache (%s)\n' "$VERSION" "${folder##*/}"
    exit 0
  fi
done

started=$SECONDS
work=$(mktemp -d "$cache/.kubernetes.XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
readonly tree=$work/gopath/src/k8s.io/kubernetes
cd "$work"

fetch_source() {
  local conf
  conf=$(python3 "$here/../../../ci/debian/apt_root.py" "$work/apt" --architecture "$architecture" --sources)
  apt-get -q -c "$conf" source --download-only kubernetes >apt.log 2>&1 \
    || die "cannot fetch the source package: $(tail -n 5 apt.log)"
  apt-get -q -c "$conf" download golang-github-modern-go-reflect2-dev >>apt.log 2>&1 \
    || die "cannot fetch golang-github-modern-go-reflect2-dev: $(tail -n 5 apt.log)"
  mkdir -p "${tree%/*}"
  # apt has checked the files against the signed index.
  dpkg-source --no-check -x kubernetes_*.dsc "$tree" >>apt.log 2>&1 \
    || die "cannot unpack the source: $(tail -n 5 apt.log)"
  dpkg-deb -x golang-github-modern-go-reflect2-dev_*.deb reflect2
}

# Go 1.18 and later crash the vendored reflect2 1.0.1: lays Debian's 1.0.2 over it, file by file.
# Files that only the vendored version has are laid over with nothing, which hides them.
write_overlay() {
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
}

go() {
  env -u GOFLAGS -u GOROOT -u GOOS -u GOARCH PATH="$goroot/bin:$PATH" GOPATH="$work/gopath" GO111MODULE=off \
    GOTOOLCHAIN=local CGO_ENABLED=0 GOCACHE="$work/gocache" "$goroot/bin/go" "$@"
}

# kube-apiserver's OpenAPI definitions are not in the source package: upstream's Makefile makes them so, with much ado.
generate_openapi() {
  local folders
  folders=$(cd "$tree" && grep -rlE '^// *\+k8s:openapi-gen=true' --include='*.go' pkg staging/src/k8s.io |
    xargs -n 1 dirname | grep -vE '/(_examples|code-generator|sample-apiserver)(/|$)' | LC_ALL=C sort -u |
    sed -e 's#^staging/src/#vendor/#' -e 's#^#k8s.io/kubernetes/#' | paste -sd,)
  (cd "$tree" && go build -overlay "$work/overlay.json" -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen &&
    env PATH="$goroot/bin:$PATH" GOPATH="$work/gopath" GO111MODULE=off "$work/openapi-gen" --logtostderr -i "$folders" \
      -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
      -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$work/violations") >openapi.log 2>&1 \
    || die "cannot generate the OpenAPI definitions: $(tail -n 5 openapi.log)"
}

# In GOPATH mode the linker knows the packages by their vendored paths.
version_flags() {
  local package setting
  for package in component-base client-go/pkg; do
    for setting in gitVersion=$VERSION gitMajor=1 gitMinor=20 gitTreeState=clean; do
      printf ' -X k8s.io/kubernetes/vendor/k8s.io/%s/version.%s' "$package" "$setting"
    done
  done
}

check() { # a program that lies about its version is refused by the others, minutes later
  local printed
  case $1 in
    kubeadm) printed=$("$work/bin/$1" version -o short) ;;
    kubectl) printed=$("$work/bin/$1" version --client --short) ;;
    kube*) printed=$("$work/bin/$1" --version) ;;
    *) return 0 ;;
  esac
  [[ $printed == *"$VERSION" ]] || die "built $1 says it is '$printed', not $VERSION"
  [[ $1 != kubeadm ]] || "$work/bin/$1" config images list --kubernetes-version "$VERSION" 2>"$work/list.log" |
    grep -q "/kube-apiserver:$VERSION\$" || die "built kubeadm lists no images: $(<"$work/list.log")"
}

fetch_source
write_overlay
folder=$cache/kubernetes_$(sed -n 's/^Version: //p' kubernetes_*.dsc | head -n 1)_$architecture
[[ -z $extra ]] || cp -r "$extra"/. "$tree/cmd/"
missing=()
for program in "${programs[@]}"; do
  [[ -x $folder/$(cached_name "$program") ]] || missing+=("$program")
done
[[ " ${missing[*]} " != *' kube-apiserver '* ]] || generate_openapi
mkdir -p "$work/bin" "$folder"
(cd "$tree" && go build -trimpath -overlay "$work/overlay.json" -ldflags "-s -w$(version_flags)" -o "$work/bin/" \
  "${missing[@]/#/./cmd/}")
for program in "${missing[@]}"; do
  check "$program"
  mv "$work/bin/$program" "$folder/$(cached_name "$program")"
done
install_from "$folder"
printf 'kubernetes.sh: %s of %s built in %d s\n' "${missing[*]}" "${folder##*/}" $((SECONDS - started))
