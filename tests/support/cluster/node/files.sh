# The verbs of systemctl that read and write unit files, and those that show what is known of a unit. Sourced by it.
# shellcheck shell=bash disable=SC2034,SC2154 # what units.sh declares

# Links that the unit's [Install] section asks for: a line "LINK TARGET" each.
install_links() { # unit; loaded
  local target key folder
  for key in WantedBy RequiredBy; do
    folder=wants
    [[ $key == WantedBy ]] || folder=requires
    for target in $(values "Install.$key"); do
      printf '/etc/systemd/system/%s.%s/%s %s\n' "$target" "$folder" "$1" "$unit_file"
    done
  done
  for target in $(values Install.Alias); do printf '/etc/systemd/system/%s %s\n' "$target" "$unit_file"; done
}

# [Install] as the files say it now, whatever the running unit was loaded as.
load_install() {
  unit_name=$1
  unit_file=$(find_unit "$1") || return 1
  unit=()
  ! is_masked "$unit_file" || return 2
  read_unit_file "$unit_file"
}

enable_unit() {
  local link target also
  load_install "$1"
  case $? in
    1) echo "Failed to enable unit: Unit file $1 does not exist." >&2; return 1 ;;
    2) echo "Failed to enable unit: Unit file $unit_file is masked." >&2; return 1 ;;
  esac
  if [[ -z $(install_links "$1") ]]; then
    echo 'The unit files have no installation config (WantedBy=, RequiredBy=, Also=,
Alias= settings in the [Install] section, and DefaultInstance= for template
units). This means they are not meant to be enabled or disabled using systemctl.' >&2
  fi
  while read -r link target; do
    [[ "$(readlink "$link")" != "$target" ]] || continue
    mkdir -p "${link%/*}"
    ln -sfn "$target" "$link"
    [[ -n $quiet ]] || echo "Created symlink $link → $target." >&2
  done < <(install_links "$1")
  for also in $(values Install.Also); do [[ -n $(wanting_links "$also") ]] || enable_unit "$also"; done
  daemon_reload
  if [[ -n $now ]]; then start_unit "$1"; fi
}

disable_unit() {
  local link
  find_unit "$1" >/dev/null || [[ -n $(wanting_links "$1") ]] ||
    { echo "Failed to disable unit: Unit file $1 does not exist." >&2; return 1; }
  while IFS= read -r link; do
    rm -f "$link"
    [[ -n $quiet ]] || echo "Removed \"$link\"." >&2
    # As systemd: a folder that it emptied goes too.
    rmdir "${link%/*}" 2>/dev/null
  done < <(wanting_links "$1")
  daemon_reload
  if [[ -n $now ]]; then stop_unit "$1"; fi
}

reenable_unit() { disable_unit "$1" && enable_unit "$1"; }

preset_unit() { enable_unit "$1"; } # Debian's preset is "enable"

mask_unit() {
  local link=/etc/systemd/system/$1
  if [[ -e $link && "$(readlink -f "$link")" != /dev/null ]]; then
    echo "Failed to mask unit: File $link already exists." >&2
    return 1
  fi
  [[ -L $link ]] || echo "Created symlink $link → /dev/null." >&2
  ln -sfn /dev/null "$link"
  daemon_reload
  if [[ -n $now ]]; then stop_unit "$1"; fi
}

unmask_unit() {
  local link=/etc/systemd/system/$1
  [[ -L $link && "$(readlink "$link")" == /dev/null ]] || return 0
  rm -f "$link"
  echo "Removed \"$link\"." >&2
  daemon_reload
}

is_enabled() {
  local state
  state=$(unit_file_state "$1")
  if [[ $state == not-found ]]; then
    [[ -n $quiet ]] || echo "Failed to get unit file state for $1: No such file or directory" >&2
    return 1
  fi
  [[ -n $quiet ]] || echo "$state"
  case $state in enabled | static) return 0 ;; *) return 1 ;; esac
}

load_state() {
  local file
  file=$(find_unit "$1") || { echo not-found; return; }
  if is_masked "$file"; then echo masked; else echo loaded; fi
}

print_status() {
  local state pid
  if ! load_unit "$1" && ! supervised "$1"; then
    echo "Unit $1 could not be found." >&2
    return 4
  fi
  state=$(active_state "$1") pid=$(get_state "$1" MainPID 0)
  printf '● %s - %s\n     Loaded: %s (%s; %s; preset: enabled)\n' "$1" "$(value Unit.Description "$1")" \
    "$(load_state "$1")" "$unit_file" "$(unit_file_state "$1")"
  [[ ${#unit_dropins[@]} == 0 ]] || printf '    Drop-In: %s\n' "${unit_dropins[*]}"
  printf '     Active: %s (%s)\n' "$state" "$(get_state "$1" SubState dead)"
  [[ $pid == 0 ]] || printf '   Main PID: %s\n' "$pid"
  if [[ $lines != 0 && -s $LOGS/${1%.service}.log ]]; then
    echo
    tail -n "$lines" "$LOGS/${1%.service}.log"
  fi
  [[ $state == active ]] || return 3
}

property() { # unit, property
  case $2 in
    Id | Names) echo "$1" ;;
    LoadState) load_state "$1" ;;
    ActiveState) active_state "$1" ;;
    SubState) get_state "$1" SubState dead ;;
    Result) get_state "$1" Result success ;;
    MainPID | NRestarts | ExecMainStatus) get_state "$1" "$2" 0 ;;
    UnitFileState) unit_file_state "$1" | sed '/^not-found$/s/.*//' ;;
    UnitFilePreset) [[ -z $unit_file ]] || echo enabled ;;
    FragmentPath) echo "$unit_file" ;;
    DropInPaths) echo "${unit_dropins[*]}" ;;
    Description) value Unit.Description "$1" ;;
    NeedDaemonReload) if is_stale; then echo yes; else echo no; fi ;;
    Type) value Service.Type simple ;;
    Restart) value Service.Restart no ;;
    KillMode) value Service.KillMode control-group ;;
    ExecStart) value Service.ExecStart ;;
    *) return 1 ;;
  esac
}

print_properties() {
  local wanted=() key text
  unit=() unit_dropins=() unit_file=
  load_unit "$1"
  IFS=, read -ra wanted <<<"$(IFS=,; echo "${properties[*]}")"
  if [[ ${#wanted[@]} == 0 ]]; then
    wanted=(Type Restart KillMode NRestarts MainPID Result ExecMainStatus Id LoadState ActiveState SubState Description
      FragmentPath DropInPaths UnitFileState UnitFilePreset NeedDaemonReload)
  fi
  for key in "${wanted[@]}"; do
    text=$(property "$1" "$key") || continue # systemd too says nothing of properties it does not know
    if [[ -n $only_values ]]; then printf '%s\n' "$text"; else printf '%s=%s\n' "$key" "$text"; fi
  done
}

print_files() {
  local file first=yes
  if ! load_unit "$1"; then
    echo "No files found for $1." >&2
    return 1
  fi
  for file in "$unit_file" "${unit_dropins[@]}"; do
    [[ -n $first ]] || echo
    printf '# %s\n' "$file"
    cat "$file"
    first=
  done
}

list_unit_files() {
  local name state count=0 pattern
  [[ -z $legend ]] || printf '%-40s %-10s %s\n' 'UNIT FILE' STATE PRESET
  while IFS= read -r name; do
    if ((${#names[@]} > 0)); then
      for pattern in "${names[@]}"; do
        # shellcheck disable=SC2053 # it is a pattern
        [[ $name != $(full_name "$pattern") && $name != $pattern ]] || break
        pattern=
      done
      [[ -n $pattern ]] || continue
    fi
    state=$(unit_file_state "$name")
    [[ -z $state_filter || ,$state_filter, == *,$state,* ]] || continue
    printf '%-40s %-10s %s\n' "$name" "$state" enabled
    ((++count))
  done < <(unit_files)
  [[ -z $legend ]] || printf '\n%d unit files listed.\n' "$count"
  ((count > 0))
}

list_units() {
  local name
  [[ -z $legend ]] || printf '  %-40s %-6s %-10s %s\n' UNIT LOAD ACTIVE SUB
  for name in "$RUN"/*/; do
    name=$(basename "$name")
    [[ "$(active_state "$name")" != inactive ]] || continue
    printf '  %-40s %-6s %-10s %s\n' "$name" loaded "$(active_state "$name")" "$(get_state "$name" SubState dead)"
  done
}
