#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The JSON schemas and the program say the same of every key: which there are, which are required, what they hold."""
import copy
import json
import os
import re
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lint import LINT
from walk import Walk, at

TREE = Path(__file__).resolve().parents[2]
KUBEFERRY = os.environ["KUBEFERRY"]
# Of another type than whatever a key holds, or of its type and nothing.
OTHER_VALUES = ([], {}, 7, True, "", None, ["x", {}])


VALIDATORS = LINT.validators(TREE / "manifests" / "schemas")


def read(name: str) -> dict:
    return LINT.yaml.load((TREE / "manifests" / name).read_text(encoding="utf-8"), LINT.Loader)


CATALOG = {str(file.relative_to(TREE / "manifests")): read(file.relative_to(TREE / "manifests"))
           for file in (TREE / "manifests").rglob("*.yaml") if "examples" not in file.parts}


def key_everywhere() -> dict:
    """A spec that says everything at once."""
    return {
        "apiVersion": "kubeferry/v1", "kind": "Bundle", "name": "all", "version": "1.a", "stream": "s", "sequence": 3,
        "notAfter": "2099-01-31T00:00:00Z", "audience": "here", "platforms": ["linux/amd64", "linux/arm64"],
        "kubernetes": {"version": "v1.34.2", "imageRepository": "registry.example.org/k8s"},
        "cni": {"name": "calico", "podCIDR": "10.1.0.0/16", "version": "v3.32.1", "manifest": "calico.yaml"},
        "images": ["registry.k8s.io/pause:3.10"],
        "manifests": [{"file": "b.yaml", "apply": False},
                      {"url": "https://example.org/c.yaml", "sha256": "0" * 64, "name": "c"}],
        "files": [
            {"url": "https://example.org/a", "sha256": "0" * 64, "platform": "linux/amd64", "path": "/usr/local/bin/a",
             "mode": "0755"},
            {"file": "b", "platforms": ["linux/arm64"], "path": "/etc/kubernetes/b", "mode": "0644"}],
        "packages": [
            {"distribution": "debian", "version": "12", "install": ["conntrack"], "also": ["socat"], "repositories": [
                {"url": "http://127.0.0.1/debian", "suites": ["bookworm"], "components": ["main"],
                 "platforms": ["linux/amd64", "linux/arm64"], "keyring": "k.gpg", "unsigned": False, "checkValidUntil": False}]},
            {"distribution": "rocky", "version": "9", "repositories": [
                {"url": "https://127.0.0.1/a", "platforms": ["linux/amd64", "linux/arm64"], "keyring": "k.gpg", "unsigned": False},
                {"url": "https://127.0.0.1/b", "sha256": "0" * 64}]}],
        "kubeferry": "bin/kubeferry-linux-{arch}", "missing": "skip", "compressionLevel": 3,
        "upstreams": {"registry.k8s.io": {"endpoint": "http://127.0.0.1:5000", "ca": "ca.pem", "username": "u",
                                          "passwordFile": "p", "plainHttp": True, "pathPrefix": "proxy/k8s"}},
    }


def samples() -> list[tuple[str, dict]]:
    """(file of the catalog, document) in which every key of every schema occurs."""
    candidate = read("kubernetes.yaml")
    candidate["minors"][-1]["patches"][-1]["prerelease"] = "rc.0"
    wanting = read("cni/flannel.yaml")
    wanting["needs"]["sysctls"] = {"net.ipv4.ip_forward": "1"}
    dated, pinned = read("packages/debian.yaml"), read("packages/almalinux.yaml")
    dated["releases"][0]["repositories"][0].update(platforms=["amd64"], checkValidUntil=True, unsigned=False)
    pinned["releases"][0]["repositories"][0] = {"url": "https://example.org/{arch}", "sha256": "0" * 64,
                                                "platforms": ["amd64"], "unsigned": False}
    return [("kubernetes.yaml", candidate), ("artifacts.yaml", read("artifacts.yaml")), ("apis.yaml", read("apis.yaml")),
            ("cni/flannel.yaml", wanting), *[(name, read(name)) for name in (
                "cni/calico.yaml", "cni/calico-operator.yaml", "cni/cilium.yaml", "cni/contrail.yaml", "cni/weave.yaml",
                "packages/rhel.yaml")],
            ("packages/debian.yaml", dated), ("packages/almalinux.yaml", pinned),
            ("site.yaml", key_everywhere())]


class Program:
    """Asks the program what it makes of a document in place of one file of the catalog, or of a spec."""

    def __init__(self, folder: Path):
        self._folder = folder

    def refusal(self, name: str, document: dict) -> str:
        """What it says against the document; nothing when it takes it."""
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            folder = Path(scratch)
            if name == "site.yaml":
                (folder / name).write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
                command = ["spec", "check", name]
            else:
                for file in (TREE / "manifests").rglob("*.yaml"):
                    link = folder / file.relative_to(TREE)
                    link.parent.mkdir(parents=True, exist_ok=True)
                    link.symlink_to(file)
                spoiled = folder / "manifests" / name
                spoiled.unlink()
                # JSON is YAML in which every text is in quotes.
                spoiled.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
                command = ["images", "list", "--kubernetes", "v1.34.2", "--catalog", "manifests"]
            done = subprocess.run([KUBEFERRY, *command], cwd=folder, capture_output=True, text=True, timeout=60)
        if done.returncode == 0:
            return ""
        if done.returncode != 2:
            raise AssertionError(f"{command}: exit status {done.returncode}: {done.stderr}")
        return done.stderr


class Agreement(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kf-schema-")
        self.addCleanup(folder.cleanup)
        self.program = Program(Path(folder.name))
        # Of each rule the first mapping that it is about; of each key the first mapping that has it.
        self.first, self.keyed = {}, {}
        for name, document in samples():
            kind = document["kind"]
            self.assertEqual(LINT.schema_errors(VALIDATORS[kind], document), [], name)
            self.assertEqual(self.program.refusal(name, document), "", name)
            walk = Walk(VALIDATORS[kind].schema)
            for pointer, path in walk.mappings(document):
                self.first.setdefault((kind, pointer), (name, document, path))
                for key in at(document, path):
                    if key in walk.rule(pointer)["properties"]:
                        self.keyed.setdefault((kind, pointer, key), (name, document, path))

    def each(self, cases, verdict):
        with ThreadPoolExecutor(2) as pool:
            return [text for text in pool.map(verdict, cases) if text]

    def test_the_samples_have_every_key_of_every_schema(self):
        for kind, validator in VALIDATORS.items():
            walk = Walk(validator.schema)
            for pointer in walk.all_rules():
                for key in walk.rule(pointer)["properties"]:
                    self.assertIn((kind, pointer, key), self.keyed)

    def test_the_program_knows_the_keys_of_the_schema_and_no_others(self):
        def verdict(case):
            (kind, pointer), (name, document, path) = case
            spoiled = copy.deepcopy(document)
            at(spoiled, path)["zzqqzzqqzzqq"] = "x"
            said = self.program.refusal(name, spoiled)
            listed = re.search(r"valid keys are (.*)", said)
            keys = set(listed[1].strip(" )").split(", ")) if listed else said
            wanted = set(Walk(VALIDATORS[kind].schema).rule(pointer)["properties"])
            return "" if keys == wanted else f"{kind} {pointer}: the schema has {wanted}, the program {keys}"
        self.assertEqual(self.each(self.first.items(), verdict), [])

    def compare(self, name, document, what):
        by_schema = LINT.schema_errors(VALIDATORS[samples_kind(name)], document)
        by_program = self.program.refusal(name, document)
        if by_program and not by_schema and name != "site.yaml":
            # One row against another is more than a schema can say: then the linter says it.
            by_schema = LINT.across({**CATALOG, name: document})
        if bool(by_schema) == bool(by_program):
            return ""
        return f"{name} {what}: the schema says {by_schema or 'yes'}, the program {by_program or 'yes'}"

    def test_a_key_that_is_left_out(self):
        def verdict(case):
            (_, pointer, key), (name, document, path) = case
            spoiled = copy.deepcopy(document)
            del at(spoiled, path)[key]
            return self.compare(name, spoiled, f"without {pointer} {key}")
        self.assertEqual(self.each(self.keyed.items(), verdict), [])

    def test_a_key_that_holds_something_else(self):
        def verdict(case):
            ((_, pointer, key), (name, document, path)), value = case
            spoiled = copy.deepcopy(document)
            at(spoiled, path)[key] = value
            return self.compare(name, spoiled, f"with {value!r} for {pointer} {key}")
        cases = [(item, value) for item in self.keyed.items() for value in OTHER_VALUES]
        self.assertEqual(self.each(cases, verdict), [])


def samples_kind(name: str) -> str:
    return {"kubernetes.yaml": "Kubernetes", "artifacts.yaml": "Artifacts", "apis.yaml": "Apis",
            "site.yaml": "Bundle"}.get(name, "Distribution" if name.startswith("packages/") else "Cni")


if __name__ == "__main__":
    unittest.main()
