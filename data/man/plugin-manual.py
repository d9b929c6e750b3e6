#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
davit-plugin(7) from the comments of the public headers, so that the two can't drift apart.

    plugin-manual.py VERSION HEADERS EXAMPLE OUTPUT

HEADERS is the directory with plugin.h and the others, EXAMPLE a plugin of one file. A member or
type that a reader has to know and that has no comment is an error.
"""

import pathlib
import re
import sys
import textwrap

KINDS = [
    ('storage', 'STORAGE', ['storage.h']),
    ('network', 'NETWORK', ['network.h']),
    ('runtime', 'RUNTIME', ['runtime.h', 'runtime-request.h']),
    ('checkpoint', 'CHECKPOINT', ['checkpoint.h']),
]
TABLE = re.compile(r'typedef struct \{\n(?P<body>(?:(?!^\}).*\n)*?)^\} (?P<name>Davit\w+);', re.M)
NAMED = re.compile(r'^struct (?P<name>_Davit\w+) \{\n(?P<body>(?:(?!^\}).*\n)*?)^\};', re.M)
ENUM = re.compile(r'typedef enum \{\n(?P<body>(?:(?!^\}).*\n)*?)^\} (?P<name>Davit\w+);', re.M)
COMMENT = re.compile(r'/\*(.*?)\*/', re.S)
FUNCTION = re.compile(r'(?P<result>[\w \*]+?)\(\*(?P<name>\w+)\)\s*\((?P<arguments>.*)\)$', re.S)


class Page:
    """Roff, line by line."""

    def __init__(self):
        self.lines = []

    def request(self, line):
        self.lines.append(line)

    @staticmethod
    def escape(text):
        text = text.replace('\\', '\\e').replace('-', '\\-').replace('~', '\\(ti')
        text = text.replace('^', '\\(ha').replace('`', '\\(ga')
        text = re.sub(r"^([.'])", r'\\&\1', text)
        return text.replace("'", '\\(aq') if not text.startswith('\\&') else text

    def text(self, text):
        """Paragraphs; what is indented further stays as it is."""
        for paragraph in re.split(r'\n\s*\n', text.strip('\n')):
            self.request('.PP')
            if all(line.startswith('    ') or not line for line in paragraph.split('\n')):
                self.code(paragraph)
            else:
                self.lines += [self.escape(line.strip()) for line in paragraph.split('\n')]

    def code(self, text):
        if self.lines[-1] != '.PP':
            self.request('.PP')
        self.request('.nf')
        self.lines += [self.escape(line.expandtabs(8)) for line in text.split('\n')]
        self.request('.fi')

    def section(self, name):
        self.request(f'.SH {name}')

    def subsection(self, name):
        self.request(f'.SS {self.escape(name)}')

    def item(self, name, text):
        self.request('.TP')
        self.request(f'\\fB{self.escape(name)}\\fR')
        self.lines += [self.escape(line) for line in text.split('\n')]


def plain(comment):
    """The text of a comment without its stars and its common indentation."""
    lines = [re.sub(r'^\s*\* ?', '', line).rstrip() for line in comment.strip().split('\n')]
    return '\n'.join(lines).strip('\n').lstrip('* \n')


def head(header):
    """The comment at the top of a header, behind the license."""
    return plain(COMMENT.findall(header)[1])


def members(body):
    """(comment, declaration) of each member; one without a comment has that of the one before."""
    comment = ''
    found = []
    for match in re.finditer(r'/\*(?P<comment>.*?)\*/|(?P<member>[^;/]+);(?:[ \t]*/\*(?P<behind>.*?)\*/)?',
                             body, re.S):
        if match.group('comment') is not None:
            comment = plain(match.group('comment'))
        elif match.group('member').strip():
            own = plain(match.group('behind')) if match.group('behind') else comment
            found.append((own, ' '.join(match.group('member').split())))
    return found


def types(header):
    """name, body, whole text of each struct and enum, and the comment before it."""
    found = [match for pattern in (TABLE, NAMED, ENUM) for match in pattern.finditer(header)]
    for match in sorted(found, key=lambda match: match.start()):
        before = header[:match.start()].rstrip()
        comment = ''
        if before.endswith('*/'):
            comment = plain(before[before.rindex('/*') + 2:-2])
        yield match.group('name'), match.group('body'), match.group(0), comment


def show(page, name, whole, comment):
    """A subsection for a type."""
    if not comment:
        sys.exit(f'plugin-manual: {name} has no comment')
    text = re.sub(rf'^{name}: ?', '', comment)
    page.subsection(name)
    page.text(text[0].upper() + text[1:])
    page.code(whole)


def prototype(declaration):
    match = FUNCTION.match(declaration)
    if match is None:
        return None
    arguments = ' '.join(match.group('arguments').split())
    result = match.group('result').strip()
    space = '' if result.endswith('*') else ' '
    shown = f"{result}{space}{match.group('name')} ({arguments})"
    return match.group('name'), '\n'.join(textwrap.wrap(shown, 66, initial_indent='    ',
                                                        subsequent_indent='        '))


def operations(page, name, body):
    """A subsection for each operation; those that share a comment stand together."""
    last = None
    for comment, declaration in members(body):
        found = prototype(declaration)
        if found is None:
            continue
        operation, shown = found
        if not comment:
            sys.exit(f'plugin-manual: {name}.{operation} has no comment')
        page.subsection(operation.rstrip('_'))
        page.code(shown)
        if comment == last:
            page.text('See above.')
        else:
            page.text(comment)
        last = comment


def kind(page, headers, word, heading, names):
    main = headers[names[0]]
    page.section(f'{heading} OPERATIONS')
    page.text(head(main).split('\n\n', 1)[0])
    page.request('.PP')
    page.request(f'Included by \\fB#include <davit/{names[0]}>\\fR.')
    for text in names:
        for name, body, _, _ in types(headers[text]):
            if name.endswith('Ops'):
                operations(page, name, body)
    page.section(f'{heading} REQUESTS')
    for text in names:
        for name, body, whole, comment in types(headers[text]):
            if not name.endswith('Ops'):
                show(page, name, whole, comment)


def lifecycles(page, headers):
    page.section('LIFECYCLE')
    page.text('The file is checked and loaded, its descriptor and its table of operations are '
              'read. Then, for every kind:')
    page.code('    open ─→ probe ─→ (operations of the kind) ─→ close')
    for word, _, names in KINDS:
        diagram = [line for line in head(headers[names[0]]).split('\n') if line.startswith('    ')]
        if diagram:
            page.text(f'{word.capitalize()}:')
            page.code('\n'.join(diagram))
    for word, _, names in KINDS:
        rest = head(headers[names[0]]).split('\n\n')[1:]
        rest = [text for text in rest if not text.startswith('    ')]
        page.subsection(f'Every {word} plugin')
        page.text('\n\n'.join(rest))


def host(page, headers):
    page.section('HOST SERVICES')
    page.text(head(headers['host.h']))
    for name, body, _, _ in types(headers['host.h']):
        if name != '_DavitHost':
            continue
        for comment, declaration in members(body):
            found = prototype(declaration)
            if found is not None:
                page.subsection(found[0])
                page.code(found[1])
            else:
                word = declaration.replace('*', ' ').split()[-1]
                page.subsection(word)
                page.code('    ' + declaration)
            page.text(comment or 'As its type says.')
    for text in ('host.h', 'files.h', 'json.h'):
        for name, _, whole, comment in types(headers[text]):
            if not name.startswith('_'):
                show(page, name, whole, comment)


def errors(page, headers):
    page.section('ERRORS')
    page.text(head(headers['error.h']))
    body = ENUM.search(headers['error.h']).group('body')
    for match in re.finditer(r'^\t(\w+)[^/]*/\*(.*?)\*/', body, re.M | re.S):
        page.item(match.group(1), plain(match.group(2)))


def descriptor(page, headers):
    page.section('DESCRIPTOR')
    for name, _, whole, comment in types(headers['plugin.h']):
        show(page, name, whole, comment)


def main():
    version, directory, example, output = sys.argv[1:]
    headers = {path.name: path.read_text(encoding='utf-8')
               for path in pathlib.Path(directory).glob('*.h')}
    source = pathlib.Path(example).read_text(encoding='utf-8')
    page = Page()
    page.request(f'.TH DAVIT\\-PLUGIN 7 "" "davit {version}" "davit manual"')
    page.section('NAME')
    page.request('davit\\-plugin \\- how plugins of davit are written')
    page.section('SYNOPSIS')
    page.code('davit plugin new KIND NAME\n'
              'meson setup build && ninja -C build\n'
              'davit plugin check build/NAME.so\n'
              'davit --plugin-path build plugin info KIND/NAME\n'
              '\n'
              'cc -shared -fPIC -fvisibility=hidden -o NAME.so NAME.c \\\\\n'
              '        $(pkg-config --cflags --libs davit-1)'.replace('\\\\', '\\'))
    page.section('DESCRIPTION')
    # Its first paragraph speaks of the header itself.
    page.text(head(headers['plugin.h']).split('\n\nPromise:')[0].split('\n\n', 1)[1])
    page.section('ABI PROMISE')
    page.text(re.sub(r'^w', 'W', head(headers['plugin.h']).split('Promise: ')[1]))
    page.text('So a plugin that was built with the headers of 1.0 works with every davit whose ABI '
              'is 1.x, and one that was built with newer headers works with an older davit, which '
              'ignores the operations that it does not know.')
    lifecycles(page, headers)
    descriptor(page, headers)
    for word, heading, names in KINDS:
        kind(page, headers, word, heading, names)
    host(page, headers)
    errors(page, headers)
    page.section('EXAMPLE')
    page.text('A whole plugin. The template that "davit plugin new network mine" copies:')
    page.code(source.rstrip('\n'))
    page.section('SEE ALSO')
    page.request('.BR davit\\-plugin\\-new (1),')
    page.request('.BR davit\\-plugin\\-check (1),')
    page.request('.BR davit\\-plugin\\-info (1),')
    page.request('.BR davit.conf (5)')
    path = pathlib.Path(output) / 'davit-plugin.7'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(page.lines) + '\n', encoding='utf-8')


main()
