# Sourced by tests that need a real containerd with root, state and socket of its own.
#   containerd_start FOLDER [CONFIGURATION]   starts it in FOLDER and waits until it answers at FOLDER/containerd.sock; its
#                                             log is FOLDER/containerd.log. With CONFIGURATION, a file of version 2, CRI runs
#                                             too, as that says; without, there is none
#   containerd_stop                           ends it and waits
# shellcheck shell=bash

containerd_start() {
  local folder=$1 configuration=${2:-} disabled='' plugin _
  for plugin in btrfs zfs aufs devmapper; do disabled+="\"io.containerd.snapshotter.v1.$plugin\", "; done
  [[ -n $configuration ]] || disabled+='"io.containerd.grpc.v1.cri"'
  mkdir -p "$folder"
  {
    cat <<T
version = 2
root = "$folder/root"
state = "$folder/state"
disabled_plugins = [${disabled%, }]
[grpc]
  address = "$folder/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$folder/opt"
T
    [[ -z $configuration ]] || grep -v '^version = ' "$configuration"
  } >"$folder/containerd.toml"
  containerd --config "$folder/containerd.toml" >"$folder/containerd.log" 2>&1 &
  containerd_pid=$!
  for _ in $(seq 100); do
    if ctr --address "$folder/containerd.sock" version >/dev/null 2>&1; then return 0; fi
    kill -0 "$containerd_pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$folder/containerd.log" >&2
  echo 'containerd does not answer' >&2
  return 1
}

containerd_stop() {
  kill -TERM "$containerd_pid" 2>/dev/null || true
  wait "$containerd_pid" || true
}
