#!/bin/bash
# enter.sh NAME ROOT IDENTITY PIDFILE: makes ROOT the root of the mount namespace that it runs in and becomes the host's
# pid 1. host.sh starts it in new mount, pid, uts, ipc and cgroup namespaces; it must never run anywhere else.
#
# Until pivot_root this process sees the machine's own files. So every step ends it when it fails, and the marker file,
# which only a host's root has, is looked at before and after.
set -eu
name=$1 root=$2 identity=$3 pidfile=$4
here=$(cd "$(dirname "$0")" && pwd) || exit 1
readonly name root identity pidfile here
readonly marker=.kubeferry-host
readonly controllers='cpu cpuacct cpuset memory devices freezer blkio pids'

[[ $$ == 1 ]] || exit 1                                  # a pid namespace of its own
[[ $root == /*/hosts/"$name"/root ]] || exit 1
[[ "$(cat "$root/$marker")" == "$identity" ]] || exit 1
[[ ! -e /$marker ]] || exit 1
mount --make-rprivate / || exit 1                        # nothing of what follows may reach the machine
# /proc is still the machine's: this is the number by which the machine knows this process, and when it started.
read -r -a stat </proc/self/stat || exit 1
printf '%s %s\n' "${stat[0]}" "${stat[21]}" >"$pidfile" || exit 1
hostname "$name" || exit 1

mount --bind "$root" "$root" || exit 1
cd "$root" || exit 1
[[ "$(cat "./$marker")" == "$identity" ]] || exit 1

# Kernel settings are the machine's, all but the network's: no host may change them.
mount -t proc proc ./proc || exit 1
mount --bind ./proc/sys ./proc/sys || exit 1
mount -o remount,ro,bind ./proc/sys || exit 1
mount --bind ./proc/sys/net ./proc/sys/net || exit 1
mount -o remount,rw,bind ./proc/sys/net || exit 1
for file in sysrq-trigger irq acpi; do
  [[ -e ./proc/$file ]] || continue
  mount --bind "./proc/$file" "./proc/$file" || exit 1
  mount -o remount,ro,bind "./proc/$file" || exit 1
done
mount -t sysfs sysfs ./sys || exit 1
mount -o remount,ro,bind ./sys || exit 1

# The cgroup namespace makes these show the host's own groups only.
mount -t tmpfs -o mode=755 tmpfs ./sys/fs/cgroup || exit 1
for controller in $controllers; do
  mkdir "./sys/fs/cgroup/$controller" || exit 1
  mount -t cgroup -o "$controller" cgroup "./sys/fs/cgroup/$controller" || exit 1
done
if grep -q ':name=systemd:' /proc/self/cgroup; then # containerd looks for every hierarchy that its processes are in
  mkdir ./sys/fs/cgroup/systemd || exit 1
  mount -t cgroup -o none,name=systemd cgroup ./sys/fs/cgroup/systemd || exit 1
fi

mount -t tmpfs -o mode=755 tmpfs ./dev || exit 1
for row in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 kmsg:1:11; do
  IFS=: read -r file major minor <<<"$row" || exit 1
  mknod -m 666 "./dev/$file" c "$major" "$minor" || exit 1
done
mkdir ./dev/pts ./dev/shm ./dev/mqueue || exit 1
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts ./dev/pts || exit 1
mount -t tmpfs tmpfs ./dev/shm || exit 1
mount -t mqueue mqueue ./dev/mqueue || exit 1
ln -s pts/ptmx ./dev/ptmx || exit 1
ln -s /proc/self/fd ./dev/fd || exit 1
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "./dev/${number#*:}" || exit 1; done
mount -t tmpfs -o mode=755 tmpfs ./run || exit 1

# Files of the host's own in place of the settings that kubelet insists on, as it wants them.
mkdir ./run/sysctl || exit 1
for row in vm/overcommit_memory:1 vm/panic_on_oom:0 kernel/panic:10 kernel/panic_on_oops:1 \
  kernel/keys/root_maxkeys:1000000 kernel/keys/root_maxbytes:25000000; do
  file=./run/sysctl/$(tr / . <<<"${row%:*}") || exit 1
  printf '%s\n' "${row#*:}" >"$file" || exit 1
  mount --bind "$file" "./proc/sys/${row%:*}" || exit 1
done

mkdir -p ./.machine || exit 1
pivot_root . ./.machine || exit 1
cd / || exit 1
[[ "$(cat "/$marker")" == "$identity" ]] || exit 1
umount -l /.machine || exit 1
rmdir /.machine || exit 1                                # fails when the machine is still below
[[ ! -e $here/enter.sh ]] || exit 1
[[ ! -e $root ]] || exit 1
mount --make-rshared / || exit 1                         # as systemd makes it; kubelet needs it
exec env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /bin/bash /usr/lib/test-host/init
