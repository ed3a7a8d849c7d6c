#!/usr/bin/env bash
# Packages of operating systems from a bundle onto bare Debian 12 roots of five architectures, under qemu-user where they
# are not this machine's, without any network; then what goes wrong, and from another node by a join pack, on one; and packages of rpm's by dnf.
#   os_packages.sh KUBEFERRY [ARCH…]      Kubernetes' names of architectures; default: all five
# BUNDLE and TRUST in the environment: a bundle with packages for Debian 12, and its key, in place of one that is made
# here. DIST: a folder of static programs, kubeferry-linux-ARCH, that are run in the roots instead of KUBEFERRY outside.
set -euo pipefail
KUBEFERRY=$(realpath "$1")
export KUBEFERRY
shift
here=$(cd "$(dirname "$0")" && pwd)
support=$here/../support
WORK=$(mktemp -d)
export WORK
trap 'rm -rf "$WORK"' EXIT
# shellcheck source=tests/support/expect.sh
source "$support/expect.sh"
say() { echo "== $*"; }
(($# > 0)) || set -- amd64 arm arm64 ppc64le s390x
debian_of() { jq -r .debian "$here/../../platforms/data/$1.json"; }
OWN=$(for file in "$here"/../../platforms/data/*.json; do
  jq -r --arg machine "$(uname -m)" 'select(.machines | index($machine)) | .architecture' "$file"
done)
export OWN

cd "$WORK"
bundle_from_the_mirror() { # from this machine's own mirror, against Debian's signatures
  local uri endpoint
  uri=$(python3 -c 'import sys; sys.path.append(sys.argv[1]); import apt_root; print(apt_root.debian_uris()[0])' \
    "$here/../../ci/debian")
  endpoint=$(grep -oE '^https?://[^/]*' <<<"$uri")
  cat >site.yaml <<SPEC
apiVersion: kubeferry/v1
kind: Bundle
name: site
version: "1"
platforms: [$(printf 'linux/%s,' "$@" | sed 's/,$//')]
kubeferry: none
packages:
  - distribution: debian
    version: "12"
    repositories:
      - {url: "https://deb.debian.org/${uri##*/}", suites: [bookworm], components: [main], keyring: debian-archive-keyring.gpg}
upstreams: {deb.debian.org: {endpoint: "$endpoint", plainHttp: $([[ $endpoint == https:* ]] && echo false || echo true)}}
SPEC
  quiet "$KUBEFERRY" lock site.yaml --quiet
  quiet "$KUBEFERRY" build site.yaml --key site.key --output "$BUNDLE" --quiet
}
if [[ -z ${BUNDLE:-} ]]; then
  say 'a bundle of real packages'
  BUNDLE=$WORK/packages.tar.zst TRUST=$WORK/site.pub
  "$KUBEFERRY" key generate site >/dev/null
fi
[[ -e $BUNDLE ]] || bundle_from_the_mirror "$@"
BUNDLE=$(realpath "$BUNDLE") TRUST=$(realpath "$TRUST")
export BUNDLE TRUST
"$KUBEFERRY" verify "$BUNDLE" --trust "$TRUST" --deep --quiet >/dev/null
"$KUBEFERRY" packages list "$BUNDLE" --trust "$TRUST"

in_root() { # ARCH SCRIPT [PACKAGE…]: the script in namespaces without a network, beside a fresh root with these packages
  local tar
  tar=$("$support/os_packages/root.sh" "$(debian_of "$1")" "${@:3}")
  "$support/foreign/run.sh" "$support/os_packages/enter.sh" "$tar" "$support/os_packages/$2" "$1"
}

: >"$WORK/table"
for arch in "$@"; do
  say "$arch"
  in_root "$arch" install.sh
done
for arch in "$@"; do
  if [[ $arch == "$OWN" ]]; then
    say "what goes wrong, on $arch"
    in_root "$arch" faults.sh
    say "by a join pack, on $arch"
    in_root "$arch" by_pack.sh
    in_root "$arch" time_daemon.sh systemd-timesyncd
    say 'rpm'
    in_root "$arch" rpm.sh dnf rpm
  fi
done
say 'installed without a network:'
column -t "$WORK/table"
