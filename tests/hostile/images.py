#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Images whose documents mean ill: manifest.json, oci-layout, index.json, manifests and configurations,
in archives and in directories. And what of an image is printed.
"""

import copy
import gzip
import json
import os
import socket

import archives as a
from hostile import Test

LAYER = a.tar(a.file('x'))
OTHER = a.tar(a.file('y'))
HEX = '0' * 64

# Documents of any kind that are no JSON, or too much of it.
TEXTS = {
    'empty': b'', 'a space': b' ', 'text': b'hello', 'null': b'null', 'a number': b'1', 'a string': b'"x"',
    'half': b'{"a": ', 'two documents': b'{}{}', 'a byte order mark': b'\xef\xbb\xbf{}', 'a comma too many': b'{"a": 1,}',
    'arrays 65 deep': b'[' * 65 + b']' * 65, 'arrays 200000 deep': b'[' * 200000, 'objects 5000 deep': b'{"a":' * 5000,
    'a NUL': b'{"a": "\0"}', 'an escaped NUL': b'{"a": "\\u0000"}', 'no UTF-8': b'{"a": "\xff"}',
    'half a surrogate': b'{"a": "\\ud800"}', 'a key twice': b'{"a": 1, "a": 2}', 'single quotes': b"{'a': 1}",
    'NaN': b'{"a": NaN}', 'a comment': b'/* x */{}', 'a control character': b'{"a": "\x1b"}', 'zeros': bytes(100),
    '5 MiB': b'{"a": "' + b'x' * (5 << 20) + b'"}',
}


def changed(document, *changes):
    """A copy with members set; a path of None stands for the document."""
    document = copy.deepcopy(document)
    for path, value in changes:
        at = document
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
    return document


def configurations():
    """Members of a configuration that are not what they should be."""
    good = a.config_of([LAYER])
    yield from ((f'that is {what}', data) for what, data in TEXTS.items())
    wrong = {
        'os': (1, []), 'architecture': (1, {}),
        'rootfs': (None, [], 'x', {}, {'type': 'layers'}, {'type': 'other', 'diff_ids': []}),
        'config': ([], 'x', 1), 'created': (1, '2026-13-45T00:00:00Z'),
    }
    for member, values in wrong.items():
        for value in values:
            yield f'with {member} {value!r}', changed(good, ((member,), value))
    for value in ([], ['sha256:' + HEX] * 2, ['sha256:' + HEX], [1], ['sha256:xyz'], ['../../x'], [None], 'x', {},
                  ['md5:' + HEX], ['sha256:' + HEX.upper() + 'A'], [a.digest(OTHER)]):
        yield f'with diff_ids {str(value)[:50]}', changed(good, (('rootfs', 'diff_ids'), value))
    for member, values in {
            'Env': ('A=1', {}, [1], ['A'], ['=x'], [''], ['A=\0'], [None], [['A=1']]),
            'Cmd': (1, {}, [1], [None], 'x', ['a\0']),
            'Entrypoint': (1, {}, [1], 'x'),
            'WorkingDir': (1, [], '/a\0b'),
            'User': (1, [], {}, 'a\0'),
            'Volumes': ([], 'x', {'a\0': {}}),
            'ExposedPorts': ([], 'x', 1),
            'Labels': ([], 'x', {'a': 1}, {'a': []}, {'a': 'b\0'}),
            'StopSignal': (1, [])}.items():
        for value in values:
            yield f'with {member} {value!r}', changed(good, (('config', member), value))


def tolerated():
    """Members that are wrong, and that images have: said where they are used, or of no use; and what is said."""
    good = a.config_of([LAYER])
    for value in ('windows', 'li\nnux', 'Linux'):
        yield f'with os {value!r}', changed(good, (('os',), value)), 125, 'containers are of linux'
    for member, values in {'os': ('', None), 'architecture': ('vax', ''), 'created': ('yesterday', '2026-01-01'),
                           'history': ({}, 'x', [1], [{'empty_layer': 'x'}], [{'created_by': 1}])}.items():
        for value in values:
            yield f'with {member} {value!r}', changed(good, ((member,), value)), 0, None
    for member, values in {
            'WorkingDir': ('relative', '../x'),
            'Volumes': ({'relative': {}}, {'/../x': {}}, {'/': {}}, {'': {}}),
            'ExposedPorts': ({'x': {}}, {'99999/tcp': {}}, {'80/nonsense': {}}, {'-1': {}}),
            'Labels': ({'a': None}, {'': 'x'}, {'a=b': 'c'}),
            'Env': (['A=a\nb'], ['A B=1'], ['PATH=']),
            'User': ('-1', '4294967295', 'a:b:c', 'root:')}.items():
        for value in values:
            yield f'with {member} {value!r}', changed(good, (('config', member), value)), 0, None
    for value in ('SIGNONSENSE', '99'):
        yield (f'with StopSignal {value!r}', changed(good, (('config', 'StopSignal'), value)), 0,
               f'the image has the stop signal "{value}", which is none; SIGTERM is used')


def manifests():
    """manifest.json of "docker save"."""
    yield from ((f'that is {what}', data) for what, data in TEXTS.items())
    one = {'Config': 'config.json', 'RepoTags': ['localhost/x:latest'], 'Layers': ['0/layer.tar']}
    yield 'that is an empty array', []
    yield 'that is an object', one
    for member, values in {
            'Config': (None, 1, '', 'none.json', '../config.json', '/etc/passwd', '../../../../etc/passwd', '0', '0/layer.tar',
                       'config.json/x', 'c' * 5000, 'a\nb', 'link', 'loop'),
            'Layers': (None, 1, {}, [1], [None], [''], ['none'], ['../x'], ['/etc/passwd'], ['config.json'], ['0'], ['link'],
                       ['0/layer.tar', '0/layer.tar'], [], ['0/layer.tar'] * 1000),
            'RepoTags': (1, {}, [1], [''], ['../x'], ['A B'], ['x@sha256:' + HEX], ['a\033[31m'], ['x:' + 't' * 200],
                         ['n' * 300], [None])}.items():
        for value in values:
            yield f'with {member} {str(value)[:50]!r}', [changed(one, ((member,), value))]
    yield 'with one good and one bad image', [one, changed(one, (('Config',), 'none.json'))]


def layouts():
    """Layouts, as functions that spoil a good one."""
    def member(name, data):
        def spoil(layout):
            members = layout.members()
            members[name] = data
            layout.members = lambda: members
        return spoil

    def descriptor(**changes):
        return lambda layout: layout.descriptor.update(changes)

    def manifest(*path_and_value):
        def spoil(layout):
            layout.manifest = changed(layout.manifest, path_and_value)
        return spoil

    def index(value):
        def spoil(layout):
            layout.index = value
        return spoil

    for what, data in TEXTS.items():
        yield f'oci-layout that is {what}', member('oci-layout', data)
        yield f'index.json that is {what}', member('index.json', data)
        yield f'manifest that is {what}', lambda layout, data=data: setattr(layout, 'manifest', data)
    for version in (None, 1, '', '0.9.0', '2.0.0', []):
        yield f'version {version!r}', member('oci-layout', a.dump({'imageLayoutVersion': version}))
    for value in ([], {}, {'schemaVersion': 2}, {'schemaVersion': 1, 'manifests': []}, {'schemaVersion': 2, 'manifests': []},
                  {'schemaVersion': 2, 'manifests': {}}, {'schemaVersion': 2, 'manifests': [1]},
                  {'schemaVersion': 2, 'manifests': [{}]}, {'schemaVersion': '2', 'manifests': []}):
        yield f'index {str(value)[:50]}', index(value)
    for key, values in {
            'digest': (None, 1, '', 'sha256:' + HEX, 'sha256:' + HEX[:-1], 'sha256:' + HEX[:-1] + 'G', 'sha256:../../x', 'md5:x',
                       'sha256:' + 'A' * 64, 'sha512:' + HEX * 2, '../../etc/passwd', HEX, 'sha256:' + HEX + '\n'),
            'size': (None, -1, 0, 1, 1 << 40, 1 << 62, 1 << 63, 1 << 70, 1.5, '10', [], 5 << 20),
            'mediaType': (1, '', 'application/x-nonsense', [], 'a\nb')}.items():
        for value in values:
            yield f'{key} {str(value)[:30]!r} of the manifest', descriptor(**{key: value})
            yield f'{key} {str(value)[:30]!r} of the configuration', manifest(('config', key), value)
            yield f'{key} {str(value)[:30]!r} of a layer', manifest(('layers', 0, key), value)
    for path, values in {
            ('schemaVersion',): (None, 1, 3, '2', 2.5), ('config',): (None, [], 1, {}),
            ('layers',): (None, {}, 1, [1], [{}], []),
            ('manifests',): ([],), ('mediaType',): ('application/x-nonsense', 1)}.items():
        for value in values:
            yield f'manifest with {path[0]} {value!r}', manifest(path, value)


def blobs(test, good):
    """Blobs of a directory that are no files."""
    layout = a.Layout([LAYER])
    layer = 'blobs/' + layout.manifest['layers'][0]['digest'].replace(':', '/')
    config = 'blobs/' + layout.manifest['config']['digest'].replace(':', '/')
    number = 0
    for name in (layer, config, 'index.json', 'oci-layout', 'blobs/sha256', 'blobs'):
        for kind in ('FIFO', 'socket', 'directory', 'device', 'link', 'nothing', 'short', 'long', 'other', 'hole'):
            if name.startswith('blobs') and name in ('blobs', 'blobs/sha256') and kind in ('directory', 'short', 'long', 'other', 'hole'):
                continue
            number += 1
            top = layout.write(test.path(f'layout{number}'))
            path = os.path.join(top, name)
            data = b''
            if os.path.isfile(path):
                with open(path, 'rb') as file:
                    data = file.read()
            os.rename(path, path + '.aside')
            if kind == 'FIFO':
                os.mkfifo(path)
            elif kind == 'socket':
                with socket.socket(socket.AF_UNIX) as bound:
                    directory = os.open(os.path.dirname(path), os.O_PATH)
                    bound.bind(f'/proc/self/fd/{directory}/{os.path.basename(path)}')
                    os.close(directory)
            elif kind == 'directory':
                os.mkdir(path)
            elif kind == 'device':
                os.mknod(path, 0o20600, os.makedev(1, 5))
            elif kind == 'link':
                # What it leads to would be right.
                os.symlink(path + '.aside', path)
            elif kind != 'nothing':
                with open(path, 'wb') as file:
                    file.write({'short': data[:-1], 'long': data + b'x', 'other': bytes([data[0] ^ 1]) + data[1:], 'hole': b''}[kind])
                if kind == 'hole':
                    os.truncate(path, 1 << 40)
            test.refused(f'layout in which {name[:18]} is: {kind}', ['load', '--quiet', '-i', top], None, keep=good)


def printed(test):
    """Control characters in all that an image can say; each command shows it and none lets it through."""
    evil = 'a\033]0;x\007\u009b31m\u202eb\u2028c\r\b'
    config = a.config_of([LAYER], author=evil, created='2026-01-01T00:00:00Z',
                         history=[{'created_by': evil, 'comment': evil, 'author': evil, 'created': '2026-01-01T00:00:00Z'}])
    config['config'] = {'Cmd': ['/x', evil], 'Entrypoint': [evil], 'Env': ['A=' + evil], 'Labels': {evil: evil, 'k': evil},
                        'User': evil, 'WorkingDir': '/' + evil, 'Volumes': {'/v' + evil: {}}}
    path = test.write('printed.tar', a.docker([LAYER], config, names=['localhost/printed:latest']))
    test.accepted('an image full of control characters', ['load', '--quiet', '-i', path], 'Loaded image')
    test.davit('create', '--name', 'printed', '--workdir', '/', '--user', '0', 'printed')
    for words in (['images'], ['images', '--format', '{{json .}}'], ['history', 'printed'], ['history', '--no-trunc', 'printed'],
                  ['history', '--format', '{{.CreatedBy}} {{.Comment}}', 'printed'], ['inspect', '--type', 'image', 'printed'],
                  ['inspect', '--format', '{{.Config.Env}} {{.Config.Labels}} {{.Author}} {{.Config.Cmd}}', '--type', 'image', 'printed'],
                  ['ps', '--all'], ['ps', '--all', '--no-trunc'], ['ps', '--all', '--format', '{{.Command}} {{.Labels}}'],
                  ['ps', '--all', '--format', 'json'], ['inspect', '--type', 'container', 'printed'], ['info'], ['system', 'check']):
        test.accepted(f'{" ".join(words)}', words)
    test.refused('a command full of control characters', ['run', '--rm', '--network', 'none', '--workdir', '/', '--user', '0',
                                                          '--entrypoint', f'["{evil}"]'.replace('\033', '\\u001b').replace('\007', '\\u0007')
                                                          .replace('\r', '').replace('\b', ''), 'printed'], None, status=127)


def odd():
    """What is strange, and right."""
    good = a.config_of([LAYER])
    yield 'without any layer', a.docker([]), None
    yield 'with members that nobody knows', a.docker([LAYER], {**good, 'x': [1, {'y': None}]}), None
    yield 'with null for what is absent', a.docker([LAYER], {**good, 'config': {'Cmd': ['/x'], 'Env': None, 'Labels': None,
                                                                              'Entrypoint': None, 'Volumes': None}}), None
    yield 'with a layer twice', a.docker([LAYER, LAYER]), None
    yield 'with a label of 1 MB', a.docker([LAYER], {**good, 'config': {'Cmd': ['/x'], 'Labels': {'a': 'v' * 1000000}}}), None
    yield 'with 1000 variables', a.docker([LAYER], {**good, 'config': {'Cmd': ['/x'], 'Env': [f'A{n}=1' for n in range(1000)]}}), None
    yield 'with files that nobody asked for', a.docker([LAYER], extra=[a.file('/etc/x'), a.symlink('l', '/etc')]), None
    linked = a.tar(a.file('0/layer.tar', LAYER), a.symlink('1/layer.tar', '../0/layer.tar'), a.file('config.json', a.dump(a.config_of([LAYER, LAYER]))),
                   a.file('manifest.json', a.dump([{'Config': 'config.json', 'RepoTags': ['localhost/x:latest'],
                                                    'Layers': ['0/layer.tar', '1/layer.tar']}])))
    yield 'with a link for a layer that is there twice', linked, None
    yield 'in gzip', gzip.compress(a.docker([LAYER])), None
    yield 'as a layout', a.Layout([LAYER, OTHER]).tar(), None
    yield 'of 127 layers', a.docker([a.tar(a.file(f'f{n}')) for n in range(127)]), None


def main():
    with Test() as test:
        test.wanted('import', '--quiet', test.write('first.tar', a.tar(a.file('x'))), 'first')
        test.wanted('rmi', 'first')
        root = test.path('root')
        for what, config in configurations():
            path = test.write('image.tar', a.docker([LAYER], config))
            test.refused(f'configuration {what}', ['load', '--quiet', '-i', path], None, keep=root)
        for what, config, status, text in tolerated():
            path = test.write('image.tar', a.docker([LAYER], config))
            test.accepted(f'configuration {what}', ['load', '--quiet', '-i', path], 'Loaded image')
            test.accepted(f'history of one {what}', ['history', 'x'])
            test.accepted(f'inspect of one {what}', ['inspect', '--type', 'image', 'x'])
            answer = test.refused if status else test.accepted
            answer(f'container of one {what}', ['create', '--name', 'x', 'x'], text, status=status)
            test.davit('rm', 'x')
            test.wanted('rmi', 'x')
        extra = [a.symlink('link', '/etc/passwd'), a.symlink('loop', 'loop')]
        for what, manifest in manifests():
            path = test.write('image.tar', a.docker([LAYER], manifest=manifest, extra=extra))
            test.refused(f'manifest.json {what}', ['load', '--quiet', '-i', path], None, keep=root)
        for what, spoil in layouts():
            layout = a.Layout([LAYER])
            spoil(layout)
            path = test.write('image.tar', layout.tar())
            test.refused(f'layout: {what}', ['load', '--quiet', '-i', path], None, keep=root)
        path = test.write('image.tar', a.docker([LAYER], extra=[a.file('../../x')]))
        test.refused('an archive with a name that leads out', ['load', '--quiet', '-i', path], 'leads upwards', keep=root)
        path = test.write('image.tar', a.docker([LAYER], extra=[a.node('n', 'c', 1, 3)]))
        test.refused('an archive with a device', ['load', '--quiet', '-i', path], 'is a device or a fifo', keep=root)
        blobs(test, root)
        for what, data, _ in odd():
            path = test.write('image.tar', data)
            test.accepted(f'image {what}', ['load', '--quiet', '-i', path], 'Loaded image')
            test.wanted('rmi', '--all')
        printed(test)


if __name__ == '__main__':
    main()
