# SPDX-License-Identifier: Apache-2.0
"""serve and mirror: from the command line to a client, and the ways to be refused. Protocol details: tests/unit."""
import hashlib
import json
import signal
import socket
import ssl
import subprocess
import time
import urllib.request

from harness import KUBEFERRY, NETWORK, OK, POLICY, SIGNATURE, USAGE, Case, main, mode


class Served(Case):
    def setUp(self):
        super().setUp()
        self.make_key()
        self.bundle = self.make_bundle()

    def start(self, *arguments):
        return self.serve(self.bundle, *arguments)

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=30), OK)
        return process.stdout.read()

    def fetch(self, url, context=None):
        request = urllib.request.Request(url, headers={"Accept": "application/vnd.oci.image.index.v1+json"})
        with urllib.request.urlopen(request, context=context, timeout=30) as response:
            return response.read()


class Serve(Served):
    def test_plain_http(self):
        process, url = self.start("--plain-http", "--write-hosts", "hosts")
        manifest = json.loads(self.fetch(f"{url}/v2/sample/manifests/v1?ns=registry.k8s.io"))
        self.assertEqual(len(manifest["manifests"]), 2)
        self.assertIn(url, self.stop(process))
        self.assertIn(url, (self.folder / "hosts/registry.k8s.io/hosts.toml").read_text())

    def test_self_made_certificate_stays_the_same(self):
        authorities = set()
        for _ in range(2):
            process, url = self.start()
            self.assertTrue(url.startswith("https://"))
            context = ssl.create_default_context(cafile=self.folder / "kubeferry-ca.crt")
            self.assertIn("sample", json.loads(self.fetch(f"{url}/v2/_catalog", context))["repositories"])
            authorities.add((self.folder / "kubeferry-ca.crt").read_bytes())
            self.stop(process)
        self.assertEqual(len(authorities), 1)
        self.assertEqual(mode(self.folder / "kubeferry-ca.key"), 0o600)

    def test_new_certificate_files_are_taken_up(self):
        def replace(name):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                            self.folder / "tls.key", "-out", self.folder / "tls.crt"], check=True, capture_output=True)
            return ssl.PEM_cert_to_DER_cert((self.folder / "tls.crt").read_text())

        def shown(port):
            with socket.create_connection(("127.0.0.1", port)) as plain:
                context = ssl._create_unverified_context()  # the bytes themselves are compared
                with context.wrap_socket(plain) as secure:
                    return secure.getpeercert(binary_form=True)

        first = replace("first")
        process, url = self.start("--tls-cert", "tls.crt", "--tls-key", "tls.key")
        port = int(url.rpartition(":")[2])
        self.assertEqual(shown(port), first)
        (self.folder / "tls.crt").write_text("no certificate")
        time.sleep(4)
        self.assertEqual(shown(port), first)
        second = replace("second")
        for _ in range(100):
            if shown(port) == second:
                break
            time.sleep(0.1)
        self.assertEqual(shown(port), second)
        self.stop(process)
        self.assertIn("serving on with the certificate from before", process.stderr.read())

    def test_a_stock_client_copies_the_bundle_itself(self):
        process, url = self.start()
        digest = self.run_json("verify", self.bundle, "--trust", "site.pub")["manifestDigest"]
        name = f"docker://{url.removeprefix('https://')}/kubeferry/bundle:{digest.removeprefix('sha256:')}"
        certificates = self.folder / "certificates"
        certificates.mkdir()
        (certificates / "ca.crt").write_bytes((self.folder / "kubeferry-ca.crt").read_bytes())

        def skopeo(*arguments):
            return subprocess.run(["skopeo", *arguments], cwd=self.folder, check=True, capture_output=True).stdout

        raw = skopeo("inspect", "--raw", "--cert-dir", certificates, name)
        manifest = json.loads(raw)
        self.assertEqual(manifest["artifactType"], "application/vnd.kubeferry.bundle.v1")
        skopeo("copy", "--src-cert-dir", certificates, name, "dir:copy")
        self.assertEqual((self.folder / "copy/manifest.json").read_bytes(), raw)
        with open(self.folder / "again", "wb") as out:
            for layer in manifest["layers"]:
                out.write((self.folder / "copy" / layer["digest"].removeprefix("sha256:")).read_bytes())
        self.assertEqual((self.folder / "again").read_bytes(), (self.folder / self.bundle).read_bytes())
        self.stop(process)

    def test_registries_conf(self):
        process, url = self.start("--plain-http", "--write-registries-conf", "site.conf")
        text = (self.folder / "site.conf").read_text()
        self.assertIn(f'location = "{url.removeprefix("http://")}/registry.k8s.io"', text)
        self.assertIn("insecure = true", text)
        self.stop(process)

    def test_bad_input(self):
        trust = ["--trust", "site.pub"]
        self.refused(USAGE, "serve", self.bundle, "--listen", "127.0.0.1:0", "--plain-http", says="--trust is missing")
        self.refused(USAGE, "serve", self.bundle, *trust, says="--listen")
        for address in ("5000", "127.0.0.1:x", "127.0.0.1:70000", "localhost:0"):
            self.refused(USAGE, "serve", self.bundle, *trust, "--plain-http", "--listen", address)
        self.refused(USAGE, "serve", self.bundle, *trust, "--listen", "127.0.0.1:0", "--tls-cert", "c",
                     says="--tls-key")
        self.make_key("other")
        self.refused(SIGNATURE, "serve", self.bundle, "--trust", "other.pub", "--listen", "127.0.0.1:0")
        self.assertFalse((self.folder / "kubeferry-ca.crt").exists())


class Policy(Served):
    """What verify refuses, the commands that use a bundle refuse, too."""

    def test_the_same_options_everywhere(self):
        for command in (["serve", self.bundle, "--listen", "127.0.0.1:0", "--plain-http"],
                        ["mirror", self.bundle, "127.0.0.1:1", "--plain-http"],
                        ["extract", self.bundle, "--to", "out"]):
            trust = ["--trust", "site.pub"]
            self.refused(POLICY, *command, *trust, "--audience", "elsewhere", says="elsewhere")
            self.refused(POLICY, *command, *trust, "--stream", "other")
            self.refused(POLICY, *command, *trust, "--min-sequence", "8", says="sequence 7")
            self.refused(USAGE, *command, *trust, "--allow-expired", "nonsense", says="--allow-expired")
            self.assertFalse((self.folder / "out").exists())

    def test_a_server_remembers_what_it_serves(self):
        newer = self.make_bundle("newer", sequence=8)
        self.run_ok("extract", newer, "--trust", "site.pub", "--to", "out", "--state", "state")
        before = (self.folder / "state").read_bytes()
        self.refused(POLICY, "serve", self.bundle, "--trust", "site.pub", "--listen", "127.0.0.1:0", "--plain-http",
                     "--state", "state", says="--allow-rollback sha256:")
        self.assertEqual((self.folder / "state").read_bytes(), before)
        digest = self.run_json("verify", self.bundle, "--trust", "site.pub")["manifestDigest"]
        process, _ = self.start("--plain-http", "--state", "state", "--allow-rollback", digest)
        self.stop(process)
        self.assertIn(digest, (self.folder / "state").read_text())

    def test_of_several_bundles_the_newest_is_remembered(self):
        newer = self.make_bundle("newer", sequence=8)
        digest = self.run_json("verify", newer, "--trust", "site.pub")["manifestDigest"]
        process = subprocess.Popen([KUBEFERRY, "serve", newer, self.bundle, "--trust", "site.pub", "--listen",
                                    "127.0.0.1:0", "--plain-http", "--state", "state"], cwd=self.folder,
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertIn("serving on", process.stdout.readline())
        self.stop(process)
        self.assertIn(digest, (self.folder / "state").read_text())

    def test_a_failed_mirror_is_not_remembered(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            self.run_program("mirror", self.bundle, f"127.0.0.1:{closed.getsockname()[1]}", "--trust", "site.pub",
                             "--plain-http", "--state", "state")
        self.assertFalse((self.folder / "state").exists())


class Mirror(Served):
    def start_registry(self):
        """Debian's docker-registry, on a port that was free a moment ago."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (self.folder / "registry.yml").write_text(
            f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {self.folder}/registry}}}}\n"
            f"http: {{addr: '127.0.0.1:{port}'}}\nlog: {{level: error, accesslog: {{disabled: true}}}}\n")
        process = subprocess.Popen(["docker-registry", "serve", self.folder / "registry.yml"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for _ in range(200):
            try:
                self.fetch(f"http://127.0.0.1:{port}/v2/")
                return f"127.0.0.1:{port}"
            except OSError:
                time.sleep(0.05)
        self.fail("docker-registry does not answer")

    def test_into_a_real_registry_and_again(self):
        target = self.start_registry()
        mirror = ["mirror", self.bundle, f"{target}/k8s", "--trust", "site.pub", "--plain-http"]
        planned = self.run_json(*mirror, "--dry-run")
        self.assertTrue(planned["dryRun"] and planned["missing"])
        self.assertEqual(json.loads(self.fetch(f"http://{target}/v2/_catalog"))["repositories"], [])
        done = self.run_json(*mirror, "--write-to", "out")
        self.assertEqual(done["missing"], [])
        (row,) = done["mapping"]
        self.assertEqual(row["target"], f"{target}/k8s/sample:v1")
        self.assertEqual(row["sourceDigest"], row["targetDigest"])
        index = self.fetch(f"http://{target}/v2/k8s/sample/manifests/{row['sourceDigest']}")
        self.assertEqual("sha256:" + hashlib.sha256(index).hexdigest(), row["sourceDigest"])
        self.assertIn(row["sourceDigest"], (self.folder / "out/mapping.txt").read_text())
        again = self.run_json(*mirror)
        self.assertEqual((again["blobsPushed"], again["manifestsPushed"], again["bytesPushed"]), (0, 0, 0))
        self.assertIn("k8s/sample:v1", self.run_ok(*mirror))

    def test_nobody_there(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            target = f"127.0.0.1:{closed.getsockname()[1]}"
            done = self.run_program("mirror", self.bundle, target, "--trust", "site.pub", "--plain-http")
        self.assertEqual(done.returncode, NETWORK, done.stderr)
        self.assertIn("kubeferry: ", done.stderr)
        self.assertIn(target, done.stdout + done.stderr)

    def test_bad_input(self):
        bundle = self.bundle
        trust = ["--trust", "site.pub"]
        self.refused(USAGE, "mirror", bundle, *trust, says="where to")
        self.refused(USAGE, "mirror", bundle, "https://harbor.corp/k8s", *trust)
        self.refused(USAGE, "mirror", bundle, "127.0.0.1:1", says="--trust is missing")
        self.refused(USAGE, "mirror", bundle, "127.0.0.1:1", *trust, "--index", "some", says="some")
        self.refused(USAGE, "mirror", bundle, "127.0.0.1:1", *trust, "--platform", "amd46")
        self.refused(USAGE, "mirror", bundle, "127.0.0.1:1", *trust, "--map", "nonsense")


if __name__ == "__main__":
    main()
