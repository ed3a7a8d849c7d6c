#!/usr/bin/env bash
# Runs the OCI distribution conformance suite's pull and content discovery workflows against `kubeferry serve`. Push and
# content management are not for a registry that only reads. Every enabled test must pass, and as many must run as do
# today: a suite that skips everything is no pass.
#   run.sh KUBEFERRY MAKE_BUNDLE
set -euo pipefail
kubeferry=$1
make_bundle=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly expected=21
work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

# Built from the module cache, kept between runs under the name of what it was built from.
cache=${KUBEFERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubeferry}/conformance
suite=$cache/suite-$(cat "$here/go.mod" "$here/go.sum" | sha256sum | cut -c1-16)
if [[ ! -x $suite ]]; then
  mkdir -p "$cache"
  go=/usr/lib/go-1.19/bin/go
  [[ -x $go ]] || go=go
  (cd "$here" && GOFLAGS=-mod=readonly CGO_ENABLED=0 "$go" test -c -o "$work/suite" \
    github.com/opencontainers/distribution-spec/conformance) >"$work/go.log" 2>&1 || { cat "$work/go.log" >&2; exit 1; }
  mv "$work/suite" "$suite"
fi

settings=$("$make_bundle" "$work")
cd "$work"
"$kubeferry" serve conformance.tar.zst --trust conformance.pub --listen 127.0.0.1:0 >serve.out 2>serve.err &
server=$!
for _ in $(seq 100); do grep -q '^serving on' serve.out && break; sleep 0.05; done
url=$(sed -n 's/^serving on //p' serve.out)
[[ -n $url ]] || { cat serve.err >&2; exit 1; }
# shellcheck disable=SC2086 # lines of NAME=VALUE without blanks
if ! env $settings OCI_ROOT_URL="$url" OCI_TEST_PULL=1 OCI_TEST_CONTENT_DISCOVERY=1 OCI_REPORT_DIR="$work" \
  OCI_HIDE_SKIPPED_WORKFLOWS=1 "$suite" >suite.out 2>&1; then
  cat suite.out >&2
  exit 1
fi
passed=$(sed -n 's/.*\x1b\[[0-9;]*m\([0-9]*\) Passed.*/\1/p; s/^.*[^0-9m]\([0-9][0-9]*\) Passed.*/\1/p' suite.out | head -n 1)
echo "conformance: ${passed:-0} passed"
[[ ${passed:-0} -ge $expected ]] || { cat suite.out >&2; echo "only ${passed:-0} of $expected tests ran" >&2; exit 1; }
