#!/usr/bin/env bash
# A virtual machine with systemd as pid 1 and control groups v2, that has never seen the internet, from bare Debian 12 to
# a cluster of one node and back: what the native hosts of tests/e2e cannot show. The plug is pulled three times.
#   journey.sh KUBEFERRY [DIR]
# With DIR, the machine stays there, its disk as it was before each phase: after a failure the same command goes on with the
# phase that failed. An emulated machine takes an hour for all of them.
set -euo pipefail
KUBEFERRY=$(realpath "$1")
export KUBEFERRY
kept=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
if [[ -n $kept ]]; then
  mkdir -p "$kept"
  WORK=$(realpath "$kept")
  if [[ ! -e $WORK/disk.kept && -n $(ls -A "$WORK") ]]; then
    echo "$kept holds other things: give an empty folder" >&2
    exit 2
  fi
else
  WORK=$(mktemp -d)
fi
export WORK
# shellcheck source=tests/support/site/cluster.sh
source "$here/../support/site/cluster.sh"
# shellcheck source=tests/vm/machine.sh
source "$here/machine.sh"
# shellcheck source=tests/vm/checks.sh
source "$here/checks.sh"

phase='' began=0
finish() {
  local status=$?
  trap - EXIT
  if ((status != 0)); then
    echo "FAILED with $status in: $phase" >&2
    [[ -z $vm_pid ]] || last_words >&2 || true
  fi
  power_cut
  site_down
  if [[ -z $kept ]]; then
    rm -rf "$WORK"
  elif [[ ! -e $WORK/disk.kept ]]; then
    find "$WORK" -mindepth 1 -delete # nothing to go on from
  elif ((status != 0)); then
    echo "the machine is kept: tests/vm/journey.sh $KUBEFERRY $kept goes on with that phase" >&2
  fi
  exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM INT

# What follows is done once each, in this order.
readonly phases=(bare_machine second_boot bare_preflight cut_in_kubeadm cut_after_a_pull init_to_its_end units_and_a_pod
  administration second_init reboot plug_pulled reset_of_the_cluster rehearsal)

bare_machine() { # a bundle of programs that really run, a QEMU, a disk, and a boot
  cluster_bundle ''
  machine_prepare
  machine_disk
  machine_on
  machine_wait 600
  is_what_it_shall_be
  give_program
  put "$WORK/cluster.tar.zst" /root/cluster.tar.zst
  put "$here/kubeadm-extra.yaml" /root/extra.yaml
  patient_pods
}

second_boot() { machine_reboot 600; } # the first one is like no other

bare_preflight() { # and a picture of how it was
  snapshot "$WORK/before"
  quiet on ./kubeferry preflight cluster.tar.zst --trust site.pub
  in_log 'can become a control plane' 'preflight is of another opinion'
}

cut_in_kubeadm() { # the plug is pulled while kubeadm runs; reset
  cut_at '[kubelet-start]' 5
  machine_on
  machine_wait 600
  reset
  unchanged_after_cluster
}

cut_after_a_pull() { # the plug is pulled a moment after an image was pulled
  cut_at 'pull k8s.gcr.io/kube-scheduler' 1
  machine_on
  machine_wait 600
  expect 30 on ./kubeferry status
  in_log 'init has not finished|init failed' 'status does not say that a run was cut short'
}

init_to_its_end() {
  init_patiently
  in_log 'Kubernetes v.* is up' 'init did not say that the cluster is up'
  everything_ready
}

units_and_a_pod() {
  units_are_well
  on 'cat >pods.yaml && kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f pods.yaml && rm pods.yaml' <"$here/../e2e/pods.yaml"
  pod_answers
}

administration() { # status, doctor, tokens, join packs
  tokens_come_and_go
  join_pack_is_made
  doctor_tells_no_secret
  on rm -f join.pack doctor.tar.zst
}

second_init() {
  quiet init
  in_log 'is up: 0 steps' 'the second init did something'
}

reboot() {
  machine_reboot 900
  everything_ready
  units_are_well
  pod_answers
  pull_works
}

plug_pulled() { # a moment after a pull
  pull_works
  power_cut
  machine_on
  machine_wait 600
  everything_ready
  pod_answers
  pull_works
}

reset_of_the_cluster() {
  reset
  unchanged_after_cluster
}

rehearsal() {
  snapshot "$WORK/before"
  rehearsal_passes
  unchanged
}

# The disk as it is, and which phase comes: what was written is on it after a sync, and QEMU is killed without loss at any time.
keep_machine() { # PHASE
  [[ -n $kept && -n $vm_pid ]] || return 0
  on sync
  cp --sparse=always "$WORK/disk.qcow2" "$WORK/disk.part"
  mv "$WORK/disk.part" "$WORK/disk.kept"
  echo "$1" >"$WORK/next"
}
go_on() {
  cp --sparse=always "$WORK/disk.kept" "$WORK/disk.qcow2"
  machine_prepare
  machine_on
  machine_wait 900
  put "$KUBEFERRY" /root/kubeferry
}

next=${phases[0]}
if [[ -e $WORK/disk.kept ]]; then
  next=$(<"$WORK/next")
  phase="going on with $next"
  echo "== $phase"
  go_on
fi
for phase in "${phases[@]}"; do
  [[ -z $next || $phase == "$next" ]] || continue
  next=
  keep_machine "$phase"
  printf '== %s (%d s)\n' "$phase" "$SECONDS"
  began=$SECONDS
  "$phase"
  printf '%5d s  %s\n' "$((SECONDS - began))" "$phase" >>"$WORK/seconds"
done
cat "$WORK/seconds"
rm -f "$WORK/disk.kept" # done: what is left is not to be gone on with
echo "vm: passed ($SECONDS s)"
