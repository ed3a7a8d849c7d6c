# SPDX-License-Identifier: Apache-2.0
"""man: a page for each command, in roff that both readers of it understand, the same bytes whenever it is written."""
import os
import pathlib
import re
import subprocess

from harness import USAGE, Case, main, mode

DOCUMENTS = pathlib.Path(__file__).resolve().parents[2] / "docs"
# A line of `--help`'s list of commands.
COMMAND = re.compile(r"^  ([a-z][a-z-]*) ", re.MULTILINE)


class Man(Case):
    def write(self, folder="man", **environment):
        self.run_ok("man", "--to", folder, env={**os.environ, **environment})
        return {path.name: path.read_text("ascii") for path in (self.folder / folder).iterdir()}

    def commands(self, *path):
        """Every command that help lists, however deep: ("key", "generate")."""
        help_text = self.run_ok(*path, "--help")
        listed = COMMAND.findall(help_text.partition("Subcommands:")[2])
        return [path, *(deeper for word in listed for deeper in self.commands(*path, word))]

    def shown(self, name, text):
        """A page as somebody reads it."""
        done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-P-c", "-rLL=200n"], input=text, capture_output=True,
                              text=True, check=True)
        self.assertEqual(done.stderr, "", name)
        return re.sub(r".\x08", "", done.stdout)

    def test_a_page_for_each_command_and_no_other(self):
        names = {"-".join(["kubeferry", *path]) + ".1" for path in self.commands()}
        pages = self.write()
        self.assertEqual(set(pages), names)
        self.assertGreater(len(names), 25)
        self.assertIn("kubeferry-join-pack.1", names)
        for page in pages:
            self.assertEqual(mode(self.folder / "man" / page), 0o644)

    def test_both_readers_understand_every_page(self):
        for name, text in self.write(SOURCE_DATE_EPOCH="1795327634").items():
            self.shown(name, text)
            done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(self.folder / "man" / name)],
                                  capture_output=True, text=True)
            self.assertEqual((done.stdout, done.returncode), ("", 0))

    def test_what_help_says_is_on_the_page_as_it_has_to_be_typed(self):
        pages = self.write()
        for path in self.commands():
            name = "-".join(["kubeferry", *path])
            text = self.shown(name, pages[name + ".1"])
            self.assertIn(f"{name} -", text)
            for option in re.findall(r"(?m)^  (?:-\w,)?(--[a-z-]+)", self.run_ok(*path, "--help")):
                self.assertRegex(text, rf"(?m)^ +(-\w, )?{option}\b", name)
        serve = self.shown("serve", pages["kubeferry-serve.1"])
        self.assertIn("kubeferry serve FILE... --listen ADDR:PORT [OPTION]...", serve)
        self.assertRegex(serve, r"OPTIONS OF EVERY COMMAND\n +-q, --quiet")
        self.assertIn("containerd's hosts.toml", serve)  # no typographic apostrophe
        self.assertNotRegex(serve, r"\\\(|\\\[|\\f")
        self.assertIn("NAME,…", self.shown("init", pages["kubeferry-init.1"]))

    def test_hidden_options_stay_hidden(self):
        self.assertNotRegex("".join(self.write().values()), r"\\-\\-token\\fR|rehearsal\\-inside")

    def test_exit_codes_are_those_of_the_documents(self):
        documented = re.findall(r"(?m)^\| ([0-9]+)(?:, 143)? \| `\w+` \| ([^|]+) \|", (DOCUMENTS / "exit-codes.md").read_text())
        page = self.shown("kubeferry", self.write()["kubeferry.1"])
        shown = dict(re.findall(r"(?m)^ {7}([0-9]+) +(\S.*)\.$", page[page.index("EXIT STATUS"):]))
        self.assertEqual(list(shown), [code for code, _ in documented])
        for code, what in documented:
            said = re.split("[:;,]", shown[code])[0]
            self.assertTrue(what.startswith(said), f"{code}: {what} / {said}")

    def test_the_same_bytes_whenever_and_wherever(self):
        without = self.write("a")
        self.assertEqual(without, self.write("b/c", TZ="Asia/Tokyo", LC_ALL="tr_TR.UTF-8"))
        self.assertIn('.TH kubeferry 1 "" ', without["kubeferry.1"])
        dated = self.write("a", SOURCE_DATE_EPOCH="0", TZ="America/New_York")
        self.assertIn('.TH kubeferry 1 "1970-01-01" ', dated["kubeferry.1"])
        self.assertEqual({name: text.replace("1970-01-01", "") for name, text in dated.items()}, without)

    def test_refused(self):
        self.refused(USAGE, "man")
        done = self.run_program("man", "--to", "x", env={**os.environ, "SOURCE_DATE_EPOCH": "yesterday"})
        self.assertEqual(done.returncode, USAGE)
        self.assertFalse((self.folder / "x").exists())
        (self.folder / "file").write_text("")
        self.assertNotEqual(self.run_program("man", "--to", "file").returncode, 0)


if __name__ == "__main__":
    main()
