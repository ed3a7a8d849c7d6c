# Functions for a script that drives a virtual machine. Source it; $WORK is a folder of the script's. One machine at a time:
# software emulation wants every core. Nothing of it is reachable but through ssh on loopback, and it reaches nothing.
# shellcheck shell=bash
vm_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
vm_pid=

# Prepares everything but the machine's disk.
machine_prepare() {
  vm_qemu=$("$vm_here/qemu.sh")
  # A machine that is gone on with needs the image under its disk, and its key, also when there is a newer one.
  [[ -s $WORK/image ]] || "$vm_here/image.sh" >"$WORK/image"
  vm_image=$(<"$WORK/image")
  vm_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  install -m 0600 "$vm_image/key" "$WORK/key"
  vm_ssh=(ssh -q -i "$WORK/key" -p "$vm_port" -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
    -o ConnectTimeout=10 -o ServerAliveInterval=30 -o ServerAliveCountMax=8 -o ControlPath="$WORK/ssh" -o ControlMaster=auto
    -o ControlPersist=600 root@127.0.0.1)
}

# A new disk over the image's.
machine_disk() { "$vm_qemu/run" qemu-img create -q -f qcow2 -b "$vm_image/disk.raw" -F raw "$WORK/disk.qcow2"; }

# Starts the machine. What is emulated badly is off: a kernel that copies byte by byte (erms, fsrm), code for long vectors,
# HPET. cache=writeback: what the guest has not flushed yet is in its memory, and lost with it.
machine_on() {
  "$vm_qemu/run" qemu-system-x86_64 -L "$vm_qemu/usr/share/qemu" -L "$vm_qemu/usr/share/seabios" -nodefaults -display none \
    -accel tcg,thread=multi,tb-size=1024 -machine pc,hpet=off -smp 2 -m 4096 \
    -cpu max,la57=off,svm=off,erms=off,fsrm=off,avx=off,avx2=off \
    -kernel "$vm_image/vmlinuz" -initrd "$vm_image/initrd.img" \
    -append 'root=/dev/vda ro console=ttyS0 quiet mitigations=off tsc=reliable nokaslr' \
    -drive "file=$WORK/disk.qcow2,if=virtio,cache=writeback,discard=unmap" -device virtio-rng-pci \
    -netdev "user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:$vm_port-:22" -device virtio-net-pci,netdev=n0,romfile= \
    -serial "file:$WORK/console" >"$WORK/qemu.log" 2>&1 &
  vm_pid=$!
}

on() { "${vm_ssh[@]}" -- "$@"; } # COMMAND LINE: as ssh has it, words are joined and read by the machine's shell

# Until ssh answers from another boot than the one named; prints how many seconds it took.
machine_wait() { # SECONDS [BOOT]
  local start=$SECONDS boot
  while ((SECONDS - start < $1)); do
    kill -0 "$vm_pid" 2>/dev/null || { echo "the machine ended: $(tail -n 3 "$WORK/qemu.log" "$WORK/console")" >&2; return 1; }
    boot=$(timeout 20 "${vm_ssh[@]}" -- cat /proc/sys/kernel/random/boot_id 2>/dev/null) || boot=
    if [[ -n $boot && $boot != "${2:-}" ]]; then echo "$((SECONDS - start))"; return; fi
    sleep 1
  done
  echo "no answer in $1 s; the console's last lines:" >&2
  tail -n 20 "$WORK/console" >&2
  return 1
}

machine_boot_id() { on cat /proc/sys/kernel/random/boot_id; }

forget_connection() { "${vm_ssh[@]}" -O exit >/dev/null 2>&1 || true; rm -f "$WORK/ssh"; }

# A reboot as somebody at the machine would ask for it.
machine_reboot() { # SECONDS
  local boot
  boot=$(machine_boot_id) || return 1
  on systemctl reboot || true
  forget_connection
  machine_wait "$1" "$boot"
}

# The plug is pulled.
power_cut() {
  [[ -n $vm_pid ]] || return 0
  kill -KILL "$vm_pid" 2>/dev/null || true
  wait "$vm_pid" 2>/dev/null || true
  vm_pid=
  forget_connection
}

put() { # SOURCE TARGET
  local mode
  mode=$(stat -Lc %a "$1")
  on "cat >'$2.part' && chmod $mode '$2.part' && mv '$2.part' '$2'" <"$1"
}
