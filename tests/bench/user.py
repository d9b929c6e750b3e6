# SPDX-License-Identifier: LGPL-2.1-or-later
"""
user: what it costs that a container is an ordinary user's. The same "run" by root, by a user with
subordinate ids when he has no other container (the user namespace is made) and when he has (it is
joined), and by a user with his own id alone; and "exec" and "ps" of root and of the user.

The users are of the mount namespace in which tests/bench/run starts this: nobody else sees them.
"""

import pathlib
import shutil
import subprocess

import bench

USERS = {'ranges': 64201, 'single': 64202}
FIRST = 643000000
FILES = ('passwd', 'group', 'subuid', 'subgid')


class User(bench.Bench):
    def prepare(self):
        self.place = self.directory / 'users'
        self.place.mkdir(mode=0o755)
        self.programs()
        self.accounts()
        archive = self.place / 'box.tar'
        self.call(['tar', '-C', str(self.tree), '--numeric-owner', '-cf', str(archive), '.'])
        for user in ('root', *USERS):
            self.call(self.command(user, 'import', '--quiet', str(archive), 'box'))

    def programs(self):
        """Where everybody can reach them: a build directory may be its owner's alone."""
        for folder in ('libexec', 'plugins'):
            (self.place / folder).mkdir(mode=0o755)
        shutil.copy(self.build / 'engine' / 'davit', self.place)
        for name in ('davit-monitor', 'davit-archive', 'davit-init'):
            shutil.copy(self.build / 'engine' / name, self.place / 'libexec')
        for plugin in (self.build / 'plugins').glob('*.so'):
            shutil.copy(plugin, self.place / 'plugins')
        shutil.copytree(self.build / 'data', self.place / 'data')
        self.call(['chmod', '-R', 'go+rX,go-w', str(self.place)])
        self.call(['chmod', '711', str(self.directory), str(self.runs)])

    def accounts(self):
        for name in FILES:
            own = self.place / name
            shared = pathlib.Path('/etc') / name
            shared.touch()
            text = shared.read_text()
            for user, uid in USERS.items():
                text += {'passwd': f'bench-{user}:x:{uid}:{uid}::/:/bin/sh\n',
                         'group': f'bench-{user}:x:{uid}:\n'}.get(name, '')
            if name.startswith('sub'):
                text += f'bench-ranges:{FIRST}:65536\n'
            own.write_text(text)
            self.call(['mount', '--bind', str(own), str(shared)])
        for user, uid in {'root': 0, **USERS}.items():
            for directory in (self.place / f'{user}-home', self.runs / user):
                directory.mkdir(mode=0o700)
                shutil.chown(directory, uid, uid)

    def command(self, user, *words):
        """Root goes the same way to it, so that only davit is compared."""
        uid = {'root': 0, **USERS}[user]
        home, run = self.place / f'{user}-home', self.runs / user
        return ['setpriv', '--reuid', str(uid), '--regid', str(uid), '--clear-groups', 'env', '-i',
                'PATH=/usr/local/bin:/usr/bin:/bin', f'HOME={home}', f'XDG_RUNTIME_DIR={run}',
                f'DAVIT_PLUGIN_PATH={self.place}/plugins', f'DAVIT_LIBEXECDIR={self.place}/libexec',
                f'DAVIT_DATADIR={self.place}/data', str(self.place / 'davit'), '--root',
                str(home / 'davit'), '--runroot', str(run / 'davit'), *words]

    def user(self):
        rounds = 10 if self.quick else 100
        run = ('run', '--rm', '--network', 'none', 'box', 'true')
        self.compare('run', {'root': self.command('root', *run), 'user': self.command('ranges', *run),
                             'user with one id': self.command('single', *run)}, rounds)
        for user in ('root', 'ranges'):
            self.call(self.command(user, 'run', '-d', '--name', 'other', 'box', 'sleep', '10000'))
        for what, words in {'run beside': run, 'exec': ('exec', 'other', 'true'), 'ps': ('ps',)}.items():
            self.compare(what, {'root': self.command('root', *words),
                                'user': self.command('ranges', *words)}, rounds)

    def clean(self):
        for user in ('root', *USERS):
            subprocess.run(self.command(user, 'system', 'reset', '--force'), check=False,
                           stdout=subprocess.DEVNULL)
        for name in FILES:
            subprocess.run(['umount', f'/etc/{name}'], check=False)
        super().clean()


if __name__ == '__main__':
    bench.main(User, ['user'])
