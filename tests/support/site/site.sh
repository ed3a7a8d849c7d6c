# Functions for scripts that need the sample site. Source it; $KUBEFERRY names the program, $WORK a folder of the script's.
# shellcheck shell=bash
site_support=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Starts the upstream's servers below $WORK/upstream and sets the KF_… variables of tests/support/upstream/servers.sh.
# What they serve is kept between runs in the cache, with $1 in its folder of that name.
site_up() {
  local cache=${KUBEFERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubeferry}${1:+/$1}
  mkdir -p "$cache"
  "$site_support/upstream/servers.sh" up "$WORK/upstream" --storage "$cache/storage" --downloads "$cache/downloads" \
    >"$WORK/servers.log" 2>&1 || { cat "$WORK/servers.log" >&2; return 1; }
  eval "$("$site_support/upstream/servers.sh" env "$WORK/upstream")"
}

site_down() { "$site_support/upstream/servers.sh" down "$WORK/upstream" >/dev/null 2>&1 || true; }

# Writes the sample spec to $WORK/site.yaml; or the template $1 of this folder to $WORK/$2 for Kubernetes $3.
site_spec() {
  sed -e "s#@REGISTRY@#$KF_OPEN#" -e "s#@DOWNLOADS@#$KF_DOWNLOADS#" -e "s#@CA@#$KF_CA#" -e "s#@KUBERNETES@#${3:-}#" \
    "$site_support/site/${1:-site.yaml.in}" >"$WORK/${2:-site.yaml}"
}

# Fills the upstream with what the spec $1 needs. With $2, that is the release's kubeadm for this machine; with $3, a
# folder of real programs that images and downloads for linux/amd64 are made of.
site_seed() {
  "$KUBEFERRY" spec check "$1" --output json >"$WORK/spec.json"
  # Only the CNI's own manifest says which images it runs, and a spec is checked without any network.
  sed -n 's/^ *image: *//p' "$site_support/upstream/data/kube-flannel.yml" | sort -u | jq -R . | jq -s '.' >"$WORK/cni.json"
  jq --slurpfile cni "$WORK/cni.json" '(.images | map(.platforms) | add | unique) as $all
    | .images += ($cni[0] | map({reference: ., platforms: $all}))' "$WORK/spec.json" >"$WORK/needs.json"
  "$site_support/upstream/seed.py" --needs "$WORK/needs.json" --registry "$KF_OPEN" --ca "$KF_CA" \
    --downloads "$KF_DOWNLOADS_DIR" ${2:+--kubeadm "$2"} ${3:+--programs "$3"} >"$WORK/seed.log" 2>&1 || { tail -n 20 "$WORK/seed.log" >&2; return 1; }
}
