#!/usr/bin/env bash
# What each program of a release must be, read from its headers: for its architecture, static, at any address where Debian's
# C library can (amd64, arm64, s390x), relocations read-only, no stack or segment both writable and executable, stripped, without a
# path of the machine that built it, and no larger than 15 MiB. Prints a table.
#   hardening.sh FOLDER [ARCH…]
set -euo pipefail
folder=$1
shift
(($# > 0)) || set -- amd64 arm arm64 ppc64le s390x
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# shellcheck source=tests/support/expect.sh
source "$root/tests/support/expect.sh"
most=$((15 * 1024 * 1024))

printf '%-8s %-6s %-14s %-10s %-6s %-8s %-8s %s\n' ARCH CLASS DATA TYPE RELRO NX STRIPPED BYTES
for arch in "$@"; do
  program=$folder/kubeferry-linux-$arch
  [[ -f $program ]] || fail "$program is missing: ci/build-static $arch"
  readelf -hW "$program" >"$WORK/header" 2>"$WORK/log" || fail "$program is no ELF file"
  readelf -lW "$program" >"$WORK/segments" 2>>"$WORK/log"
  readelf -SW "$program" >"$WORK/sections" 2>>"$WORK/log"
  field() { sed -n "s/^ *$1: *//p" "$WORK/header"; }
  description=$root/platforms/data/$arch.json
  read -r -a bytes < <(head -c 20 "$program" | od -An -tu1 -v -w20)
  machine=$((bytes[5] == 2 ? bytes[18] * 256 + bytes[19] : bytes[19] * 256 + bytes[18]))
  [[ $machine == "$(jq .elf.machine "$description")" ]] || fail "$program is for ELF machine $machine"

  ! grep -q INTERP "$WORK/segments" || fail "$program needs a loader"
  type=$(field Type | cut -d' ' -f1)
  if [[ $arch == amd64 || $arch == arm64 || $arch == s390x ]]; then [[ $type == DYN ]] || fail "$program is at a fixed address"; fi
  grep -q GNU_RELRO "$WORK/segments" || fail "$program: relocations stay writable"
  grep -q 'GNU_STACK.* RW ' "$WORK/segments" || fail "$program: its stack is executable"
  ! grep -qE '^ *LOAD.* RWE ' "$WORK/segments" || fail "$program: a segment is both writable and executable"
  ! grep -q '\.symtab' "$WORK/sections" || fail "$program is not stripped"
  grep -qa 'stack smashing detected' "$program" || fail "$program has no stack protector"
  for path in "$root" "$HOME/.cache" /tmp; do
    ! grep -qaF "$path/" "$program" || fail "$program holds a path of this machine: $path"
  done
  size=$(stat -c %s "$program")
  ((size <= most)) || fail "$program has $size bytes, more than $most"
  printf '%-8s %-6s %-14s %-10s %-6s %-8s %-8s %s\n' "$arch" "$(field Class)" "$(field Data | sed 's/.*, //; s/ endian//')" "$type" yes yes yes "$size"
done
echo 'hardening: passed'
