#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures kubeferry against the programs that it replaces, on the same data in the same run, and prints a table.

  bench.py --kubeferry PROGRAM --work FOLDER --upstream FOLDER --open HOST:PORT --images FILE [--runs N] [CASE…]

FOLDER of --upstream is that of tests/support/upstream/servers.sh; FILE names an image in each line. Ratios are of medians
over alternating runs. Exits 1 when a figure misses its target. Seconds are this machine's: compare only ratios.
"""
import argparse
import os
import subprocess
import sys

import build_case
import mirror_case
import serve_case
import verify_case
from measure import Failed

CASES = {'build': build_case, 'verify': verify_case, 'mirror': mirror_case, 'serve': serve_case}


class Bench:
    """What all cases share: the program, the data, and the rows of the table."""

    def __init__(self, options):
        self.kubeferry = os.path.abspath(options.kubeferry)
        self.load = os.path.join(os.path.dirname(self.kubeferry), 'serve_load')
        self.work = os.path.abspath(options.work)
        self.upstream = os.path.abspath(options.upstream)
        self.open = options.open
        self.runs = options.runs
        self.ca = f'{self.upstream}/ca/ca.crt'
        self.rows = []
        self.missed = False
        with open(options.images, encoding='utf-8') as text:
            self.images = text.read().split()
        os.makedirs(f'{self.work}/certs', exist_ok=True)
        with open(self.ca, 'rb') as source, open(f'{self.work}/certs/ca.crt', 'wb') as target:
            target.write(source.read())
        if not os.path.exists(f'{self.work}/bench.key'):
            self.do('key', 'generate', 'bench')
        self.site = self.spec('bench', self.images, self.open)

    def do(self, *words):
        done = subprocess.run([self.kubeferry, *words], cwd=self.work, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f'kubeferry {" ".join(words)}: exit {done.returncode}\n{done.stderr}')
        return done.stdout

    def spec(self, name, images, registry):
        """Writes and locks a spec of `images`, all reached at `registry`; its path."""
        hosts = sorted({image.split('/')[0] for image in images})
        lines = ['apiVersion: kubeferry/v1', 'kind: Bundle', f'name: {name}', 'version: "1"', 'platforms: all',
                 'missing: skip', 'images:', *(f'  - {image}' for image in images), 'upstreams:',
                 *(f'  {host}: {{endpoint: "https://{registry}", ca: "{self.ca}"}}' for host in hosts)]
        with open(f'{self.work}/{name}.yaml', 'w', encoding='utf-8') as out:
            out.write('\n'.join(lines) + '\n')
        self.do('lock', f'{name}.yaml', '--output', f'{name}.lock')
        return f'{name}.yaml'

    def bundle(self):
        """The bundle of all images, built once."""
        path = f'{self.work}/bench.tar.zst'
        if not os.path.exists(path):
            self.do('build', self.site, '--key', 'bench.key', '--output', path, '--quiet')
        return path

    def row(self, what, target, value, met, note=''):
        """A line of the table; `met` is None for what has no target."""
        self.missed = self.missed or met is False
        verdict = {True: 'ok', False: 'MISSED', None: ''}[met]
        self.rows.append((what, target, value, verdict, note))
        print(f'  {what}: {value} (must: {target or "-"}) {verdict} {note}', flush=True)

    def ratio(self, what, least, ours, theirs, note):
        value = theirs / ours
        self.row(what, f'>= {least:g} x', f'{value:.2f} x', value >= least, note)

    def print_table(self):
        widths = [max(len(row[n]) for row in self.rows) for n in range(4)]
        print()
        for row in self.rows:
            print('  '.join([*(row[n].ljust(widths[n]) for n in range(4)), row[4]]).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('kubeferry', 'work', 'upstream', 'open', 'images'):
        parser.add_argument(f'--{name}', required=True)
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('cases', nargs='*', metavar='CASE', choices=[[], *CASES])
    options = parser.parse_args()
    try:
        bench = Bench(options)
        for name in options.cases or CASES:
            print(f'== {name}', flush=True)
            CASES[name].measure(bench)
    except Failed as problem:
        print(f'bench: {problem}', file=sys.stderr)
        return 2
    bench.print_table()
    return 1 if bench.missed else 0


if __name__ == '__main__':
    sys.exit(main())
