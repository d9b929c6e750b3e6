#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Layers that want out of their directory, or to be what they are not, loaded as images.

What is refused leaves no image, no blob and no stage behind; what is odd but right is accepted.
"""

import bz2
import gzip
import lzma

import archives as a
from hostile import Test


def escapes(canary):
    """Names and links that lead out, or through something that is no directory."""
    upwards = 'its name leads upwards'
    through = 'is used as a directory and is none'
    inner = canary.lstrip('/')
    for name in ('../canary/file', 'a/../../canary/file', 'a/..', '..', './../canary/new', '/../x',
                 'a/b/../../../x', './/..//x', 'a/../b'):
        yield f'file "{name}"', [a.file(name)], upwards
        yield f'directory "{name}"', [a.directory(name)], upwards
        yield f'symbolic link "{name}"', [a.symlink(name, 'x')], upwards
        yield f'hard link to "{name}"', [a.file('f'), a.hardlink('h', name)], upwards
    yield 'whiteout of ".."', [a.file('d/.wh...')], 'd/.wh...'
    yield 'whiteout of "."', [a.file('.wh..')], '.wh..'
    yield 'whiteout of nothing', [a.file('.wh.')], '.wh.'
    yield 'whiteout above', [a.file('../.wh.canary')], upwards
    for target in (canary, '../../../../canary', '/', '.', '..', '/proc/self/root' + canary):
        yield f'file through a link to {target}', [a.symlink('out', target), a.file('out/file')], through
        yield f'directory through a link to {target}', [a.symlink('out', target), a.directory('out/sub')], None
        yield f'device through a link to {target}', [a.symlink('out', target), a.node('out/n', 'c', 1, 3)], through
        yield f'link through a link to {target}', [a.symlink('out', target), a.symlink('out/l', 'x')], through
        yield f'whiteout through a link to {target}', [a.symlink('out', target), a.file('out/.wh.file')], through
        yield f'opaque whiteout through a link to {target}', [
            a.symlink('out', target), a.file('out/.wh..wh..opq')], through
        yield f'hard link through a link to {target}', [
            a.symlink('out', target), a.hardlink('h', 'out/file')], through
    yield 'directory that becomes a link', [
        a.directory('d'), a.file('d/one'), a.symlink('d', canary), a.file('d/file')], through
    yield 'deep directory that becomes a link', [
        a.file('a/b/c/one'), a.symlink('a/b', canary), a.file('a/b/sub/file')], through
    yield 'hard link to a link, gone through', [
        a.symlink('s', canary), a.hardlink('h', 's'), a.file('h/file')], through
    yield 'file below a file', [a.file('f'), a.file('f/g')], through
    yield 'file below a device', [a.node('n', 'c', 1, 3), a.file('n/g')], through
    yield 'file below a FIFO', [a.node('p', 'p'), a.file('p/g')], through
    lacks = 'is a hard link to a file that its layer lacks'
    for target in ('later', 'none', inner + '/file', canary + '/file', 'proc/self/exe'):
        yield f'hard link to {target}', [a.hardlink('h', target), a.file('later')], lacks
    yield 'hard link to a directory', [a.directory('d'), a.hardlink('h', 'd')], 'is a hard link to a directory'
    yield 'hard link to the top', [a.hardlink('h', '/')], 'is a hard link to a directory'
    yield 'hard link to itself', [a.file('h'), a.hardlink('h', './h')], 'is a hard link to itself'
    yield 'hard link without a target', [a.file('f'), a.hardlink('h', '')], None
    yield 'top that is a link', [a.symlink('.', canary)], 'the top of the archive is no directory'
    yield 'top that is a file', [a.file('.')], None
    yield 'link to nothing', [a.symlink('l', '')], 'is a symbolic link to nothing'
    yield 'file without a name', [a.file('')], 'without a name'
    yield 'name that is /', [a.file('/')], None


def fields():
    """Numbers and texts of headers that are out of range."""
    for key in ('uid', 'gid'):
        for value in ('4294967295', '4294967296', '-1', '99999999999999999999', '18446744073709551616'):
            yield f'{key} {value}', [a.pax_of({key: value}), a.file('f')], 'its user or group id is out of range'
        for value in (2 ** 32 - 1, 2 ** 32, 2 ** 40, -1, -2 ** 31):
            yield f'{key} {value} in base 256', [a.file('f', **{key: value})], 'its user or group id is out of range'
    yield 'name of 256 bytes', [a.long_name('p' * 256, a.file('f'))], 'more than 255 bytes'
    yield 'link below a name of 256 bytes', [a.long_name('p' * 256 + '/f', a.symlink('f', 'x'))], 'more than 255 bytes'
    yield 'name of 5000 bytes', [a.long_name('/'.join(['p' * 200] * 25), a.file('f'))], 'longer than 4095 bytes'
    yield 'name 300 deep', [a.long_name('/'.join('d' * 300), a.file('f'))], 'deeper than 256 directories'
    yield 'name 300 deep with dots', [a.long_name('d/./' * 300 + 'f', a.file('f'))], 'deeper than 256 directories'
    yield 'target of 5000 bytes', [a.pax_of({'linkpath': 't' * 5000}), a.symlink('l', 't')], None
    for size in ('9223372036854775807', '-5', '18446744073709551615', '1099511627776'):
        yield f'size {size}', [a.pax_of({'size': size}), a.file('f')], None
    for size in (-1, 2 ** 62, 2 ** 40):
        yield f'size {size} in base 256', [a.file('f', size=size)], None
    yield 'header without a checksum', [a.file('first'), a.file('f', checksum=0)], None
    yield 'record without an end', [a.header('pax', b'x', 6) + a.padded(b'5 a=b\n'), a.file('f')], None
    yield 'record that is too long', [a.header('pax', b'x', 12) + a.padded(b'99 path=abc\n'), a.file('f')], None
    yield 'record of length 0', [a.header('pax', b'x', 8) + a.padded(b'0 a=bcd\n'), a.file('f')], None
    yield 'record without "="', [a.header('pax', b'x', 6) + a.padded(b'6 abc\n'), a.file('f')], None
    yield 'records of 2 MiB', [a.pax_of({'comment': 'v' * 2 ** 21}), a.file('f')], None
    yield 'a hundred records before one file', [a.pax(comment='again')] * 100 + [a.file('f')], 'this is no tar archive'
    yield 'records without an entry', [a.file('f'), a.pax(path='x')], None
    yield 'a part of a file of another volume', [a.header('f', b'M', 4) + a.padded(b'data')], None
    yield 'a file that breaks off', [a.file('f', size=100000)], 'archive is truncated'
    yield 'data behind the end', [a.file('f'), bytes(1024), a.file('hidden')], 'data follows the end of the archive'


def overlay():
    """What overlay file systems would take for their own."""
    yield 'character device 0:0', [a.node('gone', 'c')], 'is a character device 0:0'
    yield 'character device 0:0 in place of a file', [a.file('f'), a.node('f', 'c')], 'is a character device 0:0'
    nonsense = 'the kernel refuses the value of attribute'
    yield 'capabilities of nonsense', [a.attribute('f', 'security.capability', b'nonsense')], nonsense
    for name in ('access', 'default'):
        yield f'{name} list of nonsense', [
            a.attribute('d', f'system.posix_acl_{name}', b'nonsense', a.directory('d'))], nonsense


def damaged(good):
    """Streams that are no whole archive."""
    yield 'nothing', b'', 'archive is empty'
    yield 'text', b'hello, world\n' * 100, 'this is no tar archive'
    yield 'a header cut short', good[:300], None
    yield 'data cut short', good[:700], 'truncated'
    for name, pack in (('gzip', gzip.compress), ('xz', lzma.compress), ('bzip2', bz2.compress)):
        packed = pack(good)
        yield f'{name} cut short', packed[:-10], None
        yield f'{name} with a wrong byte', packed[:len(packed) // 2] + bytes(
            [packed[len(packed) // 2] ^ 0xff]) + packed[len(packed) // 2 + 1:], None
        yield f'{name} with data behind it', packed + b'behind it', None
        yield f'{name} of text', pack(b'hello, world\n'), 'this is no tar archive'
        yield f'{name} of {name}', pack(packed), 'this is no tar archive'
        yield f'{name} of nothing', pack(b''), None
    yield 'gzip header alone', gzip.compress(good)[:10], None
    yield 'zeros without an end', gzip.compress(bytes(1 << 20)) * 80, 'of zeros follow its end'


def odd(canary):
    """What is strange, and right."""
    yield 'an empty layer', []
    yield 'long name', [a.long_name('p' * 255, a.file('f'))]
    yield 'name 255 deep', [a.long_name('d/' * 255 + 'f', a.file('f'))]
    yield 'duplicate files', [a.file('f', 'first'), a.file('f', 'second')]
    yield 'duplicate directories', [a.directory('d', 0o700), a.file('d/f'), a.directory('d/', 0o755)]
    yield 'file, then directory', [a.file('x'), a.directory('x'), a.file('x/y')]
    yield 'directory, then file', [a.directory('x'), a.file('x/y'), a.file('x')]
    yield 'hard link behind its target', [a.file('f'), a.hardlink('h', 'f')]
    yield 'hard link by another spelling', [a.file('d/f'), a.hardlink('h', './/d//f')]
    yield 'hard link to a link', [a.symlink('s', canary), a.hardlink('h', 's')]
    yield 'absolute names', [a.file(canary + '/file', 'mine'), a.file('//b')]
    yield 'links that lead outside', [a.symlink('l', canary), a.symlink('m', '../../../..'), a.symlink('n', '/proc/self')]
    yield 'file in place of a link', [a.symlink('f', canary + '/file'), a.file('f', 'mine')]
    yield 'file and directory of the whiteout\'s own layer', [a.file('d/f'), a.file('d/.wh.f'), a.file('.wh.none')]
    yield 'opaque directory', [a.directory('d'), a.file('d/.wh..wh..opq'), a.file('d/f')]
    yield 'no entry for directories', [a.file('a/b/c/d')]
    yield 'id 4294967294', [a.pax_of({'uid': '4294967294', 'gid': '4294967294'}), a.file('f')]
    yield 'devices', [a.node('c', 'c', 1, 3), a.node('b', 'b', 7, 0), a.node('p', 'p')]
    yield 'modes', [a.file('s', mode=0o6755), a.directory('t', 0o1777), a.file('n', mode=0)]
    yield 'bytes that are no UTF-8', [a.file('latin-\udce9'), a.file('esc\033[31m\n')]
    yield 'times before 1970 and far ahead', [a.pax(mtime='-1.5'), a.file('a'), a.pax(mtime='99999999999'), a.file('b')]
    yield 'a tebibyte of hole', [
        a.header('pax', b'x', 55) + a.padded(b'22 GNU.sparse.map=0,1\n33 GNU.sparse.size=1099511627776\n'),
        a.file('hole', 'x')]
    yield 'attributes of overlay file systems', [
        a.attribute('a', 'trusted.overlay.opaque', 'y', a.directory('a')),
        a.attribute('b', 'user.overlay.redirect', '/etc', a.directory('b')),
        a.attribute('c', 'trusted.overlay.metacopy', ''), a.attribute('d', 'user.overlay.whiteout', 'y')]
    # GNU tar says in it what the archive is called.
    yield 'a volume label', [a.header('label', b'V'), a.file('f')]
    yield 'an entry of an unknown type, which is a file', [a.file('f', kind=b'Z')]
    yield 'a name with a NUL, which ends it', [a.pax_of({'path': 'a\0/../../b'}), a.file('f')]
    yield 'global records', [a.pax(b'g', comment='x'), a.file('f')]
    yield 'an old archive', [a.file('f', magic=bytes(8))]
    yield 'zeros of a tape', [a.file('f'), bytes(1 << 20)]
    yield '3000 files', [a.file(f'd/{number}', '') for number in range(3000)]


def main():
    with Test() as test:
        # What a store is without any image.
        test.wanted('import', '--quiet', test.write('first.tar', a.tar(a.file('x'))), 'first')
        test.wanted('rmi', 'first')
        root = test.path('root')
        for table in (escapes(test.canary), fields(), overlay()):
            for what, entries, text in table:
                path = test.write('image.tar', a.docker([a.tar(*entries)]))
                test.refused(what, ['load', '--quiet', '-i', path], text, keep=root)
        for what, data, text in damaged(a.tar(a.file('f', 'data' * 3000), a.file('g'))):
            path = test.write('layer', data)
            test.refused(f'import of {what}', ['import', '--quiet', path, 'x'], text, keep=root)
        for what, entries in odd(test.canary):
            path = test.write('image.tar', a.docker([a.tar(*entries)]))
            test.accepted(what, ['load', '--quiet', '-i', path], 'Loaded image: localhost/x:latest')
            test.wanted('create', '--name', 'x', 'x')
            test.wanted('rm', 'x')
            test.wanted('rmi', 'x')
        layers = [a.tar(a.file(f'f{number}')) for number in range(200)]
        path = test.write('image.tar', a.docker(layers))
        test.accepted('200 layers', ['load', '--quiet', '-i', path], 'Loaded image')
        test.accepted('200 layers', ['create', '--name', 'x', 'x'])


if __name__ == '__main__':
    main()
