# SPDX-License-Identifier: Apache-2.0
"""build against skopeo, tar, zstd and openssl; then ten times the data, for memory and disk."""
import contextlib
import os
import shutil

from measure import empty_registry, median, run, script

MIB = 1 << 20


def ours(bench, spec='bench', output='built', watched=True):
    folder = f'{bench.work}/{output}'
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    cost = run([bench.kubeferry, 'build', f'{spec}.yaml', '--key', 'bench.key', '--output', f'{folder}/b.tar.zst',
                '--quiet'], cwd=bench.work, watch=folder if watched else None)
    size = os.path.getsize(f'{folder}/b.tar.zst')
    shutil.rmtree(folder)
    return cost, size


def theirs(bench):
    folder = f'{bench.work}/peer'
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(f'{folder}/images')
    if not os.path.exists(f'{bench.work}/peer.pem'):
        script(['openssl ecparam -name prime256v1 -genkey -noout -out peer.pem'], cwd=bench.work)
    lines = [f'skopeo copy -q --all --src-cert-dir certs docker://{bench.open}/{image.split("/", 1)[1]} '
             f'dir:peer/images/{n}' for n, image in enumerate(bench.images)]
    lines += ['tar -C peer/images -cf - . | zstd -q -3 -o peer/bundle.tar.zst',
              'openssl dgst -sha256 -sign peer.pem -out peer/bundle.sig peer/bundle.tar.zst']
    cost = script(lines, cwd=bench.work)
    shutil.rmtree(folder)
    return cost


def tenfold(bench, size):
    """A registry with images of ten times `size` bytes that do not compress."""
    layers = 12
    images = []
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(empty_registry(bench.work, bench.upstream))
        for n in range(layers):
            script(['mkdir -p big/layer', f'head -c {10 * size // layers} /dev/urandom >big/layer/data',
                    'tar -C big/layer -cf big/layer.tar data', 'rm -rf big/layer big/oci'], cwd=bench.work)
            make_layout(f'{bench.work}/big', n)
            script([f'skopeo copy -q --dest-cert-dir certs oci:big/oci:v1 docker://127.0.0.1:{server.port}/big{n}:v1'],
                   cwd=bench.work)
            images.append(f'registry.k8s.io/big{n}:v1')
        shutil.rmtree(f'{bench.work}/big')
        bench.spec('tenfold', images, f'127.0.0.1:{server.port}')
        return ours(bench, 'tenfold', 'built10')


def make_layout(folder, number):
    """An OCI layout with one image of one layer, `folder`/layer.tar, which is moved into it."""
    import hashlib
    import json
    blobs = f'{folder}/oci/blobs/sha256'
    os.makedirs(blobs)

    def put(content):
        digest = hashlib.sha256(content).hexdigest()
        with open(f'{blobs}/{digest}', 'wb') as out:
            out.write(content)
        return {'digest': f'sha256:{digest}', 'size': len(content)}

    with open(f'{folder}/layer.tar', 'rb') as layer:
        digest = hashlib.file_digest(layer, 'sha256').hexdigest()
    size = os.path.getsize(f'{folder}/layer.tar')
    os.rename(f'{folder}/layer.tar', f'{blobs}/{digest}')
    # Named as compressed, as real layers are, so that it is carried as it is.
    image = 'application/vnd.oci.image.'
    config = put(json.dumps({'architecture': 'amd64', 'os': 'linux', 'created': f'2026-01-{number + 1:02}T00:00:00Z',
                             'rootfs': {'type': 'layers', 'diff_ids': [f'sha256:{digest}']}}).encode())
    manifest = put(json.dumps({
        'schemaVersion': 2, 'mediaType': image + 'manifest.v1+json',
        'config': {'mediaType': image + 'config.v1+json', **config},
        'layers': [{'mediaType': image + 'layer.v1.tar+gzip', 'digest': f'sha256:{digest}', 'size': size}]}).encode())
    with open(f'{folder}/oci/index.json', 'w', encoding='utf-8') as out:
        json.dump({'schemaVersion': 2, 'manifests': [
            {'mediaType': image + 'manifest.v1+json', **manifest,
             'annotations': {'org.opencontainers.image.ref.name': 'v1'}}]}, out)
    with open(f'{folder}/oci/oci-layout', 'w', encoding='utf-8') as out:
        out.write('{"imageLayoutVersion":"1.0.0"}')


def measure(bench):
    mine, peers = [], []
    for _ in range(bench.runs):
        mine.append(ours(bench, watched=False)[0])
        peers.append(theirs(bench))
    cost, size = ours(bench)
    bench.ratio('build, time', 5, median(mine), median(peers),
                f'{size / MIB:.0f} MiB in {median(mine):.2f} s; skopeo+tar+zstd+openssl {median(peers):.2f} s')
    limits(bench, 'build', cost, size)
    cost, size = tenfold(bench, size)
    limits(bench, f'build of {size / MIB:.0f} MiB', cost, size)


def limits(bench, what, cost, size):
    over = cost.disk - size
    bench.row(f'{what}, peak RSS', '<= 128 MiB', f'{cost.rss / MIB:.1f} MiB', cost.rss <= 128 * MIB,
              f'{cost.seconds:.1f} s')
    bench.row(f'{what}, peak disk over bundle', '<= 64 MiB', f'{over / MIB:.1f} MiB', over <= 64 * MIB)
