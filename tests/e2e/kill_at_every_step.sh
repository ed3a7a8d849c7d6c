#!/usr/bin/env bash
# Starts COMMAND on a host again and again, and kills it (SIGKILL) a moment after it says that it begins a step later than
# the last one killed; the run that meets no new step ends by itself. Its status is the last run's. Steps that take a few
# milliseconds pass before the signal does: every one of those, and every call in it, is killed by tests/unit/steps.
#   kill_at_every_step.sh HOST_SH NAME WORK COMMAND…
set -euo pipefail
host=$1 name=$2 work=$3
shift 3
last=0
kills=0
log=$work/kills.log
# Steps are numbered from 1 when they are applied and from 1 again when they are undone; both count upwards.
for _ in $(seq 400); do
  : >"$log"
  # shellcheck disable=SC2016
  "$host" run "$name" sh -c 'echo $$ >/run/victim; exec "$@"' sh "$@" >"$log" 2>&1 &
  runner=$!
  killed=no
  while kill -0 "$runner" 2>/dev/null; do
    step=$(sed -n 's/^\[\([0-9]*\)\/[0-9]*\] .*/\1/p' "$log" | awk -v last="$last" '$1 > last {print; exit}')
    if [[ -n $step ]]; then
      sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
      # shellcheck disable=SC2016
      "$host" run "$name" sh -c 'kill -KILL "$(cat /run/victim)"' 2>/dev/null && killed=yes
      last=$step
      break
    fi
    sleep 0.02
  done
  status=0
  wait "$runner" || status=$?
  if [[ $killed == no ]]; then
    "$host" run "$name" rm -f /run/victim
    echo "killed at $kills steps, then ended with $status"
    ((status == 0)) || tail -n 20 "$log" >&2
    exit "$status"
  fi
  kills=$((kills + 1))
done
echo 'it never came to its end' >&2
exit 1
