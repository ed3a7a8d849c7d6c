#!/usr/bin/env bash
# A virtual machine with systemd as pid 1 and control groups v2, that has never seen the internet, from bare Debian 12 to
# a cluster of one node and back: what the native hosts of tests/e2e cannot show. The plug is pulled three times.
#   journey.sh KUBEFERRY
set -euo pipefail
export KUBEFERRY=$1
here=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d)
export WORK
# shellcheck source=tests/support/site/cluster.sh
source "$here/../support/site/cluster.sh"
# shellcheck source=tests/vm/machine.sh
source "$here/machine.sh"
# shellcheck source=tests/vm/checks.sh
source "$here/checks.sh"

phases=() began=0
finish() {
  local status=$?
  trap - EXIT
  if ((status != 0)); then
    echo "FAILED with $status in: ${phase:-}" >&2
    [[ -z $vm_pid ]] || last_words >&2 || true
  fi
  power_cut
  site_down
  rm -rf "$WORK"
  exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM INT
phase=
ends() { [[ -z $phase ]] || phases+=("$(printf '%5d s  %s' "$((SECONDS - began))" "$phase")"); }
begin() { # PHASE
  ends
  phase=$1 began=$SECONDS
  printf '== %s (%d s)\n' "$phase" "$SECONDS"
}

begin 'a bundle of programs that really run, a QEMU, a disk'
cluster_bundle ''
machine_prepare
machine_disk

begin 'boot of a bare machine'
machine_on
machine_wait 600
is_what_it_shall_be
give_program
put "$WORK/cluster.tar.zst" /root/cluster.tar.zst
put "$here/kubeadm-extra.yaml" /root/extra.yaml
patient_pods

begin 'a second boot: the first one is like no other'
machine_reboot 600

begin 'preflight, and a picture of how it was'
snapshot "$WORK/before"
quiet on ./kubeferry preflight cluster.tar.zst --trust site.pub
in_log 'can become a control plane' 'preflight is of another opinion'

begin 'init, the plug pulled while kubeadm runs; reset'
cut_at '[kubelet-start]' 5
machine_on
machine_wait 600
reset
unchanged_after_cluster

begin 'init, the plug pulled a moment after an image was pulled'
cut_at 'pull k8s.gcr.io/kube-scheduler' 1
machine_on
machine_wait 600
expect 30 on ./kubeferry status
in_log 'init has not finished|init failed' 'status does not say that a run was cut short'

begin 'init again, to its end'
init_patiently
in_log 'Kubernetes v.* is up' 'init did not say that the cluster is up'
everything_ready

begin 'units, groups, a Pod'
units_are_well
on 'cat >pods.yaml && kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f pods.yaml && rm pods.yaml' <"$here/../e2e/pods.yaml"
pod_answers

begin 'status, doctor, tokens, join packs'
tokens_come_and_go
join_pack_is_made
doctor_tells_no_secret
on rm -f join.pack doctor.tar.zst

begin 'init a second time'
quiet init
in_log 'is up: 0 steps' 'the second init did something'

begin 'reboot'
machine_reboot 900
everything_ready
units_are_well
pod_answers
pull_works

begin 'the plug pulled a moment after a pull'
pull_works
power_cut
machine_on
machine_wait 600
everything_ready
pod_answers
pull_works

begin 'reset'
reset
unchanged_after_cluster

begin 'a rehearsal'
rm -rf "$WORK/before"
snapshot "$WORK/before"
rehearsal_passes
unchanged

ends
printf '%s\n' "${phases[@]}"
echo "vm: passed ($SECONDS s)"
