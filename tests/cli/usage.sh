#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What davit answers to command lines that are wrong: status and text.

. "$(dirname "$0")/../lib/tap.sh"
tap_begin root

run davit foo
expect_refused 125 'davit: unknown command "foo"; see davit --help'
run davit rnu
expect_refused 125 'davit: unknown command "rnu"; see davit --help, or did you mean "run"?'
run davit container foo
expect_refused 125 'unknown command "container foo"'
run davit plugin
expect_refused 125 'command "plugin" needs one of: list, info'
run davit --bar ps
expect_refused 125 'unknown option "--bar"; see davit --help'
run davit ps --bar
expect_refused 125 'unknown option "--bar" of "ps"'
run davit run --nmae x img
expect_refused 125 'unknown option "--nmae" of "run"; did you mean "--name"?'
run davit ps -z
expect_refused 125 'unknown option "-z" of "ps"'
run davit run --name
expect_refused 125 'option "--name" of "run" needs a value (NAME)'
run davit run
expect_refused 125 '"run" needs IMAGE [COMMAND [ARGUMENT...]]; see davit run --help'
run davit rm
expect_refused 125 '"rm" needs CONTAINER...'
run davit version x
expect_refused 125 '"version" does not know what to do with "x"'
run davit ps --all=maybe
expect_refused 125 'option "--all" of "ps" takes true or false, not "maybe"'
run davit ps --sort colour
expect_refused 125 'option "--sort" of "ps" must be one of'
run davit ps --filter colour=red
expect_refused 125 'filter "colour=red": must be KEY=VALUE, where KEY is one of ancestor,'
run davit ps --filter volume=/data
expect_refused 125 'filter "volume=/data": is not there yet; the keys are ancestor,'
run davit ps --filter 'label!=a'
expect_refused 125 'filter "label!=a": is not there yet'
run davit images --filter id=x
expect_refused 125 'filter "id=x": is not there yet; the keys are before,'
run davit ps --filter name
expect_refused 125 'filter "name"'
run davit ps --filter 'name=('
expect_refused 125 'filter "name=(": is no regular expression'
run davit ps --filter status=happy
expect_refused 125 'filter "status=happy": must be one of created,'
run davit ps --filter since=nothing
expect_refused 125 'filter "since=nothing": no container with name or id "nothing"'
run davit images --filter dangling=x
expect_refused 125 'filter "dangling=x": must be true or false'
run davit ps --last x
expect_refused 125 'option "--last"'
run davit ps --format '{{.Nmae}}'
expect_refused 125 'template: unknown field "Nmae"; there are ID, Image,'
run davit ps --format '{{'
expect_refused 125 'template: column 3'
run davit inspect --format '{{' x
expect_refused 125 'template: column 3'
run davit stop --time x y
expect_refused 125 'option "--time"'
run davit stop --time=-5 y
expect_refused 125 'option "--time"'
run davit kill --signal FOO y
expect_refused 125 'FOO'
run davit stop --all y
expect_refused 125 '"stop": --all and the name "y" exclude each other'
run davit start -a
expect_refused 125 '"start": --attach and --interactive take one container'
run davit logs --tail x y
expect_refused 125 'option "--tail"'
run davit logs --since yesterdayish y
expect_refused 125 'option "--since"'
run davit run -d -a stdout img
expect_refused 125 'options "--detach" and "--attach" of "run" exclude each other'
run davit run -it img
expect_refused 125 'the input device is not a TTY'
run davit exec -it c sh
expect_refused 125 'the input device is not a TTY'
run davit exec -e =x c sh
expect_refused 125 'environment variable "=x": must be KEY or KEY=VALUE'
run davit exec --env-file "$T/none" c sh
expect_refused 125 "environment file: open \"$T/none\": No such file"
run davit exec --preserve-fds 3 c sh
expect_refused 125 'option "--preserve-fds": descriptor'
run davit exec c
expect_refused 125 '"exec" needs CONTAINER COMMAND [ARGUMENT...]'
run davit rmi
expect_refused 125 '"rmi" needs IMAGE... or --all'
run davit save --format oci-dir x
expect_refused 125 'format oci-dir needs --output DIRECTORY'
run davit save --format floppy x
expect_refused 125 'option "--format" of "save" must be one of docker-archive,'
run davit import https://example.org/x.tar
expect_refused 125 "can't fetch \"https://example.org/x.tar\""
run davit system reset
expect_refused 125 'there is no terminal to ask on; give --force'

# What docker and podman have and davit has not, or not yet.
run davit pull x
expect_refused 125 'command "pull" is not there yet; davit load and davit import read images from files'
run davit container cp a b
expect_refused 125 'command "container cp" is not there yet; pipe a tar archive through davit exec'
run davit image prune -a
expect_refused 125 'command "image prune" is not there yet'
run davit network create --driver bridge net
expect_refused 125 'command "network" is not there yet'
run davit help volume
expect_refused 125 'command "volume" is not there yet; mount a directory with davit run --volume DIRECTORY:TARGET'
for verb in build commit diff events export login logout port prune push rename search stats top update; do
	run davit $verb x
	expect_refused 125 "command \"$verb\" is not there yet"
done
run davit run --gpus all img
expect_refused 125 'option "--gpus" of "run" is not there yet; give the devices one by one with --device'
run davit create --health-cmd=true img
expect_refused 125 'option "--health-cmd" of "create" is not there yet'
run davit run --systemd=always img
expect_refused 125 'option "--systemd" of "run" is not there yet; leave it out, or write --systemd=false'
run davit run --systemd=false --sdnotify=ignore --no-healthcheck none
expect_refused 125 'image "none" not found'
run davit stop -l
expect_refused 125 'option "--latest" of "stop" is not there yet; davit ps -lq prints the id'
run davit save -m none
expect_refused 125 'none'
run davit save -mz none
expect_refused 125 '-mz: unknown option "-z" of "save"'
run davit --log-level=debug ps
expect_refused 125 'unknown option "--log-level"; use --verbose or --debug'
run davit -r ps
expect_refused 125 'unknown option "--remote"; there is no daemon to connect to'
run davit --log-format json pull x
expect_err '"code":"unsupported"'

# Things that are not there.
run davit rm none
expect_refused 1 'no container with name or id "none"'
run davit rm -f none
expect_status 0
expect_no_err
run davit rm -i none
expect_status 0
run davit rmi none
expect_refused 1 'none'
run davit rmi -i none
expect_status 0
for verb in start stop kill pause unpause restart wait logs attach inspect; do
	run davit $verb none
	expect_status 125
	expect_err '"none"'
done
run davit exec none true
expect_refused 125 'no container with name or id "none"'
run davit history none
expect_refused 125 'none'
run davit tag none new
expect_refused 125 'none'
run davit save -o "$T/x.tar" none
expect_refused 125 'none'
expect_true "nothing is left of an archive that failed" test -z "$(ls "$T" | grep x.tar)"
run davit run none
expect_refused 125 'image "none" not found; import or load it first'
run davit run --pull=always hello
expect_status 125
expect_err 'registries'
run davit container exists none
expect_status 1
expect_no_err
run davit image exists none
expect_status 1
expect_no_err
run davit stop -i none
expect_status 0

# What comes from outside reaches no terminal as it is.
run davit $'bad\033[31mverb'
expect_refused 125 'unknown command "bad\x1b[31mverb"'
run davit ps $'--\033]0;x\007'
expect_refused 125 'unknown option'
run davit run $'\377\376'
expect_status 125

# Errors for programs.
run davit --log-format json foo
expect_status 125
expect_err '{"level":"error","code":"usage","msg":"unknown command \"foo\"; see davit --help"}'
run davit --log-format json rm none
expect_status 1
expect_err '"code":"not-found"'
run davit --log-format xml ps
expect_refused 125 'option "--log-format" must be one of text, json, not "xml"'

# Several names: the others are tried nevertheless.
run davit rm none1 none2
expect_status 1
expect_err 'none1'
expect_err 'none2'

tap_end
