# SPDX-License-Identifier: LGPL-2.1-or-later
"""
A place where faults are tried: a store, a run directory and a group of cgroups of its own, in a
mount namespace of its own. What a fault leaves can be seen here, all of it: files, mounts, cgroups,
and processes, since whoever loses its parent becomes our child.
"""

import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import time

CLONE_NEWNS = 0x20000
PR_SET_CHILD_SUBREAPER = 36
# No command of these needs a second. One that takes this long does not end.
HANG_SECONDS = 40
# What ends by itself after a command has returned: a monitor, a container's processes.
SETTLE_SECONDS = 6


class Hang(Exception):
    """A command that does not end."""


class Result:
    def __init__(self, words, status, out, err):
        self.words, self.status, self.out, self.err = words, status, out, err

    def __str__(self):
        words = ' '.join(self.words)
        return f'{words}: status {self.status}: {self.out.strip()!r} {self.err.strip()!r}'


class Place:
    def __init__(self, build, directory, config=()):
        self.build = pathlib.Path(build)
        self.directory = pathlib.Path(directory)
        self.base = None
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNS) != 0 or libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), 'unshare')
        subprocess.run(['mount', '--make-rprivate', '/'], check=True)
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=700', 'davit-fault', str(directory)], check=True)
        self.cgroup = f'davit-fault-{os.getpid()}'
        self.environment = dict(os.environ, DAVIT_PLUGIN_PATH=str(self.build / 'plugins'),
                                DAVIT_LIBEXECDIR=str(self.build / 'engine'),
                                DAVIT_DATADIR=str(self.build / 'data'), LC_ALL='C.UTF-8')
        self.environment.pop('DAVIT_CONFIG', None)
        self.program = [str(self.build / 'engine' / 'davit'), '--root', str(self.directory / 'root'),
                        '--runroot', str(self.directory / 'run')]
        for setting in config:
            self.program += ['--config', setting]
        self.report = self.directory / 'report'

    def run(self, words, seconds=None):
        """A command to its end. Into files: who is left behind may hold a pipe open."""
        with open(self.directory / 'out', 'w+b') as out, open(self.directory / 'err', 'w+b') as err:
            process = subprocess.Popen(words, env=self.environment, stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=err, cwd=self.directory)
            try:
                status = process.wait(seconds or HANG_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise Hang(' '.join(words[-6:])) from None
            out.seek(0)
            err.seek(0)
            return Result(words, status, out.read().decode(errors='replace'),
                          err.read().decode(errors='replace'))

    def davit(self, *words):
        result = self.run(self.program + list(words))
        result.words = ('davit',) + words
        return result

    def must(self, *words):
        """What has to work for there to be a test at all."""
        result = self.davit(*words)
        if result.status != 0:
            raise RuntimeError(str(result))
        return result.out

    def traced(self, options, words):
        """A command of davit under the tracer; its Result, and what the tracer reports."""
        self.report.unlink(missing_ok=True)
        tracer = [str(self.build / 'tests' / 'fault' / 'tracer'), '--report', str(self.report)]
        result = self.run(tracer + options + ['--'] + self.program + list(words))
        if result.status != 0 or not self.report.exists():
            raise RuntimeError(f'tracer: {result}')
        report = {}
        for line in self.report.read_text().splitlines():
            word, _, rest = line.partition(' ')
            report[word] = rest
        result.words = ('davit',) + tuple(words)
        result.status = int(report['status'])
        return result, report

    # What there is.

    def files(self):
        """Each name below root and runroot; what layers hold is their own."""
        found = set()
        for top in ('root', 'run'):
            for path, directories, names in os.walk(self.directory / top):
                below = os.path.relpath(path, self.directory)
                found.update(f'file {below}/{name}' for name in directories + names)
                if below.endswith('/layers') or '/layers/' in below:
                    directories.clear()
        return found

    def mounts(self):
        found = set()
        with open('/proc/self/mountinfo', encoding='utf-8') as file:
            for line in file:
                point = line.split()[4]
                if point.startswith(f'{self.directory}/'):
                    found.add(f'mount {point[len(str(self.directory)) + 1:]}')
        return found

    def cgroup_directories(self):
        """The groups of this place, in each hierarchy."""
        parents = []
        with open('/proc/self/cgroup', encoding='utf-8') as file:
            own = {line.strip().split(':', 2)[2] for line in file} | {'/'}
        for mount in [pathlib.Path('/sys/fs/cgroup')] + list(pathlib.Path('/sys/fs/cgroup').iterdir()):
            for path in own:
                parent = mount / path.strip('/') / self.cgroup
                if parent.is_dir() and parent not in parents:
                    parents.append(parent)
        return parents

    def cgroups(self):
        return {f'cgroup {parent}/{name}' for parent in self.cgroup_directories()
                for name in os.listdir(parent) if (parent / name).is_dir()}

    def processes(self):
        """Processes that somebody has left, as far as they live."""
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break
        return {f'process {self.name(pid)}': pid for pid in self.descendants(os.getpid())}

    def descendants(self, pid):
        found = []
        try:
            children = pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text(encoding='ascii').split()
        except OSError:
            return found
        for child in map(int, children):
            found += [child] + self.descendants(child)
        return found

    @staticmethod
    def name(pid):
        try:
            return f"{pid} {pathlib.Path(f'/proc/{pid}/comm').read_text(encoding='utf-8').strip()}"
        except OSError:
            return str(pid)

    def look(self):
        return self.files() | self.mounts() | self.cgroups() | set(self.processes())

    def remember(self):
        """This is how it is when nothing is left."""
        self.base = self.look()

    def left(self, seconds=SETTLE_SECONDS):
        """What is there more than that, or less."""
        end = time.monotonic() + seconds
        pause = 0.002
        while True:
            now = self.look()
            if now == self.base or time.monotonic() > end:
                return sorted(now - self.base) + sorted(f'lost {name}' for name in self.base - now)
            time.sleep(pause)
            pause = min(pause * 2, 0.2)

    def kill_all(self):
        for _ in range(20):
            pids = self.processes().values()
            if not pids:
                return
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)

    def close(self):
        self.kill_all()
        self.cgroups_remove()

    def cgroups_remove(self):
        for _ in range(50):
            for parent in self.cgroup_directories():
                for path, _, _ in os.walk(parent, topdown=False):
                    try:
                        os.rmdir(path)
                    except OSError:
                        pass
            if not self.cgroup_directories():
                break
            time.sleep(0.02)

    # Making images.

    def tree(self, name, marker):
        """A root file system of busybox."""
        top = self.directory / name
        for directory in ('bin', 'etc', 'tmp', 'root', 'var'):
            (top / directory).mkdir(parents=True)
        shutil.copy(shutil.which('busybox'), top / 'bin' / 'busybox')
        for applet in ('sh', 'sleep', 'cat', 'true', 'mkdir', 'ls'):
            (top / 'bin' / applet).symlink_to('busybox')
        (top / 'etc' / 'passwd').write_text('root:x:0:0:root:/root:/bin/sh\n')
        (top / 'marker').write_text(marker + '\n')
        return top
