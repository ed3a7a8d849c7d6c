# What journey.sh asks of the machine. Source it after machine.sh.
# shellcheck shell=bash
# shellcheck disable=SC2016 # what stands in single quotes is for the machine's shell
# shellcheck source=tests/vm/machine.sh
[[ -n ${vm_here:-} ]] || source "$(dirname "${BASH_SOURCE[0]}")/machine.sh"

# shellcheck source=tests/support/expect.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/expect.sh"
in_log() { grep -qE -- "$1" "$WORK/log" || { tail -n 40 "$WORK/log" >&2; fail "$2"; }; } # REGEX WHAT-IS-WRONG

kubectl() { on kubectl --kubeconfig /etc/kubernetes/admin.conf "$@"; } # as `on`: quote for the machine's shell too

last_words() {
  tail -n 20 "$WORK/console"
  timeout 60 "${vm_ssh[@]}" 'uptime; systemctl --failed --no-legend; tail -n 5 /var/lib/kubeferry/kubeadm/init.log
    crictl ps -a; kubectl --kubeconfig /etc/kubernetes/admin.conf get pods -A -o wide
    journalctl -q -n 40 --no-pager -u kubelet -u containerd -u kubeferry-registry | cut -c1-300'
}

is_what_it_shall_be() {
  quiet on '[ "$(cat /proc/1/comm)" = systemd ] && [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] && [ ! -e /usr/local/bin/kubelet ] &&
    systemctl is-system-running --wait'
}

# The program and, while it is not static yet, the libraries that a bare Debian lacks.
give_program() {
  mkdir "$WORK/libraries"
  ldd "$KUBEFERRY" | awk '/=> \//{print $3}' | xargs -I{} cp -Ln {} "$WORK/libraries/"
  tar -C "$WORK/libraries" -cf - . | on 'mkdir /usr/local/lib/kubeferry-test && tar -C /usr/local/lib/kubeferry-test -xf -'
  on 'cd /usr/local/lib/kubeferry-test
    for file in *; do [ ! -e "/lib/x86_64-linux-gnu/$file" ] || rm "$file"; done
    echo /usr/local/lib/kubeferry-test >/etc/ld.so.conf.d/zz-kubeferry-test.conf; ldconfig'
  put "$KUBEFERRY" /root/kubeferry
  put "$WORK/site.pub" /root/site.pub
}

snapshot() { # FOLDER
  local section
  rm -rf "$1" # a phase that is done again
  mkdir "$1"
  on nft -s list ruleset >"$1/nft" # first: it loads modules
  for section in files sysctls modules mounts firewall interfaces namespaces groups processes units; do
    on bash -s "$section" <"$vm_here/../support/cluster/node/snapshot" >"$1/$section"
  done
}

# kubelet kills what does not answer for eighty seconds. An emulated processor that others use, too, is that slow at times.
patient_pods() {
  on bash -s <<'GUEST'
mkdir patches
for pod in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  printf 'spec: {containers: [{name: %s, livenessProbe: {failureThreshold: 120}}]}\n' "$pod" >"patches/$pod+strategic.yaml"
done
GUEST
}

init() { on ./kubeferry init cluster.tar.zst --trust site.pub --single-node --config extra.yaml --patches patches --timeout 40m "$@"; }

# kubeadm 1.20 gives each request ten seconds, kubeferry thirty; on an emulated processor that is short at times. What is said
# then is what anybody would do.
init_patiently() { # OPTION…
  local try
  for try in 1 2 3 4 5; do
    ! init "$@" >"$WORK/log" 2>&1 || return 0
    in_log 'Client.Timeout exceeded|request did not complete within|no end after|timed out|connection refused' 'init failed'
    [[ -n $* ]] || in_log 'run the same command again' 'init does not say how to go on'
    echo "try $try: $(grep -m 1 '^kubeferry: ' "$WORK/log" | tail -c 200)"
  done
  fail 'init failed five times'
}

# Process 1 of the copy does what systemd would; what it may not touch is the systemd and the control groups v2 around it.
rehearsal_passes() {
  init_patiently --rehearse
  in_log '^rehearsal passed: Kubernetes v' 'the rehearsal does not say that it passed'
  in_log '^0 packets tried to leave' 'something tried to leave'
  quiet on '[ ! -e /run/kubeferry-rehearsal.lock ] && systemctl is-system-running && ! systemctl cat kubelet.service &&
    [ -z "$(find /sys/fs/cgroup -name "*rehears*")" ]'
}

# The plug is pulled SECONDS after init says TEXT.
cut_at() { # TEXT SECONDS
  : >"$WORK/cut.log"
  init >"$WORK/cut.log" 2>&1 &
  local runner=$!
  until grep -qF -- "$1" "$WORK/cut.log"; do
    kill -0 "$runner" 2>/dev/null || { tail -n 20 "$WORK/cut.log" >&2; fail "init ended before it said: $1"; }
    sleep 0.1
  done
  sleep "$2"
  power_cut
  wait "$runner" || true
  tail -n 1 "$WORK/cut.log"
}

# A node that was Ready before the machine started still looks so until its kubelet is back: what counts is that every
# container runs since this start.
ready_since_boot() {
  on bash -s >"$WORK/ready" 2>&1 <<'GUEST'
export KUBECONFIG=/etc/kubernetes/admin.conf
boot=$(date -u -d "$(uptime -s)" +%FT%TZ)
kubectl wait node --all --for=condition=Ready --timeout=5s &&
  kubectl get pods -A -o 'jsonpath={range .items[*].status.containerStatuses[*]}{.ready} {.state.running.startedAt} {.name}{"\n"}{end}' >/run/containers &&
  grep -q coredns /run/containers && cat /run/containers &&
  awk -v boot="$boot" '$1 != "true" || $2 < boot { bad = 1 } END { exit bad }' /run/containers && rm /run/containers
GUEST
}
everything_ready() {
  # Each question is seconds of work for this machine.
  KF_PAUSE=20 within 1800 ready_since_boot || { cat "$WORK/ready" >&2; fail 'the cluster is not Ready'; }
  KF_PAUSE=20 within 900 on ./kubeferry status >"$WORK/log" 2>&1 || { cat "$WORK/log" >&2; fail 'kubeferry status finds something'; }
  in_log 'node1' 'status does not name the node'
}

units_are_well() {
  on 'grep -q "failureThreshold: 120" /etc/kubernetes/manifests/kube-apiserver.yaml' || fail "kubeadm did not use --patches"
  quiet on 'systemctl is-active kubeferry-registry containerd kubelet kubepods.slice && systemctl is-enabled kubeferry-registry containerd kubelet &&
    systemctl is-system-running'
  # The services' processes: not root's; in groups of their own, and so are the Pods', by the driver that systemd is.
  quiet on '[ "$(ps -o uid= -p "$(systemctl show -p MainPID --value kubeferry-registry)")" -ge 1000 ]'
  quiet on 'find /sys/fs/cgroup/kubepods.slice -path "*kubepods-*pod*.slice/cri-containerd-*.scope/cgroup.procs" | grep -q .'
  quiet on 'systemd-analyze --no-pager --threshold=20 security kubeferry-registry.service'
  grep 'Overall exposure' "$WORK/log"
}

# All images come from this machine's registry: there is nothing else.
readonly pulled=k8s.gcr.io/coredns:1.7.0
pull_works() { quiet on "ctr -n k8s.io images rm $pulled && crictl pull $pulled && ctr -n k8s.io images check name==$pulled | grep 'complete'"; }

answers() {
  on bash -s >"$WORK/answer" 2>&1 <<'GUEST'
export KUBECONFIG=/etc/kubernetes/admin.conf
service=$(kubectl get service answer -o 'jsonpath={.spec.clusterIP}') && exec 3<>"/dev/tcp/$service/8080" || exit 1
printf 'GET / HTTP/1.0\r\n\r\n' >&3
timeout 10 cat <&3 | grep -q '^answer' || exit 1
kubectl exec daemonset/answer -- /bin/busybox nslookup answer.default.svc.cluster.local | grep -q "$service"
GUEST
}
pod_answers() { KF_PAUSE=20 within 600 answers || { cat "$WORK/answer" >&2; fail 'the Pod does not answer by its Service, or has no names'; }; }

tokens_come_and_go() {
  local token
  token=$(on ./kubeferry token create --ttl 1h --description "'a test'")
  [[ $token =~ ^[a-z0-9]{6}\.[a-z0-9]{16}$ ]] || fail 'token create does not print a token'
  quiet on ./kubeferry token list
  in_log "${token%.*}.*a test" 'token list does not show the new token'
  ! grep -q "${token#*.}" "$WORK/log" || fail 'token list shows a secret'
  quiet on ./kubeferry token delete "${token%.*}"
  quiet on ./kubeferry token list
  ! grep -q "${token%.*}" "$WORK/log" || fail 'token delete left the token'
}

join_pack_is_made() {
  quiet on ./kubeferry join-pack create --ttl 1h --control-plane --file join.pack
  on cat join.pack >"$WORK/join.pack"
  [[ $(on stat -c %a join.pack) == 600 ]] || fail 'others may read the join pack'
  jq -e '.kind == "kubeferry/join-pack/v1" and .endpoint == "10.0.2.15:6443" and (.registries | length) == 1 and
    (.certificateKey | length) == 64 and ((.tokenExpires | fromdate) - (.created | fromdate) - 3600 | fabs) < 300' "$WORK/join.pack" >"$WORK/log" ||
    fail "the join pack is not as it shall be: $(jq -c 'del(.token, .certificateKey, .registryCa)' "$WORK/join.pack")"
}

doctor_tells_no_secret() {
  quiet on ./kubeferry doctor --bundle-up doctor.tar.zst
  [[ $(on stat -c %a doctor.tar.zst) == 600 ]] || fail "others may read doctor's archive"
  rm -rf "$WORK/doctor"
  mkdir "$WORK/doctor"
  on cat doctor.tar.zst | tar -C "$WORK/doctor" --zstd -xf -
  (cd "$WORK/doctor" && find . -type f -printf '%s %P\n')
  # Every secret that this machine has, a line each; base64 as kubeconfigs and Secrets have it.
  {
    jq -r '.token | split(".")[1]' "$WORK/join.pack"
    jq -r .certificateKey "$WORK/join.pack"
    on 'cat /etc/kubernetes/pki/*.key /etc/kubernetes/pki/etcd/*.key /var/lib/kubeferry/registry/*.key /var/lib/kubelet/pki/*.pem' |
      awk '/BEGIN.*PRIVATE/ { secret = 1; next } /END/ { secret = 0 } secret && length($0) == 64'
    on 'sed -n "s/.*client-key-data: //p" /etc/kubernetes/*.conf'
    on 'kubectl --kubeconfig /etc/kubernetes/admin.conf get secrets -A -o json' |
      jq -r '.items[].data | to_entries[]? | select(.key | test("token|key|secret")) | .value | ., @base64d | select(test("^[!-~]{16,}$"))'
  } | sort -u >"$WORK/secrets"
  (($(wc -l <"$WORK/secrets") > 100)) || fail "only $(wc -l <"$WORK/secrets") secrets to look for"
  ! grep -rlF -f "$WORK/secrets" "$WORK/doctor" || fail "doctor's archive holds secrets"
  ! grep -rE -- 'PRIVATE KEY' "$WORK/doctor" || fail "doctor's archive holds a private key"
}

reset() { quiet on ./kubeferry reset --yes; }

# What may differ: the memory of accepted bundles, which is meant to stay; what systemd, udev, ssh and the kernel do for
# themselves; that a unit which wants the network was started since this boot; what follows the size of memory, which is not
# the same to the page in each boot.
readonly ignored=('^/dev / .* devtmpfs' '^/root/kubeferry ' '^(fs/(file-max|(epoll|inotify)/max_user_[a-z]+)|kernel/threads-max|net/ipv4/(tcp|udp)_(mem|[rw]mem|max_[a-z_]+)|user/max_[a-z_]+):'
  '/systemd-private-' '^/sys/fs/cgroup/.*/systemd-fsckd.service$' '^systemd-fsckd.(service|socket) loaded' '^/lib/systemd/systemd-fsckd'
  '^/proc/sys/fs/binfmt_misc ' '^vm/user_reserve_kbytes:' '(network-online.target|-wait-online.service)'
  '/var/lib/kubeferry( |$)' '/var/lib/kubeferry/trust.json' '^fs/quota/syncs:' '^\(udev-worker\)'
  '^/run/(systemd|udev|log|user|dbus|credentials|xtables.lock|utmp|sshd|lock|containers$)' '^/var/log/(journal|[bw]tmp|lastlog)' '^/var/lib/systemd/')
# After a cluster: modules that the kernel loads when iptables or a network device asks for them, and their settings.
readonly kernel_keeps=('^(ip6?t_[A-Z]+|ip6?_tables|ip6?table_[a-z]+|x_tables|xt_[A-Za-z0-9_]+|nf_[a-z0-9_]+|nft_[a-z0-9_]+|nfnetlink|libcrc32c)$'
  '^(veth|vxlan|ip6?_udp_tunnel|udp_tunnel|bridge|stp|llc|dummy|ip_set[a-z_]*|ip_vs[a-z_]*)$' '^net/(netfilter/|nf_conntrack)')
unchanged() { # REGEX…: what may differ besides
  snapshot "$WORK/after"
  "$vm_here/../support/cluster/host.sh" compare "$WORK/before" "$WORK/after" "${ignored[@]}" "$@" || fail 'the machine is not as it was'
}
unchanged_after_cluster() { unchanged "${kernel_keeps[@]}"; }
