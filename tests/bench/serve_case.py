# SPDX-License-Identifier: Apache-2.0
"""serve against docker-registry, over TLS, on the same blobs."""
import json
import os
import shutil
import statistics
import subprocess
import tempfile

from measure import Failed, Server, docker_registry, free_port, run, script

MIB = 1 << 20
CLIENTS = 16


def blobs_of(bench):
    """(path of the blob's repository, digest, size) of each layer from 64 KiB on."""
    document = json.loads(bench.do('inspect', bench.bundle(), '--trust', 'bench.pub', '--output', 'json'))
    sizes = {row['digest']: row['size'] for row in document['manifest']['blobs']}
    found = {}
    with tempfile.TemporaryDirectory(dir=bench.work) as folder:
        bench.do('extract', bench.bundle(), '--trust', 'bench.pub', '--to', folder, '--quiet')
        for image in document['manifest']['images']:
            repository = image['reference'].split('/', 1)[1].rpartition(':')[0]
            for part in image['manifests']:
                with open(f'{folder}/blobs/sha256/{part["digest"][7:]}', encoding='utf-8') as text:
                    for layer in json.load(text)['layers']:
                        if sizes[layer['digest']] >= 65536:
                            found[layer['digest']] = (repository, sizes[layer['digest']])
    return [(repository, digest, size) for digest, (repository, size) in sorted(found.items())]


def curl_seconds(bench, port, ca, blobs, *flags):
    """Seconds in which 16 stock curl clients each fetch every blob, each in an order of its own."""
    with tempfile.TemporaryDirectory(dir=bench.work) as folder:
        lines = []
        for client in range(CLIENTS):
            start = client * len(blobs) // CLIENTS
            with open(f'{folder}/{client}', 'w', encoding='utf-8') as out:
                for repository, digest, _ in blobs[start:] + blobs[:start]:
                    out.write(f'url = "https://127.0.0.1:{port}/v2/{repository}/blobs/{digest}"\noutput = "/dev/null"\n')
            lines.append(f'curl -sf --cacert {ca} {" ".join(flags)} -K {folder}/{client} & pids+=($!)')
        cost = script(['pids=()', *lines, 'for pid in "${pids[@]}"; do wait "$pid"; done'], cwd=bench.work)
    return cost.seconds


def load(bench, port, ca, blobs):
    """Bytes a second that our load generator, the cheapest HTTP/1.1 client there is, takes at 16 connections."""
    paths = [f'/v2/{repository}/blobs/{digest}' for repository, digest, _ in blobs]
    done = subprocess.run([bench.load, '--port', str(port), '--ca', ca, '--connections', str(CLIENTS), '--seconds', '4',
                           *paths], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f'serve_load: {done.stdout}{done.stderr}')
    return json.loads(done.stdout)['bytes_per_second']


def our_server(bench):
    port = free_port()
    return Server([bench.kubeferry, 'serve', bench.bundle(), '--trust', 'bench.pub', '--listen', f'127.0.0.1:{port}',
                   '--tls-cert', f'{bench.upstream}/tls/server.crt', '--tls-key', f'{bench.upstream}/tls/server.key'],
                  port, bench.ca, os.path.join(bench.work, 'serve.log'))


def measure(bench):
    os.chdir(bench.work)
    os.chmod(bench.bundle(), 0o644)
    blobs = blobs_of(bench)
    total = CLIENTS * sum(size for _, _, size in blobs)
    storage = f'{bench.work}/serve-storage'
    shutil.rmtree(storage, ignore_errors=True)
    with docker_registry(bench.work, storage, bench.upstream) as peer:
        run([bench.kubeferry, 'mirror', bench.bundle(), f'127.0.0.1:{peer.port}', '--trust', 'bench.pub', '--ca',
             bench.ca, '--quiet'], cwd=bench.work)
        with our_server(bench) as mine:
            rows = {}
            for _ in range(bench.runs):
                for name, server in (('ours', mine), ('theirs', peer)):
                    before = server.cpu()
                    rows.setdefault(name + ' curl', []).append(curl_seconds(bench, server.port, bench.ca, blobs))
                    rows.setdefault(name + ' cpu', []).append(server.cpu() - before)
                    rows.setdefault(name + ' curl1', []).append(
                        curl_seconds(bench, server.port, bench.ca, blobs, '--http1.1'))
                    rows.setdefault(name + ' load', []).append(load(bench, server.port, bench.ca, blobs))
        mid = {name: statistics.median(values) for name, values in rows.items()}
    shutil.rmtree(storage)
    bench.ratio('serve, 16 curl clients over TLS', 2, mid['ours curl'], mid['theirs curl'],
                f'{total / mid["ours curl"] / 1e6:.0f} MB/s against {total / mid["theirs curl"] / 1e6:.0f} MB/s, each '
                'by the HTTP version that curl negotiates')
    bench.row('serve, the same, HTTP/1.1 both', '', f'{mid["theirs curl1"] / mid["ours curl1"]:.2f} x', None)
    bench.row('serve, cheapest client, HTTP/1.1 both', '', f'{mid["ours load"] / mid["theirs load"]:.2f} x', None,
              f'{mid["ours load"] / 1e6:.0f} MB/s against {mid["theirs load"] / 1e6:.0f} MB/s')
    bench.row("serve, the server's own processor time", '', f'{mid["theirs cpu"] / mid["ours cpu"]:.2f} x less', None,
              f'{mid["ours cpu"]:.2f} s against {mid["theirs cpu"]:.2f} s for {total / MIB:.0f} MiB')
    with our_server(bench) as server:
        bench.row('serve, first answer after start', '<= 100 ms', f'{server.first_answer * 1000:.0f} ms',
                  server.first_answer <= 0.1, 'with the process made and TLS shaken')
        holder = subprocess.Popen([bench.load, '--idle', '--port', str(server.port), '--ca', bench.ca, '--connections',
                                   '1000', '--seconds', '3600'], stdout=subprocess.PIPE, text=True)
        try:
            if holder.stdout.readline().strip() != 'idle':
                raise Failed('1,000 connections could not be opened')
            load(bench, server.port, bench.ca, blobs)
            rss = server.rss()
        finally:
            holder.terminate()
            holder.wait()
        bench.row('serve, peak RSS at 1,000 connections', '<= 64 MiB', f'{rss / MIB:.1f} MiB', rss <= 64 * MIB,
                  'idle ones, and 16 that download')
