#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what meson ran: a line "passed|failed|skipped TAB name TAB reason" for each TAP point."""

import json
import re
import sys

POINT = re.compile(r'^(not )?ok\b\s*(\d+)?\s*-?\s*(.*?)(?:\s*#\s*(SKIP|TODO)\b\s*(.*))?$', re.I)
PLAN_SKIP = re.compile(r'^1\.\.0\s*#\s*SKIP\s*(.*)$', re.I)


def points(test):
    """The TAP points of one test; none if it does not speak TAP."""
    found = []
    for line in (test.get('stdout') or '').split('\n'):
        skip = PLAN_SKIP.match(line)
        if skip:
            return [('skipped', '', skip.group(1))]
        match = POINT.match(line)
        if match:
            failed, _, name, directive, reason = match.groups()
            state = 'failed' if failed else 'passed'
            if directive and directive.upper() == 'SKIP':
                state = 'skipped'
            found.append((state, name, reason or ''))
    return found


def main():
    suite, path = sys.argv[1], sys.argv[2]
    states = {'OK': 'passed', 'SKIP': 'skipped', 'EXPECTEDFAIL': 'passed'}
    with open(path, encoding='utf-8') as file:
        for line in file:
            test = json.loads(line)
            whole = states.get(test['result'], 'failed')
            found = points(test)
            # A test that failed as a whole is a failure even if each of its points passed.
            if whole == 'failed' and not any(state == 'failed' for state, _, _ in found):
                found.append(('failed', test['result'], ''))
            for state, name, reason in found or [(whole, '', '')]:
                print(state, f"{suite}: {test['name']}{': ' if name else ''}{name}", reason, sep='\t')


main()
