# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Tar archives, byte by byte, so that they can be wrong; and images of them.
"""

import gzip
import hashlib
import json
import os

BLOCK = 512


def octal(value, size):
    if value < 0 or value >= 8 ** (size - 1):
        # Base 256, as GNU tar does it.
        return (value % (1 << 8 * size) | 1 << 8 * size - 1).to_bytes(size, 'big')
    return b'%0*o\0' % (size - 1, value)


def raw(data):
    return data.encode('utf-8', 'surrogateescape') if isinstance(data, str) else data


def padded(data):
    return data + bytes(-len(data) % BLOCK)


def header(name, kind=b'0', size=0, mode=0o644, uid=0, gid=0, mtime=1000000000, link=b'', major=0,
           minor=0, checksum=None, magic=b'ustar\0' b'00'):
    block = b''.join((
        raw(name)[:100].ljust(100, b'\0'), octal(mode, 8), octal(uid, 8), octal(gid, 8),
        octal(size, 12), octal(mtime, 12), b' ' * 8, kind, raw(link)[:100].ljust(100, b'\0'), magic,
        bytes(64), octal(major, 8), octal(minor, 8), bytes(167)))
    if checksum is None:
        checksum = sum(block)
    return block[:148] + b'%06o\0 ' % checksum + block[156:]


def record(key, value):
    rest = len(raw(key)) + len(raw(value)) + 3
    length = rest + 1
    while len(str(length)) + rest != length:
        length = len(str(length)) + rest
    return b'%d ' % length + raw(key) + b'=' + raw(value) + b'\n'


def pax(kind=b'x', **records):
    return pax_of(records, kind)


def pax_of(records, kind=b'x'):
    data = b''.join(record(key, value) for key, value in records.items())
    return header('pax', kind, len(data)) + padded(data)


def file(name, data=b'data', **more):
    data = raw(data)
    return header(name, more.pop('kind', b'0'), more.pop('size', len(data)), **more) + padded(data)


def directory(name, mode=0o755, **more):
    return header(name, b'5', mode=mode, **more)


def symlink(name, target, **more):
    return header(name, b'2', link=target, mode=0o777, **more)


def hardlink(name, target, **more):
    return header(name, b'1', link=target, **more)


def node(name, kind, major=0, minor=0, **more):
    return header(name, {'c': b'3', 'b': b'4', 'p': b'6'}[kind], major=major, minor=minor, **more)


def attribute(name, key, value, entry=None):
    return pax_of({f'SCHILY.xattr.{key}': value}) + (entry or file(name))


def long_name(name, entry):
    return pax_of({'path': name}) + entry


def tar(*entries):
    return b''.join(entries) + bytes(2 * BLOCK)


def digest(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


def config_of(layers, **more):
    """The configuration of an image with these layers (as they are without compression)."""
    document = {'architecture': {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(os.uname().machine, os.uname().machine),
                'os': 'linux', 'config': {'Cmd': ['/x']},
                'rootfs': {'type': 'layers', 'diff_ids': [digest(layer) for layer in layers]}}
    document.update(more)
    return document


def docker(layers, config=None, manifest=None, names=('localhost/x:latest',), extra=()):
    """What "docker save" writes. config and manifest may be of any type, or bytes."""
    config = dump(config_of(layers) if config is None else config)
    if manifest is None:
        manifest = [{'Config': 'config.json', 'RepoTags': list(names),
                     'Layers': [f'{number}/layer.tar' for number in range(len(layers))]}]
    members = [file(f'{number}/layer.tar', layer) for number, layer in enumerate(layers)]
    return tar(*members, file('config.json', config), *extra, file('manifest.json', dump(manifest)))


def dump(document):
    return document if isinstance(document, bytes) else json.dumps(document).encode()


class Layout:
    """An OCI layout, of which each part may be replaced before it becomes an archive."""

    MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
    CONFIG = 'application/vnd.oci.image.config.v1+json'
    LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

    def __init__(self, layers=(), config=None):
        self.blobs = {}
        self.layout = {'imageLayoutVersion': '1.0.0'}
        packed = [gzip.compress(layer, mtime=0) for layer in layers]
        self.manifest = {
            'schemaVersion': 2, 'mediaType': self.MANIFEST,
            'config': self.add(dump(config_of(layers) if config is None else config), self.CONFIG),
            'layers': [self.add(one, self.LAYER) for one in packed]}
        self.descriptor = {}
        self.index = None

    def add(self, data, media_type):
        self.blobs[digest(data)] = data
        return {'mediaType': media_type, 'digest': digest(data), 'size': len(data)}

    def members(self):
        manifest = {**self.add(dump(self.manifest), self.MANIFEST),
                    'annotations': {'org.opencontainers.image.ref.name': 'x'}, **self.descriptor}
        index = self.index
        if index is None:
            index = {'schemaVersion': 2, 'manifests': [manifest]}
        found = {'oci-layout': dump(self.layout), 'index.json': dump(index)}
        found.update({'blobs/' + name.replace(':', '/'): data for name, data in self.blobs.items()})
        return found

    def tar(self):
        return tar(*(file(name, data) for name, data in self.members().items() if data is not None))

    def write(self, top):
        for name, data in self.members().items():
            path = os.path.join(top, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'wb') as target:
                target.write(data)
        return top
