#!/usr/bin/env bash
# The emulators of the architectures that are not this machine's.
#   emulators.sh check      are their programs installed?
#   emulators.sh known      does the kernel start them by itself, from where it looks now?
#   emulators.sh register   tells it, in the binfmt_misc that is mounted here
set -euo pipefail
registry=/proc/sys/fs/binfmt_misc
case $(uname -m) in
  x86_64) own=x86_64 ;; aarch64) own=aarch64 ;; armv7l | armv8l) own=arm ;; ppc64le) own=ppc64le ;; s390x) own=s390x ;;
  *) echo "emulators.sh: $(uname -m) is none of Kubernetes' architectures" >&2; exit 1 ;;
esac
# An executable's first 20 bytes: class, byte order, kind (program or position-independent one), machine. What does not
# matter is masked out: the system it is for, the second bit of its kind.
little='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
big='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff'
elf() { printf '\\x7fELF\\x0%s\\x0%s\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00' "$1" "$2"; } # CLASS ORDER
rows=(
  "x86_64|$(elf 2 1)\\x02\\x00\\x3e\\x00|$little"
  "aarch64|$(elf 2 1)\\x02\\x00\\xb7\\x00|$little"
  "arm|$(elf 1 1)\\x02\\x00\\x28\\x00|$little"
  "ppc64le|$(elf 2 1)\\x02\\x00\\x15\\x00|$little"
  "s390x|$(elf 2 2)\\x00\\x02\\x00\\x16|$big"
)
for row in "${rows[@]}"; do
  IFS='|' read -r name magic mask <<<"$row"
  [[ $name != "$own" ]] || continue
  program=/usr/bin/qemu-$name-static
  case ${1:-} in
    check) [[ -x $program ]] || { echo "emulators.sh: $program is missing: ci/setup --static" >&2; exit 1; } ;;
    # "F": opened now, so that it is found in other roots, too.
    known) grep -qs '^flags:.*F' "$registry/qemu-$name" || exit 1 ;;
    register) printf '%s' ":qemu-$name:M::$magic:$mask:$program:F" >"$registry/register" ;;
    *) echo 'usage: emulators.sh check | known | register' >&2; exit 2 ;;
  esac
done
