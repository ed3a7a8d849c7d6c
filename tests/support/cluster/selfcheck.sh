#!/usr/bin/env bash
# A cluster of two hosts, made by hand: the proof that programs, images, bundle and hosts of these tests are good, without
# kubeferry's own init. Minutes the first time, afterwards about two.
#   selfcheck.sh [KUBEFERRY]     KEEP=yes leaves hosts and files and says where
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
KUBEFERRY=$(realpath "${1:-$here/../../../build/bin/kubeferry}")
WORK=$(mktemp -d)
export KUBEFERRY WORK CLUSTER_DIR=$WORK/run
# shellcheck source=tests/support/site/cluster.sh
source "$here/../site/cluster.sh"
host() { "$here/host.sh" "$@"; }
say() { printf '%4d s  %s\n' $((SECONDS - started)) "$*"; }
kubectl() { host run cp kubectl --kubeconfig /etc/kubernetes/admin.conf "$@"; }
started=$SECONDS
serve=

# shellcheck disable=SC2317 # the trap calls it
finish() {
  [[ -z $serve ]] || kill "$serve" 2>/dev/null || true
  site_down
  if [[ ${KEEP:-} == yes ]]; then
    echo "kept: CLUSTER_DIR=$CLUSTER_DIR $here/host.sh run cp …; then CLUSTER_DIR=$CLUSTER_DIR $here/host.sh net-down"
  else
    host net-down
    rm -rf "$WORK"
  fi
}
trap finish EXIT

fail() {
  echo "FAILED: $*" >&2
  for name in cp worker; do
    for unit in containerd kubelet; do
      printf -- '--- %s on %s\n' "$unit" "$name"
      host run "$name" journalctl -u "$unit" -n 15 --no-pager || true
    done
    host run "$name" crictl ps -a || true
  done >&2
  exit 1
}

serve_bundle() {
  # Not by way of a function: the shell in between would be ended, and serve live on.
  "$here/host.sh" outside "$KUBEFERRY" serve "$WORK/cluster.tar.zst" --trust "$WORK/site.pub" --listen 10.99.0.254:5000 \
    --ca-dir "$WORK/ca" --write-hosts "$WORK/certs.d" >"$WORK/serve.out" 2>"$WORK/serve.err" &
  serve=$!
  for _ in {1..100}; do
    ! grep -q '^serving on' "$WORK/serve.out" || return 0
    sleep 0.1
  done
  fail "serve does not start: $(<"$WORK/serve.err")"
}

# What kubeferry's installer is to do, by hand.
install_node() { # name
  local program
  mkdir -p "$WORK/node/"{bin,sbin,cni}
  for program in kubeadm kubelet kubectl crictl containerd containerd-shim-runc-v2 ctr; do
    cp -Lu "$WORK/programs/$program" "$WORK/node/bin/"
  done
  cp -Lu "$WORK/programs/runc" "$WORK/node/sbin/"
  for program in bridge host-local loopback portmap; do cp -Lu "$WORK/programs/$program" "$WORK/node/cni/"; done
  sed "s#@PAUSE@#$pause#" "$here/config/containerd.toml.in" >"$WORK/containerd.toml"
  host put "$1" "$WORK/node/bin" /usr/local/bin
  host put "$1" "$WORK/node/sbin" /usr/local/sbin
  host put "$1" "$WORK/node/cni" /opt/cni/bin
  host put "$1" "$WORK/certs.d" /etc/containerd/certs.d
  host put "$1" "$WORK/containerd.toml" /etc/containerd/config.toml
  host put "$1" "$here/config/units" /usr/local/lib/systemd/system
  host run "$1" bash -euc 'printf "net.ipv4.ip_forward = 1\n" >/etc/sysctl.d/99-kubernetes.conf
    systemctl restart systemd-sysctl
    systemctl daemon-reload
    systemctl enable --quiet --now containerd
    systemctl enable --quiet kubelet
    for try in {1..50}; do [[ -S /run/containerd/containerd.sock ]] && break; sleep 0.1; done
    crictl info >/dev/null'
}

# The dialect of kubeadm's configuration that this version reads.
dialect() {
  if ((minor >= 31)); then echo v1beta4; elif ((minor >= 22)); then echo v1beta3; else echo v1beta2; fi
}

configure_kubeadm() {
  local extra=$here/config/kubeadm-extra.yaml
  ((minor < 31)) || extra=$here/config/kubeadm-extra-1.31.yaml
  cat - "$extra" >"$WORK/kubeadm.yaml" <<YAML
apiVersion: kubeadm.k8s.io/$(dialect)
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 10.99.0.11}
nodeRegistration: {criSocket: unix:///run/containerd/containerd.sock}
---
apiVersion: kubeadm.k8s.io/$(dialect)
kind: ClusterConfiguration
kubernetesVersion: $version
networking: {podSubnet: 10.244.0.0/16}
---
YAML
  host put cp "$WORK/kubeadm.yaml" /root/kubeadm.yaml
}

cluster_bundle '' || fail 'no bundle'
version=$("$WORK/programs/kubeadm" version -o short)
minor=${version#v1.}
minor=${minor%%.*}
pause=$("$WORK/programs/kubeadm" config images list --kubernetes-version "$version" 2>/dev/null | grep /pause:)
say "bundle of Kubernetes $version: $(stat -c %s "$WORK/cluster.tar.zst") bytes"

host net-up
host up cp 10.99.0.11
host up worker 10.99.0.12
say 'hosts are up'
serve_bundle
install_node cp
install_node worker
say 'containerd runs on both'

ignored=()
((minor < 31)) || ignored=(--ignore-preflight-errors=SystemVerification)
configure_kubeadm
host run cp timeout 300 kubeadm init --config /root/kubeadm.yaml "${ignored[@]}" >"$WORK/init.log" 2>&1 ||
  { tail -n 30 "$WORK/init.log" >&2; fail 'kubeadm init'; }
say 'kubeadm init'
join=$(host run cp kubeadm token create --print-join-command 2>/dev/null)
# shellcheck disable=SC2086 # a command line
host run worker timeout 200 $join "${ignored[@]}" >"$WORK/join.log" 2>&1 || { tail -n 30 "$WORK/join.log" >&2; fail 'kubeadm join'; }
say 'kubeadm join'
host put cp "$here/../upstream/data/kube-flannel.yml" /root/flannel.yml
kubectl apply -f /root/flannel.yml >/dev/null || fail 'flannel'
kubectl wait --for=condition=Ready node/cp node/worker --timeout=120s || fail 'the nodes do not become ready'
kubectl -n kube-system rollout status deployment/coredns --timeout=120s || fail 'CoreDNS does not run'
kubectl -n kube-system rollout status daemonset/kube-proxy --timeout=60s >/dev/null || fail 'kube-proxy'
say 'ready'
kubectl get nodes,pods -A -o wide

# A Service's address, and pods of one host from the other.
for name in cp worker; do
  host run "$name" timeout 10 bash -c '</dev/tcp/10.96.0.1/443 && </dev/tcp/10.96.0.10/53' || fail "Services from $name"
  for pod in $(kubectl -n kube-system get pods -l k8s-app=kube-dns -o 'jsonpath={.items[*].status.podIP}'); do
    host run "$name" timeout 10 bash -c "exec 3<>/dev/tcp/$pod/8080; printf 'GET /health HTTP/1.0\r\n\r\n' >&3; grep -q ^OK <&3" ||
      fail "CoreDNS at $pod from $name"
  done
done
say 'Services and pods answer on both hosts'
host egress
