#!/usr/bin/env bash
# A cluster of three native hosts that have never seen the internet, made by kubeferry from one bundle with the real
# kubeadm, kubelet, containerd, runc and CNI plugins: init, join of a worker, join of a second control plane, Pods that
# reach each other, pulls with a registry gone, kills, and resets that leave nothing.
#   cluster.sh KUBEFERRY      KUBEFERRY_E2E_BIN=DIR takes another Kubernetes' programs (tests/support/cluster/README.md)
set -euo pipefail
export KUBEFERRY=$1
here=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d)
export WORK CLUSTER_DIR=$WORK/run
# shellcheck source=tests/support/cluster/journey.sh
source "$here/../support/cluster/journey.sh"

# shellcheck disable=SC2120  # quiet calls it with arguments
init() {
  on cp1 sh -c 'cd /root && ./kubeferry init cluster.tar.zst --trust site.pub --config extra.yaml \
    --service-cidr 10.96.0.0/16 --control-plane-endpoint 10.99.0.21:6443 --upload-certs "$@"' sh "$@"
}
join() { # NAME [OPTION…]
  local name=$1
  shift
  on cp1 cat /var/lib/kubeferry/join.pack >"$WORK/join.pack"
  "$host" put "$name" "$WORK/join.pack" /root/join.pack
  on "$name" chmod 600 /root/join.pack
  on "$name" sh -c 'cd /root && ./kubeferry join --pack join.pack --trust site.pub "$@"' sh "$@"
}
reset() { on "$1" sh -c 'cd /root && ./kubeferry reset --yes'; }

say 'a bundle of programs that really run'
cp "$here/pods.yaml" "$WORK/"
cluster_bundle '' 'manifests: [pods.yaml]'
"$host" net-up
new_host cp1 10.99.0.21
"$host" put cp1 "$WORK/cluster.tar.zst" /root/cluster.tar.zst
put_extra cp1
remember cp1

say 'what is refused changes nothing'
"$KUBEFERRY" key generate "$WORK/stranger" >/dev/null
"$host" put cp1 "$WORK/stranger.pub" /root/stranger.pub
expect 11 on cp1 /root/kubeferry init /root/cluster.tar.zst --trust /root/stranger.pub
on cp1 rm /root/stranger.pub
expect 40 on cp1 /root/kubeferry init /root/cluster.tar.zst --trust /root/site.pub --config /root/extra.yaml --service-cidr 10.99.0.0/16
grep -q 'CidrOverlap' "$WORK/log" || fail 'no word about the overlap'
quiet init --dry-run
unchanged cp1

say 'init'
# shellcheck disable=SC2119
init 2>&1 | tee "$WORK/init.log" | grep -vE '^\[' | tail -n 8
grep -E 'Kubernetes v.* is up' "$WORK/init.log" >/dev/null || fail 'init'
ours=$(sed -n 's/.*already; \([0-9.]*\) s of kubeferry.s own.*/\1/p' "$WORK/init.log")
say "init took $ours s of our own"

say 'a second run changes nothing'
# shellcheck disable=SC2119
init 2>&1 | tee "$WORK/init2.log" | grep -q 'is up: 0 steps' || { tail "$WORK/init2.log"; fail 'the second run did something'; }

say 'join: a worker that imports its images'
new_host w1 10.99.0.22
join w1 --preload 2>&1 | tail -n 2
say 'join: a second control plane'
new_host cp2 10.99.0.23
join cp2 --control-plane 2>&1 | tail -n 2

# API servers of 1.20 leave older watchers in the dark for minutes when etcd takes its second member in (docs/adr/0021):
# they are started anew, so that the test need not wait.
watchers_anew() {
  kubectl -n kube-system rollout restart daemonset/kube-proxy deployment/coredns >/dev/null
  kubectl -n kube-system rollout status daemonset/kube-proxy --timeout=120s >/dev/null
  kubectl -n kube-system rollout status deployment/coredns --timeout=120s >/dev/null
}
watchers_anew

say 'Pods on every node reach each other and a Service'
kubectl taint nodes --all node-role.kubernetes.io/master- node-role.kubernetes.io/control-plane- >/dev/null 2>&1 || true
# The manifest came with the bundle; init applied it.
kubectl rollout status daemonset/answer --timeout=120s >/dev/null || { kubectl get pods -A -o wide; fail 'the Pods did not start'; }
service=$(kubectl get service answer -o 'jsonpath={.spec.clusterIP}')
mapfile -t addresses < <(kubectl get pods -l app=answer -o 'jsonpath={range .items[*]}{.status.podIP}{"\n"}{end}')
mapfile -t pods < <(kubectl get pods -l app=answer -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}')
((${#addresses[@]} == 3)) || fail "${#addresses[@]} Pods instead of 3"
answer() { # POD ADDRESS
  kubectl exec "$1" -- /bin/busybox sh -c "printf 'GET / HTTP/1.0\r\n\r\n' | /bin/busybox nc -w 5 $2 8080" 2>/dev/null | grep -q '^answer'
}
resolve() { # POD
  kubectl exec "$1" -- /bin/busybox nslookup answer.default.svc.cluster.local 2>/dev/null | grep -q "$service"
}
for pod in "${pods[@]}"; do
  for address in "${addresses[@]}"; do
    within 60 answer "$pod" "$address" || fail "$pod does not get an answer from $address"
  done
  # Seen once on a busy machine: a kube-proxy that was started anew was in the dark again.
  within 60 answer "$pod" "$service" || { echo 'the Service does not answer: watchers once more' && watchers_anew && within 60 answer "$pod" "$service"; } ||
    fail "$pod does not get an answer from the Service $service"
  within 60 resolve "$pod" || fail "$pod does not resolve the Service's name"
done
echo "${#pods[@]} Pods, each from each, by Service address and name"

say 'the worker is told of the registry that came later'
quiet on cp2 ./kubeferry join-pack create --ttl 1h --file join.pack
on cp2 cat join.pack >"$WORK/new.pack"
chmod 600 "$WORK/new.pack"
"$host" put w1 "$WORK/new.pack" /root/join.pack
quiet on w1 ./kubeferry join --pack join.pack --trust site.pub
tail -n 1 "$WORK/log"
on w1 grep -r 10.99.0.23:5000 /etc/containerd/certs.d >/dev/null || fail 'the worker does not know the second registry'

say 'the first registry is gone, pulls go on'
on cp1 systemctl stop kubeferry-registry.service
image=$(kubectl -n kube-system get daemonset kube-proxy -o 'jsonpath={.spec.template.spec.containers[0].image}')
for name in cp2 w1; do on "$name" sh -c "ctr -n k8s.io images rm $image && crictl pull $image" >/dev/null; done
on cp1 systemctl start kubeferry-registry.service

say 'packets that left'
"$host" egress | tee "$WORK/egress"
grep -qx 'leaving 0' "$WORK/egress" || fail 'something tried to leave'

say 'reset of each, compared with what was before'
for name in w1 cp2 cp1; do
  quiet reset "$name"
  on "$name" rm -f /root/join.pack # which the test put there
  unchanged "$name"
  [[ $name != cp2 ]] || ! kubectl -n kube-system get configmap kubeferry -o yaml | grep -F 10.99.0.23 ||
    fail 'the cluster still names a registry that is gone'
done

say 'init again, killed at every step, then resumed; reset killed too'
on cp1 rm -f /root/join.pack
"$here/kill_at_every_step.sh" "$host" cp1 "$WORK" /root/kubeferry init /root/cluster.tar.zst --trust /root/site.pub \
  --config /root/extra.yaml --service-cidr 10.96.0.0/16
kubectl get nodes
"$here/kill_at_every_step.sh" "$host" cp1 "$WORK" /root/kubeferry reset --yes
unchanged cp1
say 'cluster: passed'
