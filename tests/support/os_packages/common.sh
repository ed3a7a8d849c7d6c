# What the scripts that enter.sh starts share. Source it; $ROOT, $WORK, $KUBEFERRY, $BUNDLE, $TRUST, $arch and
# $OWN, this machine's architecture, are set.
# shellcheck shell=bash disable=SC2154
# shellcheck source=tests/support/expect.sh
source "$here/../expect.sh"
inside() { env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root chroot "$ROOT" "$@"; }
# All that apt knows of the world.
apt_state() { (cd "$ROOT" && find etc/apt var/lib/apt/lists -type f -exec sha256sum {} + | sort -k 2); }
# shellcheck disable=SC2016
packages_there() { inside dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\n'; }
if [[ -n ${DIST:-} ]]; then
  cp "$DIST/kubeferry-linux-$arch" "$ROOT/usr/local/bin/kubeferry"
  cp "$TRUST" "$ROOT/root/site.pub"
  touch "$ROOT/root/bundle"
  mount --bind "$BUNDLE" "$ROOT/root/bundle"
  install_packages() { inside kubeferry packages install /root/bundle --trust /root/site.pub "$@"; }
else
  install_packages() { "$KUBEFERRY" packages install "$BUNDLE" --trust "$TRUST" --root "$ROOT" "$@"; }
fi
