#!/usr/bin/env bash
# The servers of the test upstream, on free loopback ports: three registries and a download server, all with TLS.
#
#   servers.sh up DIR [--storage DIR] [--downloads DIR]   start what is not running, wait until it answers
#   servers.sh env DIR                                    print KF_* shell assignments
#   servers.sh down DIR                                   stop exactly what `up` started; files stay
#
# OPEN and AUTH serve the same storage (DIR/storage, or --storage to keep it between runs); AUTH wants a password.
# TARGET starts empty and takes pushes and deletes. The download server serves DIR/downloads or --downloads.
set -euo pipefail

die() {
  printf 'servers.sh: %s\n' "$*" >&2
  exit 1
}

usage() {
  sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
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

is_running() {
  local pid started
  [[ -f $dir/$1.pid ]] || return 1
  read -r pid started <"$dir/$1.pid"
  [[ $(start_time "$pid") == "$started" ]]
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

answers() { # port
  curl --silent --output /dev/null --max-time 2 --cacert "$dir/ca/ca.crt" "https://127.0.0.1:$1/"
}

# start NAME: configures NAME for a free port, starts it and waits. Another process may take the port first: try again.
start() {
  local name=$1 port pid attempt waited
  for attempt in 1 2 3 4 5; do
    port=$(free_port)
    "configure_${name%%-*}" "$name" "$port"
    setsid "${command[@]}" >"$dir/$name.log" 2>&1 </dev/null {lock}>&- &
    pid=$!
    printf '%s %s\n' "$pid" "$(start_time "$pid" || echo gone)" >"$dir/$name.pid"
    for ((waited = 0; waited < 100; waited++)); do
      is_running "$name" || break
      if answers "$port" && is_running "$name"; then
        printf '%s\n' "$port" >"$dir/$name.port"
        return
      fi
      sleep 0.1
    done
    stop "$name"
  done
  die "$name does not start after $attempt attempts; the last lines of its log: $(tail -n 5 "$dir/$name.log")"
}

stop() {
  local pid waited
  if is_running "$1"; then
    read -r pid _ <"$dir/$1.pid"
    kill -TERM "$pid"
    for ((waited = 0; waited < 50; waited++)); do
      is_running "$1" || break
      sleep 0.1
    done
    if is_running "$1"; then kill -KILL "$pid"; fi
  fi
  rm -f "$dir/$1.pid" "$dir/$1.port"
}

make_certificates() {
  [[ ! -f $dir/tls/server.crt ]] || return 0
  mkdir -p "$dir/ca" "$dir/tls"
  chmod 0700 "$dir/tls"
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  openssl req -x509 "${key[@]}" -days 30 -subj "/CN=kubeferry test CA" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout "$dir/tls/ca.key" -out "$dir/ca/ca.crt" 2>"$dir/tls/openssl.log"
  openssl req "${key[@]}" -subj "/CN=localhost" -keyout "$dir/tls/server.key" -out "$dir/tls/server.csr" \
    2>>"$dir/tls/openssl.log"
  openssl x509 -req -in "$dir/tls/server.csr" -CA "$dir/ca/ca.crt" -CAkey "$dir/tls/ca.key" -CAcreateserial \
    -days 30 -out "$dir/tls/server.part" -extfile /dev/fd/3 2>>"$dir/tls/openssl.log" 3<<'EXTENSIONS'
subjectAltName = DNS:localhost, IP:127.0.0.1
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
EXTENSIONS
  mv "$dir/tls/server.part" "$dir/tls/server.crt"
}

make_password() {
  [[ ! -f $dir/htpasswd ]] || return 0
  (
    umask 077
    printf 'user-%s\n' "$(openssl rand -hex 4)" >"$dir/auth.user"
    openssl rand -hex 16 >"$dir/auth.password"
    htpasswd -niB "$(<"$dir/auth.user")" <"$dir/auth.password" 2>/dev/null >"$dir/htpasswd.part"
    mv "$dir/htpasswd.part" "$dir/htpasswd"
  )
}

configure_registry() { # name port
  local root=$storage extra=
  case $1 in
    registry-auth) extra=$(printf 'auth:\n  htpasswd:\n    realm: kubeferry-test\n    path: "%s"' "$dir/htpasswd") ;;
    registry-target) root=$dir/target ;;
  esac
  mkdir -p "$root"
  cat >"$dir/$1.yml" <<YAML
version: 0.1
log:
  level: warn
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: "$root"
  delete:
    enabled: true
http:
  addr: 127.0.0.1:$2
  secret: "$(openssl rand -hex 16)"
  tls:
    certificate: "$dir/tls/server.crt"
    key: "$dir/tls/server.key"
$extra
YAML
  command=(docker-registry serve "$dir/$1.yml")
}

configure_downloads() { # name port
  mkdir -p "$downloads" "$dir/nginx"
  cat >"$dir/nginx/nginx.conf" <<NGINX
daemon off;
worker_processes 2;
pid "$dir/nginx/nginx.pid";
error_log stderr warn;
$([[ $EUID -ne 0 ]] || printf 'user root;')
events { worker_connections 512; }
http {
  access_log "$dir/nginx/access.log";
  client_body_temp_path "$dir/nginx/body";
  proxy_temp_path "$dir/nginx/proxy";
  fastcgi_temp_path "$dir/nginx/fastcgi";
  uwsgi_temp_path "$dir/nginx/uwsgi";
  scgi_temp_path "$dir/nginx/scgi";
  sendfile on;
  default_type application/octet-stream;
  server {
    listen 127.0.0.1:$2 ssl http2;
    ssl_certificate "$dir/tls/server.crt";
    ssl_certificate_key "$dir/tls/server.key";
    root "$downloads";
    location /dl.k8s.io/ { types { text/plain sha256 sha512; } }
    location /github.com/ { add_header Content-Disposition attachment; }
    location = / { return 204; }
    location / { }
  }
}
NGINX
  command=(nginx -p "$dir/nginx" -e stderr -c "$dir/nginx/nginx.conf")
}

up() {
  local tool name storage=$dir/storage downloads=$dir/downloads
  while [[ $# -gt 0 ]]; do
    [[ $# -ge 2 ]] || usage
    case $1 in
      --storage) storage=$(realpath -m "$2") ;;
      --downloads) downloads=$(realpath -m "$2") ;;
      *) usage ;;
    esac
    shift 2
  done
  for tool in openssl curl python3 htpasswd docker-registry nginx; do
    command -v "$tool" >/dev/null || die "$tool is not installed: see the package list in README.md"
  done
  make_certificates
  make_password
  printf '%s\n' "$downloads" >"$dir/downloads.path"
  for name in "${servers[@]}"; do
    is_running "$name" || start "$name"
  done
}

print_env() {
  local name
  for name in "${servers[@]}"; do
    is_running "$name" || die "$name is not running: servers.sh up $dir"
  done
  printf 'KF_OPEN=%q\n' "127.0.0.1:$(<"$dir/registry-open.port")"
  printf 'KF_AUTH=%q\n' "127.0.0.1:$(<"$dir/registry-auth.port")"
  printf 'KF_AUTH_USER=%q\n' "$(<"$dir/auth.user")"
  printf 'KF_AUTH_PASSWORD_FILE=%q\n' "$dir/auth.password"
  printf 'KF_TARGET=%q\n' "127.0.0.1:$(<"$dir/registry-target.port")"
  printf 'KF_DOWNLOADS=%q\n' "https://127.0.0.1:$(<"$dir/downloads.port")"
  printf 'KF_DOWNLOADS_DIR=%q\n' "$(<"$dir/downloads.path")"
  printf 'KF_CA=%q\n' "$dir/ca/ca.crt"
}

[[ $# -ge 2 ]] || usage
verb=$1
dir=$(realpath -m "$2")
shift 2
readonly verb dir
servers=(registry-open registry-auth registry-target downloads)
command=()
mkdir -p "$dir"
exec {lock}>"$dir/.lock"
flock "$lock"
PATH=$PATH:/usr/sbin

case $verb in
  up) up "$@" ;;
  env) print_env ;;
  down) for name in "${servers[@]}"; do stop "$name"; done ;;
  *) usage ;;
esac
