# SPDX-License-Identifier: Apache-2.0
"""preflight, on the machine that runs the tests: whatever it is like, the answer has its shape."""
import json
import os
import socket
import unittest.mock

from harness import HERE, SIGNATURE, USAGE, Case, main

UNSUPPORTED_HOST = 40
MEMBERS = {"name", "severity", "what", "why", "fix", "ignored"}


class Preflight(Case):
    named = []

    def findings(self, *arguments):
        """Exit code and document; the code must be what the findings say."""
        done = self.run_program("preflight", *self.named, *arguments, "--output", "json")
        document = json.loads(done.stdout)
        self.assertEqual(done.returncode, UNSUPPORTED_HOST if document["errors"] else 0, done.stderr)
        return document

    def test_shape(self):
        document = self.findings()
        self.assertEqual(set(document), {"findings", "errors", "warnings", "notChecked"})
        order = ["error", "warning", "info"]
        severities = [finding["severity"] for finding in document["findings"]]
        self.assertEqual(severities, sorted(severities, key=order.index))
        self.assertEqual(document["errors"], severities.count("error"))
        self.assertEqual(document["warnings"], severities.count("warning"))
        for finding in document["findings"]:
            self.assertEqual(set(finding), MEMBERS)
            self.assertTrue(finding["what"] and finding["why"], finding)
            self.assertTrue(finding["fix"] or finding["severity"] == "info", finding)
        self.assertIn("DiskSpace", document["notChecked"])

    def refused_for(self, name, *arguments):
        """The impossible thing must be found, as text and as JSON, with the exit code that says so."""
        document = self.findings(*arguments)
        found = [finding for finding in document["findings"] if finding["name"] == name]
        self.assertTrue(found, document)
        self.assertEqual(found[0]["severity"], "error")
        done = self.run_program("preflight", *self.named, *arguments)
        self.assertEqual(done.returncode, UNSUPPORTED_HOST)
        self.assertIn(f"error    {name}", done.stdout)
        self.assertIn("yet: ", done.stdout.splitlines()[-1])
        self.assertTrue(done.stderr.startswith("kubeferry: this host cannot become"), done.stderr)
        self.assertIn(name, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 2)

    def test_an_address_that_no_host_has(self):
        self.refused_for("AdvertiseAddress", "--apiserver-advertise-address", "203.0.113.77")
        self.refused_for("AdvertiseAddress", "--apiserver-advertise-address", "2001:db8::77", "--control-plane")

    def test_networks_in_each_others_way(self):
        self.refused_for("CidrOverlap", "--pod-network-cidr", "10.96.0.0/16")
        self.refused_for("CidrOverlap", "--pod-network-cidr", "10.0.0.0/16", "--service-cidr", "10.0.0.0/24", "--join")

    def test_a_port_in_use(self):
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", 10250))
                listener.listen()
                owner = f"(pid {os.getpid()})"
            except OSError:
                owner = ""  # Somebody else has it, which is the same to preflight.
            self.refused_for("Port-10250", "--join")
            self.assertIn(owner, self.run_program("preflight", "--join").stdout)

    def test_an_address_that_this_host_has(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            try:
                asking.connect(("192.0.2.1", 9))  # Sends nothing; chooses the address to send from.
                address = asking.getsockname()[0]
            except OSError:
                return  # Without a route there is none to be told.
        names = [f["name"] for f in self.findings("--apiserver-advertise-address", address)["findings"]]
        self.assertNotIn("AdvertiseAddress", names)
        self.assertNotIn("DefaultRoute", names)

    def test_json_errors(self):
        done = self.run_program("preflight", "--apiserver-advertise-address", "203.0.113.77", "--output", "json")
        error = json.loads(done.stderr)["error"]
        self.assertEqual((error["code"], error["name"]), (UNSUPPORTED_HOST, "E_UNSUPPORTED_HOST"))
        self.assertIn("AdvertiseAddress", error["detail"]["findings"].split(","))

    def test_ignoring(self):
        arguments = ["--apiserver-advertise-address", "203.0.113.77"]
        before = self.findings(*arguments)
        after = self.findings(*arguments, "--ignore", "advertiseaddress")
        self.assertEqual(after["errors"], before["errors"] - 1)
        found = [finding for finding in after["findings"] if finding["name"] == "AdvertiseAddress"]
        self.assertEqual((found[0]["severity"], found[0]["ignored"]), ("warning", True))
        names = {finding["name"] for finding in before["findings"] if finding["severity"] == "error"}
        text = self.run_ok("preflight", *self.named, *arguments, "--ignore", ",".join(names))
        self.assertIn("(ignored)", text)
        self.assertTrue(text.splitlines()[-1].startswith("this host can become a control plane, with "), text)

    def test_words_that_mean_nothing(self):
        self.refused(USAGE, "preflight", "--ignore", "all", says="refused")
        self.refused(USAGE, "preflight", "--ignore", "NumCPUs", says="NumCPU?")
        self.refused(USAGE, "preflight", "--pod-network-cidr", "10.244.0.1/16", says="10.244.0.0/16")
        self.refused(USAGE, "preflight", "--service-cidr", "10.0.0.0/16,10.1.0.0/16")
        self.refused(USAGE, "preflight", "--apiserver-advertise-address", "localhost")
        self.refused(USAGE, "preflight", "--join", "--control-plane")

    def test_environment_of_programs(self):
        """What preflight runs as root gets nothing of the caller's."""
        marker = self.folder / "marker"
        fake = self.folder / "getent"
        fake.write_text(f"#!/bin/sh\ntouch {marker}\n")
        fake.chmod(0o755)
        with unittest.mock.patch.dict(os.environ, PATH=f"{self.folder}:{os.environ['PATH']}"):
            self.findings()
        self.assertFalse(marker.exists())


class WithABundle(Preflight):
    def setUp(self):
        super().setUp()
        self.make_key()
        self.make_bundle(platforms=[HERE])
        self.named = ["bundle", "--trust", "site.pub"]

    def test_shape(self):
        document = self.findings("--pod-network-cidr", "10.244.0.0/16")
        self.assertEqual(document["notChecked"], [])

    def test_ignored_names_leave_the_bundle_alone(self):
        done = self.run_program("preflight", "--trust", "site.pub", "--ignore", "NumCPU", "--ignore", "Mem,Swap", "bundle")
        self.assertIn("this host can", done.stdout, done.stderr)  # become a control plane, or not

    def test_must_be_trusted(self):
        self.refused(USAGE, "preflight", "bundle", says="--trust is missing")
        self.make_key("other")
        self.refused(SIGNATURE, "preflight", "bundle", "--trust", "other.pub")


if __name__ == "__main__":
    main()
