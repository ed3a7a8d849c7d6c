#!/usr/bin/env bash
# programs.sh OUT: the programs of a real cluster for linux/amd64, as links in the folder OUT to where they are cached.
# Kubernetes is built from Debian's source package, coredns and flannel's two programs from their Go modules; the rest
# are Debian's. The first call takes minutes, later ones a second. What each program is: README.md.
#   KUBEFERRY_E2E_BIN=DIR   takes programs from DIR instead: kubeadm's version is then the cluster's, and images are
#                           what lies in DIR/images/*.tar; what DIR lacks beside Kubernetes' own is Debian's
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly upstream=$here/../upstream
# shellcheck source=tests/support/go.sh
source "$here/../go.sh"

readonly kubernetes=(kubeadm kubelet kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy)
# name, module, version, package below it, what else must be raised, packages to leave out, oldest go.
# flanneld without two of its backends: one asks a cloud that no air gap has, by modules that not every proxy serves; the
# other needs a C compiler.
readonly modules=(
  'coredns github.com/coredns/coredns v1.7.0 . github.com/modern-go/reflect2@v1.0.2 - 1.19'
  'flanneld github.com/flannel-io/flannel v0.28.4 . - backend/(tencentvpc|udp)" 1.25'
  'flannel github.com/containernetworking/plugins v0.9.1 plugins/meta/flannel - - 1.19'
)

die() {
  printf 'programs.sh: %s\n' "$*" >&2
  exit 1
}

[[ $# -eq 1 ]] || die "usage: programs.sh OUT"
[[ $(dpkg --print-architecture) == amd64 ]] || die "only for amd64"
out=$(realpath -m "$1")
cache=$(realpath -m "${KUBEFERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubeferry}")/cluster
readonly out cache
mkdir -p "$out" "$cache/go"
exec {lock}>"$cache/.lock-programs"
flock "$lock"
rm -rf "$cache"/.work.* # of a killed run; nobody else is here
work=$(mktemp -d "$cache/.work.XXXXXX")
# The module cache is read-only, folders too.
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

link() { ln -sfn "$1" "$out/${2:-${1##*/}}"; }

# Builds a module as its own authors do: in its own folder, with its own go.mod and go.sum.
build_module() { # a row of `modules`
  local name module version package raise without oldest built go
  read -r name module version package raise without oldest <<<"$1"
  built=$cache/go/${name}_$version
  if [[ ! -x $built ]]; then
    go=$(go_as_new_as "$oldest")
    (
      cd "$work"
      unset GOROOT GOOS GOARCH
      export GOFLAGS=-mod=mod GOTOOLCHAIN=local CGO_ENABLED=0 GOMODCACHE=$work/mod GOCACHE=$work/gocache
      "$go" mod download -json "$module@$version" >"$name.json" || { cat "$name.json"; exit 1; }
      cp -r "$(folder_in "$name.json")" "$name"
      chmod -R u+w "$name"
      cd "$name"
      [[ $without == - ]] || sed -i -E "\\#$without#d" "$package"/main.go
      [[ $raise == - ]] || "$go" get "$raise"
      "$go" build -trimpath -ldflags '-s -w' -o "$work/$name.built" "./$package"
    ) >"$work/$name.log" 2>&1 || die "cannot build $name: $(tail -n 5 "$work/$name.log")"
    mv "$work/$name.built" "$built"
    printf 'programs.sh: built %s %s\n' "$name" "$version"
  fi
  link "$built" "$name"
}

link_debian() {
  local name file
  # Lines of NAME and the file that is its program.
  python3 "$upstream/programs.py" >"$work/debian"
  while read -r name file; do
    [[ -e $out/$name ]] || link "$file" "$name"
  done <"$work/debian"
}

take_given() {
  local given file name
  given=$(realpath "$KUBEFERRY_E2E_BIN")
  for name in kubeadm kubelet kubectl; do
    [[ -x $given/$name ]] || die "KUBEFERRY_E2E_BIN=$given has no $name"
  done
  for file in "$given"/* "$given"/cni/*; do
    if [[ -f $file && -x $file ]]; then link "$file"; fi
  done
  if [[ -d $given/images ]]; then link "$given/images"; fi
}

find "$out" -maxdepth 1 -type l -delete
if [[ -n ${KUBEFERRY_E2E_BIN:-} ]]; then
  take_given
else
  KUBEFERRY_EXTRA_CMD=$here/cmd "$upstream/kubernetes.sh" "$out" "${kubernetes[@]}" crictl
fi
for row in "${modules[@]}"; do
  [[ -e $out/${row%% *} ]] || build_module "$row"
done
link_debian
printf 'programs.sh: Kubernetes %s and what it runs on, in %s\n' "$("$out/kubeadm" version -o short)" "$out"
