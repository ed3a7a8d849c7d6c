#!/usr/bin/env bash
# faults.sh ARCH: started by enter.sh with a bare root of this machine's architecture in $ROOT. What is refused changes
# nothing; what is killed is finished by the next run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
arch=$1
# shellcheck source=tests/support/os_packages/common.sh
source "$here/common.sh"
before=$(packages_there)
cd "$WORK"
unchanged() { [[ "$(packages_there)" == "$before" && ! -e $ROOT/var/cache/kubeferry-packages ]] || fail 'something was changed'; }
at() { "$KUBEFERRY" packages install "$@" --root "$ROOT"; }

"$KUBEFERRY" key generate stranger >/dev/null
expect 11 at "$BUNDLE" --trust stranger.pub
expect 12 at "$BUNDLE" --trust "$TRUST" --min-sequence 9000000000000000
expect 2 at "$BUNDLE" --trust "$TRUST" --distribution nothing-1
expect 2 at "$BUNDLE" --trust "$TRUST" -- -oDPkg::Pre-Invoke::=true
expect 30 at "$BUNDLE" --trust "$TRUST" no-such-package
grep -q 'Unable to locate package no-such-package' "$WORK/log" || fail 'no word about the package'
expect 2 "$KUBEFERRY" packages install "$BUNDLE" --trust "$TRUST" --root "$WORK"
sed -i 's/^VERSION_ID=.*/VERSION_ID="7"/' "$ROOT/usr/lib/os-release"
expect 40 at "$BUNDLE" --trust "$TRUST"
grep -q -- '--distribution debian-12' "$WORK/log" || fail 'no word about the way'
sed -i 's/^VERSION_ID=.*/VERSION_ID="12"/' "$ROOT/usr/lib/os-release"
unchanged

# One bit of a package is enough, and nothing is installed.
cp "$BUNDLE" damaged
quiet "$KUBEFERRY" packages extract "$BUNDLE" --trust "$TRUST" --distribution debian-12 --platform "$OWN" --to extracted
python3 - extracted/pool/socat_*.deb damaged <<'PYTHON'
import pathlib, sys
package, bundle = map(pathlib.Path, sys.argv[1:])
content = bytearray(bundle.read_bytes())
place = content.index(package.read_bytes()[5000:5100])
content[place] ^= 1
bundle.write_bytes(content)
PYTHON
expect 13 at damaged --trust "$TRUST"
rm -r damaged extracted
unchanged

# dpkg's lock, held by somebody else: apt waits a minute for it.
python3 - "$ROOT/var/lib/dpkg/lock-frontend" "$WORK/held" <<'PYTHON' &
import fcntl, pathlib, sys, time
lock = open(sys.argv[1], "a")
fcntl.lockf(lock, fcntl.LOCK_EX)
pathlib.Path(sys.argv[2]).touch()
time.sleep(600)
PYTHON
holder=$!
within 20 test -e "$WORK/held"
expect 75 at "$BUNDLE" --trust "$TRUST"
kill "$holder"
wait "$holder" 2>/dev/null || true
rm "$WORK/held"
unchanged

# Everything killed at once, as soon as it has come to some point, or a little later: the next run finishes it.
seen_or_over() { pgrep -f "$1" >/dev/null || ! kill -0 "$victim" 2>/dev/null; }
killed=0
for point in 'kubeferry packages' 'apt-get -c' 'dpkg .*--unpack' 'dpkg .*--unpack:0.5' 'dpkg .*--configure' 'dpkg .*--configure:0.5' \
  'apt-get -c:1'; do
  setsid "$KUBEFERRY" packages install "$BUNDLE" --trust "$TRUST" --root "$ROOT" >"$WORK/log" 2>&1 &
  victim=$!
  for ((n = 0; n < 3000; ++n)); do
    ! seen_or_over "${point%:*}" || break
    sleep 0.02
  done
  [[ $point != *:* ]] || sleep "${point##*:}"
  for pid in $(pgrep -f 'kubeferry packages|apt-get -c|dpkg .*--(unpack|configure|status-fd)' || true) "$victim"; do
    kill -KILL "$pid" 2>/dev/null || true
  done
  wait "$victim" 2>/dev/null && break
  killed=$((killed + 1))
done
((killed > 3)) || fail "only $killed runs were killed"
quiet install_packages
[[ -z "$(inside dpkg --audit)" ]] || fail 'dpkg is not content after a kill'
inside conntrack --version >/dev/null
inside chronyd --version >/dev/null
[[ ! -e $ROOT/var/cache/kubeferry-packages ]] || fail 'the folder is still there'
quiet install_packages
grep -q '^nothing to do' "$WORK/log" || fail 'there was still something to do'
echo "$killed runs were killed, and the next one finished what they had begun"
