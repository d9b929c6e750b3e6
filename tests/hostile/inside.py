#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Containers of images whose files mean ill to who reads them from outside: passwd and group files that
are none, directories that are links to what is outside, users that are no users.
"""

import shutil

import archives as a
from hostile import Test

PASSWD = 'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:Alice:/home/alice:/bin/sh\n'
GROUP = 'root:x:0:\nalice:x:1000:\nstaff:x:50:alice\n'


def readers(canary):
    """What /etc/passwd and /etc/group can be instead, and what is said of it."""
    yield 'a FIFO', lambda name: [a.node(name, 'p')], 'it is a FIFO'
    yield 'a device', lambda name: [a.node(name, 'c', 1, 5)], 'it is a character device'
    yield 'a block device', lambda name: [a.node(name, 'b', 7, 200)], 'it is a block device'
    yield 'a directory', lambda name: [a.directory(name)], 'it is a directory'
    yield 'a link to itself', lambda name: [a.symlink(name, name.rsplit('/', maxsplit=1)[-1])], 'Too many levels'
    yield 'a link to a FIFO', lambda name: [a.node('fifo', 'p'), a.symlink(name, '/fifo')], 'it is a FIFO'
    yield 'a link through /proc', lambda name: [a.symlink(name, '/proc/self/root' + canary + '/file')], None
    yield 'a link to the host', lambda name: [a.symlink(name, canary + '/file')], None
    yield 'a link upwards', lambda name: [a.symlink(name, '../../../../../..' + canary + '/file')], None
    yield 'a file of 11 MiB', lambda name: [a.file(name, b'x' * (11 << 20))], 'longer than'
    yield 'a hole of 1 TiB', lambda name: [
        a.header('pax', b'x', 55) + a.padded(b'22 GNU.sparse.map=0,1\n33 GNU.sparse.size=1099511627776\n') + a.file(name, 'x')], 'longer than'


# Lines of which none makes somebody of the user "eve".
LINES = (
    '', 'eve', 'eve:', 'eve:x', 'eve:x:', 'eve:x:1', 'eve:x::0:::', 'eve:x:-1:0:::', 'eve:x:4294967295:0:::', 'eve:x:4294967296:0:::',
    'eve:x:0x0:0:::', 'eve:x: 0:0:::', 'eve:x:0 :0:::', 'eve:x:+0:0:::', 'eve:x:1e1:0:::', 'eve:x:18446744073709551616:0:::',
    'eve:x:0:4294967295:::', 'eve:x:0:-1:::', 'eve:x:0:x:::', ' eve:x:0:0:::', 'eve :x:0:0:::', '#eve:x:0:0:::', '+eve:x:0:0:::', 'Eve:x:0:0:::',
    'eve\0:x:0:0:::', 'x' * 100000 + ':x:0:0:::', ':x:0:0:::', '\neve', 'mallory:x:0:0:::\reve:x:0:0:::',
)


def places(canary):
    """Directories of an image that lead elsewhere, where the engine mounts or writes."""
    for name in ('etc', 'dev', 'proc', 'sys', 'run', 'tmp', 'root', 'dev/shm', 'dev/pts', 'etc/hosts', 'etc/resolv.conf',
                 'etc/hostname', 'etc/mtab', 'run/.containerenv', 'proc/self', 'sys/fs/cgroup', '.dockerenv', 'work', 'volume', 'volume/inner'):
        for target in (canary, '../../../../..' + canary, '/proc/1/root' + canary, name.rsplit('/', maxsplit=1)[-1]):
            yield f'{name} that is a link to {target[:30]}', [a.symlink(name, target)]
        yield f'{name} that is a FIFO', [a.node(name, 'p')]
        yield f'{name} that is a device', [a.node(name, 'c', 1, 5)]
        yield f'{name} that is a file', [a.file(name)]


def main():
    with Test() as test:
        busybox = shutil.which('busybox')
        if busybox is None:
            print('1..0 # SKIP needs busybox')
            return
        with open(busybox, 'rb') as file:
            program = a.tar(a.file('bin/busybox', file.read(), mode=0o755))
        normal = [a.file('etc/passwd', PASSWD), a.file('etc/group', GROUP)]

        def image(*entries):
            layers = [program, a.tar(*entries)]
            config = {**a.config_of(layers), 'config': {'Cmd': ['/bin/busybox', 'id']}}
            test.wanted('load', '--quiet', '-i', test.write('image.tar', a.docker(layers, config)))

        def run(*options, command=()):
            return ['run', '--rm', '--network', 'none', *options, 'x', *command]

        # So that the layer that all have is kept.
        test.wanted('load', '--quiet', '-i', test.write('image.tar', a.docker([program], names=['localhost/kept:latest'])))
        image(*normal)
        test.accepted('a user of the image', run('--user', 'alice'), 'uid=1000(alice) gid=1000(alice) groups=50(staff),1000(alice)')
        for number in ('4294967294', '2147483648', '65534', '00'):
            test.accepted(f'user {number}', run('--user', number), f'uid={int(number)}')
        test.wanted('rmi', 'x')
        for what, make, text in readers(test.canary):
            image(*make('etc/passwd'), a.file('etc/group', GROUP))
            test.refused(f'user of a passwd file that is {what}', run('--user', 'alice'), text)
            test.accepted(f'number of one that is {what}', run('--user', '7', command=('/bin/busybox', 'echo', 'here')), 'here')
            test.wanted('rmi', 'x')
            image(a.file('etc/passwd', PASSWD), *make('etc/group'))
            test.refused(f'group of a group file that is {what}', run('--user', 'alice:staff'), text)
            test.refused(f'further group of one that is {what}', run('--group-add', 'staff'), text)
            test.wanted('rmi', 'x')
        for line in LINES:
            image(a.file('etc/passwd', PASSWD + line + '\n'), a.file('etc/group', GROUP))
            test.refused(f'user of the line {line[:30]!r}', run('--user', 'eve'), 'user "eve"')
            test.accepted(f'user behind the line {line[:30]!r}', run('--user', 'alice'), 'uid=1000')
            test.wanted('rmi', 'x')
        for what, entries in places(test.canary):
            image(*entries)
            status, out, err = test.davit(*run('--workdir', '/work', '--volume', f'{test.canary}/sub:/volume/inner:ro', '--tmpfs', '/tmp',
                                               command=('/bin/busybox', 'sh', '-c', 'echo x > /etc/new; echo x > /run/new; echo x > /tmp/new; echo here')))
            found = test.canary_fault()
            if status not in (0, 125) or status == 0 and 'here' not in out or status == 125 and 'davit: ' not in err:
                found += [f'{status}: {out[:300]} {err[:300]}']
            test.ok(not found, f'{what}: nothing outside is touched', *found)
            test.wanted('rmi', 'x')
        test.accepted('all of it is whole', ['system', 'check'])


if __name__ == '__main__':
    main()
