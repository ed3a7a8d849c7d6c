# Go for scripts that build real third-party programs from their modules. Source it; $cache is a folder that stays, $work
# one of this run alone.
# shellcheck shell=bash disable=SC2154
readonly go119=/usr/lib/go-1.19/bin/go
readonly modern=1.26.8 # what the newest of them want at least

folder_in() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["Dir"])' "$1"; } # of `go mod download -json`

# A go as new as the argument: one that is installed, else the toolchain of that name from the module proxy.
go_as_new_as() {
  local candidate version
  for candidate in "$go119" "$(command -v go || true)" "$cache/go/go$modern/bin/go"; do
    [[ -x $candidate ]] || continue
    version=$(GOTOOLCHAIN=local "$candidate" env GOVERSION)
    if [[ $(printf '%s\n%s\n' "$1" "${version#go}" | sort -V | head -n 1) == "$1" ]]; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  fetch_toolchain || return
  printf '%s\n' "$cache/go/go$modern/bin/go"
}

# Go 1.19 knows nothing of toolchains: it fetches and checks them as any module, and leaves out the modes that later
# ones set and the names of files that no module may have.
fetch_toolchain() {
  local got=$work/toolchain
  mkdir -p "$cache/go"
  if ! GOMODCACHE=$work/mod "$go119" mod download -json "golang.org/toolchain@v0.0.1-go$modern.linux-amd64" >"$work/toolchain.json"; then
    echo "no toolchain go$modern: $(<"$work/toolchain.json")" >&2
    return 1
  fi
  cp -r "$(folder_in "$work/toolchain.json")" "$got"
  chmod -R u+w "$got"
  chmod +x "$got"/bin/* "$got"/pkg/tool/*/*
  find "$got" -name _go.mod -execdir mv {} go.mod \;
  mv "$got" "$cache/go/go$modern"
}
