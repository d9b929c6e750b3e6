# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What one fault does not show. A scene yields results: a title, how many points were tried, and what
was wrong. How many there are is asked for as with verbs; None is many.
"""

import os
import pathlib
import random
import signal
import subprocess
import threading
import time
import uuid

import points
import verbs
from verbs import NAME

BOOT_ID = '/proc/sys/kernel/random/boot_id'


def settle(place):
    """All containers and the image "other" go; what is left then, after a repair, is too much."""
    complaints = []
    result = place.davit('rm', '-f', '-t', '0', '--all')
    if result.status != 0:
        complaints.append(str(result))
    if place.davit('image', 'exists', 'other').status == 0:
        result = place.davit('rmi', 'other')
        if result.status != 0:
            complaints.append(str(result))
    if place.left(0.5):
        place.davit('system', 'check', '--repair')
    left = place.left()
    if left:
        complaints.append(f'left: {left}')
    result = place.davit('system', 'check')
    if result.status != 0:
        complaints.append(str(result))
    return complaints


def recovery(place, amount):
    """The command after a kill is killed, too."""
    for name in ('create', 'start', 'run', 'stop', 'rm', 'rm-force', 'load', 'rmi'):
        verb = verbs.VERBS[name](place)
        repairs = [['system', 'check', '--repair']]
        if isinstance(verb, verbs.ImageVerb):
            repairs += [verbs.Load(place).command(), ['rmi', 'other']]
        else:
            repairs += [['rm', '-f', '-t', '0', NAME], ['start', NAME]]
        trial = points.Points(place, verb, 'kill-tree')
        firsts = points.choose(trial.count(), 1 if amount else 12)
        tried, complaints = 0, []
        for first in firsts:
            for repair in repairs:
                done, wrong = recovery_one(trial, first, repair, 1 if amount else 10)
                tried += done
                complaints += wrong
        yield name, tried, complaints


def recovery_one(trial, first, repair, amount):
    """The first kill is always at the same call, the second at some of those of the repair."""
    place, verb = trial.place, trial.verb
    kill = points.KINDS['kill-tree']

    def broken_off(options):
        verb.prepare()
        place.traced(verb.options + kill + ['--nth', str(first)], verb.command())
        return place.traced(verb.options + options, repair)[1]

    count = int(broken_off(kill)['calls'])
    complaints = trial.afterwards()
    for second in points.choose(count, amount):
        broken_off(kill + ['--nth', str(second)])
        complaints += [f'{verb.name} {first}, {" ".join(repair)} {second}: {complaint}'
                       for complaint in trial.afterwards()]
    return 1 + min(count, amount), complaints


def short(place, _):
    """No read and no write moves as much as it was asked for."""
    for name, cls in verbs.VERBS.items():
        if name in ('check', 'exec'):
            continue
        verb = cls(place)
        trial = points.Points(place, verb, 'kill-tree')
        verb.prepare()
        result, report = place.traced(verb.options + ['--short', '--only', 'change'], verb.command())
        complaints = [] if result.status == verb.status else [str(result)]
        complaints += trial.answer(result, report)
        complaints += trial.afterwards()
        yield name, 1, complaints


def pids_of(place, name):
    return [pid for label, pid in place.processes().items() if label.endswith(' ' + name)]


def kill_one(place, chance, command):
    victim = chance.choice(['command', 'monitor', 'payload', 'all'])
    pids = {'command': [command.pid], 'monitor': pids_of(place, 'davit-monitor'),
            'payload': pids_of(place, 'sleep'), 'all': list(place.processes().values())}[victim]
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return victim


def still_right(place):
    """Whether what is said to run does."""
    began = time.monotonic()
    result = place.davit('ps', '-a', '--format', '{{.Names}} {{.State}}')
    if result.status != 0 or result.err:
        return str(result)
    if time.monotonic() - began > 10:
        return f'davit ps takes {time.monotonic() - began:.1f} s'
    if f'{NAME} running' in result.out:
        again = place.davit('exec', NAME, 'true')
        if again.status != 0 and f'{NAME} running' in place.davit('ps').out:
            return f'said to be running, but {again}'
    return None if 'damaged' not in result.out else str(result)


def randomly(place, amount):
    """Somebody is killed at some time of some command."""
    chance = random.Random(20)
    rounds = 50 if amount else 500
    commands = (['start', NAME], ['stop', '-t', '0', NAME], ['kill', NAME], ['restart', '-t', '0', NAME],
                ['exec', NAME, 'true'], ['rm', '-f', '-t', '0', NAME], ['pause', NAME], ['unpause', NAME],
                ['run', '-d', '--name', NAME, '--network', 'none', '--cgroup-parent', '/' + place.cgroup,
                 'box', 'sleep', '1000'])
    complaints = []
    for number in range(rounds):
        if place.davit('container', 'exists', NAME).status != 0:
            # Also one that a kill has kept from being made may have its name.
            result = place.davit('create', '--name', NAME, '--network', 'none', '--cgroup-parent',
                                 '/' + place.cgroup, 'box', 'sleep', '1000')
            if result.status != 0:
                complaints.append(f'round {number}: {result}')
        if chance.random() < 0.7:
            place.davit('start', NAME)
        words = chance.choice(commands)
        with open(place.directory / 'killed', 'wb') as file:
            command = subprocess.Popen(place.program + words, env=place.environment, stdin=subprocess.DEVNULL,
                                       stdout=file, stderr=file)
        time.sleep(chance.random() * 0.02)
        victim = kill_one(place, chance, command)
        try:
            command.wait(40)
        except subprocess.TimeoutExpired:
            command.kill()
            command.wait()
            complaints.append(f'round {number}: davit {" ".join(words)} does not end after a kill of {victim}')
        wrong = still_right(place)
        if wrong:
            complaints.append(f'round {number}: davit {" ".join(words)}, kill of {victim}: {wrong}')
        if number % 10 == 9:
            complaints += [f'round {number}: {wrong}' for wrong in settle(place)]
    yield 'kills', rounds, complaints + settle(place)


def life(place, number, complaints):
    """What one of many does, all at once with the others."""
    name = f'n{number}'
    common = ['--network', 'none', '--cgroup-parent', '/' + place.cgroup]
    steps = ([['run', '--rm', *common, 'box', 'sh', '-c', f'echo {number}; exit {number % 5}'], number % 5, f'{number}\n'],
             [['run', '-d', '--name', name, *common, 'box', 'sleep', '1000'], 0, None],
             [['exec', name, 'sh', '-c', 'exit 7'], 7, None],
             [['ps', '-a'], 0, None],
             [['stop', '-t', '0', name], 0, None],
             [['rm', '-f', '-t', '0', name], 0, None])
    for words, status, out in steps:
        done = subprocess.run(place.program + words, env=place.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=300, check=False)
        if done.returncode != status or (out is not None and done.stdout.decode() != out):
            complaints.append(f'davit {" ".join(words)}: status {done.returncode}: {done.stderr.decode().strip()}')


def many(place, amount):
    """Containers that are made, run and removed at once, and a repair over and over beside them."""
    complaints = []
    number = 16 if amount else 64
    over = threading.Event()

    def repair():
        while not over.is_set():
            done = subprocess.run(place.program + ['system', 'check', '--repair'], env=place.environment,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
            if b'damaged' in done.stdout or b'repair failed' in done.stdout or done.stderr:
                complaints.append(f'davit system check --repair: {done.stdout.decode()} {done.stderr.decode()}')

    helper = threading.Thread(target=repair)
    helper.start()
    threads = [threading.Thread(target=life, args=(place, i, complaints)) for i in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    helper.join()
    yield 'at once', number, complaints + settle(place)


def fill(directory):
    """Not one byte and not one name is left."""
    filler = directory / 'filler'
    with open(filler / 'bytes', 'wb', buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b'x' * size)
            except OSError:
                pass
    try:
        for number in range(1000000):
            os.close(os.open(filler / f'{number}', os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError:
        pass


def full_furnish(place, filesystem):
    """A small file system below root, with the image "box", "other" and containers."""
    root = place.directory / 'root'
    place.davit('rmi', '--all')
    if filesystem == 'ext4':
        image = place.directory / 'disk'
        with open(image, 'wb') as file:
            file.truncate(48 << 20)
        # No blocks kept back for root, who we are.
        subprocess.run(['mkfs.ext4', '-q', '-m', '0', '-N', '600', '-F', str(image)], check=True)
        subprocess.run(['mount', '-o', 'loop', str(image), str(root)], check=True)
    else:
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=32m,nr_inodes=600,mode=700', 'davit-fault', str(root)],
                       check=True)
    (root / 'filler').mkdir()
    place.must('import', '--quiet', str(place.directory / 'box.tar'), 'box')
    place.must('load', '--quiet', '-i', str(place.directory / 'other.oci'))
    verb = verbs.ContainerVerb(place)
    for name in ('stopped', 'killed', 'removed', 'ended'):
        verb.new('sh', '-c', 'echo said; mkdir /made; sleep 1000', name=name)
        place.must('start', name)
        while place.davit('exec', name, 'ls', '-d', '/made').status != 0:
            continue
    place.must('stop', '-t', '0', 'ended')
    return root


def full(place, _):
    """What frees room needs none."""
    for filesystem in ('tmpfs', 'ext4'):
        root = full_furnish(place, filesystem)
        fill(root)
        complaints = []
        steps = (['ps', '-a'], ['images'], ['logs', 'killed'], ['exec', 'killed', 'true'], ['inspect', 'ended'],
                 ['stop', '-t', '0', 'stopped'], ['kill', 'killed'], ['wait', 'killed'], ['rm', 'ended'],
                 ['rm', '-f', '-t', '0', 'removed'], ['rm', 'stopped'], ['rmi', 'other'], ['rm', '-f', 'killed'],
                 ['ps', '-aq'])
        for words in steps:
            result = place.davit(*words)
            if result.status != 0 or result.err:
                complaints.append(str(result))
            # What one has freed is taken again: none lives on what another left.
            fill(root)
        if place.davit('ps', '-aq').out or place.davit('image', 'exists', 'other').status == 0:
            complaints.append('something is there still')
        for file in (root / 'filler').iterdir():
            file.unlink()
        result = place.davit('run', '--rm', '--network', 'none', '--cgroup-parent', '/' + place.cgroup, 'box',
                             'cat', '/marker')
        if result.out != 'box\n':
            complaints.append(f'with room again: {result}')
        result = place.davit('system', 'check')
        if result.status != 0:
            complaints.append(str(result))
        place.kill_all()
        subprocess.run(['umount', '-l', str(root)], check=True)
        yield filesystem, len(steps), complaints


def other_boot(place, wipe):
    """The machine goes down and comes up: no process, another boot id, and mostly an empty /run."""
    place.kill_all()
    place.cgroups_remove()
    if wipe:
        subprocess.run(['rm', '-rf', '--one-file-system', str(place.directory / 'run')], check=True)
    identity = place.directory / 'boot-id'
    identity.write_text(f'{uuid.uuid4()}\n')
    subprocess.run(['umount', '-q', BOOT_ID], check=False)
    subprocess.run(['mount', '--bind', str(identity), BOOT_ID], check=True)


def reboot(place, _):
    """What ran has ended, and nothing else is lost."""
    verb = verbs.ContainerVerb(place)
    for wipe in (True, False):
        complaints = []
        for name, options in (('ran', ()), ('paused', ()), ('made', ()), ('ended', ()), ('killed', ()), ('gone', ('--rm',))):
            verb.new('sh', '-c', 'echo word >> /said; cat /said; sleep 1000', name=name, options=options)
        for name in ('ran', 'paused', 'ended', 'killed', 'gone'):
            place.must('start', name)
        while any(place.davit('exec', name, 'cat', '/said').status != 0 for name in ('ran', 'paused', 'ended')):
            continue
        place.must('stop', '-t', '0', 'ended')
        place.must('pause', 'paused')
        # In the middle of the start of one, the other is just being removed.
        place.traced(['--kill', 'tree', '--nth', '8'], ['rm', '-f', '-t', '0', 'killed'])
        other_boot(place, wipe)
        states = verb.states()
        expected = {'ran': 'exited', 'paused': 'exited', 'made': 'created', 'ended': 'exited', 'gone': 'exited'}
        for name, state in expected.items():
            if states.get(name, state if name == 'gone' else None) != state:
                complaints.append(f'{name} is {states.get(name)}, not {state}')
        if states.get('killed') not in (None, 'exited'):
            complaints.append(f"killed is {states['killed']}")
        for name, status in (('ended', 0), ('ran', 125)):
            result = place.davit('wait', name)
            if result.status != status:
                complaints.append(str(result))
        for name in ('ran', 'paused', 'made', 'ended'):
            result = place.davit('start', name)
            if result.status != 0 or verb.states().get(name) != 'running':
                complaints.append(str(result))
        result = place.davit('exec', 'ran', 'cat', '/said')
        if not result.out.startswith('word\n'):
            complaints.append(f'what was written is lost: {result}')
        yield 'empty /run' if wipe else 'old /run', len(expected) + 1, complaints + settle(place)


def cut_mount(place, image):
    subprocess.run(['mount', '-o', 'loop', str(image), str(place.directory / 'root')], check=True)


def cut(place, disk, prepare, options, words):
    """The power goes at the instant at which the command ends: what is on disk then is all there is."""
    root = place.directory / 'root'
    subprocess.run(['mkfs.ext4', '-q', '-E', 'lazy_itable_init=1', '-F', str(disk)], check=True)
    cut_mount(place, disk)
    place.must('import', '--quiet', str(place.directory / 'box.tar'), 'box')
    for command in prepare:
        place.must(*command)
    subprocess.run(['sync', '-f', str(root)], check=True)
    result, report = place.traced(options, words)
    subprocess.run(['cp', '--sparse=always', str(disk), f'{disk}.cut'], check=True)
    place.kill_all()
    subprocess.run(['umount', '-l', str(root)], check=True)
    cut_mount(place, f'{disk}.cut')
    other_boot(place, True)
    return result, report


def cut_images(place, name, result):
    """Each image is there whole or not at all, also if the one before was."""
    complaints = []
    images = place.davit('images', '--format', '{{.Repository}}').out.split()
    if result.status == 0 and name in ('load', 'import', 'tag') and 'localhost/other' not in images:
        complaints.append(f'{result}, and it is gone: {images}')
    for image in ('box', 'other'):
        if f'localhost/{image}' in images:
            run = place.davit('run', '--rm', '--network', 'none', '--cgroup-parent', '/' + place.cgroup, image,
                              'cat', '/marker')
            if run.out.strip() not in ('box', 'other'):
                complaints.append(f'after the cut: {run}')
    if 'localhost/box' not in images:
        complaints.append(f'after the cut: another image is lost: {images}')
    return complaints


def cut_containers(place, name, result):
    complaints = []
    states = verbs.ContainerVerb(place).states()
    if result.status == 0 and name in ('create', 'start', 'stop') and NAME not in states:
        complaints.append(f'{result}, and it is gone: {states}')
    if NAME in states:
        again = place.davit('start', NAME)
        # One whose removal was on its way may come back without its file system.
        if again.status != 0 and name != 'rm':
            complaints.append(f'after the cut: {again}')
        again = place.davit('rm', '-f', '-t', '0', NAME)
        if again.status != 0:
            complaints.append(f'after the cut: {again}')
    again = place.davit('run', '--rm', '--name', NAME, '--network', 'none', '--cgroup-parent', '/' + place.cgroup,
                        'box', 'true')
    if again.status != 0:
        complaints.append(f'after the cut: {again}')
    return complaints


def power(place, amount):
    """On ext4, after a command and in the middle of it."""
    disk = place.directory / 'disk'
    create = verbs.Create(place).command()
    load = verbs.Load(place).command()
    cases = {'load': ([], load, cut_images), 'import': ([], verbs.Import(place).command(), cut_images),
             'tag': ([], ['tag', 'box', 'other'], cut_images), 'rmi': ([load], ['rmi', 'other'], cut_images),
             'create': ([], create, cut_containers), 'start': ([create], ['start', NAME], cut_containers),
             'stop': ([create, ['start', NAME]], ['stop', '-t', '0', NAME], cut_containers),
             'rm': ([create, ['start', NAME]], ['rm', '-f', '-t', '0', NAME], cut_containers)}
    place.davit('rmi', '--all')
    for name, (prepare, words, check) in cases.items():
        complaints, waiting, tried = [], [None], 0
        with open(disk, 'wb') as file:
            file.truncate(64 << 20)
        while waiting:
            nth = waiting.pop(0)
            options = ['--spare', 'busybox', '--kill', 'tree'] + (['--nth', str(nth)] if nth else [])
            result, report = cut(place, disk, prepare, options, words)
            if nth is None:
                waiting = points.choose(int(report['calls']), 1 if amount else 12)
            place.davit('system', 'check', '--repair')
            wrong = check(place, name, result)
            again = place.davit('system', 'check')
            if again.status != 0:
                wrong.append(f'after a repair: {again}')
            complaints += [f"{name} at {report.get('hit', 'its end')}: {text}" for text in wrong]
            place.kill_all()
            subprocess.run(['umount', '-l', str(place.directory / 'root')], check=True)
            tried += 1
        yield name, tried, complaints


SCENES = {'recovery': recovery, 'short': short, 'randomly': randomly, 'many': many, 'full': full,
          'reboot': reboot, 'power': power}
