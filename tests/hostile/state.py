#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
davit's own directories after somebody has been there: each file is replaced by something that is
none, by a link to what davit must not touch, or by damaged content; and each directory too.

Nobody but the owner can do that, but backups, disks and administrators do. davit may say that
something is damaged. It must come to an end, go through no link, and show what is not damaged.
"""

import json
import os
import shutil
import socket
import stat
import subprocess
import time

from hostile import Test, remove

DEEP = b'[' * 200000
# What the answer of a command may be: done, not done, or a wrong state of a container.
STATUSES = (0, 1, 2, 125, 126, 127, 255)


def put(path, kind, canary, mode):
    """Puts something of a kind there; the file that was there is gone already."""
    def write(data):
        with open(path, 'wb') as file:
            file.write(data)
        os.chmod(path, mode)
    if kind == 'FIFO':
        os.mkfifo(path)
    elif kind == 'socket':
        with socket.socket(socket.AF_UNIX) as bound:
            # A name of a socket has 107 bytes.
            top = os.open(os.path.dirname(path), os.O_PATH)
            bound.bind(f'/proc/self/fd/{top}/{os.path.basename(path)}')
            os.close(top)
    elif kind == 'directory':
        os.mkdir(path)
        os.mkdir(os.path.join(path, 'inner'))
    elif kind == 'device':
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))
    elif kind == 'link to a file':
        os.symlink(os.path.join(canary, 'file'), path)
    elif kind == 'link to a directory':
        os.symlink(canary, path)
    elif kind == 'link to nothing':
        os.symlink(os.path.join(canary, 'new'), path)
    elif kind == 'link to itself':
        os.symlink(os.path.basename(path), path)
    elif kind == 'hole':
        write(b'')
        os.truncate(path, 8 << 30)
    elif kind == 'nothing':
        pass
    else:
        write({'empty file': b'', 'text': b'\033[31mhello\n' * 10, 'deep': DEEP, 'zeros': bytes(300),
               'array': b'[]', 'newer': b'{"version": 99}'}[kind])


FILE_KINDS = ('FIFO', 'socket', 'directory', 'device', 'link to a file', 'link to nothing', 'hole', 'nothing',
              'empty file', 'text')
DOCUMENT_KINDS = FILE_KINDS + ('link to itself', 'deep', 'zeros', 'array', 'newer')
# Those that could make davit wait, or touch something else.
SHARP_KINDS = ('FIFO', 'directory', 'link to a file', 'text')
DIRECTORY_KINDS = ('FIFO', 'link to a directory', 'link to nothing', 'text', 'nothing')


def processes(text):
    """Those whose command line has a text."""
    found = []
    for number in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{number}/cmdline', 'rb') as file:
                words = file.read().decode(errors='replace')
        except OSError:
            continue
        if text in words:
            found.append(f'{number} {words[:200]!r}')
    return found


class Store:
    """One store that is whole, and how it is broken and mended."""

    def __init__(self, test):
        self.test = test
        self.kept = test.path('kept')

    def names(self, kinds):
        """What there is to replace, and by what; without the trees of layers and containers."""
        for top in ('root', 'run'):
            for directory, directories, files in os.walk(self.test.path(top)):
                inner = os.path.relpath(directory, self.test.top)
                directories[:] = [name for name in directories
                                  if name not in ('tree', 'upper', 'work', 'inner', 'places')]
                for name in sorted(directories):
                    yield os.path.join(inner, name), DIRECTORY_KINDS
                for name in sorted(files):
                    all_kinds = kinds is FILE_KINDS and name.endswith('.json')
                    yield os.path.join(inner, name), DOCUMENT_KINDS if all_kinds else kinds

    def keep(self):
        subprocess.run(['cp', '-a', self.test.path('root'), self.test.path('run'), self.kept + '/'], check=True)

    def settle(self):
        """Who cleans up behind a container may be at it still; which processes stay."""
        end = time.monotonic() + self.test.seconds
        while processes(self.test.path('root')) and time.monotonic() < end:
            time.sleep(0.02)
        return processes(self.test.path('root'))

    def restore(self):
        for top in ('root', 'run'):
            shutil.rmtree(self.test.path(top), ignore_errors=True)
        subprocess.run(['cp', '-a', self.kept + '/root', self.kept + '/run', self.test.top], check=True)

    def replace(self, name, kind):
        path = self.test.path(name)
        mode = stat.S_IMODE(os.lstat(path).st_mode)
        aside = path + '.aside'
        os.rename(path, aside)
        put(path, kind, self.test.canary, mode)
        return aside

    def mend(self, name, aside):
        remove(self.test.path(name))
        os.rename(aside, self.test.path(name))


def look(test, what, commands, found):
    """Runs commands; their faults. What the last one printed is given back."""
    for words in commands:
        status, out, err = test.davit(*words)
        if status not in STATUSES:
            found += [f'{what}: {words}: {status}: {err[:300]}']
        if any(ord(c) < 32 and c not in '\n\t' or 127 <= ord(c) < 160 for c in out + err):
            found += [f'{what}: {words} prints control characters: {out[:200]!r} {err[:300]!r}']
        if status != 0 and not out + err:
            found += [f'{what}: {words}: {status} without a word']
    found += test.canary_fault()
    return out


def short(name, identities):
    for identity, word in identities.items():
        name = name.replace(identity, word)
    return '/'.join(part[:16] for part in name.split('/'))


def reading(test, store, identities):
    """Commands that only look; one container runs all the time."""
    for name, kinds in list(store.names(FILE_KINDS)):
        owner = next((word for identity, word in identities.items() if identity in name), None)
        if owner is None and name.startswith('root/names/'):
            owner = os.path.basename(name)
        commands = [['images'], ['system', 'check']]
        if owner is not None:
            commands = [['inspect', owner], ['logs', owner], ['system', 'check'], ['ps', '--all', '--size']]
        if owner == 'up':
            commands.insert(0, ['exec', 'up', '/bin/busybox', 'true'])
        commands.append(['ps', '--all', '--noheading', '--format', '{{.Names}}'])
        for kind in kinds:
            found = []
            aside = store.replace(name, kind)
            seen = look(test, 'read', commands, found)
            if name.endswith('/record.json') and kind != 'nothing':
                answer = test.davit('inspect', owner)
                if answer[0] != 125 or f'container "{owner}" is damaged: ' not in answer[2] or owner not in seen.split():
                    found.append(f'does not call it damaged: {answer}, {seen}')
            store.mend(name, aside)
            if owner is not None:
                missing = [word for word in identities.values() if word != owner and word not in seen.split()]
                if missing:
                    found.append(f'hides {missing}: {seen}')
            test.ok(not found, f'{short(name, identities)}: {kind}: looked at', *found)
    status, out, err = test.davit('system', 'check')
    test.ok((status, out, err) == (0, '', ''), 'all of it is whole again', status, out, err)


def acting(test, store, identities):
    """Commands that change something, each time from the same store; in the end all of it goes."""
    new = ['run', '--rm', '--network', 'none', 'box', '/bin/busybox', 'true']
    for name, kinds in list(store.names(SHARP_KINDS)):
        owner = next((word for identity, word in identities.items() if identity in name), None)
        for kind in kinds:
            found = []
            store.restore()
            aside = store.replace(name, kind)
            remove(aside)
            look(test, 'act', [new, ['start', 'done']], found)
            test.davit('wait', 'done')
            if owner is not None:
                status, _, err = test.davit('rm', '--force', '--time', '0', owner)
                rest = test.davit('ps', '--all', '--noheading', '--format', '{{.Names}}')[1].split()
                if status != 0 or owner in rest:
                    found.append(f'rm --force {owner}: {status}: {err}')
                if any(word not in rest for word in identities.values() if word != owner):
                    found.append(f'the others are not there: {rest}')
            look(test, 'end', [['rm', '--force', '--time', '0', '--all'], ['rmi', '--force', '--all'],
                               ['system', 'check']], found)
            found += [f'still there: {process}' for process in store.settle()]
            test.ok(not found, f'{short(name, identities)}: {kind}: worked with', *found)


# Members of run.json of a container that runs, set to this; "-" stands for one that is taken away.
RUN_MEMBERS = {
    'runtime': ('-', '', '../../x', 'vax', 1), 'storage': ('-', '../x', 'vax'), 'network': ('-', '../x', 'vax'),
    'bootId': ('-', 'x', 1), 'pid': ('-', 0, -1, 2 ** 40, 'x'), 'startTime': (-1, 'x'),
    'phase': ('-', 'starting', 'x', 7), 'freezer': ('-', '/etc/passwd', '../x', '/none', '/dev/zero'), 'version': ('-', 0, 99, 'x'),
    'networks': ('-', [], [{}], [{'interface': '../x', 'addresses': ['a']}], 'x'), 'ports': (['x'], ['a b c d'], 1),
    'started': ('-', -1, 2 ** 62), 'autoRemove': ('-', 1),
}


def edited(test):
    """A container runs while what is known of its run is edited: nobody else is signalled, and it can be removed."""
    box = ['--network', 'none', 'box', '/bin/busybox', 'sleep', '1000']
    bystander = subprocess.Popen(['sleep', '300'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cases = [(member, value) for member, values in RUN_MEMBERS.items() for value in values] + [('pid', bystander.pid)]
    for member, value in cases:
        identity = test.wanted('run', '-d', '--name', 'edited', *box)
        path = test.path('run', 'containers', identity, 'run.json')
        with open(path, encoding='utf-8') as file:
            document = json.load(file)
        number = document['pid']
        whole = dict(document)
        document[member] = value
        if value == '-':
            del document[member]
        test.write(path, json.dumps(document), 0o600)
        found = []
        look(test, 'edited', [['ps', '--all'], ['inspect', 'edited'], ['exec', 'edited', '/bin/busybox', 'true'],
                              ['pause', 'edited']], found)
        # For the end of one whose process seems to be gone the engine waits ten seconds.
        status, _, err = test.davit('rm', '--force', '--time', '0', 'edited', seconds=3 * test.seconds)
        if status != 0 and value == 'vax':
            # A plugin that is not installed may be installed again; without it nothing is taken apart.
            found += [] if f'no {member} plugin "vax"' in err else [err]
            document[member] = whole[member]
            test.write(path, json.dumps(document), 0o600)
            status, _, err = test.davit('rm', '--force', '--time', '0', 'edited')
        if status != 0:
            found.append(f'rm --force: {status}: {err}')
        if any(process.startswith(f'{number} ') for process in processes('/bin/busybox\0sleep')):
            found.append('its first process is still there')
            os.kill(number, 9)
        if bystander.poll() is not None:
            found.append('somebody else was signalled')
        test.ok(not found, f'run.json with {member} {value!r}', *found)
    bystander.kill()
    bystander.wait()


def main():
    with Test() as test:
        os.makedirs(test.path('tree', 'bin'))
        os.mkdir(test.path('kept'))
        busybox = shutil.which('busybox')
        if busybox is None:
            print('1..0 # SKIP needs busybox')
            return
        shutil.copy(busybox, test.path('tree', 'bin'))
        test.wanted('import', '--quiet', test.path('tree'), 'box')
        test.wanted('create', '--name', 'made', '--network', 'none', 'box', '/bin/busybox', 'true')
        test.wanted('run', '--name', 'done', '--network', 'none', 'box', '/bin/busybox', 'echo', 'hello')
        test.wanted('create', '--name', 'up', '--network', 'none', 'box', '/bin/busybox', 'sleep', '1000')
        words = test.wanted('ps', '--all', '--no-trunc', '--noheading', '--format', '{{.ID}} {{.Names}}')
        identities = dict(line.split() for line in words.splitlines())
        store = Store(test)
        store.keep()
        acting(test, store, identities)
        store.restore()
        edited(test)
        test.wanted('start', 'up')
        reading(test, store, identities)


if __name__ == '__main__':
    main()
