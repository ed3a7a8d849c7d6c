#!/usr/bin/env bash
# What everything that makes a part of a release has to agree on; sourced in the root of the tree.
# shellcheck disable=SC2034 # used by whoever sources it

# Names, modes and times must not come from whoever builds.
umask 022
export LC_ALL=C TZ=UTC
version=$(sed -n 's/^project(kubeferry VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
maintainer='kubeferry maintainers <maintainers@kubeferry.invalid>'
architectures=(amd64 arm arm64 ppc64le s390x)

# fact ARCH KEY: what somebody calls that architecture.
fact() { jq -er ".$2" "platforms/data/$1.json"; }

# is_for FILE ARCH: whether a program is for that architecture, by its ELF header.
is_for() {
  local -a head
  local machine
  read -r -a head < <(od -An -v -tu1 -w20 -N20 "$1")
  [[ "${head[*]:0:4}" == '127 69 76 70' ]] || return 1
  machine=$((head[5] == 1 ? head[18] + 256 * head[19] : 256 * head[18] + head[19]))
  [[ "$machine ${head[4]} ${head[5]}" == "$(jq -r '.elf | "\(.machine) \(.class) \(.data)"' "platforms/data/$2.json")" ]]
}

# of_one_time DIR: everything in it gets the time of the last commit.
of_one_time() { find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +; }
