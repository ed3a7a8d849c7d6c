#!/usr/bin/env bash
# rpm.sh ARCH: started by enter.sh with a Debian root that has rpm and dnf in $ROOT. Two packages built here, one of which
# needs the other, as a bundle for that system.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
arch=$1
BUNDLE=$WORK/rpm.tar.zst TRUST=$WORK/rpm.pub DIST=''
# shellcheck source=tests/support/os_packages/common.sh
source "$here/common.sh"
mkdir -p "$WORK/rpm/packages"
for name in kf-hello kf-words; do
  needs='' line="echo $name"
  # shellcheck disable=SC2016
  [[ $name != kf-hello ]] || needs='Requires: kf-words >= 1.2' line='echo "kf-hello $(kf-words)"'
  cat >"$WORK/$name.spec" <<SPEC
Name: $name
Version: 1.2
Release: 3
Summary: A test
License: Apache-2.0
BuildArch: noarch
AutoReq: no
$needs
%description
A test.
%install
mkdir -p %{buildroot}/usr/bin
printf '#!/bin/sh\n$line\n' >%{buildroot}/usr/bin/$name
chmod 755 %{buildroot}/usr/bin/$name
%files
/usr/bin/$name
SPEC
  quiet rpmbuild -bb --define "_topdir $WORK/rpmbuild" --define "_rpmdir $WORK/rpm/packages" --define '_build_id_links none' \
    --define "_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" "$WORK/$name.spec"
done
quiet createrepo_c --simple-md-filenames "$WORK/rpm"
cd "$WORK"
"$KUBEFERRY" key generate rpm >/dev/null
"$(dirname "$KUBEFERRY")/make_package_bundle" "$BUNDLE" rpm.key own-12 rpm "linux/$arch" debian 12 kf-hello "$WORK/rpm"

! inside sh -c 'command -v kf-hello' >/dev/null || fail 'kf-hello is there already'
mkdir -p "$ROOT/etc/yum.repos.d"
printf '[far]\nname=far\nbaseurl=http://192.0.2.1/\nenabled=1\n' >"$ROOT/etc/yum.repos.d/far.repo" # would be asked in vain
quiet install_packages --dry-run
grep -q 'would install kf-hello' "$WORK/log" || fail 'the dry run would install nothing'
quiet install_packages
cat "$WORK/log"
[[ "$(inside kf-hello)" == 'kf-hello kf-words' ]] || fail 'what it needs is not there'
[[ ! -e $ROOT/var/cache/kubeferry-packages ]] || fail 'the folder is still there'
quiet install_packages
grep -q '^nothing to do' "$WORK/log" || fail 'a second run did something'
expect 30 install_packages no-such-package
