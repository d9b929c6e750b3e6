#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The same layers with every storage driver: a container sees the same names, types, modes, owners,
attributes, hard links, contents, holes and times, whichever driver keeps them. What the tree must be
is written down here as well, so that the drivers can't be wrong together.
"""

import hashlib
import os
import shutil
import stat

import archives as a
from hostile import Test, attributes

DRIVERS = ('overlay', 'vfs', 'squash')
CAPABILITY = bytes.fromhex('0100000200040000000000000000000000000000')
ACL = bytes.fromhex('02000000' '01000700ffffffff' '0200070005000000' '04000500ffffffff' '10000700ffffffff' '20000500ffffffff')

LOWER = (
    a.directory('t', mtime=1000),
    a.directory('t/opaque'), a.file('t/opaque/old', 'old'), a.directory('t/opaque/sub'), a.file('t/opaque/sub/old', 'old'),
    a.directory('t/gone'), a.file('t/gone/file', 'x'), a.file('t/deleted', 'x'), a.file('t/kept', 'kept', mtime=2000),
    a.file('t/again', 'first'), a.directory('t/becomes-file'), a.file('t/becomes-file/x'), a.file('t/becomes-directory', 'x'),
    a.symlink('t/becomes-link', 'kept'), a.directory('t/becomes-link-2'), a.file('t/becomes-link-2/x'),
    a.file('t/first', 'shared'), a.hardlink('t/second', 't/first'), a.hardlink('t/third', 't/second'),
    a.file('t/broken-pair', 'pair'), a.hardlink('t/other-of-pair', 't/broken-pair'),
    a.directory('t/merged', 0o700, uid=1, gid=2, mtime=3000), a.file('t/merged/lower', 'l'),
    a.directory('t/link-target'), a.file('t/link-target/inner', 'x'), a.symlink('t/to-directory', 'link-target'),
)
UPPER = (
    a.directory('t/opaque'), a.file('t/opaque/.wh..wh..opq'), a.file('t/opaque/new', 'new'), a.directory('t/opaque/sub'), a.file('t/opaque/sub/new', 'new'),
    a.file('t/.wh.gone'), a.file('t/.wh.deleted'), a.file('t/.wh.again'), a.file('t/again', 'second'),
    a.file('t/becomes-file', 'file'), a.directory('t/becomes-directory'), a.file('t/becomes-directory/y', 'y'),
    a.file('t/becomes-link', 'no link'), a.symlink('t/becomes-link-2', '/proc/self/root/etc'),
    a.file('t/broken-pair', 'alone'), a.directory('t/merged', 0o2755, uid=3, gid=4, mtime=4000), a.file('t/merged/upper', 'u'),
    a.file('t/to-directory', 'a file in place of the link'),
    a.file('t/modes', mode=0o6751), a.file('t/none', mode=0), a.directory('t/sticky', 0o1777), a.file('t/owner', uid=70000, gid=80000),
    a.pax_of({'uid': '4294967294', 'gid': '4294967293'}) + a.file('t/highest'),
    a.pax(mtime='1234567890.123456789') + a.file('t/time'), a.pax(mtime='1') + a.symlink('t/old-link', '../../../../etc/shadow'),
    a.file('t/empty', ''), a.long_name('t/' + 'n' * 255, a.file('x')),
    *(a.long_name('t/' + '/'.join(['deep'] * n), a.directory('x')) for n in range(1, 101)),
    a.long_name('t/' + 'deep/' * 100 + 'end', a.file('x', 'deep')),
    a.file('t/latin-\udce9'), a.file('t/new\nline'), a.file('t/esc\033[31m'), a.file('t/ space '), a.file('t/e\u0301'), a.file('t/\u00e9', 'composed'),
    a.attribute('t/attribute', 'user.test', b'value\0\xff', a.file('t/attribute')),
    a.attribute('t/capability', 'security.capability', CAPABILITY, a.file('t/capability', mode=0o755)),
    a.attribute('t/list', 'system.posix_acl_access', ACL, a.file('t/list', mode=0o775)),
    a.attribute('t/overlay', 'trusted.overlay.opaque', 'y', a.directory('t/overlay')),
    a.attribute('t/overlay-user', 'user.overlay.whiteout', 'y', a.file('t/overlay-user')),
    a.node('t/fifo', 'p', mode=0o600), a.node('t/null', 'c', 1, 3, mode=0o666), a.node('t/loop', 'b', 7, 200, mode=0o600),
    a.hardlink('t/fifo-2', 't/fifo'), a.symlink('t/link', 'kept'), a.hardlink('t/link-2', 't/link'),
    a.header('pax', b'x', 52) + a.padded(b'22 GNU.sparse.map=0,1\n30 GNU.sparse.size=1073741824\n') + a.file('t/hole', 'x'),
    a.file('t/large', b'0123456789abcdef' * 20000),
)

# Name: type, mode, owner, content: all that the two layers say.
WANTED = {
    'opaque': 'd 755 0:0', 'opaque/new': '- 644 0:0 new', 'opaque/sub': 'd 755 0:0', 'opaque/sub/new': '- 644 0:0 new',
    'kept': '- 644 0:0 kept', 'again': '- 644 0:0 second', 'becomes-file': '- 644 0:0 file', 'becomes-directory': 'd 755 0:0',
    'becomes-directory/y': '- 644 0:0 y', 'becomes-link': '- 644 0:0 no link', 'becomes-link-2': 'l 777 0:0 /proc/self/root/etc',
    'first': '- 644 0:0 shared', 'second': '- 644 0:0 shared', 'third': '- 644 0:0 shared', 'broken-pair': '- 644 0:0 alone',
    'other-of-pair': '- 644 0:0 pair', 'merged': 'd 2755 3:4', 'merged/lower': '- 644 0:0 l', 'merged/upper': '- 644 0:0 u',
    'link-target': 'd 755 0:0', 'link-target/inner': '- 644 0:0 x', 'to-directory': '- 644 0:0 a file in place of the link',
    'modes': '- 6751 0:0 data', 'none': '- 0 0:0 data', 'sticky': 'd 1777 0:0', 'owner': '- 644 70000:80000 data',
    'highest': '- 644 4294967294:4294967293 data', 'time': '- 644 0:0 data', 'old-link': 'l 777 0:0 ../../../../etc/shadow',
    'empty': '- 644 0:0 ', 'n' * 255: '- 644 0:0 data', 'latin-\udce9': '- 644 0:0 data', 'new\nline': '- 644 0:0 data',
    'esc\033[31m': '- 644 0:0 data', ' space ': '- 644 0:0 data', 'e\u0301': '- 644 0:0 data', '\u00e9': '- 644 0:0 composed',
    'attribute': '- 644 0:0 data', 'capability': '- 755 0:0 data', 'list': '- 775 0:0 data', 'overlay': 'd 755 0:0',
    'overlay-user': '- 644 0:0 data', 'fifo': 'p 600 0:0', 'fifo-2': 'p 600 0:0', 'null': 'c 666 0:0 1:3', 'loop': 'b 600 0:0 7:200',
    'link': 'l 777 0:0 kept', 'link-2': 'l 777 0:0 kept',
    **{'/'.join(['deep'] * n): 'd 755 0:0' for n in range(1, 101)}, 'deep/' * 100 + 'end': '- 644 0:0 deep',
}
TOGETHER = (('first', 'second', 'third'), ('fifo', 'fifo-2'), ('link', 'link-2'))


def content(path, status):
    if stat.S_ISLNK(status.st_mode):
        return ' ' + os.readlink(path)
    if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
        return f' {os.major(status.st_rdev)}:{os.minor(status.st_rdev)}'
    if not stat.S_ISREG(status.st_mode):
        return ''
    with open(path, 'rb') as file:
        if status.st_size > 100:
            return f' {status.st_size} {hashlib.file_digest(file, "sha256").hexdigest() if status.st_size < 1 << 20 else "large"}'
        return ' ' + file.read().decode()


def look(top):
    """Each name of a tree with all that can be seen of it."""
    found = {}
    groups = {}
    for directory, directories, files in os.walk(top):
        for name in directories + files:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            short = os.path.relpath(path, top)
            groups.setdefault((status.st_dev, status.st_ino), []).append(short)
            kind = {stat.S_IFREG: '-', stat.S_IFDIR: 'd', stat.S_IFLNK: 'l', stat.S_IFIFO: 'p', stat.S_IFCHR: 'c',
                    stat.S_IFBLK: 'b'}[stat.S_IFMT(status.st_mode)]
            found[short] = {
                'says': f'{kind} {stat.S_IMODE(status.st_mode):o} {status.st_uid}:{status.st_gid}' + content(path, status),
                'time': status.st_mtime_ns, 'links': 0 if kind == 'd' else status.st_nlink,
                'attributes': attributes(path) if kind in '-d' else []}
    for names in groups.values():
        for name in names:
            found[name]['with'] = sorted(names)
    return found


def tree_of(test, driver):
    # Started by its number, so that nothing of the image is executed but busybox.
    test.wanted('--config', f'engine.storage={driver}', 'load', '--quiet', '-i', test.path('image.tar'))
    test.wanted('run', '-d', '--storage', driver, '--network', 'none', '--name', driver, 'x')
    number = test.wanted('inspect', '--format', '{{.State.Pid}}', driver)
    tree = look(f'/proc/{number}/root/t')
    with open(f'/proc/{number}/root/t/hole', 'rb') as file:
        first = file.read(4096)
        file.seek(-1, os.SEEK_END)
        last = file.read()
        tree['hole']['says'] += f' {first.strip(bytes(1))} {last}'
    test.wanted('rm', '--force', '--time', '0', driver)
    return tree


def kept_size(top):
    return sum(os.lstat(os.path.join(directory, name)).st_blocks * 512
               for directory, _, files in os.walk(top) for name in files)


def main():
    with Test() as test:
        busybox = shutil.which('busybox')
        if busybox is None:
            print('1..0 # SKIP needs busybox')
            return
        with open(busybox, 'rb') as file:
            program = a.file('bin/busybox', file.read(), mode=0o755)
        layers = [a.tar(program, *LOWER), a.tar(*UPPER)]
        test.write('image.tar', a.docker(layers, {**a.config_of(layers), 'config': {'Cmd': ['/bin/busybox', 'sleep', '1000']}}))
        state = test.davit('plugin', 'list', '--noheading', '--format', '{{.Kind}}/{{.Name}} {{.State}}')[1]
        usable = [driver for driver in DRIVERS if f'storage/{driver} usable' in state]
        trees = {driver: tree_of(test, driver) for driver in usable}
        for driver, tree in trees.items():
            wanted = {**WANTED, 'list': '- 755 0:0 data'} if driver == 'squash' else WANTED
            wrong = [f'{name!r}: {tree.get(name, {}).get("says")!r}, not {says!r}' for name, says in wanted.items()
                     if tree.get(name, {}).get('says') != says]
            wrong += [f'{name!r} is there' for name in tree if name not in WANTED and name not in ('hole', 'large')]
            test.ok(not wrong, f'{driver}: all that the layers say, and nothing else', *wrong)
            groups = TOGETHER[:2] if driver == 'squash' else TOGETHER
            wrong = [f'{names}: {tree[names[0]]}' for names in groups
                     if tree[names[0]]['with'] != sorted(names) or tree[names[0]]['links'] != len(names)]
            test.ok(not wrong, f'{driver}: hard links are of one file', *wrong)
            test.ok(tree['hole']['says'] == f"- 644 0:0 {1 << 30} large b'x' {bytes(1)}", f'{driver}: the hole', tree['hole'])
            kept = kept_size(test.path('root', 'storage', driver))
            test.ok(kept < 64 << 20, f'{driver}: the hole takes no room', kept)
            # It has no access control lists; its README says so.
            acl = {} if driver == 'squash' else {'system.posix_acl_access': ACL}
            said = {name: dict(tree[name]['attributes']) for name in ('attribute', 'capability', 'list', 'overlay', 'overlay-user')}
            test.ok(said == {'attribute': {'user.test': b'value\0\xff'}, 'capability': {'security.capability': CAPABILITY},
                             'list': acl, 'overlay': {}, 'overlay-user': {}},
                    f'{driver}: attributes', said)
        times = {'time': 1234567890, 'kept': 2000, 'merged': 4000, 'old-link': 1}
        for driver, tree in trees.items():
            wrong = {name: tree[name]['time'] for name, seconds in times.items() if tree[name]['time'] // 10 ** 9 != seconds}
            test.ok(not wrong, f'{driver}: times', wrong)
        for tree in trees.values():
            for entry in tree.values():
                # A squashfs file has whole seconds.
                entry['time'] //= 10 ** 9
            # The kernel's overlay tells the number of the layer below, of which one link was replaced.
            tree['other-of-pair']['links'] = 1
        for driver in usable[1:]:
            first, other = dict(trees[usable[0]]), dict(trees[driver])
            for tree in (first, other) if driver == 'squash' else ():
                for name in ('list', 'link', 'link-2'):
                    del tree[name]
            wrong = [f'{name!r}: {first.get(name)} and {other.get(name)}' for name in sorted(first.keys() | other.keys())
                     if first.get(name) != other.get(name)]
            test.ok(not wrong, f'{usable[0]} and {driver}: the same trees', *wrong)


if __name__ == '__main__':
    main()
