#!/usr/bin/env bash
# os_packages_bundle.sh FOLDER [LINE…]: with the program in build/bin, locks and builds one bundle of Debian 12's
# packages for nodes of five architectures, from the mirror that this machine's apt uses, and prints a table. Leaves site.tar.zst,
# site.pub and site.lock in FOLDER. Further arguments are lines for the spec.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
kubeferry=${KUBEFERRY:-$root/build/bin/kubeferry}
folder=$1
shift
mkdir -p "$folder"
cd "$folder"

# spec SUITE…: the catalog's own places when all three are asked for and this machine reaches them under one host; else
# they are named.
spec() {
  python3 - "$root/ci/debian" "$@" <<'PYTHON'
import re
import sys

sys.path.insert(0, sys.argv[1])
import apt_root

print('apiVersion: kubeferry/v1\nkind: Bundle\nname: site\nversion: "1"\nplatforms: all\nkubeferry: none')
found = {suite: apt_root.debian_uris(suite)[0].rstrip("/") for suite in sys.argv[2:]}
hosts = {re.sub("/debian(-security)?$", "", uri) for uri in found.values()}
usual = all(uri.endswith("/debian-security" if "security" in suite else "/debian") for suite, uri in found.items())
if usual and len(hosts) == 1 and len(found) == 3:
    host, = hosts
    plain = ", plainHttp: true" if host.startswith("http:") else ""
    print(f'packages: [debian-12]\nupstreams: {{deb.debian.org: {{endpoint: "{host}"{plain}}}}}')
else:
    print('packages:\n- distribution: debian\n  version: "12"\n  repositories:')
    for suite, uri in found.items():
        print(f'  - {{url: "{uri}", suites: [{suite}], components: [main], keyring: debian-archive-keyring.gpg}}')
PYTHON
}
suites=(bookworm bookworm-updates bookworm-security)
spec "${suites[@]}" >site.yaml
(($# == 0)) || printf '%s\n' "$@" >>site.yaml

[[ -f site.key ]] || "$kubeferry" key generate site >/dev/null
seconds() { date +%s.%N; }
start=$(seconds)
if ! "$kubeferry" lock site.yaml >lock.txt; then
  # Mirrors are not always whole, and 13 says so: what was fetched is not what the suite's signed list says.
  status=0
  "$kubeferry" lock site.yaml >lock.txt 2>&1 || status=$?
  ((status == 13)) || { cat lock.txt >&2; exit 1; }
  echo 'os_packages_bundle: this mirror of the security suite is not what its signature says; without it'
  spec bookworm bookworm-updates >site.yaml
  (($# == 0)) || printf '%s\n' "$@" >>site.yaml
  start=$(seconds)
  "$kubeferry" lock site.yaml >lock.txt
fi
tail -n 1 lock.txt
locked=$(seconds)
"$kubeferry" build site.yaml --key site.key --output site.tar.zst >/dev/null
built=$(seconds)
"$kubeferry" verify site.tar.zst --trust site.pub --deep >/dev/null
# The same lock gives the same bytes.
"$kubeferry" build site.yaml --key site.key --output again.tar.zst >/dev/null
cmp site.tar.zst again.tar.zst
rm again.tar.zst

python3 - "$start" "$locked" "$built" <<'PYTHON'
import json
import os
import sys

start, locked, built = map(float, sys.argv[1:])
with open("site.lock", encoding="utf-8") as file:
    repositories = json.load(file)["packages"]
assert [one["platform"] for one in repositories] == [f"linux/{a}" for a in ("amd64", "arm", "arm64", "ppc64le", "s390x")]
print(f"{'platform':<15}{'packages':>9}{'bytes':>12}  versions")
once = {}
for one in repositories:
    sizes = {package["digest"]: package["size"] for package in one["packages"]}
    once.update(sizes)
    wanted = [f"{p['name']} {p['version']}" for p in one["packages"] if p["name"] in one["install"]]
    assert len(wanted) == 7 == len(one["install"]), one["install"]
    print(f"{one['platform']:<15}{len(sizes):>9}{sum(sizes.values()):>12}  {', '.join(wanted)}")
print(f"together, each file once: {len(once)} packages, {sum(once.values())} bytes; the bundle: "
      f"{os.path.getsize('site.tar.zst')} bytes; lock {locked - start:.1f} s, build {built - locked:.1f} s")
PYTHON
