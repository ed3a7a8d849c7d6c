# SPDX-License-Identifier: Apache-2.0
"""verify against what openssl says this machine's SHA-256 can do."""
import os
import re
import statistics
import subprocess

from measure import run


def openssl_speed():
    """Bytes a second of one processor."""
    text = subprocess.run(['openssl', 'speed', '-evp', 'sha256', '-bytes', '1048576', '-seconds', '2'],
                          capture_output=True, text=True, check=True).stdout
    return float(re.search(r'^sha256\s+([0-9.]+)k', text, re.MULTILINE | re.IGNORECASE).group(1)) * 1000


def measure(bench):
    path = bench.bundle()
    size = os.path.getsize(path)
    command = [bench.kubeferry, 'verify', path, '--trust', 'bench.pub', '--quiet']
    run(command, cwd=bench.work)  # brings the file into the page cache
    costs, speeds = [], []
    for _ in range(bench.runs):
        speeds.append(openssl_speed())
        costs.append(run(command, cwd=bench.work))
    seconds = statistics.median(cost.seconds for cost in costs)
    raw = statistics.median(speeds) * len(os.sched_getaffinity(0))
    bench.row('verify, of cores x openssl SHA-256', '>= 0.9 x', f'{size / seconds / raw:.2f} x',
              size / seconds >= 0.9 * raw, f'{size / seconds / 1e6:.0f} MB/s against {raw / 1e6:.0f} MB/s')
