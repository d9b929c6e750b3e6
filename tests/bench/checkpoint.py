#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Checkpoint and restore, beside podman and beside CRIU by hand.

shell   a container with a shell that waits for a child: checkpoint and restore, with the podman of
        Debian 13, its crun and its CRIU, from a root file system of its own (Debian 12's crun was
        built without checkpoints); that root is entered by pivot_root once, and each command by
        setns, which takes about 1 ms and is part of podman's time
memory  a process with 256 MiB that were written to, in a container, and as it is with criu dump and
        criu restore; images are synced to the disk, which davit does by itself
"""

import os
import pathlib
import shutil
import subprocess
import time

import bench

PODMAN_LIMITS = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000']
MEMORY = 256 << 20
HOLDER = '''
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main (void)
{
	unsigned char *memory = malloc (%d);

	for (size_t i = 0; i < %d; i += 8)
		memcpy (memory + i, &(unsigned long) {i * 2654435761u + 1}, 8);
	write (1, "ready", 5);
	for (;;)
		pause ();
}
''' % (MEMORY, MEMORY)
# What is mounted below a new root before it becomes the root. crun refuses a tree of cgroups of which
# a v2 part has a controller, as may be at any time: without that part it is one of v1.
ENTER = '''
set -eu
mount --make-rprivate /
mount --bind "$1" "$1"
for directory in dev sys; do mount --rbind /$directory "$1/$directory"; done
mount -t proc proc "$1/proc"
mount -t tmpfs run "$1/run"
mkdir -p "$1/bench" "$1/old"
mount --bind "$2" "$1/bench"
cd "$1"
pivot_root . old
cd /
umount -l /old
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
echo ready
exec sleep 100000
'''


class Checkpoint(bench.Bench):
    rooms = ()

    def prepare(self):
        cache = pathlib.Path(os.environ.get('XDG_CACHE_HOME', pathlib.Path.home() / '.cache')) / 'davit-test'
        cache.mkdir(parents=True, exist_ok=True)
        self.criu = self.call([str(pathlib.Path(__file__).parent.parent / 'get-criu'), '-q', str(cache / 'criu')]).strip()
        self.davit += ['--config', 'checkpoint.criu.program=' + self.criu]
        source = self.directory / 'hold.c'
        source.write_text(HOLDER)
        self.hold = self.tree / 'bin' / 'hold'
        self.call(['cc', '-O2', '-static', '-o', str(self.hold), str(source)])
        self.import_tree()
        self.podman_prepare(cache / 'podman-trixie.tar')

    def podman_prepare(self, archive):
        """Debian 13 with podman, kept as an archive since making it takes a minute."""
        root = self.directory / 'trixie'
        if archive.exists():
            root.mkdir()
            self.call(['tar', '-C', str(root), '-xf', str(archive)])
        else:
            self.call(['debootstrap', '--variant=minbase', '--include=podman,crun,criu,libcriu2,conmon,netavark,iptables,iproute2',
                       'trixie', str(root)])
            self.call(['tar', '-C', str(root), '-cf', str(archive) + '.new', '.'])
            os.rename(str(archive) + '.new', archive)
        (self.directory / 'shared').mkdir()
        self.call(['tar', '-C', str(self.tree), '-cf', str(self.directory / 'shared' / 'tree.tar'), '.'])
        self.room = subprocess.Popen(['unshare', '-m', 'bash', '-c', ENTER, 'enter', str(root), str(self.directory / 'shared')],
                                     stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.rooms = (self.room,)
        if self.room.stdout.readline().strip() != b'ready':
            raise SystemExit('bench: the root of Debian 13 could not be entered')
        self.podman = ['nsenter', '-m', '-t', str(self.room.pid), 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
                       'HOME=/root', 'PODMAN_IGNORE_CGROUPSV1_WARNING=1', 'podman', '--cgroup-manager', 'cgroupfs']
        self.works('podman', self.podman + ['import', '--quiet', '/bench/tree.tar', 'box'])

    def timed(self, walls, name, command):
        wall, cpu = self.time(command)
        walls.setdefault(name, []).append(wall)
        return cpu

    def shell(self):
        script = ['sh', '-c', 'while :; do sleep 1000; done']
        self.call(self.davit + ['run', '-d', '--name', 's', '--network', 'none', 'box'] + script)
        engines = {'davit': self.davit}
        if 'podman' in self.tools and self.works('podman run', self.podman + [
                'run', '-d', '--name', 's', '--network', 'none'] + PODMAN_LIMITS + ['box'] + script):
            engines['podman'] = self.podman + ['container']
        away, back = {}, {}
        for turn in range((6 if self.quick else 20) + 1):
            for name, engine in engines.items():
                if turn == 0:
                    # Caches, and whatever is made only once.
                    self.time(engine + ['checkpoint', 's'])
                    self.time(engine + ['restore', 's'])
                    continue
                self.timed(away, name, engine + ['checkpoint', 's'])
                self.timed(back, name, engine + ['restore', 's'])
        self.report('checkpoint', away)
        self.report('restore', back)

    def by_hand(self, away, back):
        """One dump and one restore of the process as it is."""
        images = self.directory / 'images'
        images.mkdir()
        process = subprocess.Popen([str(self.hold)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        process.stdout.read(5)
        # Its output is a pipe of ours: CRIU is told what to do with that.
        inode = os.fstat(process.stdout.fileno()).st_ino
        start = time.monotonic()
        self.call([self.criu, 'dump', '-t', str(process.pid), '-D', str(images), '--external', f'pipe:[{inode}]', '-v0'])
        self.call(['sync', '-f', str(images)])
        away.append(time.monotonic() - start)
        process.wait()
        reader, writer = os.pipe()
        os.set_inheritable(writer, True)
        start = time.monotonic()
        self.call([self.criu, 'restore', '-d', '-D', str(images), '--pidfile', str(images / 'pid'), '-v0',
                   '--inherit-fd', f'fd[{writer}]:pipe:[{inode}]'], pass_fds=[writer])
        back.append(time.monotonic() - start)
        os.kill(int((images / 'pid').read_text()), 9)
        os.close(reader)
        os.close(writer)
        shutil.rmtree(images)

    def memory(self):
        away, back = {'davit': [], 'criu': []}, {'davit': [], 'criu': []}
        ident = self.call(self.davit + ['run', '-d', '--network', 'none', 'box', '/bin/hold']).strip()
        while self.call(self.davit + ['logs', ident]) != 'ready':
            time.sleep(0.05)
        for turn in range((4 if self.quick else 10) + 1):
            times = [self.time(self.davit + [verb, ident])[0] for verb in ('checkpoint', 'restore')]
            hand = [], []
            self.by_hand(*hand)
            if turn > 0:
                away['davit'].append(times[0])
                back['davit'].append(times[1])
                away['criu'] += hand[0]
                back['criu'] += hand[1]
        self.report('dump 256M', away)
        self.report('restore 256M', back)

    def clean(self):
        if 'podman' in self.tools:
            subprocess.run(self.podman + ['rm', '-fa', '-t', '0'], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for room in self.rooms:
            room.kill()
            room.wait()
        super().clean()


bench.main(Checkpoint, ['shell', 'memory'])
