#!/usr/bin/env bash
# Starts a static program where it may have to: in root file systems of Debian 12 and 11 and in one of busybox alone.
# In each: verify, serve, preflight; a mirror into a real registry that it knows by name from a real DNS server, then from
# /etc/hosts, and trusts by the authorities that the distribution keeps in its own place; and a start from a medium that
# `stick` made and that nothing may run on.
#   anywhere.sh KUBEFERRY MAKE_BUNDLE      MAKE_BUNDLE: make_conformance_bundle, of this machine's architecture
# Needs root; everything happens in network, mount and process namespaces of its own, with the root changed.
set -euo pipefail
kubeferry=$(realpath "$1") make_bundle=$(realpath "$2")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WORK=$(mktemp -d)
# shellcheck source=tests/support/expect.sh
source "$here/../support/expect.sh"
trap 'rm -rf --one-file-system "$WORK"' EXIT
cache=$(realpath -m "${KUBEFERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubeferry}")/release
mkdir -p "$cache"

! readelf -lW "$kubeferry" | grep -q INTERP || fail "$kubeferry is not static"

mkdir "$WORK/bundle" "$WORK/tls"
"$make_bundle" "$WORK/bundle" >"$WORK/settings"
# A medium, made by the program for itself.
mkdir "$WORK/site"
cd "$WORK/site"
printf '%s\n' 'apiVersion: kubeferry/v1' 'kind: Bundle' 'name: site' 'version: "1"' 'platforms: [linux/amd64]' "kubeferry: $kubeferry" \
  'files: [{file: site.yaml, path: /opt/kubeferry/site.yaml}]' >site.yaml
for order in 'key generate site' 'lock site.yaml' 'build site.yaml --key site.key --output site.tar.zst' \
  "stick site.tar.zst --trust site.pub --to $WORK/medium"; do
  # shellcheck disable=SC2086 # words
  "$kubeferry" $order >"$WORK/log" 2>&1 || { cat "$WORK/log" >&2; exit 1; }
done
cd "$WORK/tls"
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
openssl req -x509 "${key[@]}" -days 2 -subj '/CN=a distribution' -keyout ca.key -out ca.crt 2>openssl.log
openssl req "${key[@]}" -subj '/CN=registry' -keyout server.key -out server.csr 2>>openssl.log
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out server.crt -extfile <(
  printf 'subjectAltName = DNS:registry.dns.test, DNS:registry.hosts.test\nextendedKeyUsage = serverAuth\n'
) 2>>openssl.log
cat >registry.yml <<YAML
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $WORK/registry}}
http:
  addr: 127.0.0.1:5001
  tls: {certificate: $WORK/tls/server.crt, key: $WORK/tls/server.key}
YAML
cd "$WORK"

debian() { # SUITE
  local archive=$cache/$1.tar
  [[ -e $archive ]] || { "$here/../../ci/debian/root.sh" "$1" "$archive.part.tar" --variant=minbase && mv "$archive.part.tar" "$archive"; }
  mkdir "$WORK/root"
  tar -C "$WORK/root" --exclude='./dev/*' -xf "$archive"
}
busybox_alone() {
  mkdir -p "$WORK/root/"{bin,proc,tmp,etc,root,dev}
  local archive=$cache/busybox.deb
  [[ -e $archive ]] || (cd "$cache" && apt-get download -q busybox-static >/dev/null && mv busybox-static_*.deb busybox.deb)
  dpkg-deb --fsys-tarfile "$archive" | tar -C "$WORK/root/bin" -xf - --strip-components=2 ./bin/busybox
  chroot "$WORK/root" /bin/busybox --install -s /bin
}

# In namespaces of its own: servers outside the root, the program inside.
# shellcheck disable=SC2317 # called by name below
inside() { # NAME
  ip link set lo up
  mount --make-rprivate /
  mount -t proc proc "$WORK/root/proc"
  [[ -e $WORK/root/kubeferry && ! -e $WORK/root/work ]] || fail 'this is not the root that was made'
  dnsmasq --keep-in-foreground --no-resolv --no-hosts --user=root --bind-interfaces --listen-address=127.0.0.1 \
    --address=/registry.dns.test/127.0.0.1 --pid-file= >"$WORK/dns.log" 2>&1 &
  docker-registry serve "$WORK/tls/registry.yml" >"$WORK/registry.log" 2>&1 &
  within 20 curl -s -o "$WORK/null" --cacert "$WORK/tls/ca.crt" --resolve registry.dns.test:5001:127.0.0.1 https://registry.dns.test:5001/v2/
  local in_root=(env -i PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root chroot "$WORK/root" /kubeferry)

  quiet "${in_root[@]}" version
  local from_medium=(env -i PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root chroot "$WORK/root" sh /medium/kubeferry.sh)
  mount --bind "$WORK/medium" "$WORK/root/medium"
  mount -o remount,bind,ro,noexec "$WORK/root/medium"
  quiet "${from_medium[@]}" verify /medium/site.tar.zst --trust /root/site.pub
  # As on hosts that were made safe: nothing under /tmp may run.
  mount -t tmpfs -o noexec tmpfs "$WORK/root/tmp"
  quiet "${from_medium[@]}" verify /medium/site.tar.zst --trust /root/site.pub
  expect 40 "${from_medium[@]}" preflight /root/conformance.tar.zst --trust /root/conformance.pub
  umount "$WORK/root/tmp"
  quiet "${in_root[@]}" verify /root/conformance.tar.zst --trust /root/conformance.pub
  expect 40 "${in_root[@]}" preflight /root/conformance.tar.zst --trust /root/conformance.pub
  grep -qE '^error' "$WORK/log" || fail 'preflight finds nothing wrong with a bare root'
  "${in_root[@]}" serve /root/conformance.tar.zst --trust /root/conformance.pub --listen 127.0.0.1:5002 --ca-dir /root/ca >"$WORK/serve.log" 2>&1 &
  # shellcheck source=/dev/null
  source "$WORK/settings"
  within 20 curl -sf -o "$WORK/manifest" --cacert "$WORK/root/root/ca/kubeferry-ca.crt" "https://127.0.0.1:5002/v2/$OCI_NAMESPACE/manifests/$OCI_TAG_NAME" ||
    { cat "$WORK/serve.log" >&2; fail 'serve does not answer'; }
  [[ sha256:$(sha256sum "$WORK/manifest" | cut -d' ' -f1) == "$OCI_MANIFEST_DIGEST" ]] || fail 'serve gives something else'
  local name
  for name in dns hosts; do
    quiet "${in_root[@]}" mirror /root/conformance.tar.zst "registry.$name.test:5001/by-$name" --trust /root/conformance.pub
    curl -sf -o "$WORK/manifest" -H 'Accept: application/vnd.oci.image.manifest.v1+json' --cacert "$WORK/tls/ca.crt" --resolve registry.dns.test:5001:127.0.0.1 \
      "https://registry.dns.test:5001/v2/by-$name/$OCI_NAMESPACE/manifests/$OCI_TAG_NAME" || fail "nothing came by $name"
  done
  expect 20 "${in_root[@]}" mirror /root/conformance.tar.zst registry.none.test:5001/k8s --trust /root/conformance.pub
  echo "$1: verify, preflight, serve, mirror by DNS and by /etc/hosts, and all of a medium mounted noexec"
}

for root in 'debian bookworm' 'debian bullseye' busybox_alone; do
  # shellcheck disable=SC2086 # a function and its argument
  $root
  install "$kubeferry" "$WORK/root/kubeferry"
  cp "$WORK/bundle"/conformance.* "$WORK/site/site.pub" "$WORK/root/root/"
  mkdir -p "$WORK/root/medium"
  printf 'nameserver 127.0.0.1\n' >"$WORK/root/etc/resolv.conf"
  printf '127.0.0.1 localhost registry.hosts.test\n' >"$WORK/root/etc/hosts"
  # Debian's place, and Red Hat's.
  place=etc/ssl/certs/ca-certificates.crt
  [[ $root != busybox_alone ]] || place=etc/pki/tls/certs/ca-bundle.crt
  mkdir -p "$WORK/root/${place%/*}"
  cp "$WORK/tls/ca.crt" "$WORK/root/$place"
  export -f inside within quiet expect fail
  export WORK
  # shellcheck disable=SC2016
  unshare --net --mount --pid --fork --kill-child bash -euo pipefail -c 'inside "$1"' inside "$root"
  rm -rf --one-file-system "$WORK/root" "$WORK/registry"
done
echo 'anywhere: passed'
