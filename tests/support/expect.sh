# Functions for scripts that run a program and look at what it says. Source it; $WORK is a folder of the script's.
# shellcheck shell=bash
fail() { echo "FAILED: $*" >&2; exit 1; }
within() { # SECONDS COMMAND…; $KF_PAUSE seconds between two tries
  local end=$((SECONDS + $1))
  shift
  until "$@"; do ((SECONDS < end)) || return 1; sleep "${KF_PAUSE:-2}"; done
}
quiet() { "$@" >"$WORK/log" 2>&1 || { tail -n 40 "$WORK/log" >&2; fail "$*"; }; }
expect() { # STATUS COMMAND…; what it said is in $WORK/log
  local want=$1 got=0
  shift
  "$@" >"$WORK/log" 2>&1 || got=$?
  [[ $got == "$want" ]] || { tail -n 40 "$WORK/log" >&2; fail "exit $got instead of $want: $*"; }
}
