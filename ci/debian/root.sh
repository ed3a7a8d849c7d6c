#!/usr/bin/env bash
# Unpacks or installs Debian packages beside the machine's own, from this machine's own mirrors; nothing is installed here.
#   root.sh SUITE OUT OPTION…     OUT and the options are mmdebstrap's: a folder, NAME.tar; --variant, --include, …
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
(($# >= 2)) || { echo 'usage: root.sh SUITE OUT OPTION…' >&2; exit 2; }
suite=$1 out=$2
shift 2
command -v mmdebstrap >/dev/null || { echo 'root.sh: mmdebstrap is missing: ci/setup' >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# This machine's own mirrors and the way to them; not its hooks.
python3 - "$here" "$suite" >"$work/sources.list" <<'PYTHON'
import sys
sys.path.insert(0, sys.argv[1])
import apt_root
for uri in apt_root.debian_uris():
    print(f"deb [signed-by={apt_root.KEYRING}] {uri} {sys.argv[2]} {apt_root.COMPONENT}")
PYTHON
apt-config dump --format '%F "%v";%n' Acquire | grep -E 'Proxy|::Check-|Verify-|CaInfo|Retries' >"$work/apt.conf" || true
mmdebstrap --mode=root --aptopt="$work/apt.conf" "$@" "$suite" "$out" "$work/sources.list" >"$work/log" 2>&1 ||
  { tail -n 20 "$work/log" >&2; exit 1; }
