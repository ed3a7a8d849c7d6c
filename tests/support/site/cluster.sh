# Functions for scripts that need a bundle from which a cluster really runs. Source it; $KUBEFERRY names the program,
# $WORK a folder of the script's. Ends with site_down (site.sh).
# shellcheck shell=bash
# shellcheck source=tests/support/site/site.sh
source "$(dirname "${BASH_SOURCE[0]}")/site.sh"

# Everything of it in one: leaves $WORK/cluster.tar.zst, signed for $WORK/site.pub, and stops the upstream again.
# cluster_bundle [VERSION [MORE]]: another Kubernetes version than that of the programs' kubeadm; further lines of its spec.
cluster_bundle() {
  cluster_site_up && cluster_site_spec "$@" && cluster_site_seed && cluster_site_build || return 1
  site_down
}

# The real programs into $WORK/programs, and the upstream's servers with a storage of their own: the sample site's images
# have the same names and other contents.
cluster_site_up() {
  "$site_support/cluster/programs.sh" "$WORK/programs" >"$WORK/programs.log" 2>&1 || { cat "$WORK/programs.log" >&2; return 1; }
  site_up cluster
}

cluster_site_spec() { # [VERSION [MORE]]
  local version=${1:-}
  [[ -n $version ]] || version=$("$WORK/programs/kubeadm" version -o short) || return 1
  site_spec site-cluster.yaml.in cluster.yaml "$version"
  printf '%s\n' "${2:-}" >>"$WORK/cluster.yaml"
}

cluster_site_seed() { site_seed "$WORK/cluster.yaml" '' "$WORK/programs"; }

cluster_site_build() {
  (
    cd "$WORK" || exit 1
    [[ -e site.key ]] || "$KUBEFERRY" key generate site || exit 1
    "$KUBEFERRY" lock cluster.yaml --output cluster.lock || exit 1
    "$KUBEFERRY" build cluster.yaml --key site.key --output cluster.tar.zst --quiet
  ) >"$WORK/build.log" 2>&1 || { tail -n 20 "$WORK/build.log" >&2; return 1; }
}
