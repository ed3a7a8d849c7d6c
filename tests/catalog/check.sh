#!/usr/bin/env bash
# check.sh KUBEFERRY: runs check_test.py with the real kubeadm 1.20.2, which is built when this machine has none yet.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$here/../support/upstream/kubeadm.sh" "$folder/kubeadm"
KUBEFERRY=$1 KUBEFERRY_KUBEADM=$folder/kubeadm /usr/bin/python3 -B "$here/check_test.py" -v
