#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Arguments that name something else than a file of the right kind: FIFOs that nobody opens, devices,
sockets, directories, links that lead nowhere or in circles, what is too large or no text; and words
that are too long, no UTF-8, or numbers out of range.
"""

import os
import socket

import archives as a
from hostile import Test, together

NOBODY = 'it is a FIFO that nobody'


def kinds(test):
    """Names of things that are no file, and why a reader can't take them."""
    os.mkfifo(test.path('fifo'))
    os.mkdir(test.path('directory'))
    os.symlink('nowhere', test.path('broken'))
    os.symlink('loop', test.path('loop'))
    os.symlink(test.path('fifo'), test.path('to-fifo'))
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(test.path('socket'))
    test.write('secret', 'x')
    return ['directory', 'broken', 'loop', 'socket', 'none', 'secret/below', '/dev/zero', 'n' * 300]


def readers(path):
    """Each option and argument that reads a file."""
    create = ['create', 'box']
    return {
        'import': ['import', '--quiet', path, 'x'],
        'load': ['load', '--quiet', '-i', path],
        'create --env-file': ['create', '--env-file', path, 'box'],
        'create --label-file': ['create', '--label-file', path, 'box'],
        'exec --env-file': ['exec', '--env-file', path, 'one', 'true'],
        'restore --import': ['container', 'restore', '--import', path],
        '--security-opt seccomp': [create[0], '--security-opt', f'seccomp={path}', create[1]],
    }


def fifos(test):
    """Nobody opens the other end. Those that may wait do it at the same time."""
    jobs = {}
    uses = {**readers(None),
            '--trace': ['--trace', None, 'ps'],
            'save': ['save', '--quiet', '-o', None, 'box'],
            'run --pidfile': ['run', '--rm', '--pidfile', None, 'box'],
            'create --cidfile': ['create', '--cidfile', None, 'box'],
            'export': ['container', 'checkpoint', '--export', None, 'one'],
            'an image that is': ['create', None]}
    for number, (what, words) in enumerate(uses.items()):
        # One for each: what writes would be who the others wait for.
        path = test.path(f'fifo{number}')
        os.mkfifo(path)
        os.symlink(path, test.path(f'to-fifo{number}'))
        for name in (path, test.path(f'to-fifo{number}')):
            jobs[what, name] = [name if word is None else str(word).replace('=None', f'={name}') for word in words]
    answers = together([test.command(*words) for words in jobs.values()])
    for (what, name), answer in zip(jobs, answers):
        waits = ('import', 'load', 'create --env-file', 'create --label-file', 'exec --env-file', '--trace', 'save',
                 'run --pidfile')
        found = test.faults(answer, 125, NOBODY if what in waits else None)
        test.ok(not found, f'{what} {os.path.basename(name)}: refused', *found)


def files(test, names):
    for name in names:
        path = name if name.startswith('/') else test.path(name)
        for what, words in readers(path).items():
            if name == 'directory' and what in ('import', 'load'):
                continue
            test.refused(f'{what} {name[:20]}', words, None)
    # A directory is imported; and as a layout it is none.
    test.refused('load directory', ['load', '--quiet', '-i', test.path('directory')], 'neither "oci-layout" nor "manifest.json"')
    texts = {
        'a NUL': b'A=1\0B=2\n', 'no UTF-8': b'A=\xff\n', 'no name': b'=x\n', 'too much': b'#' * 1100000,
        'an overlong form': b'A=\xc0\x80\n', 'a surrogate': b'A=\xed\xa0\x80\n',
    }
    for what, data in texts.items():
        path = test.write('text', data)
        test.refused(f'--env-file of {what}', ['create', '--env-file', path, 'box'], None)
        test.refused(f'--label-file of {what}', ['create', '--label-file', path, 'box'], None)
        test.refused(f'exec --env-file of {what}', ['exec', '--env-file', path, 'one', 'true'], None)
    profiles = {
        'nothing': b'', 'text': b'hello', 'an array': b'[]', 'no action': b'{}', 'half': b'{"defaultAction": "SCMP_ACT',
        'depth': b'[' * 100000, 'an unknown action': b'{"defaultAction": "SCMP_ACT_NONSENSE"}',
        'a wrong type': b'{"defaultAction": 1}', 'too much': b' ' * (5 << 20) + b'{}',
        'names twice': b'{"defaultAction": "SCMP_ACT_ALLOW", "defaultAction": "SCMP_ACT_ERRNO"}',
        'an index of 9': b'{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO",'
                         b' "args": [{"index": 9, "value": 1, "op": "SCMP_CMP_EQ"}]}]}',
        'an architecture of nobody': b'{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_VAX"]}',
    }
    for what, data in profiles.items():
        path = test.write('profile', data)
        test.refused(f'seccomp profile of {what}', ['run', '--rm', '--security-opt', f'seccomp={path}', 'box'], None)


def words(test):
    """Values that no person types."""
    huge = ('4294967295', '4294967296', '-1', '99999999999999999999', '0x10', ' 1', '1 ', '+1', '1e3', '')
    for value in huge:
        test.refused(f'--user {value!r}', ['run', '--rm', '--user', value, 'box'], None)
        test.refused(f'--user 0:{value!r}', ['run', '--rm', '--user', f'0:{value}', 'box'], None)
        test.refused(f'--group-add {value!r}', ['run', '--rm', '--group-add', value, 'box'], None)
    for option, values in {
            '--hostname': ('a\nb', 'a\033b', 'n' * 65, '-x', 'a b'),
            '--dns': ('1.1.1.1\nsearch evil', '999.1.1.1', '::g'),
            '--dns-search': ('a\nb', 'a b'),
            '--add-host': ('a\nb:1.1.1.1', 'a:1.1.1.1\n2.2.2.2 b', 'a:', ':1.1.1.1', 'a b:1.1.1.1'),
            '--name': ('../x', 'a/b', '.', '..', 'a\nb', 'a\033[31m', 'n' * 300, '-x', 'a b'),
            '--env': ('=x', 'A\udcff=1', ''),
            '--label': ('', '=x', 'a\udcff=1'),
            '--workdir': ('relative', 'a\udcff'),
            '--entrypoint': ('["', '[1]', '[' * 100000),
            '--memory': ('99999999999999999999g', '-1g', 'nan', '1gg', ''),
            '--cpus': ('-1', 'nan', 'inf', '1e999', ''),
            '--pids-limit': ('99999999999999999999', '1x', '-7'),
            '--shm-size': ('-1', '99999999999999999999g'),
            '--publish': ('0:80', '70000:80', '80:70000', '1-3:1-2', '3-1:3-1', '1.1.1:80:80', '80:80/sctpp'),
            '--device': ('/dev/null:/../../x', '/none', '/dev/null:/dev/x:q', '/etc/passwd'),
            '--volume': ('/tmp:/proc', '/tmp:/', '/tmp:/../x', '/tmp:x', ':/x', '/tmp:/x:nonsense', '/none/at/all:/x:ro,rw'),
            '--mount': ('type=bind', 'type=nonsense,dst=/x', 'type=bind,src=/tmp,dst=/../x', 'type=tmpfs,dst=/x,size=-1'),
            '--tmpfs': ('/../x', 'x', '/x:size=99999999999999999999g', '/x:nonsense'),
            '--sysctl': ('kernel.core_pattern=|/x', 'net/../kernel.core_pattern=x', '=x', 'net.x', 'kernel.msgmax=1\n2'),
            '--cap-add': ('nonsense', 'cap_', 'CAP_CHOWN\n'),
            '--ulimit': ('nofile=2:1', 'nonsense=1', 'nofile=-5', 'nofile=99999999999999999999'),
            '--cgroup-parent': ('../../x', '/a/../../x', 'a\nb'),
            '--stop-signal': ('SIGNONSENSE', '65', '0', '-1'),
            '--security-opt': ('nonsense', 'seccomp=', 'label=x', 'apparmor='),
            '--network': ('../x', 'a/b', 'container:', 'ns:relative', 'ns:/etc/passwd', 'n' * 300),
            '--pid': ('container:', 'container:none', 'ns:/etc/passwd', 'nonsense'),
            '--log-opt': ('max-size=-1', 'max-file=0', 'nonsense=1', 'max-size=99999999999999999999'),
            '--runtime': ('../../native', '/x', 'Native', 'na\ntive', 'native:x:y'),
            '--storage': ('../vfs', '/x', 'VFS', ''),
    }.items():
        for value in values:
            # Where a namespace is, is looked at when it is entered.
            verb = ['run', '--rm'] if value.startswith('ns:/') else ['create']
            test.refused(f'{option} {value[:40]!r}', [*verb, option, value, 'box'], None)
    for name in ('../x', '/', 'a//b', 'A', 'x:', 'x@', 'x@sha256:1', 'x:' + 't' * 129, 'n' * 300, 'a\033[31m', 'x\ny',
                 'x@sha256:' + 'g' * 64, ':x', 'x:y:z', 'localhost:99999999/x', '-', 'a..b/../c', 'x@md5:' + '0' * 32):
        test.refused(f'name of an image {name[:30]!r}', ['tag', 'box', name], None)
        test.refused(f'image {name[:30]!r}', ['create', '--', name], None)
    for template in ('{{', '{{.}', '{{end}}', '{{range .X}}', '{{' * 5000, '{{' + '(' * 100000 + '}}',
                     '{{.Nonsense}}', '{{"', '{{index . 99999999999999999999}}', '{{if}}x{{end}}', '\udcff{{'):
        test.refused(f'--format {template[:30]!r}', ['inspect', '--format', template, 'one'], None)
    for config in ('x', 'engine.=1', '.x=1', 'engine.storage', 'engine.storage=', 'engine.storage=../x', 'engine.nonsense=1',
                   'storage.overlay.nonsense=1', 'engine.storage=a\nb', 'a\udcff.b=1', '[engine].storage=vfs', 'engine.dns=x\ny'):
        test.refused(f'--config {config!r}', ['--config', config, 'config', 'show'], None)


def volumes(test):
    """What is put into a container is opened by nobody but its program, which this image does not have."""
    for name in ('fifo', 'to-fifo', 'socket', 'secret', 'directory', '/dev/null'):
        source = name if name.startswith('/') else test.path(name)
        for words in (['--volume', f'{source}:/v'], ['--mount', f'type=bind,src={source},dst=/v,ro']):
            test.refused(f'run {words[0]} {name}', ['run', '--rm', '--network', 'none', *words, 'box'], 'program "/x"', status=127)
    for name in ('broken', 'loop', 'none', 'secret/below'):
        source = test.path(name)
        for words in (['--volume', f'{source}:/v'], ['--mount', f'type=bind,src={source},dst=/v,ro']):
            test.refused(f'{words[0]} {name}', ['run', '--rm', '--network', 'none', *words, 'box'], source)


def key_files(test):
    """Configurations that are no files, or no key files. In a drop-in they are the same."""
    texts = {
        'no group': 'storage=vfs\n', 'half a group': '[engine\n', 'an empty group': '[]\n', 'a group of nobody': '[x]\na=1\n',
        'a group with a slash': '[storage.../../x]\na=1\n', 'no key': '[engine]\n=vfs\n', 'no value': '[engine]\nstorage\n',
        'a key twice': '[engine]\nstorage=vfs\nstorage=overlay\n', 'an unknown key': '[engine]\nx=1\n', 'a locale': '[engine]\nstorage[de]=vfs\n',
        'a NUL': '[engine]\nstorage=v\0fs\n', 'no UTF-8': b'[engine]\nstorage=\xff\n', 'a control character': '[engine]\nstorage=\033\n',
        'a line break in a value': '[engine]\nstorage=a\\nb\n', 'an unknown escape': '[engine]\nstorage=\\q\n',
        'half an escape': '[engine]\nstorage=vfs\\', 'a mark': b'\xef\xbb\xbf[engine]\n', 'UTF-16': '[engine]\n'.encode('utf-16'),
        'a path for a plugin': '[engine]\nstorage=../../x\n', 'an absolute plugin': '[engine]\nstorage=/tmp/x.so\n', 'a directory that is relative': '[engine]\nroot=x\n',
        'a number too large': '[engine]\npids-limit=99999999999999999999\n', 'more than a MiB': '#' * 1100000, 'zeros': bytes(100),
        'a long line': '[engine]\n' + 'v' * 500000 + '=1' + '\n', '10000 groups': ''.join(f'[x{n}]\n' for n in range(10000)),
    }
    show = ['config', 'show']
    for what, text in texts.items():
        path = test.write('conf', text)
        test.refused(f'key file with {what}', show, path, environment={'DAVIT_CONFIG': path})
    data = test.path('data', 'davit.conf')
    os.mkdir(test.path('data'))
    for name in ('fifo', 'directory', 'loop', 'socket', '/dev/zero'):
        target = name if name.startswith('/') else test.path(name)
        test.refused(f'key file that is {name}', show, target, environment={'DAVIT_CONFIG': target})
        os.symlink(target, data)
        test.refused(f'shipped key file that is {name}', show, data, environment={'DAVIT_DATADIR': test.path('data')})
        os.unlink(data)


def odd(test):
    """What is strange, and right."""
    done = '/proc/self/fd/0'
    with open(test.write('empty', ''), 'rb') as empty:
        test.accepted('an empty environment file', ['create', '--env-file', done, 'box'], stdin=empty)
    for how, writes in (('a pipe', b'A=from a pipe\n'), ('an empty pipe', b'')):
        ends = os.pipe()
        os.write(ends[1], writes)
        os.close(ends[1])
        with os.fdopen(ends[0], 'rb') as pipe:
            test.accepted(f'an environment file that is {how}', ['create', '--env-file', done, 'box'], stdin=pipe)
    archive = test.write('good.tar', a.tar(a.file('x')))
    for what, words in (('import', ['import', '--quiet', test.path('fifo'), 'piped']),
                        ('create --env-file', ['create', '--env-file', test.path('fifo'), 'box'])):
        source = archive if what == 'import' else test.write('env', 'A=1\n')
        answers = together([['cp', source, test.path('fifo')], test.command(*words)])
        test.ok(answers[1][0] == 0, f'{what} of a FIFO with a writer: accepted', answers)
    test.accepted('a label of 100 KB', ['create', '--label', 'a=' + 'v' * 100000, 'box'])
    test.accepted('a name of letters', ['create', '--env', 'żółw=日本', '--label', 'ключ=значение', 'box'])
    test.accepted('user 4294967294', ['create', '--user', '4294967294:4294967294', 'box'])
    test.accepted('/dev/null as environment', ['create', '--env-file', '/dev/null', 'box'])


def main():
    with Test() as test:
        names = kinds(test)
        tree = test.path('tree')
        os.mkdir(tree)
        test.wanted('import', '--quiet', '--change', 'CMD ["/x"]', tree, 'box')
        test.wanted('create', '--name', 'one', 'box')
        fifos(test)
        files(test, names)
        volumes(test)
        key_files(test)
        words(test)
        made = test.davit('ps', '--all', '--noheading')[1]
        test.ok(made.count('\n') == 1, 'none of it made a container', made)
        odd(test)


if __name__ == '__main__':
    main()
