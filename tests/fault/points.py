# SPDX-License-Identifier: LGPL-2.1-or-later
"""One fault at one call of one command, and what is asked after it."""

import place as places

CLASSES = {'ENOSPC': 'space', 'EIO': 'io', 'ENOMEM': 'memory', 'EMFILE': 'descriptor', 'EINTR': 'wait'}
KINDS = {
    'kill-tree': ['--kill', 'tree'],
    'kill-caller': ['--kill', 'caller'],
    'kill-main': ['--kill', 'main'],
    'ENOSPC': ['--fail', 'ENOSPC'],
    'EIO': ['--fail', 'EIO'],
    'ENOMEM': ['--fail', 'ENOMEM'],
    'EMFILE': ['--fail', 'EMFILE'],
    'EINTR': ['--fail', 'EINTR'],
}


class Points:
    """The points of one verb and kind."""

    def __init__(self, place, verb, kind):
        self.place, self.verb, self.kind = place, verb, kind
        self.tried = self.repaired = 0
        self.complaints = []

    def count(self):
        """How many calls there are to hit."""
        return self.counts()[CLASSES.get(self.kind, 'change')]

    def counts(self):
        """For each class of calls; also, that all works when none is hit."""
        self.verb.prepare()
        result, report = self.place.traced(self.verb.options + KINDS[self.kind], self.verb.command())
        missing = self.verb.effect()
        if result.status != self.verb.status or missing:
            raise RuntimeError(f'without any fault: {result}: {missing}')
        complaints = self.afterwards()
        if complaints:
            raise RuntimeError(f'without any fault: {complaints}')
        return {word: int(report[word]) for word in ['change', *CLASSES.values()]}

    def may_crash(self, report):
        """GLib ends a process that gets no memory, and the loader may crash before it is one."""
        if self.kind != 'ENOMEM' or report['crash'].split()[-1] in ('TRAP', 'ABRT'):
            return self.kind == 'ENOMEM'
        number, name, call = report['hit'].split()
        loading = int(self.place.traced([], ['--version'])[1]['memory'])
        return call in ('mmap', 'mprotect') and (name != 'davit' or int(number) <= loading)

    def answer(self, result, report):
        """What is wrong with how the command itself has ended."""
        if 'crash' in report and not self.may_crash(report):
            yield f"a process has crashed: {report['crash']}"
        if result.status == self.verb.status:
            missing = self.verb.effect()
            if missing:
                yield f'status {result.status}, but {missing}'
        elif self.kind == 'EINTR':
            yield f'an interruption is seen: {result}'
        elif result.status < 128 and not result.err.strip() and 'left: ' not in result.out:
            yield f'no word about the failure: {result}'

    def afterwards(self):
        complaints = list(self.verb.follow()) + list(self.verb.clean())
        left = self.place.left(0.5)
        if not left:
            return complaints
        # What is left is for the repair; but only if the check sees it without one, too.
        self.repaired += 1
        seen = self.place.davit('system', 'check')
        mended = self.place.davit('system', 'check', '--repair')
        if mended.status != 0:
            complaints.append(f'left {left}; {mended}')
        still = self.place.left()
        if still:
            complaints.append(f'left after a repair: {still}; {seen}')
        elif seen.status == 0:
            complaints.append(f'left, and not seen by davit system check: {left}')
        return complaints

    def point(self, nth):
        complaints = []
        report = {}
        try:
            self.verb.prepare()
            result, report = self.place.traced(self.verb.options + KINDS[self.kind] + ['--nth', str(nth)],
                                               self.verb.command())
            complaints += self.answer(result, report)
            complaints += self.afterwards()
        except places.Hang as hang:
            complaints.append(f'does not end: {hang}')
        except (AssertionError, RuntimeError) as error:
            complaints.append(str(error))
        self.tried += 1
        if complaints:
            where = f"{self.verb.name} {self.kind} {nth} ({report.get('hit', 'not reached')})"
            self.complaints += [f'{where}: {complaint}' for complaint in complaints]
        return not complaints


def choose(count, points):
    if points is None or points >= count:
        return list(range(1, count + 1))
    return [1 + (2 * i + 1) * count // (2 * points) for i in range(points)]
