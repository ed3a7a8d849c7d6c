#!/usr/bin/env bash
# Packs a release twice, from clones at two paths and under two umasks, and compares; then looks into every package: the
# program is the right one for its architecture, nothing runs when it is installed, nothing in it is anybody's but root's,
# the service is one that systemd understands and locks up. What ci/build-static takes an hour for has stand-ins.
#   packages.sh [KUBEFERRY]      the program for amd64; build/bin/kubeferry when none is named
set -euo pipefail
program=$(realpath "${1:-$(dirname "$0")/../../build/bin/kubeferry}")
cd "$(dirname "$0")/../.."
# shellcheck source=tests/release/stand_ins.sh
source tests/release/stand_ins.sh
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "packages.sh: $*" >&2; exit 1; }

say() { printf '== %s\n' "$*"; }
# pack DIR UMASK: a clone with what is not committed yet, and a release in it.
pack() {
  local tree=$1 arch built_with=()
  git clone -q "$root" "$tree"
  git ls-files -zco --exclude-standard | tar -C "$root" --null --files-from=- --ignore-failed-read -c 2>/dev/null |
    tar -C "$tree" -x
  stand_ins "$tree" "$program"
  for arch in "${architectures[@]}"; do built_with+=("$arch=$tree/built-with-$arch"); done
  (umask "$2" && cd "$tree" && ci/package && ci/sbom "${built_with[@]}" && ci/packaging/sums) >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; fail "packing in $tree"; }
}
say 'twice'
pack "$work/a" 022
pack "$work/somewhere/else entirely" 077
cat "$work/log"
dist="$work/somewhere/else entirely/dist"
diff -r "$work/a/dist" "$dist" || fail 'the two differ'
(cd "$dist" && sha256sum --quiet -c SHA256SUMS)
python3 -B tests/release/sbom_check.py "$dist/kubeferry-$version.spdx.json"

same_everywhere=(/etc/kubeferry/serve.conf /usr/bin/kubeferry /usr/lib/systemd/system/kubeferry-serve.service
  /usr/share/bash-completion/completions/kubeferry /usr/share/fish/vendor_completions.d/kubeferry.fish
  /usr/share/man/man1/kubeferry.1.gz /usr/share/man/man1/kubeferry-key-generate.1.gz /usr/share/doc/kubeferry/serving.md)
# looks_right TREE ARCH: what must hold of an unpacked package of either kind.
looks_right() {
  local tree=$1 arch=$2 file
  for file in "${same_everywhere[@]}"; do
    [[ -s $tree$file ]] || fail "$tree$file is missing"
  done
  is_for "$tree/usr/bin/kubeferry" "$arch" || fail "$tree holds no program for $arch"
  cmp "$tree/usr/bin/kubeferry" "$dist/kubeferry-linux-$arch" || fail "$tree"
  # Folders that a package does not own are cpio's, with its own time.
  file=$(find "$tree" -mindepth 1 '(' -perm /7022 -o -type f '(' ! -newermt @0 -o -newermt "@$SOURCE_DATE_EPOCH" ')' ')')
  [[ -z $file ]] || fail "modes or times: $file"
}

for arch in "${architectures[@]}"; do
  say "$arch"
  deb=$dist/kubeferry_${version}_$(fact "$arch" debian).deb
  [[ $(dpkg-deb -f "$deb" Package Version Architecture | cut -d' ' -f2 | xargs) == "kubeferry $version $(fact "$arch" debian)" ]] ||
    fail "$deb: $(dpkg-deb -I "$deb")"
  [[ $(dpkg-deb --ctrl-tarfile "$deb" | tar -t | sort | xargs) == './ ./conffiles ./control ./md5sums' ]] || fail "$deb: scripts"
  (! dpkg-deb -c "$deb" | grep -v ' root/root ') || fail "$deb: owners"
  dpkg-deb -R "$deb" "$work/deb"
  (cd "$work/deb" && md5sum --quiet -c DEBIAN/md5sums) || fail "$deb: md5sums"
  rm -rf "$work/deb/DEBIAN"
  looks_right "$work/deb" "$arch"

  rpm=$dist/kubeferry-$version-1.$(fact "$arch" rpm).rpm
  [[ $(rpm -qp --qf '%{NAME} %{VERSION} %{RELEASE} %{ARCH} %{OS} %{BUILDHOST} %{PAYLOADCOMPRESSOR} %{BUILDTIME}' "$rpm") == \
    "kubeferry $version 1 $(fact "$arch" rpm) linux kubeferry xz $SOURCE_DATE_EPOCH" ]] || fail "$rpm: $(rpm -qpi "$rpm")"
  rpm --checksig --nosignature "$rpm" | grep -q 'digests OK' || fail "$rpm: digests"
  [[ -z $(rpm -qp --scripts --triggers "$rpm") ]] || fail "$rpm: scripts"
  # What rpm 4.14 of RHEL 8 can do, and nothing from elsewhere.
  (! rpm -qp --requires "$rpm" | grep -vE '^rpmlib\((CompressedFileNames|FileDigests|PayloadFilesHavePrefix|PayloadIsXz)\) ') ||
    fail "$rpm: requires what is named above"
  (! rpm -qp --qf '[%{FILEUSERNAME}:%{FILEGROUPNAME}\n]' "$rpm" | grep -v '^root:root$') || fail "$rpm: owners"
  mkdir "$work/rpm"
  rpm2cpio "$rpm" | (cd "$work/rpm" && cpio --quiet -idm)
  looks_right "$work/rpm" "$arch"
  # But for what each format has a place of its own for, they are the same.
  diff -r -x LICENSE -x licenses -x third-party-notices -x copyright -x changelog.gz -x zsh "$work/deb" "$work/rpm" || fail "$arch: the packages differ"
  [[ $arch == s390x ]] || rm -rf "$work/deb" "$work/rpm"
done

say 'the service'
unit=kubeferry-serve.service
# This machine's units are what it is ordered against. Nothing is started; whatever is said of it is a fault.
cp -an /lib/systemd/system/. "$work/deb/usr/lib/systemd/system/"
said=$(systemd-analyze verify --root="$work/deb" --man=no "$unit" 2>&1) || fail "$unit: $said"
[[ -z $said ]] || fail "$unit: $said"
systemd-analyze security --offline=true --root="$work/deb" --threshold=15 "$unit" | tail -n 1

say 'what is refused'
refused() { # TEXT COMMAND…
  local text=$1
  shift
  (cd "$work/a" && ! "$@" >"$work/refused" 2>&1 && grep -q "$text" "$work/refused") || fail "$* was not refused: $(cat "$work/refused")"
}
cp "$work/a/dist/kubeferry-linux-s390x" "$work/a/dist/kubeferry-linux-arm"
refused 'no program for arm' ci/package arm
refused 'is missing: ci/build-static' bash -c 'rm dist/kubeferry-linux-arm64; ci/package arm64'
refused 'is too much' bash -c 'touch dist/more; ci/packaging/sums'
echo 'unheard-of 1.0' >>"$work/a/built-with-arm"
refused 'does not have unheard-of' ci/sbom "arm=$work/a/built-with-arm"
echo 'packages.sh: all is as it should be'
