# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The commands that are hit. Each knows what must be there before, what must be there if it returned 0,
and how the user goes on afterwards, which has to work in any case and to leave nothing.
"""

import shutil
import time

NAME = 'c'
# Ends at SIGTERM, and says when it is ready for that.
OBEDIENT = 'trap "exit 7" TERM; mkdir /ready; sleep 1000 & wait'


class Verb:
    name = ''
    # Calls of a container's own processes are not the engine's.
    options = ['--spare', 'busybox']
    status = 0

    def __init__(self, place):
        self.place = place

    def begin(self):
        """Once, before the place is remembered."""

    def prepare(self):
        """Before each point."""

    def command(self):
        raise NotImplementedError

    def effect(self):
        """What is missing of what the command promised by its status: a text, or None."""

    def follow(self):
        """The next commands; yields what they do wrong."""
        yield from ()

    def clean(self):
        """Last of all, when nothing may be left."""
        yield from ()

    def expect(self, words, status=0, out=None):
        """Yields a complaint if a command of davit does otherwise."""
        result = self.place.davit(*words)
        if result.status != status or (out is not None and result.out.strip() != out):
            yield f'afterwards {result}'

    def states(self):
        """Names and states of containers."""
        result = self.place.davit('ps', '-a', '--format', '{{.Names}} {{.State}}')
        if result.status != 0 or result.err:
            raise AssertionError(f'afterwards {result}')
        return dict(line.rsplit(' ', 1) for line in result.out.splitlines())

    def state(self):
        return self.states().get(NAME)

    def new(self, *command, name=NAME, options=()):
        self.place.must('create', '--name', name, '--network', 'none', '--cgroup-parent',
                        '/' + self.place.cgroup, *options, 'box', *command)


class ContainerVerb(Verb):
    """One container, whose name is free again at the end."""

    def follow(self):
        state = self.state()
        if state == 'running':
            result = self.place.davit('exec', NAME, 'true')
            # Its end may be on its way.
            end = time.monotonic() + 2
            while result.status != 0 and self.state() == 'running' and time.monotonic() < end:
                result = self.place.davit('exec', NAME, 'true')
            if result.status != 0 and self.state() == 'running':
                yield f'afterwards {result}'
            yield from self.expect(['stop', '-t', '0', NAME])
            state = self.state()
            if state != 'exited':
                yield f'afterwards: stopped, it is {state}'
        elif state is None:
            yield from self.expect(['create', '--name', NAME, '--network', 'none', '--cgroup-parent',
                                    '/' + self.place.cgroup, 'box', 'sleep', '1000'])
        elif state == 'damaged':
            yield 'afterwards: the container is damaged'
        yield from self.expect(['start', NAME])

    def clean(self):
        if self.state() is not None:
            yield from self.expect(['rm', '-f', '-t', '0', NAME])
        yield from self.expect(['ps', '-aq'], out='')


class Create(ContainerVerb):
    name = 'create'

    def command(self):
        return ['create', '--name', NAME, '--network', 'none', '--cgroup-parent',
                '/' + self.place.cgroup, 'box', 'sleep', '1000']

    def effect(self):
        return None if self.state() == 'created' else f'it is {self.state()}, not created'


class Start(ContainerVerb):
    name = 'start'

    def prepare(self):
        self.new('sleep', '1000')

    def command(self):
        return ['start', NAME]

    def effect(self):
        if self.state() == 'running':
            return None
        # Its first process was the one that was killed.
        result = self.place.davit('wait', NAME)
        return None if result.out.strip() == '137' else f'it is {self.state()}, not running; {result}'


class StartCold(Start):
    """With nothing in the caches, which are made anew."""
    name = 'start-cold'

    def prepare(self):
        super().prepare()
        for file in (self.place.directory / 'root' / 'cache').glob('*/*'):
            file.unlink()


class Run(ContainerVerb):
    """Removed at its end, by what outlives the command."""
    name = 'run'
    options = ['--spare', 'busybox', '--until', 'all']
    status = 3

    def command(self):
        return ['run', '--rm', '--name', NAME, '--network', 'none', '--cgroup-parent',
                '/' + self.place.cgroup, 'box', 'sh', '-c', 'exit 3']

    def effect(self):
        return None if self.state() is None else f'it is {self.state()}, not removed'

    def follow(self):
        if self.state() is not None:
            yield from self.expect(['rm', '-f', '-t', '0', NAME])
        yield from self.expect(self.command(), status=3)


class Monitor(ContainerVerb):
    """The monitor from its start to its end, with the end of the container that it records."""
    name = 'monitor'
    options = ['--spare', 'busybox', '--until', 'all']

    def command(self):
        return ['run', '-d', '--name', NAME, '--network', 'none', '--cgroup-parent',
                '/' + self.place.cgroup, 'box', 'sh', '-c', 'echo said; exit 5']

    def effect(self):
        return None if self.state() in ('exited', 'running', 'stopped') else f'it is {self.state()}'

    def follow(self):
        if self.state() is not None:
            # What its end was may be lost with the monitor; that it has ended is not. A start that
            # fails ends it, too.
            result = self.place.davit('wait', NAME) if self.state() != 'created' else None
            if result is not None and result.out.strip() not in ('5', '137') and 'how it ended is not known' not in result.err:
                yield f'afterwards {result}'
            result = self.place.davit('logs', NAME)
            if result.status != 0 or result.out not in ('', 'said\n'):
                yield f'afterwards {result}'
            yield from self.expect(['start', NAME])


class Stop(ContainerVerb):
    name = 'stop'

    def prepare(self):
        self.new('sh', '-c', OBEDIENT)
        self.place.must('start', NAME)
        while self.place.davit('exec', NAME, 'ls', '-d', '/ready').status != 0:
            continue

    def command(self):
        return ['stop', NAME]

    def effect(self):
        # What is left to clean up may be left to the next command.
        return None if self.state() in ('exited', 'stopped') else f'it is {self.state()}, not exited'


class Kill(ContainerVerb):
    name = 'kill'

    def prepare(self):
        self.new('sleep', '1000')
        self.place.must('start', NAME)

    def command(self):
        return ['kill', NAME]

    def effect(self):
        # The signal is sent when kill returns; the end may take a moment.
        result = self.place.davit('wait', NAME)
        return None if result.status == 0 and result.out.strip() == '137' else str(result)


class Pause(ContainerVerb):
    name = 'pause'

    def prepare(self):
        self.new('sleep', '1000')
        self.place.must('start', NAME)

    def command(self):
        return ['pause', NAME]

    def effect(self):
        return None if self.state() == 'paused' else f'it is {self.state()}, not paused'

    def follow(self):
        if self.state() == 'paused':
            yield from self.expect(['unpause', NAME])
        yield from self.expect(['exec', NAME, 'true'])


class Restart(Start):
    name = 'restart'

    def prepare(self):
        self.new('sleep', '1000')
        self.place.must('start', NAME)

    def command(self):
        return ['restart', '-t', '0', NAME]


class Remove(ContainerVerb):
    name = 'rm'

    def prepare(self):
        self.new('mkdir', '/written')
        self.place.must('start', '-a', NAME)

    def command(self):
        return ['rm', NAME]

    def effect(self):
        return None if self.state() is None else f'it is {self.state()}, not removed'

    def follow(self):
        if self.state() is not None:
            yield from self.expect(['rm', NAME])
        yield from self.expect(['create', '--name', NAME, '--network', 'none', 'box', 'true'])


class RemoveForce(Remove):
    name = 'rm-force'

    def prepare(self):
        self.new('sleep', '1000')
        self.place.must('start', NAME)

    def command(self):
        return ['rm', '-f', '-t', '0', NAME]

    def follow(self):
        if self.state() is not None:
            yield from self.expect(self.command())
        yield from self.expect(['create', '--name', NAME, '--network', 'none', 'box', 'true'])


class Exec(Verb):
    name = 'exec'
    status = 4

    def begin(self):
        self.new('sleep', '1000', name='e')
        self.place.must('start', 'e')

    def command(self):
        return ['exec', 'e', 'sh', '-c', 'echo said; exit 4']

    def follow(self):
        yield from self.expect(['exec', 'e', 'sh', '-c', 'echo said; exit 4'], status=4, out='said')
        if self.states() != {'e': 'running'}:
            yield f'afterwards: {self.states()}'


class ImageVerb(Verb):
    """An image "other", which is there whole or not at all."""
    options = []

    def present(self):
        return self.place.davit('image', 'exists', 'other').status == 0

    def effect(self):
        return None if self.present() else 'the image is not there'

    def follow(self):
        if self.present():
            yield from self.works()
        # Made again it would be another image: one that is there is taken as it is.
        if self.name != 'import' or not self.present():
            yield from self.expect(self.command())
            yield from self.works()

    def works(self):
        yield from self.expect(['run', '--rm', '--network', 'none', '--cgroup-parent',
                                '/' + self.place.cgroup, 'other', 'cat', '/marker'], out='other')

    def clean(self):
        yield from self.expect(['rmi', 'other'])


class Import(ImageVerb):
    name = 'import'

    def command(self):
        return ['import', '--quiet', str(self.place.directory / 'other.tar'), 'other']


class Load(ImageVerb):
    name = 'load'

    def command(self):
        return ['load', '--quiet', '-i', str(self.place.directory / 'other.oci')]


class Tag(ImageVerb):
    name = 'tag'

    def command(self):
        return ['tag', 'box', 'other']

    def works(self):
        yield from self.expect(['run', '--rm', '--network', 'none', '--cgroup-parent',
                                '/' + self.place.cgroup, 'other', 'cat', '/marker'], out='box')


class RemoveImage(ImageVerb):
    name = 'rmi'

    def prepare(self):
        self.place.must('load', '--quiet', '-i', str(self.place.directory / 'other.oci'))

    def command(self):
        return ['rmi', 'other']

    def effect(self):
        return 'the image is there' if self.present() else None

    def follow(self):
        if self.present():
            yield from self.works()
            yield from self.expect(['rmi', 'other'])
        yield from self.expect(['load', '--quiet', '-i', str(self.place.directory / 'other.oci')])
        yield from self.works()


class Save(Verb):
    """A file of the user's: whole, or not there under its name."""
    name = 'save'
    options = []

    def prepare(self):
        (self.place.directory / 'saved').unlink(missing_ok=True)

    def command(self):
        return ['save', '--quiet', '-o', str(self.place.directory / 'saved'), 'box']

    def effect(self):
        result = self.place.davit('load', '--quiet', '-i', str(self.place.directory / 'saved'))
        return None if result.status == 0 else str(result)

    def follow(self):
        yield from self.expect(self.command())
        yield from self.expect(['load', '--quiet', '-i', str(self.place.directory / 'saved')])


class Check(Verb):
    """The repair of what kills have left: of a creation, a start, a removal, and of a load."""
    name = 'check'
    options = []

    def prepare(self):
        place = self.place
        for verb, part in (Create(place), 0.8), (Start(place), 0.7), (Remove(place), 0.7), (Load(place), 0.8):
            name = 'x' + verb.name
            if isinstance(verb, (Start, Remove)):
                self.new('true', name=name)
            command = [name if word == NAME else word for word in verb.command()]
            place.traced(['--kill', 'tree', '--nth', str(self.breaks(verb, part))], command)

    breaks_known = None

    def breaks(self, verb, part):
        """The call at which this verb is broken off."""
        if self.breaks_known is None:
            self.breaks_known = {}
        if verb.name not in self.breaks_known:
            place = self.place
            if isinstance(verb, (Start, Remove)):
                self.new('true')
            report = place.traced(['--kill', 'tree'], verb.command())[1]
            self.breaks_known[verb.name] = max(1, int(int(report['calls']) * part))
            place.davit('rm', '-f', '-t', '0', NAME)
            place.davit('rmi', 'other')
        return self.breaks_known[verb.name]

    def command(self):
        return ['system', 'check', '--repair']

    def effect(self):
        result = self.place.davit('system', 'check')
        return None if result.status == 0 else str(result)

    def follow(self):
        yield from self.expect(['system', 'check', '--repair'])
        yield from self.expect(['system', 'check'], out='')

    def clean(self):
        for name in self.states():
            yield from self.expect(['rm', '-f', '-t', '0', name])
        if self.place.davit('image', 'exists', 'other').status == 0:
            yield from self.expect(['rmi', 'other'])


VERBS = {verb.name: verb for verb in (
    Create, Start, StartCold, Run, Monitor, Stop, Kill, Pause, Restart, Remove, RemoveForce, Exec,
    Import, Load, Tag, RemoveImage, Save, Check)}


def furnish(place):
    """What each place has: the image "box", archives of "other", and every directory and cache."""
    for name in ('box', 'other'):
        tree = place.tree(name, name)
        place.run(['tar', '-C', str(tree), '-cf', str(place.directory / f'{name}.tar'), '.'])
        place.must('import', '--quiet', str(place.directory / f'{name}.tar'), name)
        # Also what a first container makes and keeps.
        place.must('run', '--rm', '--network', 'none', '--cgroup-parent', '/' + place.cgroup, name, 'true')
        shutil.rmtree(tree)
    place.must('save', '--quiet', '-o', str(place.directory / 'other.oci'), 'other')
    place.must('rmi', 'other')
