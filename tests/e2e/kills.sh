#!/usr/bin/env bash
# init, join and reset on real hosts, killed (SIGKILL) before each record that they would write into the journal, so
# before and after every step, and run again until nothing is left to do. What is killed within a step:
# tests/unit/steps/kill_test.cpp, call by call, and here kubeadm itself.
#   kills.sh KUBEFERRY      half an hour
# shellcheck disable=SC2016,SC2119 # the hosts expand what is quoted; init is called with options, too
set -euo pipefail
export KUBEFERRY=$1
here=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d)
export WORK CLUSTER_DIR=$WORK/run
# shellcheck source=tests/support/cluster/journey.sh
source "$here/../support/cluster/journey.sh"

readonly init=(./kubeferry init cluster.tar.zst --trust site.pub --config extra.yaml --service-cidr 10.96.0.0/16)
readonly join=(./kubeferry join --pack join.pack --trust site.pub)
readonly reset=(./kubeferry reset --yes)

# How many steps that host's journal names.
steps_of() { # HOST
  on "$1" sh -c 'cat /var/lib/kubeferry/journal 2>/dev/null || :' | sed -n 's/.*"begun".*\("kind":"[^"]*","target":"[^"]*"\).*/\1/p' | sort -u | wc -l
}

# Runs it again and again. Each run is killed instead of writing its third record: the first says that it runs, the second
# is the one that the run before was killed at. So each run comes one record further. Files that are made together, such as
# a key and its certificate, are made anew when one of them is missing: after three runs that ended where earlier ones did, a
# record more is let through, until a run ends somewhere new.
kill_at_each_record() { # HOST COMMAND…
  local name=$1 kills=0 status step same=0 record=3 steps
  local -A seen=()
  shift
  steps=$(steps_of "$name")
  while ((kills < 400)); do
    status=0
    on "$name" ./strace -qq -o /dev/null -P /var/lib/kubeferry/journal -e trace=write -e "inject=write:signal=KILL:when=$record" \
      "$@" >"$WORK/log" 2>&1 || status=$?
    ((status == 137)) || break
    kills=$((kills + 1))
    step=$(grep '^\[[0-9]*/' "$WORK/log" | tail -n 1) || true
    if [[ -n $step && -z ${seen[$step]:-} ]]; then seen[$step]=yes same=0 record=3; else same=$((same + 1)); fi
    ((same == 0 || same % 3 > 0)) || record=$((record + 1))
  done
  ((status == 0)) || { tail -n 20 "$WORK/log" >&2; fail "exit $status after $kills kills: $*"; }
  ((steps > 0)) || steps=$(steps_of "$name")
  # Less would mean that a run was not killed where it should have been; the first and the last go two records at once.
  ((steps > 30 && kills + 3 >= steps)) || fail "only $kills kills for $steps steps: $*"
  echo "$2: killed $kills times for $steps steps, then it ended"
}

# While it says that it does this.
kill_while() { # HOST WORDS COMMAND…
  local name=$1 words=$2
  shift 2
  on "$name" sh -c 'echo $$ >/run/victim; exec "$@"' sh "$@" >"$WORK/log" 2>&1 &
  within 120 grep -qF "$words" "$WORK/log" || { tail "$WORK/log"; fail "it does not come to: $words"; }
  on "$name" sh -c 'kill -KILL "$(cat /run/victim)"; rm /run/victim'
  ! wait $! || fail 'it was not killed'
}

say 'a bundle'
cluster_bundle ''
"$host" net-up
new_host cp1 10.99.0.31 "$(command -v strace)"
"$host" put cp1 "$WORK/cluster.tar.zst" /root/cluster.tar.zst
put_extra cp1
remember cp1
new_host w1 10.99.0.32 "$(command -v strace)"

say 'init'
kill_at_each_record cp1 "${init[@]}"
quiet on cp1 "${init[@]}"
grep -q 'is up: 0 steps' "$WORK/log" || fail 'a further run did something'

say 'join'
on cp1 cat /var/lib/kubeferry/join.pack >"$WORK/join.pack"
chmod 600 "$WORK/join.pack"
"$host" put w1 "$WORK/join.pack" /root/join.pack
remember w1
kill_at_each_record w1 "${join[@]}"
kubectl get nodes
quiet on w1 "${join[@]}"
grep -q 'Ready: 0 steps' "$WORK/log" || fail 'a further run did something'

say 'reset of the worker'
kill_at_each_record w1 "${reset[@]}"
unchanged w1

say 'kubeadm in the middle of its work: join, then init'
# Before it has missed the node, the cluster lets no other one have its name.
missed() { ! kubectl get node w1 -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' | grep -qx True; }
within 120 missed || fail 'w1 stays Ready without a kubelet'
kill_while w1 '[kubelet-start]' "${join[@]}"
quiet on w1 "${join[@]}"
quiet on w1 "${reset[@]}"
unchanged w1

say 'reset of the control plane'
kill_at_each_record cp1 "${reset[@]}"
unchanged cp1
for words in '[certs] Generating "etcd' '[control-plane] Creating' '[addons]'; do
  kill_while cp1 "$words" "${init[@]}"
done
quiet on cp1 "${reset[@]}"
unchanged cp1
kill_while cp1 '[wait-control-plane]' "${init[@]}"
quiet on cp1 "${init[@]}"
kubectl get nodes
quiet on cp1 "${reset[@]}"
unchanged cp1
say 'kills: passed'
