#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""ci/catalog-lint finds what is wrong, and what it guards: a new patch release is one line, the documents agree."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from lint import LINT, TREE

KUBEFERRY = os.environ["KUBEFERRY"]


class Copy(unittest.TestCase):
    """A copy of manifests/ of the test's own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kf-lint-")
        self.addCleanup(folder.cleanup)
        self.manifests = Path(folder.name) / "manifests"
        shutil.copytree(TREE / "manifests", self.manifests)

    def replace(self, name, before, after):
        file = self.manifests / name
        text = file.read_text(encoding="utf-8")
        self.assertIn(before, text, name)
        file.write_text(text.replace(before, after, 1), encoding="utf-8")

    def lint(self):
        return LINT.lint(self.manifests)

    def run_lint(self):
        done = subprocess.run([TREE / "ci" / "catalog-lint", self.manifests], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def images(self, version, *more):
        return subprocess.run([KUBEFERRY, "images", "list", "--kubernetes", version, *more], capture_output=True,
                              text=True, timeout=60)


class Finds(Copy):
    def test_nothing_in_what_is_shipped(self):
        self.assertEqual(self.run_lint(), (0, f"catalog: nothing to complain about in "
                                          f"{len(list(self.manifests.rglob('*.yaml')))} files\n"))

    def test_each_of_these(self):
        kubernetes, flannel, calico = "kubernetes.yaml", "cni/flannel.yaml", "cni/calico.yaml"
        for name, before, after, says in (
                (kubernetes, "patches: 8-8", "patches: 9-9", "1.24: no row for patches 8 to 8"),
                (kubernetes, "patches: 8-8", "patches: 7-8", "1.24: two rows for patch 7"),
                (kubernetes, "patches: 0-14, registry: k8s.gcr.io", "patches: 1-14, registry: k8s.gcr.io",
                 "1.21: no row for patches 0 to 0"),
                (kubernetes, "patches: 9-17", "patches: 17-9", "1.24: patches 17-9 end before they begin"),
                (kubernetes, "patches: 9-17", 'patches: "9"', "'9' does not match"),
                (kubernetes, "minor: 30", "minor: 31", "1.31: follows 1.29"),
                (kubernetes, "crictl: v1.24.2}", "crictl: v1.24.2, helm: v3}", "1.24: pairs must be cni-plugins"),
                (kubernetes, ", crictl: v1.26.1", "", "1.26: pairs must be cni-plugins"),
                (kubernetes, 'pause: "3.2"', "pause: 3.2", "minors[0].patches[0].pause: 3.2 is not of type 'string'"),
                (kubernetes, "etcd: 3.5.1-0, pause", "etdc: 3.5.1-0, pause", "'etdc' was unexpected"),
                (kubernetes, "kind: Kubernetes", "kind: Kubernetes\nkind: Kubernetes", 'duplicate key "kind"'),
                (kubernetes, "yaml-language-server", "yaml-server", "no line says which schema it has"),
                ("artifacts.yaml", "style: clearsigned", "style: signed", "'signed' is not one of"),
                ("artifacts.yaml", 'mode: "0755"', "mode: 0755", ".mode: 493 is not one of"),
                ("artifacts.yaml", "s390x: any", "riscv64: any", "'riscv64' is not one of"),
                ("apis.yaml", "servedSince: 12\n    servedUntil: 21", "servedSince: 22\n    servedUntil: 21",
                 "served until before since"),
                (flannel, "version: v0.27.4", "version: v0.28.9", "flannel v0.28.9: is there twice"),
                (flannel, "name: flannel", "name: flanel", "cni/flannel.yaml: is called flanel"),
                (flannel, "podCIDR:", "podCidr:", "'podCidr' was unexpected"),
                (flannel, "ghcr.io/flannel-io/flannel:{version}", "ghcr.io/Flannel:{version}", "does not match"),
                (calico, "tested: 34-36", "tested: 30-36", "is tested with 30-36, and runs on 31 to 999 only"),
                (calico, "min: 21\n", "min: 38\n", "v3.31.7: is tested with 32-35, and runs on 38 to 999 only"),
                (calico, "tested: 32-35", "tested: 36-32", "a range that ends before it begins"),
                (calico, "tested: 32-35", "tested: 21-22", "v3.30.7 with 31-35"),
                (calico, "min: 31\n      minReason", "min: 31\n      maxReason", "'minReason' is a dependency of 'min'"),
                ("cni/contrail.yaml", "max: 23\n", "max: 15\n", "contrail R21.4: a range that ends before it begins"),
                ("cni/cilium.yaml", "unpublished:\n  why", "unpublished:\n  because", "'why' is a required property"),
                ("examples/site.yaml", "missing: fail", "missing: never", "'never' is not one of ['fail', 'skip']"),
                ("packages/debian.yaml", "name: debian", "name: devuan", "packages/debian.yaml: is called devuan"),
                ("packages/debian.yaml", "suites: [trixie-security]", "suites: [trixie/]", "does not match"),
                ("packages/rhel.yaml", "unpublished: only", "unpublisht: only", "'unpublisht' was unexpected"),
                ("packages/almalinux.yaml", "format: rpm", "format: deb", "'suites' is a required property"),
                ("schemas/cni.schema.json", '"name": {"$ref": "#/$defs/name", "description": "As specs', '"nom": {"x": "',
                 "'name' was unexpected")):
            with self.subTest(says):
                good = (self.manifests / name).read_text(encoding="utf-8")
                self.replace(name, before, after)
                said = self.lint()
                (self.manifests / name).write_text(good, encoding="utf-8")
                self.assertIn(says, "\n".join(said))
        self.assertEqual(self.lint(), [])

    def test_a_hole_in_what_a_network_runs_on(self):
        document = LINT.yaml.load((self.manifests / "cni/flannel.yaml").read_text(encoding="utf-8"), LINT.Loader)
        document["releases"] = [{"version": "v2", "kubernetes": {"min": 30, "minReason": "x"}},
                                {"version": "v1", "kubernetes": {"max": 27, "maxReason": "y"}}]
        self.assertEqual([line.split(",")[0] for line in LINT.network_errors(document, range(20, 38))],
                         ["flannel: no release for 1.28", "flannel: no release for 1.29"])

    def test_files_that_are_missing_or_strange(self):
        (self.manifests / "apis.yaml").unlink()
        (self.manifests / "cni" / "new.yaml").write_text("kind: Novelty\n", encoding="utf-8")
        status, said = self.run_lint()
        self.assertEqual(status, 1)
        self.assertIn("apis.yaml: is missing", said)
        self.assertIn("cni/new.yaml: kind must be one of", said)


class ANewPatch(Copy):
    """Of the newest minor, whichever that is: this test must not be one more place to change."""

    def setUp(self):
        super().setUp()
        minor = LINT.yaml.load((self.manifests / "kubernetes.yaml").read_text(encoding="utf-8"), LINT.Loader)["minors"][-1]
        self.row = minor["patches"][-1]
        self.first, self.last = LINT.span(self.row["patches"])
        self.old, self.new = (f"v1.{minor['minor']}.{patch}" for patch in (self.last, self.last + 1))
        text = (self.manifests / "kubernetes.yaml").read_text(encoding="utf-8")
        self.line = text.splitlines(keepends=True)[-1]
        self.assertIn(f"patches: {self.row['patches']}, ", self.line)

    def changed_lines(self, name):
        was = (TREE / "manifests" / name).read_text(encoding="utf-8").splitlines()
        now = (self.manifests / name).read_text(encoding="utf-8").splitlines()
        return len(set(now) - set(was)), len(now) - len(was)

    def write_last_line(self, text):
        file = self.manifests / "kubernetes.yaml"
        file.write_text(file.read_text(encoding="utf-8").removesuffix(self.line) + text, encoding="utf-8")

    def test_with_the_same_images_is_one_number(self):
        self.assertIn("newer than the catalog", self.images(self.new).stderr)
        self.write_last_line(self.line.replace(self.row["patches"], f"{self.first}-{self.last + 1}"))
        self.assertEqual(self.changed_lines("kubernetes.yaml"), (1, 0))
        self.assertEqual(self.lint(), [])
        done = self.images(self.new, "--catalog", self.manifests)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(f"registry.k8s.io/kube-apiserver:{self.new}\n", done.stdout)

    def test_with_other_images_is_one_line(self):
        row = self.line.replace(self.row["patches"], f"{self.last + 1}-{self.last + 1}")
        self.write_last_line(self.line + row.replace(self.row["etcd"], "9.9.9-0"))
        self.assertEqual(self.changed_lines("kubernetes.yaml"), (1, 1))
        self.assertEqual(self.lint(), [])
        done = self.images(self.new, "--catalog", self.manifests)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("registry.k8s.io/etcd:9.9.9-0\n", done.stdout)
        self.assertIn(f"registry.k8s.io/etcd:{self.row['etcd']}\n", self.images(self.old, "--catalog", self.manifests).stdout)


def rows(text: str, heading: str) -> dict[str, str]:
    """First cell's names → third cell, of the first table below a heading."""
    section = text.split(f"\n{heading}\n", 1)[1]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)[0].splitlines()[2:]
    found = {}
    for line in table:
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        for name in re.findall(r"`(\w+)`", cells[0]):
            found[name] = cells[2] if len(cells) > 2 else ""
    return found


class Documents(unittest.TestCase):
    def test_the_tables_of_the_spec_are_its_schema(self):
        text = (TREE / "docs" / "spec.md").read_text(encoding="utf-8")
        schema = LINT.validators(TREE / "manifests" / "schemas")["Bundle"].schema
        for heading, rule in (("## Keys", schema), *((f"### {name}", schema["$defs"][definition]) for name, definition in (
                ("kubernetes", "kubernetes"), ("cni", "cni"), ("manifests", "manifest"), ("files", "file"),
                ("packages", "packages"), ("upstreams", "upstream")))):
            table = rows(text, heading)
            self.assertEqual(set(table), set(rule["properties"]), heading)
            self.assertEqual({name for name, default in table.items() if default == "required"},
                             set(rule.get("required", [])), heading)

    def test_the_table_of_a_pod_network_is_its_schema(self):
        text = (TREE / "docs" / "catalog.md").read_text(encoding="utf-8")
        schema = LINT.validators(TREE / "manifests" / "schemas")["Cni"].schema
        told = set(re.findall(r"`(\w+)`", text.split("A file of `cni/` says", 1)[1].split("\n\n| `location`", 1)[0]))
        for pointer in ("kubernetes", "release"):
            self.assertLessEqual(set(schema["$defs"][pointer]["properties"]), told | {"version"})
        self.assertLessEqual(set(schema["properties"]) - {"apiVersion", "kind", "name"}, told)

    def test_every_key_of_every_schema_is_described(self):
        def undescribed(rule, where):
            if isinstance(rule, dict):
                # A condition's properties describe nothing; those of a rule that closes its keys do.
                closed = rule.get("additionalProperties") is False
                for name, value in rule.get("properties", {}).items() if closed else ():
                    target = value.get("$ref", "#").rsplit("/", 1)[-1]
                    if "description" not in value and \
                            "description" not in self.definitions.get(target, {}):
                        yield f"{where}.{name}"
                for name, value in rule.items():
                    yield from undescribed(value, f"{where}.{name}")
        for kind, validator in LINT.validators(TREE / "manifests" / "schemas").items():
            self.definitions = validator.schema["$defs"]
            self.assertEqual(list(undescribed(validator.schema, kind)), [])


if __name__ == "__main__":
    unittest.main()
