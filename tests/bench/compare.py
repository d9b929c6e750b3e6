#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The engine beside podman, crun, runc and charliecloud.

run     run --rm --network none IMAGE /bin/true, default seccomp profile, warm caches; crun and
        runc run an equal bundle with the filter that davit's profile gives, one with podman's (as
        davit does in a row of its own), and one without; ch-run keeps no state and is shown beside
exec    exec in a running container
oci     run of an external runtime, and that runtime by hand with an equal bundle and the same filter
ps      ps -a with 1,000 containers
memory  an idle container: private memory of davit-monitor and conmon (smaps_rollup)
many    64 runs at once: time until the last has ended
import  a Debian root file system: import beside tar x plus sha256sum
"""

import json
import os
import pathlib
import shutil
import subprocess
import time

import bench

PODMAN_PROFILE = '/usr/share/containers/seccomp.json'
PODMAN_SUFFIX = ", podman's profile"
PODMAN_LIMITS = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000']


class Engine(bench.Bench):
    def __init__(self, build, directory, quick):
        super().__init__(build, directory, quick)
        self.podman = ['podman', '--root', str(directory / 'podman'), '--runroot',
                       str(self.runs / 'podman'), '--cgroup-manager', 'cgroupfs',
                       '--storage-driver', 'overlay']

    def prepare(self):
        self.import_tree()
        if shutil.which('podman'):
            tar = self.directory / 'tree.tar'
            self.call(['tar', '-C', str(self.tree), '-cf', str(tar), '.'])
            if self.works('podman', self.podman + ['import', '--quiet', str(tar), 'box']):
                self.tools.discard('podman')
                self.works('podman', self.podman + ['run', '--rm', '--network', 'none'] +
                           PODMAN_LIMITS + ['box', 'true'])
        self.bundle_make()
        for name in ('crun', 'runc'):
            for suffix, bundle in self.bundles.items():
                if shutil.which(name):
                    self.works(name + suffix, self.runtime_run(name, bundle))
        if shutil.which('ch-run'):
            self.works('ch-run', ['ch-run', str(self.tree), '--', '/bin/true'])

    def runtime_run(self, name, bundle):
        return [name, '--root', str(self.runs / name), 'run', '--bundle', str(bundle),
                'bench-' + name]

    def seccomp_of(self, options):
        """linux.seccomp of the config.json that davit writes."""
        ident = self.call(self.davit + ['run', '-d'] + options + ['box', 'sleep', '1000']).strip()
        config = next((self.runs / 'davit').rglob('config.json'))
        seccomp = json.loads(config.read_text())['linux']['seccomp']
        self.call(self.davit + ['rm', '-f', '-t', '0', ident])
        return seccomp

    def bundle_make(self):
        """Bundles as crun spec makes them, by what is added to a runtime's name in the table."""
        self.profile = ['--security-opt', 'seccomp=' + PODMAN_PROFILE] if os.path.exists(PODMAN_PROFILE) else []
        filters = {'': self.seccomp_of([]), ' without seccomp': None}
        if self.profile:
            filters[PODMAN_SUFFIX] = self.seccomp_of(self.profile)
        self.bundles = {}
        for number, (suffix, seccomp) in enumerate(filters.items()):
            bundle = self.directory / f'bundle{number}'
            bundle.mkdir()
            subprocess.run(['crun' if shutil.which('crun') else 'runc', 'spec'], cwd=bundle, check=True)
            config = json.loads((bundle / 'config.json').read_text())
            config['process'].update(args=['/bin/true'], terminal=False)
            config['root'] = {'path': str(self.tree), 'readonly': False}
            config['linux'].pop('seccomp', None)
            if seccomp:
                config['linux']['seccomp'] = seccomp
            (bundle / 'config.json').write_text(json.dumps(config))
            self.bundles[suffix] = bundle

    def run(self):
        commands = {'davit': self.davit + ['run', '--rm', '--network', 'none', 'box', '/bin/true']}
        if self.profile:
            commands['davit' + PODMAN_SUFFIX] = self.davit + ['run', '--rm', '--network', 'none'] + self.profile + ['box', '/bin/true']
        if 'podman' in self.tools:
            commands['podman'] = self.podman + ['run', '--rm', '--network', 'none'] + PODMAN_LIMITS + ['box', '/bin/true']
        for name in ('crun', 'runc'):
            for suffix, bundle in self.bundles.items():
                if name + suffix in self.tools:
                    commands[name + suffix] = self.runtime_run(name, bundle)
        if 'ch-run' in self.tools:
            commands['ch-run (no state)'] = ['ch-run', str(self.tree), '--', '/bin/true']
        self.compare('run', commands, 10 if self.quick else 40)

    def oci(self):
        for name in ('crun', 'runc'):
            if name not in self.tools:
                continue
            davit = self.davit + ['run', '--rm', '--network', 'none', '--runtime', 'oci:' + name, 'box', '/bin/true']
            self.compare('oci', {'davit, oci:' + name: davit, name: self.runtime_run(name, self.bundles[''])},
                         10 if self.quick else 40)

    def exec(self):
        self.call(self.davit + ['run', '-d', '--name', 'e', 'box', 'sleep', '10000'])
        commands = {'davit': self.davit + ['exec', 'e', '/bin/true']}
        if 'podman' in self.tools:
            self.call(self.podman + ['run', '-d', '--name', 'e', '--network', 'none'] + PODMAN_LIMITS + ['box', 'sleep', '10000'])
            commands['podman'] = self.podman + ['exec', 'e', '/bin/true']
        self.compare('exec', commands, 10 if self.quick else 40)
        self.call(self.davit + ['rm', '-f', '-t', '0', 'e'])
        if 'podman' in self.tools:
            self.call(self.podman + ['rm', '-f', '-t', '0', 'e'])

    def ps(self):
        count = 100 if self.quick else 1000
        for _ in range(count):
            self.call(self.davit + ['create', 'box', 'true'])
        commands = {'davit': self.davit + ['ps', '-a']}
        if 'podman' in self.tools:
            for _ in range(count):
                self.call(self.podman + ['create', '--network', 'none'] + PODMAN_LIMITS + ['box', 'true'])
            commands['podman'] = self.podman + ['ps', '-a']
        self.compare(f'ps {count}', commands, 15)
        self.call(self.davit + ['rm', '-f', '--all'])
        if 'podman' in self.tools:
            self.call(self.podman + ['rm', '-f', '--all'])

    @staticmethod
    def memory_of(pid):
        fields = {}
        for line in pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text().split('\n')[1:]:
            name, _, value = line.partition(':')
            if value.strip().endswith('kB'):
                fields[name] = int(value.split()[0])
        return fields['Private_Clean'] + fields['Private_Dirty'], fields['Pss']

    def memory(self):
        def monitor_of(command, pid):
            parent = int(next(line for line in pathlib.Path(f'/proc/{pid}/status').read_text().split('\n')
                              if line.startswith('PPid:')).split()[1])
            return parent
        figures = {}
        ident = self.call(self.davit + ['run', '-d', 'box', 'sleep', '10000']).strip()
        pid = self.call(self.davit + ['inspect', '--format', '{{.State.Pid}}', ident]).strip()
        figures['davit-monitor'] = self.memory_of(monitor_of(self.davit, pid))
        self.call(self.davit + ['rm', '-f', '-t', '0', ident])
        if 'podman' in self.tools:
            ident = self.call(self.podman + ['run', '-d', '--network', 'none'] + PODMAN_LIMITS + ['box', 'sleep', '10000']).strip()
            monitor = self.call(self.podman + ['inspect', '--format', '{{.State.ConmonPid}}', ident]).strip()
            figures['conmon'] = self.memory_of(monitor)
            self.call(self.podman + ['rm', '-f', '-t', '0', ident])
        for name, (private, pss) in figures.items():
            print(f'memory     {name:28} private {private} KiB, PSS {pss} KiB', flush=True)

    def many(self):
        def together(command, count=64):
            start = time.monotonic()
            running = [subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(count)]
            failures = 0
            for process in running:
                process.stderr.read()
                failures += process.wait() != 0
            if failures:
                print(f'many       {failures} of {count} failed: {command[0]}')
            return time.monotonic() - start
        walls = {'davit': [], 'podman': []} if 'podman' in self.tools else {'davit': []}
        for _ in range(1 if self.quick else 3):
            walls['davit'].append(together(self.davit + ['run', '--rm', '--network', 'none', 'box', '/bin/true']))
            if 'podman' in self.tools:
                walls['podman'].append(together(self.podman + ['run', '--rm', '--network', 'none'] + PODMAN_LIMITS + ['box', '/bin/true']))
        self.report('many 64', walls)

    def import_(self):
        """A Debian root file system, filled up to 300 MB with more packages."""
        cache = pathlib.Path(os.environ.get('XDG_CACHE_HOME', pathlib.Path.home() / '.cache')) / 'davit-test'
        cache.mkdir(parents=True, exist_ok=True)
        archive = cache / 'bench-300m.tar'
        if not archive.exists():
            root = self.directory / 'debian'
            self.call(['debootstrap', '--variant=minbase', '--include=git,python3',
                       'bookworm', str(root)])
            self.call(['tar', '-C', str(root), '--xattrs', '-cf', str(archive) + '.new', '.'])
            os.rename(str(archive) + '.new', archive)
            shutil.rmtree(root)
        target = self.directory / 'x'
        walls = {'davit': [], 'tar x + sha256sum': []}
        for _ in range(2 if self.quick else 5):
            target.mkdir()
            self.call(['sync', '-f', str(self.directory)])
            start = time.monotonic()
            self.call(['sh', '-c', f'tar -C {target} -xf {archive} && sha256sum {archive} && sync -f {target}'])
            walls['tar x + sha256sum'].append(time.monotonic() - start)
            shutil.rmtree(target)
            self.call(['sync', '-f', str(self.directory)])
            start = time.monotonic()
            self.call(self.davit + ['import', '--quiet', str(archive), 'large'])
            walls['davit'].append(time.monotonic() - start)
            self.call(self.davit + ['rmi', '-f', 'large'])
        self.report('import', walls)
        print(f'           archive: {archive.stat().st_size / 1e6:.0f} MB; both with one sync at the end')

    def clean(self):
        if shutil.which('podman'):
            subprocess.run(self.podman + ['rm', '-fa', '-t', '0'], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            subprocess.run(['umount', str(self.directory / 'podman' / 'overlay')], check=False, stderr=subprocess.DEVNULL)
        super().clean()


bench.main(Engine, ['run', 'oci', 'exec', 'memory', 'many', 'import', 'ps'])
