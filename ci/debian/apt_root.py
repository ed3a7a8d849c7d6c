#!/usr/bin/env python3
"""Makes a private apt root: its own lists, cache and sources, so that packages of foreign
architectures and source packages can be fetched without touching the host's apt or dpkg.

Prints the path of an apt.conf for `apt-get -c`.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

SUITE = "bookworm"
SECURITY = "bookworm-security"
COMPONENT = "main"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
APT_ETC = Path("/etc/apt")


class AptError(RuntimeError):
    """apt, or the machine's apt configuration, did not give what was asked for."""


def deb822_uris(text: str, suite: str) -> list[str]:
    uris = []
    for paragraph in re.split(r"\n\s*\n", text):
        fields, name = {}, None
        for line in paragraph.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace() and name:
                fields[name] += " " + line.strip()
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        enabled = fields.get("enabled", "yes").lower() not in ("no", "false", "0")
        words = {key: value.split() for key, value in fields.items()}
        if (enabled and "deb" in words.get("types", []) and suite in words.get("suites", [])
                and COMPONENT in words.get("components", [])):
            uris += words.get("uris", [])
    return uris


def one_line_uris(text: str, suite: str) -> list[str]:
    pattern = re.compile(rf"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+{re.escape(suite)}\s+(?:\S+\s+)*{COMPONENT}\b", re.MULTILINE)
    return pattern.findall(text)


def debian_uris(suite: str = SUITE) -> list[str]:
    """Where this machine's own configuration takes the suite from."""
    parts = APT_ETC / "sources.list.d"
    uris = []
    for path in [APT_ETC / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.is_file():
            uris += one_line_uris(path.read_text(encoding="utf-8"), suite)
    for path in sorted(parts.glob("*.sources")):
        uris += deb822_uris(path.read_text(encoding="utf-8"), suite)
    if not uris:
        raise AptError(f"no enabled source of {suite} {COMPONENT} in {APT_ETC}: this needs a Debian 12 machine")
    return list(dict.fromkeys(uris))


def create(root: Path, architectures: list[str], sources: bool, suites: tuple[str, ...] = (SUITE,)) -> Path:
    """Writes the private root and returns its apt.conf; lists are not fetched yet."""
    root = root.resolve()
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "status").touch()
    kinds = ["deb", "deb-src"] if sources else ["deb"]
    (root / "sources.list").write_text(
        "".join(f"{kind} [signed-by={KEYRING}] {uri} {suite} {COMPONENT}\n"
                for suite in suites for uri in debian_uris(suite) for kind in kinds), encoding="utf-8")
    listed = " ".join(f'"{name}";' for name in architectures)
    conf = root / "apt.conf"
    # The host's own apt.conf.d stays in force (it may hold a proxy), except for hooks, which would touch the host.
    conf.write_text(f"""\
Dir::State "{root}/state";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Sandbox::User "root";
#clear APT::Architectures;
APT::Architectures {{ {listed} }};
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
""", encoding="utf-8")
    return conf


def run(conf: Path, *command: str, cwd: Path | None = None) -> str:
    """Runs apt-get or apt-cache in the private root and returns what it printed."""
    done = subprocess.run([command[0], "-c", str(conf), *command[1:]], cwd=cwd, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise AptError(f"{' '.join(command)[:200]} failed:\n{done.stderr.strip()}")
    return done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, help="the private root's folder")
    parser.add_argument("--architecture", action="append", required=True, help="Debian's name; may be repeated")
    parser.add_argument("--sources", action="store_true", help="list source packages too")
    parser.add_argument("--security", action="store_true", help="list what Debian's security team has published, too")
    arguments = parser.parse_args()
    suites = (SUITE, SECURITY) if arguments.security else (SUITE,)
    conf = create(arguments.root, arguments.architecture, arguments.sources, suites)
    run(conf, "apt-get", "-q", "update")
    print(conf)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AptError as error:
        sys.exit(f"apt_root: {error}")
