# SPDX-License-Identifier: Apache-2.0
"""mirror against skopeo, from an OCI layout into empty registries."""
import shutil

from measure import empty_registry, median, run, script


def measure(bench):
    bundle = bench.bundle()
    # skopeo 1.9 finds Docker's media types in no OCI layout, so it gets one that skopeo itself wrote: the same layers.
    shutil.rmtree(f'{bench.work}/layout', ignore_errors=True)
    names = [image.split('/', 1)[1] for image in bench.images]
    script([f'skopeo copy -q --all --src-cert-dir certs docker://{bench.open}/{name} oci:layout:{n}'
            for n, name in enumerate(names)], cwd=bench.work)
    mine, peers, again = [], [], []
    for _ in range(bench.runs):
        with empty_registry(bench.work, bench.upstream) as server:
            command = [bench.kubeferry, 'mirror', bundle, f'127.0.0.1:{server.port}', '--trust', 'bench.pub', '--ca',
                       bench.ca, '--quiet']
            mine.append(run(command, cwd=bench.work))
            again.append(run(command, cwd=bench.work))
        with empty_registry(bench.work, bench.upstream) as server:
            peers.append(script([
                f'skopeo copy -q --all --dest-cert-dir certs oci:layout:{n} docker://127.0.0.1:{server.port}/{name}'
                for n, name in enumerate(names)], cwd=bench.work))
    shutil.rmtree(f'{bench.work}/layout')
    bench.ratio('mirror, time', 4, median(mine), median(peers),
                f'{median(mine):.2f} s, everything checked on the target; skopeo copy --all {median(peers):.2f} s')
    bench.row('mirror again, time', '', f'{median(again):.2f} s', None, 'nothing to push')
