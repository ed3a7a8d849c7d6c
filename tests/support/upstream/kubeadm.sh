#!/usr/bin/env bash
# kubeadm.sh OUT: builds the real kubeadm v1.20.2 for this machine from Debian 12's source package `kubernetes`
# and copies it to OUT. The binary is cached by source version, so only the first call takes minutes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

[[ $# -eq 1 ]] || { echo 'usage: kubeadm.sh OUT' >&2; exit 1; }
out=$(realpath -m "$1")
mkdir -p "${out%/*}"
folder=$(mktemp -d "${out%/*}/.kubeadm.XXXXXX")
trap 'rm -rf "$folder"' EXIT
"$here/kubernetes.sh" "$folder" kubeadm
# A copy: whoever asked for it may write to it.
cp --dereference "$folder/kubeadm" "$folder/copy"
mv "$folder/copy" "$out"
