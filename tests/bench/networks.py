#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What davit adds to the time of a network's own programs:

    sudo unshare -n python3 tests/bench/networks.py BUILD [--rounds N]

BUILD is a build directory with optimization. In turn: a run on a bridge of the CNI plugins, the same
plugins by hand, a run on slirp4netns. Quoted are medians.

cni           the span "attach" of the trace without those of the plugins in it, and beside it the
              span against the plugins called from here, which also pay for this script's fork
slirp4netns   the span "attach" without that of the helper, which lasts until it is ready
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

PLUGINS = '/usr/lib/cni'


def configuration(directory):
    return {'cniVersion': '1.0.0', 'name': 'bench', 'type': 'bridge', 'bridge': 'bench0',
            'isGateway': True, 'ipMasq': True, 'ipam': {
                'type': 'host-local', 'dataDir': str(directory / 'leases'),
                'ranges': [[{'subnet': '10.89.99.0/24'}]], 'routes': [{'dst': '0.0.0.0/0'}]}}


def spans(file):
    """Durations in milliseconds of the spans of one trace, by name."""
    found = {}
    begun = {}
    document = json.loads(file.read_text())
    for event in document['traceEvents'] if isinstance(document, dict) else document:
        key = (event['pid'], event.get('tid'))
        name = f"{event.get('cat', '')}: {event.get('name', '')}"
        if event['ph'] == 'X':
            found.setdefault(name, []).append(event['dur'] / 1000)
        elif event['ph'] == 'B':
            begun.setdefault(key, []).append((name, event['ts']))
        elif event['ph'] == 'E':
            name, start = begun[key].pop()
            found.setdefault(name, []).append((event['ts'] - start) / 1000)
    return found


class Bench:
    def __init__(self, build, directory):
        self.directory = directory
        self.trace = directory / 'trace.json'
        self.environment = dict(os.environ, DAVIT_PLUGIN_PATH=str(build / 'plugins'),
                                DAVIT_LIBEXECDIR=str(build / 'engine'), DAVIT_DATADIR=str(build / 'data'))
        (directory / 'net.d').mkdir()
        single = configuration(directory)
        listed = {'cniVersion': single['cniVersion'], 'name': single['name'],
                  'plugins': [{key: value for key, value in single.items() if key not in ('name', 'cniVersion')}]}
        (directory / 'net.d' / 'bench.conflist').write_text(json.dumps(listed))
        self.davit = [str(build / 'engine' / 'davit'), '--root', str(directory / 'root'),
                      '--runroot', str(directory / 'run'), '--config',
                      f"network.cni.conf-directories={directory / 'net.d'}"]
        tree = directory / 'tree'
        (tree / 'bin').mkdir(parents=True)
        shutil.copy(shutil.which('busybox'), tree / 'bin' / 'busybox')
        (tree / 'bin' / 'true').symlink_to('busybox')
        self.call(self.davit + ['import', '--quiet', str(tree), 'box'])

    def call(self, command, **options):
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL, **options)

    def run(self, driver, *network):
        """attach, and the programs in it."""
        self.call(self.davit + ['--trace', str(self.trace), 'run', '--rm', '--network-driver', driver,
                                *network, 'box', '/bin/true'])
        found = spans(self.trace)
        program = {'cni': 'bridge', 'slirp4netns': 'helper'}[driver]
        # ADD comes first, DEL behind it.
        return found[f'network/{driver}: attach'][0], found[f'network/{driver}: {program}'][0]

    def by_hand(self):
        # A namespace that lives as long as the process that holds it.
        holder = subprocess.Popen(['unshare', '-n', 'sh', '-c', 'echo; read -r line'],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        holder.stdout.readline()
        environment = dict(self.environment, CNI_COMMAND='ADD', CNI_CONTAINERID='bench', CNI_IFNAME='eth0',
                           CNI_NETNS=f'/proc/{holder.pid}/ns/net', CNI_PATH=PLUGINS)
        text = json.dumps(configuration(self.directory)).encode()
        start = time.monotonic()
        subprocess.run([PLUGINS + '/bridge'], env=environment, input=text, check=True, stdout=subprocess.DEVNULL)
        took = (time.monotonic() - start) * 1000
        environment['CNI_COMMAND'] = 'DEL'
        subprocess.run([PLUGINS + '/bridge'], env=environment, input=text, check=True, stdout=subprocess.DEVNULL)
        holder.communicate(b'\n')
        return took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build', type=pathlib.Path)
    parser.add_argument('--rounds', type=int, default=20)
    arguments = parser.parse_args()
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    with tempfile.TemporaryDirectory(prefix='davit-bench-') as name:
        bench = Bench(arguments.build.resolve(), pathlib.Path(name))
        rounds = []
        for _ in range(arguments.rounds):
            cni = bench.run('cni', '--network', 'bench')
            hand = bench.by_hand()
            slirp = bench.run('slirp4netns')
            rounds.append((*cni, hand, *slirp))
        attach, plugins, hand, slirp, helper = (list(column) for column in zip(*rounds))
        share = [whole - part for whole, part in zip(attach, plugins)]
        slirp_share = [whole - part for whole, part in zip(slirp, helper)]
        for what, values in (('cni: attach', attach), ('cni: plugins in it', plugins), ("cni: davit's share", share),
                             ('cni: plugins by hand', hand), ('slirp4netns: attach', slirp),
                             ('slirp4netns: its helper', helper), ("slirp4netns: davit's share", slirp_share)):
            print(f'{what:28} {statistics.median(values):8.2f} ms  ({min(values):.2f} to {max(values):.2f})')


main()
