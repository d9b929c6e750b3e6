# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What the tests of hostile data share: davit with a store of its own, a canary, TAP.

Each input of a table is one line of TAP. It fails if davit answers otherwise than the table says, in
more than ten seconds, in more than one line, with a control character, or with anything changed that
a refusal must leave as it was.
"""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time

SECONDS = 10
CLEAN = 'says it in one clean line'


def alone():
    """In a mount namespace: nothing that is mounted can stay."""
    if os.geteuid() != 0:
        skip('needs root')
    if os.environ.get('DAVIT_TEST_ALONE') != str(os.getpid()):
        os.environ['DAVIT_TEST_ALONE'] = str(os.getpid())
        os.execvp('unshare', ['unshare', '--mount', '--propagation', 'private', sys.executable, *sys.argv])


def skip(why):
    print(f'1..0 # SKIP {why}')
    sys.exit(0)


def attributes(path):
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
    except OSError:
        return []
    return [(name, os.getxattr(path, name, follow_symlinks=False)) for name in names]


def fingerprint(top, times=True):
    """Each name below a directory, with all that could have been done to it."""
    found = {}
    names = [top]
    for directory, directories, files in os.walk(top):
        names += [os.path.join(directory, name) for name in directories + files]
    for name in names:
        status = os.lstat(name)
        entry = [oct(status.st_mode), status.st_uid, status.st_gid, status.st_rdev, status.st_nlink]
        if times:
            entry += [status.st_mtime_ns, status.st_ctime_ns]
        if stat.S_ISLNK(status.st_mode):
            entry.append(os.readlink(name))
        elif stat.S_ISREG(status.st_mode):
            with open(name, 'rb') as file:
                entry.append(file.read())
        found[os.path.relpath(name, top)] = entry + attributes(name)
    return found


class Test:
    """A directory, a store and a canary of its own; use it with "with"."""

    def __init__(self):
        self.program = os.environ.get('DAVIT')
        alone()
        if not self.program or not os.access(self.program, os.X_OK):
            skip(f'no {self.program}')
        for name in ('DAVIT_CONFIG', 'NO_COLOR'):
            os.environ.pop(name, None)
        os.environ['LC_ALL'] = 'C.UTF-8'
        os.umask(0o022)
        self.count = self.failed = 0
        self.seconds = SECONDS * (4 if os.environ.get('DAVIT_SANITIZED') else 1)
        self.top = tempfile.mkdtemp(prefix='davit-test.')
        # In memory: no disk is waited for.
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755,size=1g', 'davit-test', self.top], check=True)
        self.canary = os.path.join(self.top, 'canary')
        self.make_canary()
        self.watched = fingerprint(self.canary)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if os.path.isdir(os.path.join(self.top, 'root')):
            self.davit('rm', '--force', '--time', '0', '--all', seconds=60)
        subprocess.run(['umount', '--lazy', self.top], check=False)
        os.rmdir(self.top)
        if kind is None:
            print(f'1..{self.count}')
            sys.exit(self.failed != 0)

    def make_canary(self):
        os.makedirs(os.path.join(self.canary, 'sub'))
        for name in ('file', 'sub/file', 'key'):
            with open(os.path.join(self.canary, name), 'w', encoding='utf-8') as file:
                file.write(f'canary {name}\n')
        os.chmod(os.path.join(self.canary, 'key'), 0o600)
        os.symlink('file', os.path.join(self.canary, 'link'))

    def path(self, *names):
        return os.path.join(self.top, *names)

    def write(self, name, data, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(data.encode() if isinstance(data, str) else data)
        os.chmod(path, mode)
        return path

    def command(self, *words):
        return [self.program, '--root', self.path('root'), '--runroot', self.path('run'), *words]

    def davit(self, *words, seconds=None, stdin=subprocess.DEVNULL, environment=None):
        """What became of it; a status of None is one that did not end in time."""
        try:
            done = subprocess.run(self.command(*words), stdin=stdin, capture_output=True,
                                  timeout=seconds or self.seconds, check=False,
                                  env={**os.environ, **(environment or {})})
            return done.returncode, done.stdout.decode(errors='replace'), done.stderr.decode(errors='replace')
        except subprocess.TimeoutExpired as late:
            return None, '', f'still running after {late.timeout} s'

    def wanted(self, *words, stdin=subprocess.DEVNULL):
        """A command that only prepares a test."""
        status, out, err = self.davit(*words, stdin=stdin)
        if status != 0:
            print(f'Bail out! {" ".join(words)}: {status}: {err}')
            raise SystemExit(99)
        return out.strip()

    def ok(self, right, what, *diagnostics):
        self.count += 1
        what = ''.join(c if c.isprintable() and c != '#' else '?' for c in what)
        print(f'{"ok" if right else "not ok"} {self.count} - {what}', flush=True)
        if right:
            return
        self.failed += 1
        for line in '\n'.join(str(one) for one in diagnostics).splitlines()[:30]:
            print(f'# {line!r}')

    def canary_fault(self):
        now = fingerprint(self.canary)
        return [] if now == self.watched else [f'the canary was {self.watched}', f'and is {now}']

    def faults(self, answer, status, text):
        """Why an answer is not the one that was wanted."""
        got, out, err = answer
        found = []
        if got != status:
            found.append(f'exits with {got}, not {status}')
        if text is not None and text not in err + out:
            found.append(f'does not say {text!r}')
        if status != 0 and (err.count('\n') != 1 or out):
            found.append('does not say it in one line')
        if any(ord(c) < 32 and c not in '\n\t' or 127 <= ord(c) < 160 for c in err + out):
            found.append('prints control characters')
        found += self.canary_fault()
        if found:
            found += [f'out: {out[:600]}', f'err: {err[:600]}']
        return found

    def refused(self, what, words, text, status=125, keep=None, **more):
        """davit says no, and why. keep: a directory that it leaves as it was."""
        before = fingerprint(keep, times=False) if keep and os.path.exists(keep) else None
        found = self.faults(self.davit(*words, **more), status, text)
        if before is not None:
            after = fingerprint(keep, times=False)
            changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
            if changed:
                found.append(f'changed or left: {changed}')
        self.ok(not found, f'{what}: refused', *found)

    def accepted(self, what, words, text=None, status=0, **more):
        answer = self.davit(*words, **more)
        found = self.faults(answer, status, text)
        self.ok(not found, f'{what}: accepted', *found)
        return answer


def together(jobs):
    """Starts each of the commands at once; the answers in their order."""
    started = [subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE) for words in jobs]
    end = time.monotonic() + SECONDS * (4 if os.environ.get('DAVIT_SANITIZED') else 1)
    answers = []
    for process in started:
        try:
            out, err = process.communicate(timeout=max(0.1, end - time.monotonic()))
            answers.append((process.returncode, out.decode(errors='replace'), err.decode(errors='replace')))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            answers.append((None, '', 'still running'))
    return answers


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
