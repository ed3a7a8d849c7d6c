#!/usr/bin/env bash
# What goes wrong on real hosts, with the real kubeadm, and what is left then: what is refused changes nothing, and what
# fails later is gone on with by the same command, or taken back by reset.
#   bad_input.sh KUBEFERRY [GROUP…]     refused halfway two kubeadm_fails disk; all of them without a name
# shellcheck disable=SC2016,SC2119,SC2120 # the hosts expand what is quoted; init may be called without options
set -euo pipefail
export KUBEFERRY=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d)
export WORK CLUSTER_DIR=$WORK/run
# shellcheck source=tests/support/cluster/journey.sh
source "$here/../support/cluster/journey.sh"

init() {
  on cp1 sh -c 'cd /root && exec ./kubeferry init cluster.tar.zst --trust site.pub --config extra.yaml --service-cidr 10.96.0.0/16 "$@"' sh "$@"
}
reset() { on "$1" sh -c 'cd /root && ./kubeferry reset --yes'; }

# What the last command said has a line for each of these.
says() { # REGEX…
  local words
  for words in "$@"; do
    grep -qE -- "$words" "$WORK/log" || { tail -n 20 "$WORK/log" >&2; fail "no word of: $words"; }
  done
}
# The last error, as a user saw it.
shown() { grep -A 1 '^kubeferry: ' "$WORK/log" | tail -n 2 | cut -c 1-200 | sed 's/^/     /'; }
is_up() { # the control plane is Ready and answers
  kubectl get node cp1 -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' | grep -qx True || fail 'cp1 is not Ready'
}

# Something listens on these ports of a host, until `silence`.
listen() { # HOST PORT…
  local name=$1
  shift
  # Ports that were in use a minute ago are free for who says so.
  # shellcheck disable=SC2016
  on "$name" sh -c 'rm -f /run/listening
    perl -MIO::Socket::INET -e "@s = map { IO::Socket::INET->new(Listen => 1, ReuseAddr => 1, LocalPort => \$_) or die } @ARGV;
      open F, q(>), q(/run/listening); sleep" "$@" </dev/null >/dev/null 2>&1 & echo $! >/run/listener' sh "$@"
  within 20 on "$name" test -e /run/listening || fail "cannot listen on $*"
}
silence() { on "$1" sh -c 'kill "$(cat /run/listener)"; rm /run/listener /run/listening'; }

refused() {
  say 'the trust key: missing, none given, another one'
  expect 2 on cp1 ./kubeferry init cluster.tar.zst --trust nobody.pub
  expect 2 on cp1 ./kubeferry init cluster.tar.zst
  says '--trust is missing'
  "$KUBEFERRY" key generate "$WORK/stranger" >/dev/null
  "$host" put cp1 "$WORK/stranger.pub" /root/stranger.pub
  expect 11 on cp1 ./kubeferry init cluster.tar.zst --trust stranger.pub
  shown
  on cp1 rm stranger.pub

  say 'the bundle: cut off, damaged, not for this architecture, expired'
  on cp1 sh -c 'head -c 100000000 cluster.tar.zst >cut.tar.zst'
  expect 10 on cp1 ./kubeferry init cut.tar.zst --trust site.pub
  shown
  on cp1 rm cut.tar.zst
  expect 40 on cp1 ./kubeferry init foreign.tar.zst --trust site.pub
  shown
  while (($(date +%s) <= late)); do sleep 1; done
  expect 12 on cp1 ./kubeferry init late.tar.zst --trust site.pub
  shown
  unchanged cp1

  say 'occupied ports'
  listen cp1 6443 10250 5000
  remember cp1
  expect 40 init
  says '^error +Port-6443 +port 6443 is in use by perl' '^error +Port-10250 ' '^error +Port-5000 '
  shown
  expect 40 on cp1 ./kubeferry preflight cluster.tar.zst --trust site.pub
  says '^error +Port-6443 ' '^error +Port-10250 ' '^error +Port-5000 '
  unchanged cp1
  silence cp1

  say 'networks that overlap'
  remember cp1
  expect 40 init --pod-network-cidr 10.99.0.0/16
  says 'CidrOverlap'
  shown
  unchanged cp1
}

halfway() {
  say "what another kubeadm left: its manifests, etcd's data, its kubeconfig"
  on cp1 sh -c 'mkdir -p /etc/kubernetes/manifests /var/lib/etcd/member
    echo "kind: Pod" >/etc/kubernetes/manifests/kube-apiserver.yaml
    echo data >/var/lib/etcd/member/snap; echo "kind: Config" >/etc/kubernetes/admin.conf'
  remember cp1
  expect 40 init
  says 'FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml' 'DirAvailable--var-lib-etcd' 'kubeadm reset'
  shown
  expect 0 reset cp1
  says 'has changed nothing'
  unchanged cp1
  on cp1 rm -r /etc/kubernetes /var/lib/etcd

  say "somebody's containerd configuration, a kubelet and a CNI plugin of their own"
  on cp1 sh -c 'mkdir -p /etc/containerd /opt/cni/bin
    printf "version = 2\n[debug]\n  level = \"warn\"\n" >/etc/containerd/config.toml
    printf "#!/bin/sh\necho Kubernetes v1.19.4\n" >/usr/local/bin/kubelet
    echo theirs >/opt/cni/bin/bridge; echo theirs >/opt/cni/bin/theirs; echo "debug: true" >/etc/crictl.yaml
    chmod 755 /usr/local/bin/kubelet; chmod 640 /etc/containerd/config.toml
    touch -d 2020-01-01 /etc/containerd/config.toml /usr/local/bin/kubelet'
  remember cp1
  expect 0 init
  is_up
  on cp1 grep -q 'level = "warn"' /etc/containerd/config.toml || fail "the owner's settings are gone"
  on cp1 kubelet --version | grep -qF "$("$WORK/programs/kubeadm" version -o short)" || fail "the bundle's kubelet does not run"
  expect 0 reset cp1
  unchanged cp1
  on cp1 rm -r /etc/containerd /opt/cni /usr/local/bin/kubelet /etc/crictl.yaml
}

disk() {
  say 'disks that fill up, one after the other'
  local directory own
  # Room for kubeferry itself, which comes first, and not for what follows.
  own=$(($(stat -c %s "$KUBEFERRY") / 1048576 + 10))
  for directory in /var/lib/kubeferry:100m "/usr/local/bin:${own}m" /var/lib/containerd:100m /etc/kubernetes:24k; do
    on cp1 sh -c 'mkdir -p "$0" && mount -t tmpfs -o size="$1",mode=0755 tmpfs "$0"' "${directory%:*}" "${directory#*:}"
  done
  remember cp1
  expect 40 init
  says 'DiskSpace +/var/lib/kubeferry has' 'DiskSpace +/usr/local/bin has' 'DiskSpace +/var/lib/containerd has'
  unchanged cp1
  for directory in /var/lib/kubeferry /usr/local/bin /var/lib/containerd /etc/kubernetes; do
    expect 31 init --ignore DiskSpace
    says "^kubeferry: .*$directory"
    shown
    expect 30 on cp1 ./kubeferry status
    on cp1 mount -o remount,size=2g "$directory"
  done
  expect 0 init
  is_up

  say 'reset on a disk without a byte to spare'
  on cp1 sh -c 'mount -o remount,size=400m /var/lib/kubeferry; for block in 64k 1; do
    dd if=/dev/zero bs=$block of=/var/lib/kubeferry/fill oflag=append conv=notrunc status=none; done' 2>/dev/null || true
  quiet reset cp1
  unchanged cp1 ' tmpfs rw,size='
  for directory in /var/lib/kubeferry /usr/local/bin /var/lib/containerd /etc/kubernetes; do on cp1 umount "$directory"; done
  on cp1 rmdir /var/lib/containerd /etc/kubernetes
}

two() {
  say 'two installers at the same moment'
  remember cp1
  local first=0 second=0
  init >"$WORK/first.log" 2>&1 &
  local one=$!
  init >"$WORK/second.log" 2>&1 &
  local other=$!
  # Whoever is slower has ended long before the other.
  wait "$one" || first=$?
  wait "$other" || second=$?
  [[ "$first $second" == '0 75' || "$first $second" == '75 0' ]] || { tail -n 3 "$WORK"/{first,second}.log; fail "they ended with $first and $second"; }
  grep -h 'another kubeferry is working on this host: pid [0-9]*, kubeferry init' "$WORK"/{first,second}.log | sed 's/^/     /' ||
    { tail -n 3 "$WORK"/{first,second}.log; fail 'the second one does not say who the first one is'; }
  is_up

  say 'reset, status and join while init works'
  quiet reset cp1
  init >"$WORK/first.log" 2>&1 &
  one=$!
  within 60 grep -q '^\[20/' "$WORK/first.log" || fail 'it does not begin'
  expect 75 reset cp1
  shown
  expect 30 on cp1 ./kubeferry status
  says 'init has not finished'
  wait "$one" || fail 'the first one was disturbed'
  is_up
  quiet reset cp1
  unchanged cp1
}

kubeadm_fails() {
  say "the site's own authority: kubeadm can use it, and no reset takes it away"
  on cp1 sh -c 'mkdir -p /etc/kubernetes/pki && echo nonsense >/etc/kubernetes/pki/ca.crt && umask 077 &&
    echo nonsense >/etc/kubernetes/pki/ca.key'
  remember cp1
  expect 30 init
  shown
  says 'kubeadm init ended with 1: .*certificate'
  expect 30 init # now with what the first try left
  on cp1 grep -q nonsense /etc/kubernetes/pki/ca.key || fail "the site's key is gone"
  quiet reset cp1
  unchanged cp1
  on cp1 rm -r /etc/kubernetes

  say 'a kubeadm that fails: etcd cannot have its port'
  remember cp1
  listen cp1 2379
  expect 30 init --timeout 30s --ignore Port-2379
  shown
  says 'kubeadm init ended with 1: ' '/var/lib/kubeferry/kubeadm/init.log; .*run the same command again.*`kubeferry reset`'
  expect 30 on cp1 ./kubeferry status
  says 'steps of init failed'
  silence cp1
  expect 0 init
  says 'an earlier try was not finished: kubeadm resets what it left'
  is_up
  quiet reset cp1
  unchanged cp1
}

# A bundle of one image for another architecture, and one that is not good for longer than it takes to come here.
foreign_spec() {
  sed -e 's#^platforms: .*#platforms: [linux/arm64]#' -e '/^kubernetes:/d' -e '/^cni:/d' "$WORK/cluster.yaml"
  echo 'images: [registry.k8s.io/pause:3.10]'
}
build_small() { # NAME
  "$KUBEFERRY" lock "$WORK/$1.yaml" --output "$WORK/$1.lock" && "$KUBEFERRY" build "$WORK/$1.yaml" --key "$WORK/site.key" \
    --output "$WORK/$1.tar.zst" --quiet
}

say 'bundles'
cluster_site_up
cluster_site_spec
cluster_site_seed
cluster_site_build
foreign_spec >"$WORK/foreign.yaml"
site_seed "$WORK/foreign.yaml"
quiet build_small foreign
late=$(($(date +%s) + 10))
sed "\$anotAfter: $(date -u -d "@$late" +%FT%TZ)" "$WORK/foreign.yaml" >"$WORK/late.yaml"
quiet build_small late
site_down
"$host" net-up
new_host cp1 10.99.0.31
for bundle in cluster foreign late; do "$host" put cp1 "$WORK/$bundle.tar.zst" "/root/$bundle.tar.zst"; done
put_extra cp1
remember cp1

(($# > 0)) || set -- refused halfway two kubeadm_fails disk
for group in "$@"; do "$group"; done
say 'bad input: passed'
