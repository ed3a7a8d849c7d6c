#!/usr/bin/env bash
# real_kubeadms.sh KUBEFERRY [--all | VERSION…]: builds real kubeadms from their Go modules, and has ci/catalog-check
# compare the catalog with each: the newest of each minor in kubeadms.txt (a version and the hash of its module a line), or
# those named, or all. The first time a minute or two for each; later seconds. Ends with ci/catalog-check's status, or 1
# when one could not be built.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
(($# > 0)) || { echo 'usage: real_kubeadms.sh KUBEFERRY [VERSION…]' >&2; exit 2; }
KUBEFERRY=$(realpath "$1")
export KUBEFERRY
shift
cache=$(realpath -m "${KUBEFERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubeferry}")/cluster
readonly cache
mkdir -p "$cache/go"
exec {lock}>"$cache/.lock-kubeadms"
flock "$lock"
rm -rf "$cache"/.kubeadms.* # of a killed run; nobody else is here
work=$(mktemp -d "$cache/.kubeadms.XXXXXX")
# The module cache is read-only, folders too.
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
# shellcheck source=tests/support/go.sh
source "$here/../support/go.sh"

# Kubernetes' repository is many modules; its go.mod takes those of the same commit from folders, which a module's archive
# does not have. They are published, too, as v0 of the same numbers.
write_module() { # GO.MOD VERSION
  local numbers=${2#1.}
  echo 'module kubeadm'
  grep -E '^go ' "$1"
  echo "require k8s.io/kubernetes v$2"
  sed -nE -e "s#^(replace)?[[:space:]]*(k8s\.io/[^ ]+)( v[^ ]+)? => \./staging/.*#replace \2 => \2 v0.$numbers#p;t" \
    -e 's#^(replace)?[[:space:]]*([^ ]+)( v[^ ]+)? => ([^ .][^ ]* v[^ ]+)$#replace \2\3 => \4#p' "$1"
}

build() { # VERSION SUM
  local version=$1 built=$cache/go/kubeadm_v$1 folder=$work/$1 go mod
  [[ ! -x $built ]] || return 0
  mkdir "$folder"
  (
    cd "$folder"
    unset GOROOT GOOS GOARCH
    export GOFLAGS='-mod=mod -modcacherw' GOTOOLCHAIN=local CGO_ENABLED=0 GOMODCACHE=$work/mod GOCACHE=$work/gocache
    go=$(go_as_new_as 1.16)
    "$go" mod download -json "k8s.io/kubernetes@v$version" >module.json || { cat module.json; exit 1; }
    [[ $(jq -r .Sum module.json) == "$2" ]] || { echo "k8s.io/kubernetes v$version is $(jq -r .Sum module.json), not $2"; exit 1; }
    mod=$(jq -r .GoMod module.json)
    go=$(go_as_new_as "$(sed -n 's/^go //p' "$mod")")
    write_module "$mod" "$version" >go.mod
    # Raised where what an old release asks for is too old for the compiler.
    if grep -q 'modern-go/reflect2 v1.0.1' "$mod"; then
      sed -i '/modern-go\/reflect2/d' go.mod
      echo 'replace github.com/modern-go/reflect2 => github.com/modern-go/reflect2 v1.0.2' >>go.mod
    fi
    at=k8s.io/component-base/version
    "$go" build -trimpath -o built -ldflags "-s -w -X $at.gitVersion=v$version -X $at.gitMajor=1 -X $at.gitMinor=$(cut -d. -f2 <<<"$version")" \
      k8s.io/kubernetes/cmd/kubeadm
  ) >"$work/$version.log" 2>&1 || { printf 'real_kubeadms.sh: cannot build %s:\n' "$version" >&2; tail -n 5 "$work/$version.log" >&2; return 1; }
  mv "$folder/built" "$built"
  rm -rf "$folder"
  printf 'real_kubeadms.sh: built %s\n' "$version"
}

# Lines of kubeadms.txt.
wanted() {
  case ${1:-} in
    --all) cat "$here/kubeadms.txt" ;;
    '') sort -V "$here/kubeadms.txt" | awk -F. '{newest[$2] = $0} END {for (minor in newest) print newest[minor]}' | sort -V ;;
    *) for version in "$@"; do
      grep -E "^${version//./\\.} " "$here/kubeadms.txt" || { echo "real_kubeadms.sh: kubeadms.txt has no $version" >&2; return 1; }
    done ;;
  esac
}

mkdir "$work/programs"
wanted "$@" >"$work/wanted"
failed=no
while read -r version sum; do
  if build "$version" "$sum"; then
    ln -s "$cache/go/kubeadm_v$version" "$work/programs/kubeadm-$version"
  else
    failed=yes
  fi
done <"$work/wanted"
"$here/../../ci/catalog-check" "$work/programs"
[[ $failed == no ]]
