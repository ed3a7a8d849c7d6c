#!/usr/bin/env bash
# install.sh ARCH: started by enter.sh with a bare root of that architecture in $ROOT. Installs the bundle's packages there
# and runs what was installed. Adds a row to $WORK/table.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
arch=$1
# shellcheck source=tests/support/os_packages/common.sh
source "$here/common.sh"

before=$(apt_state)
installed_before=$(packages_there)
for program in conntrack socat ipset chronyd; do
  ! inside sh -c "command -v $program" >/dev/null || fail "$program is there already: that is no bare root"
done

quiet install_packages --dry-run
grep -q 'would install' "$WORK/log" || fail 'the dry run would install nothing'
[[ "$(packages_there)" == "$installed_before" ]] || fail 'a dry run installed something'

started=$SECONDS
quiet install_packages
took=$((SECONDS - started))
count=$(sed -n 's/^installed \([0-9]*\) packages from .*/\1/p' "$WORK/log")
[[ $count -ge 7 ]] || fail "installed \"$count\" packages"

# Each program says its version: what it needs is there then, and all of it is for this machine. Some ask the kernel by
# netlink even for that, which qemu-user does not pass on: where they are emulated they may fail, once they have said it.
says() { # PATTERN COMMAND…
  local status=0
  inside "${@:2}" >"$WORK/said" 2>&1 || status=$?
  grep -m 1 -E "$1" "$WORK/said" || { cat "$WORK/said" >&2; fail "$arch: ${*:2}"; }
  [[ $status == 0 || $arch != "$OWN" ]] || fail "$arch: exit $status: ${*:2}"
}
says '^conntrack v[0-9]' conntrack --version
says '^socat version [0-9]' socat -V
says '^iptables v[0-9]' iptables-legacy --version
says '^ebtables v[0-9]' ebtables-legacy --version
if [[ $arch == "$OWN" ]]; then # those that speak nftables say nothing without it
  says '^iptables v[0-9]' iptables --version
  says '^ebtables [0-9]' ebtables --version
fi
says '^ethtool version [0-9]' ethtool --version
says '^ipset v[0-9]' ipset --version
says '^chronyd .* version [0-9]' chronyd --version
! pgrep chronyd >/dev/null || fail 'a service was started against the policy of the host'

[[ "$(apt_state)" == "$before" ]] || fail "apt's sources or lists are not what they were"
[[ ! -e $ROOT/var/cache/kubeferry-packages ]] || fail 'the folder is still there'
[[ -z "$(inside dpkg --audit)" ]] || fail 'dpkg is not content'
quiet install_packages
grep -q '^nothing to do' "$WORK/log" || fail 'a second run did something'
printf '%s packages %s seconds %s\n' "$arch" "$count" "$took" >>"$WORK/table"
