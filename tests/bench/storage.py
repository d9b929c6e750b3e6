#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What storage drivers cost:

    sudo python3 tests/bench/storage.py BUILD [DIRECTORY] [--rounds N] [--archive TAR] [--quick]

BUILD is a build directory with optimization. TAR is a root file system with /bin/true, by default
a Debian 12 made with debootstrap. Everything is made below DIRECTORY and removed at the end.

Measured in turn, A B C A B C, so that a machine whose speed drifts does not favour one; quoted are
medians and the ratio to the first row.

cold    run --rm of an image that nobody uses or has just used: squash mounts and decompresses it
run     the same again and again, as a script does it: squash keeps it mounted for a while
again   the same while a container uses it
file    run --rm of a squashfs file as it is, beside charliecloud's ch-run of the same file
size    bytes of the layer in squash, and of what mksquashfs makes of the same tree by its defaults
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


class Bench:
    def __init__(self, arguments, directory):
        build = arguments.build.resolve()
        self.directory = directory
        self.rounds = arguments.rounds
        self.environment = dict(os.environ, DAVIT_PLUGIN_PATH=str(build / 'plugins'),
                                DAVIT_LIBEXECDIR=str(build / 'engine'), DAVIT_DATADIR=str(build / 'data'),
                                LC_ALL='C.UTF-8', USER='root')
        self.davit = [str(build / 'engine' / 'davit'), '--root', str(directory / 'root'),
                      '--runroot', str(directory / 'run')]
        self.archive = arguments.archive
        self.tree = directory / 'tree'
        self.file = directory / 'image.sqfs'

    def call(self, command):
        done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            sys.exit(f"bench: {' '.join(map(str, command))}: status {done.returncode}: "
                     f"{done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode().strip()

    def prepare(self):
        if self.archive is None:
            cache = pathlib.Path(os.environ.get('XDG_CACHE_HOME', pathlib.Path.home() / '.cache')) / 'davit-test'
            self.archive = cache / 'bookworm.tar'
        self.tree.mkdir()
        if self.archive.exists():
            self.call(['tar', '-C', str(self.tree), '--xattrs', '-xf', str(self.archive)])
        else:
            self.call(['debootstrap', '--variant=minbase', 'bookworm', str(self.tree)])
        self.call(self.davit + ['import', '--quiet', str(self.tree), 'image'])
        self.call(self.davit + ['image', 'convert', '--quiet', 'image', '--storage', 'squash'])
        self.call(['mksquashfs', str(self.tree), str(self.file), '-comp', 'zstd', '-quiet', '-no-progress'])

    def run_of(self, storage, *more):
        return self.davit + ['run', '--rm', '--network', 'none', '--storage', storage, *more, 'image', '/bin/true']

    def compare(self, what, commands):
        walls = {name: [] for name in commands}
        for command in commands.values():
            self.call(command)
        for _ in range(self.rounds):
            for name, command in commands.items():
                start = time.monotonic()
                self.call(command)
                walls[name].append(time.monotonic() - start)
        medians = {name: statistics.median(values) for name, values in walls.items()}
        base = medians[next(iter(commands))]
        for name, median in medians.items():
            print(f'{what:8} {name:28} {median * 1000:10.2f} {min(walls[name]) * 1000:10.2f} {median / base:8.3f}',
                  flush=True)

    def set(self, value, command):
        return command[:1] + ['--config', 'storage.squash.' + value] + command[1:]

    def cold(self):
        self.compare('cold', {
            'overlay': self.run_of('overlay'),
            'squash': self.set('keep-mounted=0s', self.run_of('squash')),
            'squash by squashfuse': self.set('mount=fuse', self.run_of('squash')),
        })

    def run(self):
        self.compare('run', {
            'overlay': self.run_of('overlay'),
            'squash': self.run_of('squash'),
            'squash, writes to memory': self.run_of('squash', '--tmpfs-upper', '64m'),
        })

    def again(self):
        ident = self.call(self.davit + ['run', '-d', '--storage', 'squash', 'image', 'sleep', '10000'])
        self.compare('again', {'overlay': self.run_of('overlay'), 'squash': self.run_of('squash')})
        self.call(self.davit + ['rm', '-f', '-t', '0', ident])

    def image(self):
        own = self.davit + ['run', '--rm', '--network', 'none']
        commands = {'overlay': self.run_of('overlay'),
                    'a file': own + [str(self.file), '/bin/true'],
                    'a file, by the kernel': self.set('mount=kernel', own + [str(self.file), '/bin/true'])}
        if shutil.which('ch-run'):
            charliecloud = ['ch-run', str(self.file), '--', '/bin/true']
            done = subprocess.run(charliecloud, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
            if done.returncode == 0:
                commands['ch-run (keeps no state)'] = charliecloud
            else:
                print(f'bench: ch-run does not run a squashfs here: {done.stdout.decode(errors="replace").strip()[-200:]}',
                      file=sys.stderr)
        self.compare('file', commands)

    def size(self):
        layers = list((self.directory / 'root' / 'storage' / 'squash' / 'layers').glob('*/layer.sqfs'))
        own, theirs = sum(layer.stat().st_size for layer in layers), self.file.stat().st_size
        print(f'size     squash {own:,} bytes, mksquashfs {theirs:,}: {own / theirs:.3f}')

    def clean(self):
        subprocess.run(self.davit + ['system', 'reset', '--force'], env=self.environment, check=False,
                       stdout=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build', type=pathlib.Path)
    parser.add_argument('directory', type=pathlib.Path, nargs='?')
    parser.add_argument('--rounds', type=int, default=60)
    parser.add_argument('--archive', type=pathlib.Path)
    parser.add_argument('--only', default='cold,run,again,image,size')
    parser.add_argument('--quick', action='store_true')
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds = 10
    with tempfile.TemporaryDirectory(prefix='davit-storage-', dir=arguments.directory) as directory:
        bench = Bench(arguments, pathlib.Path(directory))
        try:
            bench.prepare()
            print(f"{'what':8} {'who':28} {'median ms':>10} {'min':>10} {'ratio':>8}")
            for name in arguments.only.split(','):
                getattr(bench, name)()
        finally:
            bench.clean()


main()
