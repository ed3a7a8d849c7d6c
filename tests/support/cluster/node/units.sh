# Unit files as systemd reads them, for the systemctl and the supervisor of the tests' hosts. Sourced, in a host only.
# shellcheck shell=bash
# What others use of this: find_unit, load_unit, value, values, words, unit_files, unit_file_state, get_state, set_state.

readonly UNIT_PATH=(/etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system
  /lib/systemd/system)
readonly RUN=/run/units     # a folder a unit: state, loaded, stop
# shellcheck disable=SC2034
readonly LOGS=/var/log/units # a log a unit

declare -A unit # "Section.Key" of the unit that load_unit read last: its values, one a line
unit_name='' unit_file='' unit_dropins=()

full_name() { # a unit's name as people write it
  case $1 in
    *.service | *.target | *.socket | *.timer | *.mount | *.path | *.slice) printf '%s\n' "$1" ;;
    *) printf '%s.service\n' "$1" ;;
  esac
}

template_of() { [[ $1 == *@?*.* ]] && printf '%s@.%s\n' "${1%%@*}" "${1##*.}"; }

# Prints the unit's file, the first of the path; fails when there is none.
find_unit() {
  local folder name
  for name in "$1" $(template_of "$1"); do
    for folder in "${UNIT_PATH[@]}"; do
      if [[ -e $folder/$name || -L $folder/$name ]]; then
        printf '%s\n' "$folder/$name"
        return
      fi
    done
  done
  return 1
}

is_masked() { # file
  [[ "$(readlink -m "$1")" == /dev/null || ( -f $1 && ! -s $1 ) ]]
}

# Drop-ins by their names' order; of two with one name the earlier folder's counts.
find_dropins() { # unit
  local folder name file
  local -A seen=()
  for name in "$1" $(template_of "$1"); do
    for folder in "${UNIT_PATH[@]}"; do
      for file in "$folder/$name.d"/*.conf; do
        [[ -e $file && -z ${seen[${file##*/}]:-} ]] || continue
        seen[${file##*/}]=$file
      done
    done
  done
  for name in $(printf '%s\n' "${!seen[@]}" | LC_ALL=C sort); do
    is_masked "${seen[$name]}" || printf '%s\n' "${seen[$name]}"
  done
}

# One file into `unit`. An empty value takes back what the files before set.
read_unit_file() {
  local line section='' key content pending=''
  while IFS= read -r line || [[ -n $line ]]; do
    [[ $line =~ ^[[:space:]]*([#\;]|$) && -z $pending ]] && continue
    line=$pending$line
    pending=
    if [[ $line == *\\ ]]; then
      pending="${line%\\} "
      continue
    fi
    if [[ $line =~ ^\[(.*)\][[:space:]]*$ ]]; then
      section=${BASH_REMATCH[1]}
    elif [[ $line =~ ^[[:space:]]*([A-Za-z]+)[[:space:]]*=[[:space:]]*(.*)$ ]]; then
      key=$section.${BASH_REMATCH[1]}
      content=${BASH_REMATCH[2]}
      content=${content%"${content##*[![:space:]]}"}
      if [[ -z $content ]]; then
        unit[$key]=
      else
        unit[$key]+=${unit[$key]:+$'\n'}$content
      fi
    fi
  done <"$1"
}

# load_unit NAME: what systemd knows of it, into `unit`. A unit that runs stays as it was until daemon-reload.
load_unit() {
  local loaded=$RUN/$1/loaded
  unit_name=$1
  unit_file=$(find_unit "$1") || return 1
  mapfile -t unit_dropins < <(find_dropins "$1")
  unit=()
  ! is_masked "$unit_file" || return 0
  if [[ ! -e $loaded ]]; then
    mkdir -p "$RUN/$1"
    # A file that does not end with a newline must not run into the next.
    awk 1 "$unit_file" "${unit_dropins[@]}" >"$loaded.part"
    mv "$loaded.part" "$loaded"
  fi
  read_unit_file "$loaded"
}

is_stale() { # whether the loaded unit's files say something else by now
  [[ -e $RUN/$unit_name/loaded ]] &&
    ! awk 1 "$unit_file" "${unit_dropins[@]}" 2>/dev/null | cmp -s - "$RUN/$unit_name/loaded"
}

values() { [[ -z ${unit[$1]:-} ]] || printf '%s\n' "${unit[$1]}"; } # Section.Key: each on its line

value() { # Section.Key [DEFAULT]: the last that was set
  local all=${unit[$1]:-}
  all=${all##*$'\n'}
  printf '%s\n' "${all:-${2:-}}"
}

is_true() { [[ ${1,,} =~ ^(1|yes|true|on)$ ]]; }

# A time span as systemd writes it, in seconds: 5, 500ms, 1min 30s.
seconds() {
  local total=0 number suffix rest=$1
  [[ $rest != infinity ]] || { echo 1000000; return; }
  while [[ $rest =~ ^[[:space:]]*([0-9.]+)[[:space:]]*(ms|s|sec|min|m|h|)(.*)$ ]]; do
    number=${BASH_REMATCH[1]} suffix=${BASH_REMATCH[2]} rest=${BASH_REMATCH[3]}
    case $suffix in
      ms) number=$(awk "BEGIN { print $number / 1000 }") ;;
      m | min) number=$(awk "BEGIN { print $number * 60 }") ;;
      h) number=$(awk "BEGIN { print $number * 3600 }") ;;
    esac
    total=$(awk "BEGIN { print $total + $number }")
  done
  printf '%s\n' "$total"
}

specifiers() { # text: with %n and the like replaced
  local text=$1 instance=
  [[ $unit_name != *@* ]] || { instance=${unit_name#*@}; instance=${instance%.*}; }
  text=${text//[%][%]/$'\1'}
  text=${text//[%]n/$unit_name}
  text=${text//[%]N/${unit_name%.*}}
  text=${text//[%]p/${unit_name%%[@.]*}}
  text=${text//[%][iI]/$instance}
  text=${text//[%]H/$(hostname)}
  text=${text//[%]t//run}
  text=${text//[%]S//var/lib}
  text=${text//[%]d//run/credentials/$unit_name}
  printf '%s\n' "${text//$'\1'/%}"
}

# words LINE: its words, a NUL after each, without quotes and backslashes as systemd takes them off; and with `expand` as
# the second argument also with the environment's variables: ${X} within a word, $X as a word becomes X's words.
words() {
  local line expand=${2:-} word='' quote='' in_word='' char index plain=yes more
  line=$(specifiers "$1")
  for ((index = 0; index <= ${#line}; index++)); do
    char=${line:index:1}
    if [[ -z $quote && ( -z $char || $char == [[:space:]] ) ]]; then
      if [[ -n $in_word && -n $expand && -n $plain && $word =~ ^\$([A-Za-z_][A-Za-z0-9_]*)$ ]]; then
        more=${environment[${BASH_REMATCH[1]}]:-}
        [[ -z $more ]] || words "${more//%/%%}"
      elif [[ -n $in_word ]]; then
        word_out "$word" "$expand"
      fi
      word='' in_word='' plain=yes
    elif [[ $char == "$quote" && -n $quote ]]; then
      quote=
    elif [[ -z $quote && $char == [\"\'] ]]; then
      quote=$char in_word=yes plain=
    elif [[ $char == \\ && $quote != \' ]]; then
      ((++index))
      char=${line:index:1}
      [[ $char != n ]] || char=$'\n'
      word+=$char in_word=yes
    else
      word+=$char in_word=yes
    fi
  done
}

declare -A environment # of the unit that is being started

word_out() { # word, whether to expand
  local word=$1 out=
  while [[ -n $2 && $word =~ ^([^\$]*)\$(\{([A-Za-z_][A-Za-z0-9_]*)\}|\$)(.*)$ ]]; do
    out+=${BASH_REMATCH[1]}
    if [[ ${BASH_REMATCH[2]} == '$' ]]; then out+='$'; else out+=${environment[${BASH_REMATCH[3]}]:-}; fi
    word=${BASH_REMATCH[4]}
  done
  printf '%s\0' "$out$word"
}

unit_files() { # every unit there is a file of
  local folder file
  for folder in "${UNIT_PATH[@]}"; do
    for file in "$folder"/*.{service,target}; do
      [[ ! -e $file && ! -L $file ]] || printf '%s\n' "${file##*/}"
    done
  done | LC_ALL=C sort -u
}

wanting_links() { # unit: the links in /etc/systemd/system that make it enabled
  local link
  for link in /etc/systemd/system/*.{wants,requires}/"$1"; do
    [[ ! -L $link ]] || printf '%s\n' "$link"
  done
  for link in /etc/systemd/system/*.service; do
    if [[ -L $link && ${link##*/} != "$1" && "$(basename "$(readlink "$link")")" == "$1" ]]; then
      printf '%s\n' "$link"
    fi
  done
}

unit_file_state() { # unit
  local file
  file=$(find_unit "$1") || { echo not-found; return; }
  if is_masked "$file"; then
    echo masked
  elif [[ -n $(wanting_links "$1") ]]; then
    echo enabled
  elif grep -qE '^(WantedBy|RequiredBy|Alias)[[:space:]]*=[[:space:]]*[^[:space:]]' "$file"; then
    echo disabled
  else
    echo static
  fi
}

get_state() { # unit, key [default]
  local line
  while IFS= read -r line; do
    if [[ $line == "$2="* ]]; then
      printf '%s\n' "${line#*=}"
      return
    fi
  done 2>/dev/null <"$RUN/$1/state"
  printf '%s\n' "${3:-}"
}

set_state() { # unit, key=value…: the others stay
  local name=$1 line
  local -A now=()
  shift
  mkdir -p "$RUN/$name"
  while IFS= read -r line; do now[${line%%=*}]=${line#*=}; done < <(cat "$RUN/$name/state" 2>/dev/null; printf '%s\n' "$@")
  for line in "${!now[@]}"; do printf '%s=%s\n' "$line" "${now[$line]}"; done >"$RUN/$name/state.$BASHPID"
  mv "$RUN/$name/state.$BASHPID" "$RUN/$name/state"
}

active_state() { get_state "$1" ActiveState inactive; }
