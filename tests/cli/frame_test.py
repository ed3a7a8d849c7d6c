# SPDX-License-Identifier: Apache-2.0
"""What all commands share: help, misspelt words, outputs that cannot be written, completion, version."""
import json
import os
import subprocess

from harness import IO, KUBEFERRY, USAGE, Case, main

COMMANDS = ["build", "completion", "diff", "extract", "images", "inspect", "key", "keyset", "lock", "man", "mirror",
            "serve", "sign", "spec", "stick", "verify", "version"]


class Frame(Case):
    def test_help_lists_every_command_and_each_explains_itself(self):
        text = self.run_ok("--help")
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {command} ")
            self.assertIn("--help", self.run_ok(command, "--help"))

    def test_version(self):
        self.assertRegex(self.run_ok("--version"), r"^kubeferry \d+\.\d+\.\d+\n$")
        document = self.run_json("version")
        self.assertEqual(self.run_ok("--version"), f"kubeferry {document['version']}\n")
        self.assertEqual(document["bundleFormat"], 1)
        for name, version in document["libraries"].items():
            self.assertRegex(version, r"^\d+\.\d", name)

    def test_misspelt(self):
        self.refused(USAGE, "verfy", says="did you mean verify?")
        self.refused(USAGE, "verify", "x", "--trsut", "y", says="did you mean --trust?")
        self.refused(USAGE, "verify", "x", "--dep", says="did you mean --deep?")
        self.refused(USAGE, "version", "--outptu=json", says="did you mean --output?")
        self.refused(USAGE, "images", "lst", says="did you mean list?")
        self.refused(USAGE, "version", "more", says="one argument too many")
        self.refused(USAGE, "version", "--output", "yaml", says="yaml")
        self.refused(USAGE, "verify", "x", "--trust", says="--trust")
        self.refused(USAGE, "verify", "x", "--jobs", "many", says="many")
        self.refused(USAGE, says="command is missing")
        self.refused(USAGE, "key", says="command is missing")
        self.refused(USAGE, "version", "--quiet", "--verbose")

    def test_errors_as_json(self):
        for arguments in (["verify", "absent", "--trust", "absent", "--output", "json"],
                          ["verify", "--output=json", "--wrong"]):
            done = self.run_program(*arguments)
            self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
            self.assertEqual(len(done.stderr.splitlines()), 1)
            error = json.loads(done.stderr)["error"]
            self.assertEqual((error["code"], error["name"]), (USAGE, "E_USAGE"))
            self.assertEqual(set(error), {"code", "name", "message", "hint", "detail"})

    def test_text_from_outside_cannot_drive_the_terminal(self):
        for arguments in (["verify", "a\x1b[2Jb", "--trust", "x\x07"], ["a\x1b]0;b"]):
            done = self.run_program(*arguments)
            self.assertEqual(done.returncode, USAGE)
            self.assertNotRegex(done.stderr, r"[\x00-\x09\x0b-\x1f]")

    def test_an_answer_that_cannot_be_written_is_a_failure(self):
        for arguments in (["version"], ["--help"], ["version", "--output", "json"], ["completion", "bash"]):
            with open("/dev/full", "w") as full:
                done = self.run_program(*arguments, stdout=full)
            self.assertEqual(done.returncode, IO, arguments)
            self.assertIn("standard output", done.stderr)
        reader, writer = os.pipe()
        os.close(reader)
        done = self.run_program("completion", "bash", stdout=writer)
        os.close(writer)
        self.assertEqual(done.returncode, IO)

    def test_closed_descriptors(self):
        def run(closing):
            return subprocess.run(["sh", "-c", f'exec "$0" key generate "$1" {closing}', KUBEFERRY,
                                   "k" + str(len(list(self.folder.iterdir())))], cwd=self.folder, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE)
        self.assertEqual(run(">&-").returncode, IO)
        self.assertEqual(run("<&- 2>&-").returncode, 0)
        self.assertEqual(run("<&- >&- 2>&-").returncode, IO)
        for file in self.folder.glob("*.key"):
            lines = file.read_text().splitlines()
            self.assertEqual((lines[0], lines[-1]), ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"))
        self.assertEqual(len(list(self.folder.glob("*.key"))), 3)

    def test_global_options_stand_anywhere(self):
        self.make_key()
        bundle = self.make_bundle()
        for arguments in (["--quiet", "verify", bundle, "--trust", "site.pub"],
                          ["verify", bundle, "--trust", "site.pub", "-q"]):
            self.assertEqual(self.run_program(*arguments).stderr, "")


class Completion(Case):
    def test_bash_completes_commands_and_options(self):
        (self.folder / "script").write_text(self.run_ok("completion", "bash"))

        def complete(*words):
            quoted = " ".join(f"'{word}'" for word in words)
            script = (f"source ./script; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _kubeferry; "
                      'printf "%s\\n" "${COMPREPLY[@]}"')
            done = subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True, text=True, check=True)
            self.assertEqual(done.stderr, "")
            return done.stdout.split()

        self.assertEqual(complete("kubeferry", "ver"), ["verify", "version"])
        self.assertEqual(complete("kubeferry", "key", "gen"), ["generate"])
        self.assertEqual(complete("kubeferry", "verify", "--de"), ["--deep"])
        self.assertEqual(complete("kubeferry", "key", "generate", "x", "--pass"), ["--passphrase-file"])
        self.assertEqual(complete("kubeferry", "--quiet", "verify", "--tru"), ["--trust"])

    def test_every_script_is_one_for_its_shell(self):
        for shell, check in (("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])):
            text = self.run_ok("completion", shell)
            for command in COMMANDS:
                self.assertIn(command, text)
            (self.folder / shell).write_text(text)
            done = subprocess.run([shell, *check, shell], cwd=self.folder, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), shell)

    def test_zsh_completes_from_its_folder_at_the_first_call(self):
        (self.folder / "_kubeferry").write_text(self.run_ok("completion", "zsh"))
        script = ('fpath=($PWD $fpath); autoload -Uz _kubeferry; _describe() { print -l $choices }; '
                  'words=(kubeferry key ""); CURRENT=3; _kubeferry')
        done = subprocess.run(["zsh", "-fc", script], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("generate:", done.stdout)

    def test_other_shells(self):
        self.refused(USAGE, "completion", "csh", says="csh")
        self.refused(USAGE, "completion")


if __name__ == "__main__":
    main()
