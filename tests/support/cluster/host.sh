#!/usr/bin/env bash
# Hosts for end-to-end tests: real namespaces over a bare Debian 12, joined by a bridge that leads nowhere.
#
#   host.sh net-up                       the bridge; comes first
#   host.sh up NAME IP                   a host with an address in 10.99.0.0/24, .254 being the bridge's
#   host.sh run NAME COMMAND…            runs it there, as root, with this script's input and output
#   host.sh put NAME SOURCE TARGET       copies a file or folder into it; `get NAME SOURCE TARGET` out of it
#   host.sh reboot NAME                  all its processes end, what is enabled starts again
#   host.sh snapshot NAME DIR            what state it is in, as text files; see `compare`
#   host.sh compare DIR DIR [REGEX…]     prints what differs, but for lines that match; status 1 when something does
#   host.sh egress [reset]               how many packets tried to leave, and for where
#   host.sh outside COMMAND…             runs it where the bridge is: its address is 10.99.0.254
#   host.sh down NAME                    ends and removes it; its logs stay in CLUSTER_DIR/hosts/NAME/logs
#   host.sh net-down                     the same for all hosts, then the bridge
#
# CLUSTER_DIR names the folder of a run: several runs do not see each other. Needs root.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly controllers='cpu cpuacct cpuset memory devices freezer blkio pids'

die() {
  printf 'host.sh: %s\n' "$*" >&2
  exit 1
}

usage() {
  sed -n '2,16s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

# The kernel's start time of process $1: with the pid it names a process for good. Fails when there is none.
start_time() {
  local stat fields
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -ra fields <<<"${stat##*) }" # from the third field, the state, on
  [[ ${fields[0]} != Z ]] || return 1
  printf '%s\n' "${fields[19]}"
}

identity() { printf '%s %s\n' "$run" "$1"; }

# Prints the pid of the host's pid 1, when it runs and its root is the host's.
pid_of() { # name
  local pid started
  read -r pid started 2>/dev/null <"$dir/hosts/$1/pid" || return 1
  [[ "$(start_time "$pid")" == "$started" ]] || return 1
  [[ "$(cat "/proc/$pid/root/.kubeferry-host" 2>/dev/null)" == "$(identity "$1")" ]] || return 1
  printf '%s\n' "$pid"
}

make_root() { # name, address
  local root=$dir/hosts/$1/root tar
  tar=$("$here/root.sh")
  mkdir -p "$root"
  tar -C "$root" --numeric-owner --exclude='./dev/*' -xf "$tar"
  printf '%s\n' "$1" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n%s %s\n' "$2" "$1" >"$root/etc/hosts"
  printf 'nameserver %s\n' "$gateway" >"$root/etc/resolv.conf"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  install -d "$root/usr/lib/test-host" "$root/etc/systemd/system/multi-user.target.wants" "$root/etc/sysctl.d" \
    "$root/etc/modules-load.d" "$root/usr/lib/systemd/system" "$root/var/log/units"
  install -m 0755 "$here"/node/{init,supervise} "$root/usr/lib/test-host/"
  install -m 0644 "$here"/node/*.sh "$root/usr/lib/test-host/"
  install -m 0755 "$here"/node/{systemctl,journalctl} "$root/usr/bin/"
  install -m 0644 "$here"/node/system/* "$root/usr/lib/systemd/system/"
  ln -s /usr/lib/systemd/system/systemd-{sysctl,modules-load}.service "$root/etc/systemd/system/multi-user.target.wants/"
  list_modules "$root"
  # Last: without it nothing takes the folder for a root.
  identity "$1" >"$root/.kubeferry-host"
}

# The kernel has everything built in and no folder of modules, which modprobe takes for everything missing.
list_modules() { # root
  local folder
  folder=$1/lib/modules/$(uname -r)
  mkdir -p "$folder"
  : >"$folder/modules.order"
  printf 'kernel/%s.ko\n' fs/overlayfs/overlay net/bridge/br_netfilter net/bridge/bridge drivers/net/vxlan/vxlan \
    net/netfilter/nf_conntrack net/netfilter/xt_conntrack net/netfilter/ipvs/ip_vs net/ipv4/netfilter/ip_tables \
    net/ipv6/netfilter/ip6_tables net/netfilter/nf_tables drivers/net/veth >"$folder/modules.builtin"
}

make_groups() { # name
  local controller folder
  for controller in $controllers systemd unified; do
    folder=/sys/fs/cgroup/$controller
    [[ -d $folder ]] || continue
    mkdir -p "$folder/kf-$run-$1"
    if [[ $controller == cpuset ]]; then
      cat "$folder/cpuset.cpus" >"$folder/kf-$run-$1/cpuset.cpus"
      cat "$folder/cpuset.mems" >"$folder/kf-$run-$1/cpuset.mems"
      echo 1 >"$folder/kf-$run-$1/cgroup.clone_children"
    fi
  done
}

enter_groups() { # name; for the process that calls it
  local controller
  for controller in $controllers systemd unified; do
    [[ ! -d /sys/fs/cgroup/$controller ]] || echo "$BASHPID" >"/sys/fs/cgroup/$controller/kf-$run-$1/cgroup.procs" || return 1
  done
}

remove_groups() { # name
  local controller waited
  for controller in $controllers systemd unified; do
    [[ -d /sys/fs/cgroup/$controller/kf-$run-$1 ]] || continue
    # Processes leave their groups a moment after they are dead.
    for ((waited = 0; waited < 100; waited++)); do
      find "/sys/fs/cgroup/$controller/kf-$run-$1" -depth -type d -exec rmdir {} + 2>/dev/null && break
      sleep 0.05
    done
  done
}

boot() { # name
  local home=$dir/hosts/$1 waited pid
  rm -f "$home/pid"
  (
    # Each step that could leave the machine's own namespaces in place ends it here.
    enter_groups "$1" || exit 1
    exec {lock}>&-
    exec setsid nsenter "--net=/run/netns/kf-$run-$1" unshare --mount --uts --ipc --pid --cgroup --fork \
      --propagation private bash "$here/enter.sh" "$1" "$home/root" "$(identity "$1")" "$home/pid"
  ) >>"$home/boot.log" 2>&1 </dev/null &
  for ((waited = 0; waited < 600; waited++)); do
    if pid=$(pid_of "$1") && [[ -e /proc/$pid/root/run/units/.booted ]]; then return; fi
    kill -0 $! 2>/dev/null || break
    sleep 0.05
  done
  die "host $1 does not come up: $(tail -n 5 "$home/boot.log")"
}

up() { # name, address
  [[ $1 =~ ^[a-z][a-z0-9-]{0,10}$ ]] || die "'$1' is no name for a host: at most 11 of a-z, 0-9 and '-'"
  [[ $2 =~ ^10\.99\.0\.([0-9]+)$ && ${BASH_REMATCH[1]} -lt 254 ]] || die "'$2' is no address in $subnet"
  [[ -d /sys/fs/cgroup/memory ]] || die 'this machine has no cgroup v1 controllers, which the hosts are built on'
  net_exists || die 'host.sh net-up comes first'
  ! pid_of "$1" >/dev/null || die "host $1 is up already"
  [[ ! -e $dir/hosts/$1/root ]] || die "host $1 was left behind: host.sh down $1"
  mkdir -p "$dir/hosts/$1"
  make_root "$1" "$2"
  plug_in "$1" "$2"
  make_groups "$1"
  boot "$1"
}

run_in() { # name, command…
  local pid name=$1
  shift
  pid=$(pid_of "$name") || die "host $name is not up"
  # Where a host's processes belong; one that is started from outside is no exception.
  enter_groups "$name"
  # shellcheck disable=SC2016 # the host's own bash expands it
  exec nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup \
    env -i HOME=/root USER=root LOGNAME=root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /bin/bash -c '[[ "$(cat /.kubeferry-host 2>/dev/null)" == "$0" ]] || exit 98; cd /root || exit 98; exec "$@"' \
    "$(identity "$name")" "$@"
}

# Written from within: a link on the way leads to the host's own files, not to the machine's.
put() { # name, source, target
  local mode
  if [[ -d $2 ]]; then
    # shellcheck disable=SC2016 # the host's own bash expands it
    tar -C "$2" --owner=0 --group=0 -cf - . | (run_in "$1" bash -c 'mkdir -p "$0" && tar -C "$0" -xf -' "$3")
  else
    [[ -f $2 ]] || die "there is no file or folder $2"
    mode=$(stat -Lc %a "$2")
    # shellcheck disable=SC2016
    (run_in "$1" bash -c 'mkdir -p "$(dirname "$0")" && cat >"$0.part" && chmod "$1" "$0.part" && mv "$0.part" "$0"' \
      "$3" "$mode") <"$2"
  fi
}

get() { # name, source, target
  mkdir -p "$(dirname "$3")"
  if (run_in "$1" test -d "$2"); then
    mkdir -p "$3"
    (run_in "$1" tar -C "$2" -cf - .) | tar -C "$3" --no-same-owner -xf -
  else
    (run_in "$1" cat "$2") >"$3"
  fi
}

halt() { # name: ends the host's pid 1, with which everything in the host ends
  local pid waited
  pid=$(pid_of "$1") || return 0
  kill -KILL "$pid"
  for ((waited = 0; waited < 200; waited++)); do
    start_time "$pid" >/dev/null || return 0
    sleep 0.05
  done
  die "pid $pid of host $1 does not end"
}

down() { # name
  local home=$dir/hosts/$1
  [[ -d $home ]] || return 0
  halt "$1"
  remove_groups "$1"
  unplug "$1"
  if [[ -f $home/root/.kubeferry-host ]]; then
    rm -rf "$home/logs"
    mkdir "$home/logs"
    cp -r "$home/root/var/log/units" "$home/root/var/log/pods" "$home/logs/" 2>/dev/null || true
  fi
  # Nothing is mounted below it in this namespace; should that be wrong, it stays.
  rm -rf --one-file-system "$home/root"
  rm -f "$home/pid"
}

snapshot() { # name, folder
  local section
  mkdir -p "$2"
  for section in files sysctls modules mounts firewall interfaces namespaces groups processes units; do
    (run_in "$1" bash -s "$section" <"$here/node/snapshot") >"$2/$section"
  done
  ip netns exec "kf-$run-$1" nft -s list ruleset >"$2/nft"
}

compare() { # folder, folder, regular expressions…
  local first=$1 second=$2 name changes status=0 ignored
  shift 2
  ignored=$(IFS='|'; echo "${*:-a^}") # nothing matches the latter
  [[ -d $first && -d $second ]] || die "$first and $second must be folders that snapshot made"
  for name in $(find "$first" "$second" -type f -printf '%f\n' | sort -u); do
    changes=$(diff <(grep -vE -- "$ignored" "$first/$name") <(grep -vE -- "$ignored" "$second/$name")) && continue
    status=1
    sed -n -e "s/^</$name: -/p" -e "s/^>/$name: +/p" <<<"$changes"
  done
  return "$status"
}

[[ $# -ge 1 ]] || usage
verb=$1
shift
if [[ $verb == compare ]]; then
  [[ $# -ge 2 ]] || usage
  compare "$@"
  exit
fi
[[ -n ${CLUSTER_DIR:-} ]] || die 'CLUSTER_DIR must name a folder for the run'
[[ $EUID == 0 ]] || die 'only root can make hosts'
dir=$(realpath -m "$CLUSTER_DIR")
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$dir/hosts"
exec {lock}>"$dir/.lock"
flock "$lock"
[[ -s $dir/run ]] || od -An -N3 -tx1 /dev/urandom | tr -d ' \n' >"$dir/run"
run=$(<"$dir/run")
readonly dir run lock
# shellcheck source=tests/support/cluster/network.sh
source "$here/network.sh"

case $verb in
  net-up) net_up ;;
  up) [[ $# -eq 2 ]] || usage; up "$@" ;;
  run) [[ $# -ge 2 ]] || usage; exec {lock}>&-; run_in "$@" ;;
  put) [[ $# -eq 3 ]] || usage; put "$@" ;;
  get) [[ $# -eq 3 ]] || usage; get "$@" ;;
  reboot) [[ $# -eq 1 ]] || usage; halt "$1"; boot "$1" ;;
  snapshot) [[ $# -eq 2 ]] || usage; snapshot "$@" ;;
  egress) egress "$@" ;;
  outside) [[ $# -ge 1 ]] || usage; exec {lock}>&-; exec ip netns exec "kf-$run" "$@" ;;
  down) [[ $# -eq 1 ]] || usage; down "$1" ;;
  net-down) for home in "$dir"/hosts/*/; do [[ ! -d $home ]] || down "$(basename "$home")"; done; net_down ;;
  *) usage ;;
esac
