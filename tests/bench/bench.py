# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What the measurements share: where they are made, how a command is timed, the table.

Each is taken of davit and of its peers in turn, A B C A B C, so that a machine whose speed drifts
does not favour one; quoted are medians and ratios of medians.
"""

import argparse
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import time

HEADING = f"{'what':10} {'who':28} {'median ms':>10} {'min':>10} {'max':>10} {'cpu ms':>9} {'first/it':>8}"


class Bench:
    def __init__(self, build, directory, quick):
        self.build = build
        self.directory = directory
        self.quick = quick
        directory.mkdir(parents=True)
        # The stores stand on ext4 as mkfs makes it. A test machine's own disk may be mounted
        # without a journal and with discard, where every removed file waits for the device.
        image = directory.with_name(directory.name + '.img')
        with open(image, 'wb') as file:
            file.truncate(12 << 30)
        self.image = image
        subprocess.run(['mkfs.ext4', '-q', '-F', str(image)], check=True)
        subprocess.run(['mount', '-o', 'loop', str(image), str(directory)], check=True)
        # What does not survive a reboot stands in a tmpfs, as /run is nearly everywhere.
        self.runs = directory / 'run'
        self.runs.mkdir()
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=700', 'davit-bench', str(self.runs)], check=True)
        self.environment = dict(os.environ, DAVIT_PLUGIN_PATH=str(build / 'plugins'),
                                DAVIT_LIBEXECDIR=str(build / 'engine'),
                                DAVIT_DATADIR=str(build / 'data'), LC_ALL='C.UTF-8', USER='root')
        self.davit = [str(build / 'engine' / 'davit'), '--root', str(directory / 'davit'),
                      '--runroot', str(self.runs / 'davit')]
        self.tree = directory / 'tree'
        self.make_tree()
        self.tools = {'davit'}

    def call(self, command, **options):
        done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)
        if done.returncode != 0:
            sys.exit(f"bench: {' '.join(map(str, command))}: status {done.returncode}: "
                     f"{done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode()

    def works(self, name, command):
        """Whether a peer works here; says why not."""
        done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode == 0:
            self.tools.add(name)
            return True
        print(f"bench: {name} does not work here and is left out: "
              f"{done.stdout.decode(errors='replace').strip()[-200:]}", file=sys.stderr)
        return False

    def make_tree(self):
        for name in ('bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'root'):
            (self.tree / name).mkdir(parents=True)
        shutil.copy(shutil.which('busybox'), self.tree / 'bin' / 'busybox')
        for name in ('true', 'sh', 'sleep', 'cat'):
            (self.tree / 'bin' / name).symlink_to('busybox')
        (self.tree / 'etc' / 'passwd').write_text('root:x:0:0:root:/root:/bin/sh\n')
        (self.tree / 'etc' / 'group').write_text('root:x:0:\n')

    def import_tree(self):
        self.call(self.davit + ['import', '--quiet', str(self.tree), 'box'])

    def time(self, command):
        """Wall and processor time in seconds of one run with all its children."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        error = process.stderr.read()
        process.wait()
        wall = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode != 0:
            sys.exit(f"bench: {' '.join(map(str, command))}: status {process.returncode}: {error.decode()}")
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def compare(self, what, commands, rounds):
        figures = {name: [] for name in commands}
        for command in commands.values():
            self.time(command)
        for _ in range(rounds):
            for name, command in commands.items():
                figures[name].append(self.time(command))
        self.report(what, {name: [wall for wall, _ in values] for name, values in figures.items()},
                    {name: [cpu for _, cpu in values] for name, values in figures.items()})

    @staticmethod
    def report(what, walls, cpus=None):
        """The last column is how long the first of them takes beside the others."""
        base = statistics.median(next(iter(walls.values())))
        for name, values in walls.items():
            median = statistics.median(values)
            cpu = f'{statistics.median(cpus[name]) * 1000:9.2f}' if cpus else ' ' * 9
            print(f'{what:10} {name:28} {median * 1000:10.2f} {min(values) * 1000:10.2f} '
                  f'{max(values) * 1000:10.2f} {cpu} {base / median:8.3f}', flush=True)

    def clean(self):
        subprocess.run(self.davit + ['system', 'reset', '--force'], env=self.environment, check=False,
                       stdout=subprocess.DEVNULL)
        subprocess.run(['umount', str(self.runs)], check=False)
        subprocess.run(['umount', str(self.directory)], check=False)
        self.image.unlink()
        self.directory.rmdir()


def main(kind, names):
    """Runs the measurements of a Bench that are asked for; all of names if none are."""
    parser = argparse.ArgumentParser()
    parser.add_argument('build', type=pathlib.Path)
    parser.add_argument('directory', type=pathlib.Path)
    parser.add_argument('--only', default=','.join(names))
    parser.add_argument('--quick', action='store_true')
    arguments = parser.parse_args()
    bench = kind(arguments.build.resolve(), arguments.directory, arguments.quick)
    try:
        bench.prepare()
        print(HEADING)
        for name in arguments.only.split(','):
            getattr(bench, 'import_' if name == 'import' else name)()
    finally:
        bench.clean()
