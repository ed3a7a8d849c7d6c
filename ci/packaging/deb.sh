#!/usr/bin/env bash
# make_deb TREE ARCH NOTICES OUT: a Debian package of a tree that holds everything but what is Debian's alone.
# shellcheck source=ci/packaging/tree.sh
source ci/packaging/tree.sh

make_deb() {
  local tree=$1 arch=$2 notices=$3 out=$4
  local doc=$tree/usr/share/doc/kubeferry zsh=$tree/usr/share/zsh/vendor-completions
  install -d "$zsh" "$tree/DEBIAN"
  native completion zsh >"$zsh/_kubeferry"
  install -m 0644 "$notices" "$doc/third-party-notices"
  cat >"$doc/copyright" <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: kubeferry
Comment: The program is linked statically; what is due to those whose work is in it is in third-party-notices, beside
 this file.

Files: *
Copyright: $(date -d "@$SOURCE_DATE_EPOCH" +%Y) the kubeferry maintainers
License: Apache-2.0
 On Debian systems, the text of the Apache License, version 2.0, is in /usr/share/common-licenses/Apache-2.0.
END
  gzip -n -9 >"$doc/changelog.gz" <<END
kubeferry ($version) stable; urgency=medium

  * Release $version.

 -- $maintainer  $(date -R -d "@$SOURCE_DATE_EPOCH")
END
  # Sizes as Debian's own tools count them: what a file system makes of them is its business.
  local size
  size=$(find "$tree" -mindepth 1 -path "$tree/DEBIAN" -prune -o -printf '%y %s\n' |
    awk '{ sum += $1 == "f" ? int(($2 + 1023) / 1024) : 1 } END { print sum }')
  cat >"$tree/DEBIAN/control" <<END
Package: kubeferry
Version: $version
Architecture: $(fact "$arch" debian)
Maintainer: $maintainer
Installed-Size: $size
Suggests: bash-completion, ca-certificates
Section: admin
Priority: optional
Description: carries Kubernetes over an air gap
 On a connected machine kubeferry collects what a kubeadm cluster needs into one
 signed, compressed bundle. On machines without internet it verifies that
 bundle, serves it as a registry, mirrors it into the site's own, and makes bare
 Linux hosts into a cluster with the real kubeadm.
END
  echo /etc/kubeferry/serve.conf >"$tree/DEBIAN/conffiles"
  (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
  of_one_time "$tree"
  # How many threads compress must not be seen.
  dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$tree" "$out" >/dev/null
}
