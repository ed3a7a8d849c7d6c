#!/usr/bin/env bash
# image.sh: prints the folder of a machine that nobody has used yet: `disk.raw` (Debian 12 with systemd, and what a small
# server has before anybody thinks of Kubernetes), `vmlinuz`, `initrd.img`, and `key`, with which ssh lets root in. Made
# once for each version of this script. Its address is that of QEMU's own network, 10.0.2.15; the gateway and the name
# server that it is told about do not answer when that network is restricted.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly packages=(systemd-sysv dbus udev libpam-systemd linux-image-cloud-amd64 initramfs-tools openssh-server
  iproute2 iptables nftables conntrack ethtool socat mount kmod procps util-linux ebtables ca-certificates libseccomp2)

cache=$(realpath -m "${KUBEFERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubeferry}")/vm
mkdir -p "$cache"
exec {lock}>"$cache/.lock-image"
flock "$lock"
image=$cache/image_$(sha256sum <"${BASH_SOURCE[0]}" | cut -c1-12)
[[ ! -d $image ]] || { printf '%s\n' "$image"; exit; }
work=$(mktemp -d "$cache/.image.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
ssh-keygen -q -t ed25519 -N '' -C 'the key of tests/vm' -f "$work/key"

# Only the drivers of this machine: what the initial RAM disk has is unpacked by an emulated processor.
mkdir -p "$work/before/etc/initramfs-tools/conf.d"
printf 'MODULES=list\nCOMPRESS=gzip\n' >"$work/before/etc/initramfs-tools/conf.d/machine"
printf 'virtio_pci\nvirtio_blk\next4\n' >"$work/before/etc/initramfs-tools/modules"
"$here/../../ci/debian/root.sh" bookworm "$root" --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" \
  --essential-hook="copy-in $work/before/etc/initramfs-tools /etc" \
  --dpkgopt='force-confold' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*'

echo node1 >"$root/etc/hostname"
printf '127.0.0.1 localhost\n10.0.2.15 node1\n' >"$root/etc/hosts"
printf 'nameserver 10.0.2.3\n' >"$root/etc/resolv.conf"
printf '/dev/vda / ext4 defaults 0 1\n' >"$root/etc/fstab"
cat >"$root/etc/systemd/network/wired.network" <<'NETWORK'
[Match]
Name=en*
[Network]
Address=10.0.2.15/24
Gateway=10.0.2.2
LinkLocalAddressing=no
IPv6AcceptRA=no
NETWORK
install -d -m 0700 "$root/root/.ssh"
install -m 0600 "$work/key.pub" "$root/root/.ssh/authorized_keys"
printf 'UseDNS no\nMaxSessions 50\n' >"$root/etc/ssh/sshd_config.d/machine.conf"
install -d "$root/var/log/journal"
: >"$root/.kubeferry-host" # what tests/support/cluster/node/snapshot wants to see
systemctl --root="$root" --quiet enable systemd-networkd.service
# What runs at hours of its own would change files and take time.
systemctl --root="$root" --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  fstrim.timer logrotate.timer systemd-tmpfiles-clean.timer getty@tty1.service

cp "$root"/boot/vmlinuz-* "$work/vmlinuz"
cp "$root"/boot/initrd.img-* "$work/initrd.img"
truncate -s 12G "$work/disk.raw"
mke2fs -q -t ext4 -L root -E assume_storage_prezeroed=1 -d "$root" "$work/disk.raw"
rm -rf "$root" "$work/before"
chmod 0755 "$work"
mv "$work" "$image"
trap - EXIT
printf '%s\n' "$image"
