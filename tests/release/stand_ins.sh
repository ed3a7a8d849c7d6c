#!/usr/bin/env bash
# stand_ins DIR PROGRAM: what ci/build-static would leave in a tree's dist, made in seconds: PROGRAM for amd64, and
# Debian's static busybox, which is at least a program, for each of the others; DIR/built-with-ARCH beside dist.
# Sourced in the root of the tree.
# shellcheck source=ci/packaging/release.sh
source ci/packaging/release.sh

stand_ins() {
  local dir=$1 program=$2 arch debian conf
  local cache
  cache=$(realpath -m "${KUBEFERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubeferry}")/stand-ins
  mkdir -p "$cache" "$dir/dist"
  strip -o "$dir/dist/kubeferry-linux-amd64" "$program"
  for arch in "${architectures[@]}"; do
    { grep -E '^(source|package) ' ci/static/pins | cut -d' ' -f2,3
      dpkg-query -W -f '${Package} ${Version}\n' libboost1.74-dev nlohmann-json3-dev libfmt-dev libexpected-dev libcli11-dev g++-12
    } >"$dir/built-with-$arch"
    [[ $arch != amd64 ]] || continue
    debian=$(fact "$arch" debian)
    if [[ ! -f $cache/$arch ]]; then
      conf=$(python3 ci/debian/apt_root.py "$cache/apt-$arch" --architecture "$debian")
      (cd "$cache/apt-$arch" && apt-get -q -c "$conf" download "busybox-static:$debian" >/dev/null)
      dpkg-deb -x "$cache/apt-$arch"/busybox-static_*.deb "$cache/apt-$arch/tree"
      mv "$cache/apt-$arch/tree/bin/busybox" "$cache/$arch"
      rm -rf "$cache/apt-$arch"
    fi
    install -m 0755 "$cache/$arch" "$dir/dist/kubeferry-linux-$arch"
  done
}
