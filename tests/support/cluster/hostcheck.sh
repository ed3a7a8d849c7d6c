#!/usr/bin/env bash
# Checks the hosts themselves, in seconds: units, exit codes, snapshots, the packet counters, that nothing is left behind.
#   hostcheck.sh
# shellcheck disable=SC2016 # what stands in single quotes is for the host's bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CLUSTER_DIR=$(mktemp -d)
export CLUSTER_DIR
# Nothing here takes longer, unless it hangs.
host() { timeout 60 "$here/host.sh" "$@"; }
h() { host run one "$@"; }
failures=0
# shellcheck disable=SC2317 # the trap calls it
finish() { host net-down; rm -rf "$CLUSTER_DIR"; }
trap finish EXIT

is() { # what, got, wanted
  if [[ $2 == "$3" ]]; then echo "ok: $1"; else printf 'FAILED: %s: got "%s", wanted "%s"\n' "$1" "$2" "$3"; failures=$((failures + 1)); fi
}
status() { # wanted, command in the host…
  local got=0 wanted=$1
  shift
  h "$@" >/dev/null 2>&1 || got=$?
  is "status of $*" "$got" "$wanted"
}
write() { h bash -c 'mkdir -p "$(dirname "$0")" && cat >"$0"' "$1"; } # file in the host, from standard input

host net-up
host up one 10.99.0.11
host snapshot one "$CLUSTER_DIR/before"

write /usr/lib/systemd/system/sleeper.service <<'UNIT'
[Unit]
Description=Sleeps
[Service]
Environment="ONE=a b" TWO=c
EnvironmentFile=-/etc/default/sleeper
LoadCredential=secret:/etc/secret
StateDirectory=sleeper
ExecStart=/bin/false
Restart=always
RestartSec=50ms
[Install]
WantedBy=multi-user.target
UNIT
write /etc/systemd/system/sleeper.service.d/10.conf <<'UNIT'
[Service]
ExecStart=
ExecStart=/bin/bash -c 'printf "%%s\n" "$0" "$@" "$(cat $CREDENTIALS_DIRECTORY/secret)" $STATE_DIRECTORY >/run/args; exec sleep 1000' \
  ${ONE} $TWO $MORE "x y"
UNIT
write /etc/default/sleeper <<<'MORE="d e"'
write /etc/secret <<<hush
status 0 systemctl is-active systemd-sysctl
status 3 systemctl is-active sleeper
status 4 systemctl is-active nothing
status 4 systemctl status nothing
status 3 systemctl status sleeper
status 5 systemctl start nothing
status 5 systemctl stop nothing
status 1 systemctl is-enabled sleeper
status 1 systemctl enable nothing
status 0 systemctl enable --now sleeper
is 'state after enable --now' "$(h systemctl show -p ActiveState,SubState,UnitFileState sleeper | paste -sd' ')" \
  'ActiveState=active SubState=running UnitFileState=enabled'
is 'its link' "$(h readlink /etc/systemd/system/multi-user.target.wants/sleeper.service)" /usr/lib/systemd/system/sleeper.service
sleep 0.3
is 'arguments' "$(h paste -sd'|' /run/args)" 'a b|c|d|e|x y|hush|/var/lib/sleeper'
pid=$(h systemctl show --property=MainPID --value sleeper)
h kill -KILL "$pid"
sleep 0.5
is 'restarted' "$(h systemctl show -p NRestarts,ActiveState sleeper | paste -sd' ')" 'NRestarts=1 ActiveState=active'
write /etc/systemd/system/sleeper.service.d/20.conf <<<$'[Service]\nExecStart=\nExecStart=/bin/sleep 2000'
is 'not reloaded yet' "$(h systemctl show -p NeedDaemonReload --value sleeper)" yes
h systemctl restart sleeper 2>/dev/null
sleep 0.3
is 'still the old command' "$(h bash -c 'tr "\0" " " </proc/$(systemctl show -p MainPID --value sleeper)/cmdline')" 'sleep 1000 '
h systemctl daemon-reload
h systemctl restart sleeper
is 'the new command' "$(h pgrep -fc '^/bin/sleep 2000')" 1
host reboot one
is 'running after a reboot' "$(h systemctl is-active sleeper)" active
status 0 systemctl disable --now sleeper
is 'nothing of it left' "$(h pgrep -fc '^/bin/sleep' || true)" 0
status 0 systemctl mask sleeper
is 'masked' "$(h systemctl is-enabled sleeper || true)" masked
status 1 systemctl start sleeper
h systemctl unmask sleeper 2>/dev/null

write /etc/systemd/system/notify.service <<'UNIT'
[Service]
Type=notify
ExecStart=/bin/bash -c 'sleep 0.5; printf READY=1 | socat - UNIX-SENDTO:$NOTIFY_SOCKET; exec sleep 3000'
UNIT
write /etc/systemd/system/fails.service <<'UNIT'
[Unit]
StartLimitBurst=3
[Service]
Type=notify
ExecStart=/bin/false
Restart=on-failure
UNIT
write /etc/systemd/system/needs.service <<'UNIT'
[Unit]
Requires=notify.service
After=notify.service
[Service]
ExecStart=/bin/sleep 4000
UNIT
status 0 systemctl restart systemd-sysctl
status 0 systemctl start needs
is 'what it needs runs' "$(h systemctl is-active notify)" active
status 0 systemctl stop notify
is 'stopped with what it needs' "$(h systemctl is-active needs || true)" inactive
status 1 systemctl start fails
sleep 2
is 'gave up' "$(h systemctl show -p ActiveState,Result fails | paste -sd' ')" 'ActiveState=failed Result=start-limit-hit'
is 'degraded' "$(h systemctl is-system-running || true)" degraded
h systemctl reset-failed
is 'no more' "$(h systemctl is-system-running || true)" running
is 'logs' "$(h journalctl -u fails -n 1 --no-pager | grep -c "Failed with result")" 1

h bash -c 'rm -rf /etc/systemd/system/{sleeper.service.d,notify.service,fails.service,needs.service} \
  /usr/lib/systemd/system/sleeper.service /etc/{secret,default/sleeper} /run/args /var/lib/sleeper; systemctl daemon-reload
  rmdir /run/credentials 2>/dev/null' || true
host snapshot one "$CLUSTER_DIR/after"
is 'nothing differs' "$(host compare "$CLUSTER_DIR/before" "$CLUSTER_DIR/after" || true)" ''
h touch /etc/left
host snapshot one "$CLUSTER_DIR/later"
is 'what was left is found' "$(host compare "$CLUSTER_DIR/after" "$CLUSTER_DIR/later" | grep -c /etc/left)" 2
is 'and can be allowed' "$(host compare "$CLUSTER_DIR/after" "$CLUSTER_DIR/later" '^/etc/left ' '^/etc ')" ''

is 'nothing left the bridge' "$(host egress | sed -n 1p)" 'leaving 0'
h bash -c 'exec 3<>/dev/udp/192.0.2.1/9; echo x >&3; exec 4<>/dev/udp/10.96.0.10/53; echo x >&4' || true
is 'one that tried' "$(host egress | grep -cE '^(leaving 1|to 192.0.2.1 )')" 2
host egress reset
is 'reset' "$(host egress | sed -n 1p)" 'leaving 0'

host put one "$here/host.sh" /tmp/a/host.sh
host get one /tmp/a/host.sh "$CLUSTER_DIR/back"
is 'put and get' "$(cmp "$here/host.sh" "$CLUSTER_DIR/back" && h stat -c %a /tmp/a/host.sh)" "$(stat -c %a "$here/host.sh")"
run=$(<"$CLUSTER_DIR/run")
host net-down
is 'nothing left behind' "$(find /run/netns /sys/fs/cgroup -maxdepth 2 -name "*kf-$run*")" ''
exit "$((failures > 0))"
