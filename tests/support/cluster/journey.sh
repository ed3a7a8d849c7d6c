# Functions for scripts that install on native hosts; see README.md. Source it; $KUBEFERRY names the program, $WORK a
# folder of the script's, $CLUSTER_DIR the hosts'. Ends what the script started when it exits.
# shellcheck shell=bash
# shellcheck source=tests/support/site/cluster.sh
source "$(dirname "${BASH_SOURCE[0]}")/../site/cluster.sh"
# shellcheck source=tests/support/expect.sh
source "$(dirname "${BASH_SOURCE[0]}")/../expect.sh"
host=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/host.sh

finish() {
  local status=$?
  if ((status != 0)); then echo "FAILED with $status" >&2; fi
  "$host" net-down >/dev/null 2>&1 || true
  site_down
  rm -rf "$WORK"
}
trap finish EXIT
say() { printf '== %s (%d s)\n' "$*" "$SECONDS"; }

on() { "$host" run "$@"; }
kubectl() { on cp1 kubectl --kubeconfig /etc/kubernetes/admin.conf "$@"; } # the first control plane's

# The program and, while it is not static yet, the libraries that a bare Debian lacks; the same for further programs of
# this machine, which get names of their own in /root.
give_program() { # HOST [PROGRAM…]
  local name=$1 program
  shift
  for program in "$KUBEFERRY" "$@"; do
    "$host" put "$name" "$program" "/root/$(basename "$program")"
    { ldd "$program" || true; } | awk '/=> \//{print $3}'
  done | sort -u >"$WORK/libraries"
  "$host" put "$name" "$WORK/site.pub" /root/site.pub
  [[ -s $WORK/libraries ]] || return 0
  # shellcheck disable=SC2016
  tar -chf - -T "$WORK/libraries" --transform 's#.*/##' 2>/dev/null |
    on "$name" sh -c 'mkdir -p /usr/local/lib/kubeferry-test && cd /usr/local/lib/kubeferry-test && tar -xf -
      for file in *; do [ ! -e "/lib/x86_64-linux-gnu/$file" ] || rm "$file"; done
      echo /usr/local/lib/kubeferry-test >/etc/ld.so.conf.d/zz-kubeferry-test.conf; ldconfig'
}

new_host() { # NAME IP [PROGRAM…]
  local name=$1
  "$host" up "$name" "$2"
  shift 2
  give_program "$name" "$@"
  "$host" snapshot "$name" "$WORK/before-$name"
}

# From now on this is how the host was.
remember() { # NAME
  rm -rf "$WORK/before-$1"
  "$host" snapshot "$1" "$WORK/before-$1"
}

# What may differ: the memory of accepted bundles, which is meant to stay; the lock file of iptables, and its tables once
# they hold nothing (a host without nft(8) cannot take them away); the harness's own credentials folder; a kernel counter.
readonly ignored=('/var/lib/kubeferry( |$)' '/var/lib/kubeferry/trust.json' '/run/xtables.lock' '/run/credentials' 'fs/quota/syncs:'
  '^ip6?tables-save: ([:*]|COMMIT)' '^table ip6? (nat|filter|mangle) \{$' '^\s*\}?$')
unchanged() { # NAME [REGEX…]
  local name=$1
  shift
  rm -rf "$WORK/after"
  "$host" snapshot "$name" "$WORK/after"
  "$host" compare "$WORK/before-$name" "$WORK/after" "${ignored[@]}" "$@" || fail "$name is not as it was"
}

# What kubeadm must be told on these hosts, for the programs' Kubernetes; and by which version of its configuration.
programs_minor() {
  local version
  version=$("$WORK/programs/kubeadm" version -o short) || return 1
  version=${version#v1.}
  echo "${version%%.*}"
}
put_extra() { # HOST: as /root/extra.yaml
  local minor name=kubeadm-extra.yaml
  minor=$(programs_minor)
  ((minor < 31)) || name=kubeadm-extra-1.31.yaml
  "$host" put "$1" "$(dirname "$host")/config/$name" /root/extra.yaml
}
kubeadm_api() {
  local minor
  minor=$(programs_minor)
  if ((minor < 22)); then echo v1beta2; elif ((minor < 31)); then echo v1beta3; else echo v1beta4; fi
}
