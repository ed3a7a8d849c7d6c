#!/usr/bin/env bash
# What both kinds of packages hold for every architecture alike: put_common TREE. Sourced in the root of the tree.
# shellcheck source=ci/packaging/release.sh
source ci/packaging/release.sh

# native WORD…: runs the program that was built for amd64.
native() {
  local program=dist/kubeferry-linux-amd64
  [[ -x $program ]] || { echo "package: $program is missing: ci/build-static amd64" >&2; return 1; }
  if [[ $(uname -m) == x86_64 ]]; then
    "$program" "$@"
  else
    qemu-x86_64-static "$program" "$@"
  fi
}

put_common() {
  local tree=$1 share=$1/usr/share doc=$1/usr/share/doc/kubeferry says
  says=$(native --version)
  [[ $says == "kubeferry $version" ]] || { echo "package: the program says $says, the tree $version" >&2; return 1; }
  install -d "$share"/bash-completion/completions "$share"/fish/vendor_completions.d "$share"/man/man1 "$doc" \
    "$tree"/usr/lib/systemd/system "$tree"/etc/kubeferry
  native completion bash >"$share/bash-completion/completions/kubeferry"
  native completion fish >"$share/fish/vendor_completions.d/kubeferry.fish"
  native man --to "$share/man/man1"
  gzip -n -9 "$share"/man/man1/*.1
  install -m 0644 docs/*.md "$doc"
  install -m 0644 ci/packaging/kubeferry-serve.service "$tree/usr/lib/systemd/system/"
  install -m 0644 ci/packaging/serve.conf "$tree/etc/kubeferry/"
}
