#!/usr/bin/env bash
# real_kubeadm.sh PROGRAM: runs the tests in PROGRAM against the real kubeadm 1.20.2, which is built when this machine
# has none yet (minutes).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$here/../../support/upstream/kubeadm.sh" "$folder/kubeadm"
mkdir "$folder/scratch"
KUBEFERRY_KUBEADM=$folder/kubeadm KUBEFERRY_SCRATCH=$folder/scratch "$1"
