#!/usr/bin/env bash
# time_daemon.sh ARCH: started by enter.sh with a root of this machine's architecture in $ROOT that has systemd-timesyncd, as a
# stock Debian has. chrony excludes it: it is left out, unless it is asked for.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC2034 # for common.sh
arch=$1
# shellcheck source=tests/support/os_packages/common.sh
source "$here/common.sh"
# shellcheck disable=SC2016 # for dpkg-query
there() { inside dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }
left_out='chrony is left out: apt-get would have to remove systemd-timesyncd'

there systemd-timesyncd || fail 'this is no stock root'
before=$(packages_there)
quiet install_packages --dry-run
grep -q "$left_out" "$WORK/log" || fail 'the dry run does not say what is left out'
expect 30 install_packages socat chrony
grep -q 'would have to remove systemd-timesyncd' "$WORK/log" || fail 'the refusal does not say why'
[[ "$(packages_there)" == "$before" ]] || fail 'something was changed'

quiet install_packages
grep -q "$left_out" "$WORK/log" || fail 'it is not said what is left out'
there systemd-timesyncd || fail 'systemd-timesyncd was removed'
! there chrony || fail 'chrony is there'
there conntrack || fail 'the others are not there'
quiet install_packages
grep -q '^nothing to do: what is not left out' "$WORK/log" || fail 'a second run did something'
echo 'chrony gave way to systemd-timesyncd'
