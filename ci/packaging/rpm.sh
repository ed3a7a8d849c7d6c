#!/usr/bin/env bash
# make_rpm TREE ARCH NOTICES OUT: an RPM package of a tree that holds everything but what is RPM's alone. RHEL 8's rpm and
# all later ones can read it.
# shellcheck source=ci/packaging/tree.sh
source ci/packaging/tree.sh

make_rpm() {
  local tree=$1 arch=$2 notices=$3 out=$4 work
  local zsh=$tree/usr/share/zsh/site-functions licenses=$tree/usr/share/licenses/kubeferry
  work=$(dirname "$tree")/rpm-$arch
  install -d "$zsh" "$licenses" "$work/home" "$work/out"
  native completion zsh >"$zsh/_kubeferry"
  install -m 0644 LICENSE "$licenses/LICENSE"
  install -m 0644 "$notices" "$licenses/third-party-notices"
  of_one_time "$tree"
  cat >"$work/kubeferry.spec" <<END
Name: kubeferry
Version: $version
Release: 1
Summary: Carries Kubernetes over an air gap
License: Apache-2.0
AutoReqProv: no

%description
On a connected machine kubeferry collects what a kubeadm cluster needs into one
signed, compressed bundle. On machines without internet it verifies that bundle,
serves it as a registry, mirrors it into the site's own, and makes bare Linux
hosts into a cluster with the real kubeadm.

%install
cp -a "$tree/." "%{buildroot}/"

%files
%defattr(-, root, root)
%dir /etc/kubeferry
%config(noreplace) /etc/kubeferry/serve.conf
/usr/bin/kubeferry
/usr/lib/systemd/system/kubeferry-serve.service
/usr/share/bash-completion/completions/kubeferry
/usr/share/fish/vendor_completions.d/kubeferry.fish
/usr/share/zsh/site-functions/_kubeferry
%dir /usr/share/licenses/kubeferry
%license /usr/share/licenses/kubeferry/*
%doc /usr/share/doc/kubeferry
%doc /usr/share/man/man1/*
END
  # Neither this machine's name and clock nor its user's macros; nothing of what rpmbuild does to files of its own accord:
  # the program is stripped, and is of another architecture than the tools.
  local -a as_it_is=(
    --define "_topdir $work" --define "_rpmdir $work/out" --define "_tmppath $work"
    --define '_rpmfilename kubeferry.rpm' --define '_buildhost kubeferry'
    --define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1'
    --define 'source_date_epoch_from_changelog 0'
    --define '__os_install_post %{nil}' --define '_build_id_links none' --define 'debug_package %{nil}'
    --define '_binary_payload w6.xzdio' --define '_binary_filedigest_algorithm 8')
  HOME=$work/home rpmbuild -bb --quiet --target "$(fact "$arch" rpm)-linux" "${as_it_is[@]}" "$work/kubeferry.spec" \
    >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; return 1; }
  mv "$work/out/kubeferry.rpm" "$out"
}
