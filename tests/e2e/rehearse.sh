#!/usr/bin/env bash
# `init --rehearse` on a native host: a whole installation on a copy of it, from which no packet leaves and of which
# nothing stays, however it ends: well, by a kubeadm that fails, by Ctrl-C, by SIGKILL.
#   rehearse.sh KUBEFERRY
set -euo pipefail
export KUBEFERRY=$1
here=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d)
export WORK CLUSTER_DIR=$WORK/run
# shellcheck source=tests/support/cluster/journey.sh
source "$here/../support/cluster/journey.sh"

config=extra.yaml services=10.96.0.0/16
init() { # OPTION…
  # A shell lets what it starts in the background ignore SIGINT.
  # shellcheck disable=SC2016
  on r1 sh -c 'cd /root && exec env --default-signal=INT ./kubeferry init cluster.tar.zst --trust site.pub --single-node "$@"' sh \
    --config "$config" --service-cidr "$services" "$@"
}
rehearse() { init --rehearse "$@"; }
unlocked() { on r1 test ! -e /run/kubeferry-rehearsal.lock; }
nothing_runs() { ! on r1 pgrep -f 'kubeferry|containerd|kubelet|etcd|kube-' >/dev/null; }

say 'a bundle of programs that really run'
cluster_bundle ''
"$host" net-up
new_host r1 10.99.0.31
"$host" put r1 "$WORK/cluster.tar.zst" /root/cluster.tar.zst
put_extra r1
remember r1
"$host" egress reset

say 'what is refused, before anything is copied'
expect 2 rehearse --dry-run
expect 2 rehearse --registry harbor.corp/k8s
expect 2 rehearse --rehearsal-dir relative
expect 2 rehearse --rehearsal-dir /root
expect 2 on r1 /root/kubeferry init /root/cluster.tar.zst --trust /root/site.pub --inside-rehearsal
services=10.99.0.0/16 expect 40 rehearse
grep -q CidrOverlap "$WORK/log" || fail 'no word about the overlap'
for name in kubeferry-rehearsal systemctl journalctl; do
  on r1 cp /root/kubeferry "/root/$name"
  expect 70 on r1 "/root/$name" is-active kubelet
  on r1 rm "/root/$name"
done
unchanged r1

say 'a rehearsal'
started=$SECONDS
rehearse 2>"$WORK/said" >"$WORK/answer" || { tail -n 40 "$WORK/said" >&2; fail 'the rehearsal'; }
cat "$WORK/answer"
grep -qE '^rehearsal passed: Kubernetes v' "$WORK/answer" || fail 'no word that it passed'
grep -qE '^0 packets tried to leave' "$WORK/answer" || fail 'something tried to leave'
say "took $((SECONDS - started)) s"
unchanged r1
on r1 test ! -e /var/lib/kubeferry || fail 'init was here'
# Not even a question for the name server: the copy is not on the bridge at all.
"$host" egress | tee "$WORK/egress"
if grep -vE '^(leaving|link-local|name-lookups|arp-for-gateway) 0$' "$WORK/egress"; then fail 'a packet came to the bridge'; fi

say 'as JSON, with the logs kept, elsewhere'
on r1 mkdir -m 0751 /srv/copy
remember r1
rehearse --output json --rehearsal-dir /srv/copy --rehearsal-logs /root/logs >"$WORK/answer" 2>"$WORK/said" ||
  { cat "$WORK/said" >&2; fail 'the second rehearsal'; }
jq -e '.rehearsal == "passed" and .egress.left == 0 and .init.kubernetes' "$WORK/answer" >/dev/null ||
  { cat "$WORK/answer"; fail 'its JSON'; }
on r1 test -s /root/logs/units/kubelet.log || fail 'no logs'
on r1 test -s /root/logs/kubeadm/init.log || fail 'no log of kubeadm'
on r1 rm -r /root/logs
unchanged r1

say 'kubeadm fails'
api=$(kubeadm_api) arguments='{no-such-flag: x}'
[[ $api != v1beta4 ]] || arguments='[{name: no-such-flag, value: x}]'
on r1 sh -c 'cat extra.yaml - >bad.yaml' <<YAML
---
apiVersion: kubeadm.k8s.io/$api
kind: ClusterConfiguration
apiServer: {extraArgs: $arguments}
YAML
config=bad.yaml expect 30 rehearse --timeout 20s
grep -q 'kubeferry-rehearsal.logs' "$WORK/log" || fail 'no word about the logs'
on r1 sh -c 'grep -rq no-such-flag /var/lib/kubeferry-rehearsal.logs' || fail 'the logs do not say why'
on r1 rm -r /var/lib/kubeferry-rehearsal.logs /root/bad.yaml
unchanged r1

say 'two at once, then Ctrl-C'
rehearse >"$WORK/said" 2>&1 &
first=$!
within 60 on r1 test -e /var/lib/kubeferry-rehearsal/inside/logs/containerd.log || fail 'the rehearsal does not begin'
expect 75 rehearse
pid=$(on r1 cut -d' ' -f1 /run/kubeferry-rehearsal.lock)
on r1 kill -INT "$pid"
status=0
wait "$first" || status=$?
[[ $status == 130 ]] || { tail "$WORK/said"; fail "exit $status after SIGINT"; }
nothing_runs || fail 'something still runs after SIGINT'
unchanged r1

say 'SIGKILL in the middle'
rehearse >"$WORK/said" 2>&1 &
first=$!
within 90 on r1 test -e /var/lib/kubeferry-rehearsal/inside/logs/kubelet.log || fail 'the rehearsal does not begin'
pid=$(on r1 cut -d' ' -f1 /run/kubeferry-rehearsal.lock)
on r1 kill -KILL "$pid"
wait "$first" || true
within 20 unlocked || { on r1 ps ax; fail 'the keeper does not tidy up'; }
nothing_runs || { on r1 ps ax; fail 'something still runs after SIGKILL'; }
unchanged r1

say 'SIGKILL of all of it at once, and the next one'
rehearse >"$WORK/said" 2>&1 &
first=$!
within 90 on r1 test -e /var/lib/kubeferry-rehearsal/inside/logs/kubelet.log || fail 'the rehearsal does not begin'
keeper=$(on r1 pgrep -x kubeferry-keep)
pid=$(on r1 cut -d' ' -f1 /run/kubeferry-rehearsal.lock)
on r1 kill -KILL "$keeper" "$pid"
wait "$first" || true
within 20 nothing_runs || { on r1 ps ax; fail 'something still runs after SIGKILL'; }
on r1 test -e /var/lib/kubeferry-rehearsal || fail 'there is nothing left to tidy up'
rehearse >"$WORK/answer" 2>"$WORK/said" || { tail -n 40 "$WORK/said" >&2; fail 'the rehearsal after a killed one'; }
unchanged r1

say 'what was rehearsed is what happens'
quiet init
expect 40 rehearse
quiet on r1 /root/kubeferry reset --yes
unchanged r1
say 'rehearse: passed'
