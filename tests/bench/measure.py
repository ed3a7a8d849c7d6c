# SPDX-License-Identifier: Apache-2.0
"""Runs commands and says what they cost."""
import contextlib
import os
import shutil
import socket
import ssl
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request


class Failed(Exception):
    pass


class Cost:
    """Wall-clock seconds, processor seconds and peak resident bytes of one command and its children."""

    def __init__(self, seconds, cpu, rss, disk=0):
        self.seconds, self.cpu, self.rss, self.disk = seconds, cpu, rss, disk


def disk_bytes(folder):
    """What the files below `folder` occupy; files may come and go meanwhile."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(root, name)).st_blocks * 512
    return total


def run(command, cwd=None, watch=None):
    """Runs `command` (a list) to its end. With `watch`, a folder, also the most that it held on disk meanwhile."""
    with tempfile.TemporaryFile() as output:
        peak = [0]
        ended = threading.Event()

        def sample():
            while not ended.wait(0.01):
                peak[0] = max(peak[0], disk_bytes(watch))

        sampler = threading.Thread(target=sample) if watch else None
        if sampler:
            sampler.start()
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=cwd, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        ended.set()
        if sampler:
            sampler.join()
        if process.returncode != 0:
            output.seek(0)
            raise Failed(f'{" ".join(map(str, command))}: exit {process.returncode}\n{output.read()[-2000:].decode()}')
        return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, peak[0])


def script(lines, cwd=None):
    """Runs shell lines as one command."""
    return run(['bash', '-euo', 'pipefail', '-c', '\n'.join(lines)], cwd=cwd)


def median(costs):
    return statistics.median(cost.seconds for cost in costs)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_for(port, ca, process, log):
    """Until something answers on `port` with TLS; the seconds that took."""
    context = ssl.create_default_context(cafile=ca)
    started = time.monotonic()
    while time.monotonic() - started < 20:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f'https://127.0.0.1:{port}/v2/', context=context, timeout=5):
                return time.monotonic() - started
        time.sleep(0.002)
    with open(log, encoding='utf-8', errors='replace') as text:
        raise Failed(f'no answer on port {port}: {text.read()[-2000:]}')


class Server:
    """A server process; `usage()` is what it has cost so far."""

    def __init__(self, command, port, ca, log):
        self.port, self.log = port, log
        with open(log, 'wb') as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            self.first_answer = wait_for(port, ca, self.process, log)
        except Failed:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu(self):
        with open(f'/proc/{self.process.pid}/stat', encoding='ascii') as text:
            fields = text.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def rss(self, field='VmHWM'):
        with open(f'/proc/{self.process.pid}/status', encoding='ascii') as text:
            for line in text:
                if line.startswith(field):
                    return int(line.split()[1]) * 1024
        raise Failed('no ' + field)


def docker_registry(work, storage, upstream):
    """Debian's docker-registry over `storage`, with the test upstream's certificate."""
    port = free_port()
    configuration = os.path.join(work, f'registry-{port}.yml')
    with open(configuration, 'w', encoding='utf-8') as out:
        out.write(f'''version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: "{storage}"}}}}
http:
  addr: 127.0.0.1:{port}
  secret: bench
  tls: {{certificate: "{upstream}/tls/server.crt", key: "{upstream}/tls/server.key"}}
''')
    return Server(['docker-registry', 'serve', configuration], port, f'{upstream}/ca/ca.crt',
                  os.path.join(work, f'registry-{port}.log'))


@contextlib.contextmanager
def empty_registry(work, upstream):
    storage = tempfile.mkdtemp(dir=work, prefix='storage-')
    try:
        with docker_registry(work, storage, upstream) as server:
            yield server
    finally:
        shutil.rmtree(storage)
