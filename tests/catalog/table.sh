#!/usr/bin/env bash
# A bundle for every pod network of the catalog x architecture x three releases of Kubernetes, from local stand-ins:
# complete, or refused with the reason. The table must be docs/catalog/table.md.
#   table.sh KUBEFERRY            compares
#   table.sh KUBEFERRY --write    writes it
set -euo pipefail
export KUBEFERRY=$1
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WORK=$(mktemp -d)
servers=$here/../support/upstream/servers.sh
trap '"$servers" down "$WORK/upstream" >/dev/null 2>&1 || true; rm -rf "$WORK"' EXIT
"$servers" up "$WORK/upstream"
eval "$("$servers" env "$WORK/upstream")"
mkdir "$WORK/cells"
/usr/bin/python3 -B "$here/table.py" --registry "$KF_OPEN" --files "$KF_DOWNLOADS" --downloads "$KF_DOWNLOADS_DIR" \
  --ca "$KF_CA" --work "$WORK/cells" "$@"
