#!/usr/bin/env bash
# A cluster whose images come from the site's own registry: docker-registry with TLS and passwords, filled by
# `kubeferry mirror --with-bundle`; `init --registry`, a worker that joins from it, resets that leave nothing.
#   site_registry.sh KUBEFERRY
set -euo pipefail
export KUBEFERRY=$1
here=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d)
export WORK CLUSTER_DIR=$WORK/run
# shellcheck source=tests/support/cluster/journey.sh
source "$here/../support/cluster/journey.sh"
readonly registry=10.99.0.254:5443
readonly place=$registry/k8s

# shellcheck disable=SC2120  # expect calls it with arguments
init() {
  on cp1 sh -c 'cd /root && ./kubeferry init cluster.tar.zst --trust site.pub --config extra.yaml --service-cidr 10.96.0.0/16 \
    --registry 10.99.0.254:5443/k8s "$@"' sh "$@"
}
mirror() { DOCKER_CONFIG=$WORK/login "$host" outside "$KUBEFERRY" mirror "$WORK/cluster.tar.zst" "$place" --trust "$WORK/site.pub" --ca "$WORK/ca.crt" "$@"; }

registry_up() {
  local password
  password=$(openssl rand -hex 16)
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=a site' -addext 'subjectAltName=IP:10.99.0.254' \
    -keyout "$WORK/registry.key" -out "$WORK/ca.crt" 2>/dev/null
  htpasswd -niB robot <<<"$password" >"$WORK/htpasswd" 2>/dev/null
  mkdir "$WORK/login"
  (umask 077 && printf '{"auths": {"%s": {"auth": "%s"}}}\n' "$registry" "$(printf 'robot:%s' "$password" | base64 -w0)" \
    >"$WORK/login/config.json")
  cat >"$WORK/registry.yml" <<YAML
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: "$WORK/registry"}}
http: {addr: "$registry", secret: "$password", tls: {certificate: "$WORK/ca.crt", key: "$WORK/registry.key"}}
auth: {htpasswd: {realm: site, path: "$WORK/htpasswd"}}
YAML
  "$host" outside docker-registry serve "$WORK/registry.yml" >"$WORK/registry.log" 2>&1 &
  registry_pid=$!
}
registry_down() {
  kill "$registry_pid" 2>/dev/null || return 0
  wait "$registry_pid" 2>/dev/null || true
}
trap 'status=$?; registry_down; set +e; (exit "$status"); finish' EXIT

say 'a bundle of programs that really run, and a registry with a password'
cp "$here/pods.yaml" "$WORK/"
cluster_bundle '' 'manifests: [pods.yaml]'
"$host" net-up
registry_up
new_host cp1 10.99.0.21
"$host" put cp1 "$WORK/cluster.tar.zst" /root/cluster.tar.zst
put_extra cp1
"$host" put cp1 "$WORK/ca.crt" /root/ca.crt
remember cp1

say 'what is refused changes nothing'
expect 21 init
expect 22 init --registry-ca ca.crt
"$host" put cp1 "$WORK/login/config.json" /root/.docker/config.json
remember cp1
expect 20 init --registry-ca ca.crt
quiet mirror --platform linux/amd64
expect 20 init --registry-ca ca.crt
grep -q 'which further nodes join from' "$WORK/log" || fail 'no word about the bundle'
quiet mirror --with-bundle
expect 2 init --registry-ca ca.crt --image-repository elsewhere.example/k8s
blob=$(find "$WORK/registry" -path '*blobs/sha256*' -size +1000k -name data -print -quit)
mv "$blob" "$WORK/aside"
expect 20 init --registry-ca ca.crt
grep -q 'lacks [0-9]* of what' "$WORK/log" || { cat "$WORK/log"; fail 'the missing blob is not named'; }
mv "$WORK/aside" "$blob"
quiet init --registry-ca ca.crt --dry-run
! grep -q 'Basic ' "$WORK/log" || fail 'a dry run shows the credentials'
unchanged cp1

say 'init'
quiet init --registry-ca ca.crt
tail -n 8 "$WORK/log"
init --registry-ca ca.crt 2>&1 | tee "$WORK/again" | grep -q 'is up: 0 steps' || { tail "$WORK/again"; fail 'the second run did something'; }
! on cp1 test -e /etc/systemd/system/kubeferry-registry.service || fail 'there is a registry on the node'
[[ $(on cp1 stat -c %a "/etc/containerd/certs.d/$registry/hosts.toml") == 600 ]] || fail 'everybody may read the credentials'

say 'join: a worker, with nothing but the program, the pack, the key and the login'
new_host w1 10.99.0.22
on cp1 cat /var/lib/kubeferry/join.pack >"$WORK/join.pack"
"$host" put w1 "$WORK/join.pack" /root/join.pack
on w1 chmod 600 /root/join.pack
expect 22 on w1 sh -c 'cd /root && ./kubeferry join --pack join.pack --trust site.pub'
"$host" put w1 "$WORK/login/config.json" /root/.docker/config.json
remember w1
quiet on w1 sh -c 'cd /root && ./kubeferry join --pack join.pack --trust site.pub'
tail -n 2 "$WORK/log"

say 'every image comes from there, those of the manifest that the bundle brings, too'
kubectl wait --for=condition=Ready nodes --all --timeout=60s >/dev/null
kubectl taint nodes --all node-role.kubernetes.io/master- node-role.kubernetes.io/control-plane- >/dev/null 2>&1 || true
kubectl rollout status daemonset/answer --timeout=120s >/dev/null || { kubectl get pods -A -o wide; fail 'the Pods did not start'; }
kubectl get pods -A -o 'jsonpath={range .items[*].spec.containers[*]}{.image}{"\n"}{end}' | sort | uniq -c
! kubectl get pods -A -o 'jsonpath={range .items[*].spec.containers[*]}{.image}{"\n"}{end}' | grep -v "^$place/" ||
  fail 'an image of another registry'
"$host" egress | tee "$WORK/egress"
grep -qx 'leaving 0' "$WORK/egress" || fail 'something tried to leave'

say 'reset of each, compared with what was before'
for name in w1 cp1; do
  quiet on "$name" sh -c 'cd /root && ./kubeferry reset --yes'
  unchanged "$name"
done
say 'site_registry: passed'
