#!/usr/bin/env bash
# The package's service where it belongs: a virtual machine of Debian 12 with systemd as pid 1 (tests/vm) gets the .deb, and
# is told what docs/serving.md says. It serves as nobody, comes back when it is killed and after a reboot, stays down while
# what it was given is wrong, and goes with the package.
#   service.sh FOLDER      FOLDER: what ci/release made; the program and the package for amd64 are looked at
# Needs what ci/vm needs: root, 4 GiB of memory, minutes of emulation.
# shellcheck disable=SC2016 # what stands in single quotes is for the machine's shell
set -euo pipefail
dist=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WORK=$(mktemp -d)
export WORK
# shellcheck source=tests/support/expect.sh
source "$here/../support/expect.sh"
# shellcheck source=tests/vm/machine.sh
source "$here/../vm/machine.sh"
trap 'power_cut; rm -rf "$WORK"' EXIT
trap 'exit 143' TERM INT
packages=("$dist"/kubeferry_*_amd64.deb)
[[ -f ${packages[0]} ]] || fail "$dist holds no package for amd64: ci/release"
step() { echo "$1 ($SECONDS s)"; }

cd "$WORK"
kubeferry=$dist/kubeferry-linux-amd64
quiet "$kubeferry" key generate site
quiet "$kubeferry" key generate stranger
bundle() { # VERSION
  printf '%s\n' 'apiVersion: kubeferry/v1' 'kind: Bundle' 'name: site' "version: \"$1\"" 'platforms: [linux/amd64]' \
    'files: [{file: site.yaml, path: /opt/kubeferry/site.yaml}]' >site.yaml
  quiet "$kubeferry" lock site.yaml
  quiet "$kubeferry" build site.yaml --key site.key --output "$1.tar.zst"
}
bundle 1
bundle 2

machine_prepare
machine_disk
machine_on
machine_wait 600 >boot
step 'the machine is up'
for file in "${packages[0]}" 1.tar.zst 2.tar.zst site.pub stranger.pub; do put "$file" "/root/${file##*/}"; done

quiet on "dpkg -i /root/${packages[0]##*/}"
is() { [[ $(on systemctl show -P "$1" kubeferry-serve) == "$2" ]]; } # PROPERTY VALUE
is UnitFileState disabled || fail 'installing enabled the service'
is ActiveState inactive || fail 'installing started the service'
give() { on install -D -m 0644 "/root/$1.tar.zst" /srv/kubeferry/site.tar.zst; }
trust() { on install -D -m 0644 "/root/$1.pub" /etc/kubeferry/trust.pub; }
give 1
trust site
on "sed -i 's|^BUNDLES=.*|BUNDLES=/srv/kubeferry/site.tar.zst|' /etc/kubeferry/serve.conf"
quiet on systemctl enable --now kubeferry-serve
serves() { # VERSION: to this machine, through ssh
  "${vm_ssh[@]}" -O forward -L "127.0.0.1:$port:127.0.0.1:5000" || return 1
  on cat /var/lib/kubeferry-serve/kubeferry-ca.crt >ca.crt &&
    curl -sf -o manifest --cacert ca.crt "https://localhost:$port/v2/site/node-files/manifests/$1"
}
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
within 60 serves 1 || { on journalctl -u kubeferry-serve >&2; fail 'the service does not serve'; }
on 'journalctl -u kubeferry-serve -o cat' >journal
grep -q 'hosts.toml\|server = ' journal || fail 'its journal does not say what clients need'
on 'pid=$(systemctl show -P MainPID kubeferry-serve); cat /proc/$pid/status' >status
grep -q $'^CapEff:\t0000000000000000' status || fail 'it has capabilities'
! grep -q $'^Uid:\t0' status || fail 'it is root'
grep -q $'^Seccomp:\t2' status || fail 'its system calls are not filtered'
step 'it serves, as nobody'

on 'kill -KILL $(systemctl show -P MainPID kubeferry-serve)'
within 60 serves 1 || fail 'it does not come back when it is killed'
[[ $(on systemctl show -P NRestarts kubeferry-serve) == 1 ]] || fail 'it was started more often than once'
give 2
quiet on systemctl restart kubeferry-serve
within 60 serves 2 || fail 'it does not serve the new bundle'
step 'killed, and a new bundle'

trust stranger
on systemctl restart kubeferry-serve || true
within 60 is ActiveState failed || fail 'it runs without a signature that holds'
is NRestarts 0 || fail 'it tries again what cannot succeed'
on 'journalctl -u kubeferry-serve -o cat -n 20' >journal
grep -q 'signed\|signature' journal || { cat journal >&2; fail 'its journal does not say what is wrong'; }
trust site
quiet on systemctl restart kubeferry-serve
within 60 serves 2 || fail 'it does not serve when the key is right again'
machine_reboot 600 >boot
within 120 serves 2 || fail 'it does not serve after a reboot'
step 'a wrong key, a reboot'

quiet on 'systemctl disable --now kubeferry-serve && dpkg -P kubeferry'
quiet on '[ ! -e /usr/bin/kubeferry ] && [ ! -e /lib/systemd/system/kubeferry-serve.service ] && [ -e /var/lib/kubeferry-serve/kubeferry-ca.crt ]'
on systemctl --failed --no-legend >failed
[[ ! -s failed ]] || fail "failed units: $(cat failed)"
step 'gone, but for its CA'
echo 'service: passed'
