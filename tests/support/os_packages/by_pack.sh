#!/usr/bin/env bash
# by_pack.sh ARCH: started by enter.sh with a bare root of this machine's architecture in $ROOT. Its packages come from a node
# that serves the bundle, by a join pack: all that a machine has that is to join.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC2034 # common.sh
arch=$1
# shellcheck source=tests/support/os_packages/common.sh
source "$here/common.sh"
before=$(packages_there)
mkdir "$WORK/by_pack"
cd "$WORK/by_pack"
ip link set lo up
"$KUBEFERRY" serve "$BUNDLE" --trust "$TRUST" --listen 127.0.0.1:5000 --ca-dir . >serve.log 2>&1 &
server=$!
within 20 grep -q '^serving on' serve.log || fail "serve does not start: $(<serve.log)"
digest=$("$KUBEFERRY" inspect "$BUNDLE" --trust "$TRUST" --output json | jq -r .manifestDigest)
(umask 077 && jq -n --rawfile ca kubeferry-ca.crt --arg digest "$digest" --arg now "$(date -u +%FT%TZ)" '
  {kind: "kubeferry/join-pack/v1", created: $now, kubernetesVersion: "v1.34.2", endpoint: "127.0.0.1:6443",
   caCertHashes: ["sha256:" + "0" * 64], token: "abcdef.0123456789abcdef", tokenExpires: $now,
   registries: [{host: "127.0.0.1:5000"}], registryCa: $ca, bundleManifest: $digest}' >join.pack)
at() { "$KUBEFERRY" packages install --pack join.pack --trust "$TRUST" --root "$ROOT" "$@"; }

quiet at --dry-run
grep -q 'would install' "$WORK/log" || fail 'the dry run would install nothing'
expect 30 at no-such-package
[[ "$(packages_there)" == "$before" ]] || fail 'something was installed already'
quiet at socat
inside socat -V >/dev/null || fail 'there is no socat'
! inside sh -c 'command -v conntrack' >/dev/null || fail 'more was installed than what was named'
quiet at
inside conntrack --version >/dev/null || fail 'there is no conntrack'
[[ ! -e $ROOT/var/cache/kubeferry-packages ]] || fail 'the folder is still there'
quiet at
grep -q '^nothing to do' "$WORK/log" || fail 'there was still something to do'
kill "$server"
wait "$server" || fail "serve ended with $?"
expect 20 at ipset-that-is-none
echo 'by a join pack, from a node that serves the bundle: installed'
