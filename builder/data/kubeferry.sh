#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the kubeferry beside this file that is made for this machine, after checking that it is the one that was put here:
#
#   sh kubeferry.sh verify site.tar.zst --trust site.pub
#
# This file knows their SHA-256. Whether this file is the right one, you know: compare
#
#   sha256sum kubeferry.sh
#
# with the line that `kubeferry stick` printed when the medium was made, and that came here another way.
# Needs a POSIX shell, uname, mktemp, cp, and sha256sum, openssl or shasum. It installs nothing and leaves nothing behind.
set -eu

# uname -m, file, SHA-256
programs='@PROGRAMS@'

fail() { # EXIT-CODE MESSAGE: as `kubeferry` itself says it (docs/exit-codes.md)
  printf 'kubeferry: %s\n' "$2" >&2
  exit "$1"
}

digest() { # FILE
  if command -v sha256sum >/dev/null 2>&1; then
    sum=$(sha256sum <"$1")
  elif command -v openssl >/dev/null 2>&1; then
    sum=$(openssl dgst -sha256 -r <"$1")
  elif command -v shasum >/dev/null 2>&1; then
    sum=$(shasum -a 256 <"$1")
  else
    fail 40 'this machine has none of sha256sum, openssl and shasum, so nothing can be checked'
  fi
  printf '%s\n' "${sum%% *}"
}

here=$(dirname -- "$0")
machine=$(uname -m)
file='' wanted='' known=''
while read -r name program sum; do
  known="$known $name"
  if [ "$name" = "$machine" ]; then
    file=$program wanted=$sum
  fi
done <<PROGRAMS
$programs
PROGRAMS
[ -n "$file" ] || fail 40 "there is no kubeferry for $machine here; there is one for:$known"
[ -r "$here/$file" ] || fail 30 "$here/$file is missing: copy everything that was beside this file"

# A medium is often mounted so that nothing on it can run, and so is /tmp on many hosts.
for place in "${TMPDIR:-/tmp}" /run /var/tmp /root /dev/shm; do
  folder=$(umask 077 && mktemp -d "$place/kubeferry.XXXXXX" 2>/dev/null) || continue
  if cp -- "$here/$file" "$folder/kubeferry" 2>/dev/null && chmod 700 "$folder/kubeferry"; then
    exec 3<"$folder/kubeferry"
    rm -rf -- "$folder"
    # What is checked is what runs: the name is gone, and nobody else can open it.
    [ "$(digest /proc/self/fd/3)" = "$wanted" ] ||
      fail 13 "$here/$file is not the program that was put here: copy it again, or look at the medium"
    if /proc/self/fd/3 version >/dev/null 2>&1; then
      exec /proc/self/fd/3 "$@"
    fi
    exec 3<&-
  else
    rm -rf -- "$folder"
  fi
done
fail 40 'found no place where a program may run, with room for it: name a folder with TMPDIR=FOLDER'
