#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Help, versions, formats, and what happens when output can't be written.

. "$(dirname "$0")/../lib/tap.sh"
tap_begin root

run davit --help
expect_status 0
expect_out_has 'Usage: davit [OPTION...] COMMAND'
expect_out_has '  run '
expect_out_lacks '__complete'
expect_out_lacks 'cleanup'
expect_no_err
run davit help run
expect_out_has 'Usage: davit run [OPTION...] IMAGE [COMMAND [ARGUMENT...]]'
expect_out_has '-h, --hostname NAME'
run davit run --help
expect_out_has '      --help '
run davit plugin list --help
expect_out_has 'davit-plugin-list(1)'
run davit help container ls
expect_out_has 'Usage: davit ps'
run davit container ls --help
expect_out_has 'Also: davit list, davit ls, davit container list'
for flag in --version -v; do
	run davit $flag
	expect_status 0
	expect_match '^davit version [0-9]+\.[0-9]+\.[0-9]+$'
done

run davit version
expect_status 0
expect_match 'PluginAbi: 1\.[0-9]+'
run davit version --format '{{.Server.Version}}'
expect_match '^[0-9]+\.[0-9]+\.[0-9]+$'
run davit version --format json
expect_out_has '"Client": {'
run davit version --format '{{.Nope}}'
expect_status 125
expect_err 'unknown field "Nope"; there are Client, Server'

run davit ps
expect_status 0
expect_match '^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES$'
run davit ps --noheading
expect_out ''
run davit ps -q
expect_out ''
run davit ps --format json
expect_out '[]'
run davit ps --format 'table {{.Names}}\t{{.ID}}'
expect_match '^NAMES +CONTAINER ID$'
run davit ps --format '{{json .}}'
expect_out ''
run davit images
expect_match '^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$'
run davit images --digests
expect_match '^REPOSITORY +TAG +DIGEST +IMAGE ID +CREATED +SIZE$'
run davit images --format json
expect_out '[]'
run davit inspect none
expect_out '[]'

run davit info
expect_status 0
expect_out_has "graphRoot: $T/root"
run davit info --format '{{.Store.ContainerStore.Number}} {{.Images}} {{.Driver}}'
expect_match '^0 0 [a-z0-9-]+$'
run davit info --format '{{.Host.Arch}} {{.Host.CgroupVersion}} {{.Store.GraphRoot}} {{.OSType}} {{.NCPU}} {{.DockerRootDir}}'
expect_match "^[a-z0-9]+ v[12] $T/root linux [0-9]+ $T/root$"
run davit version --format '{{.Version}} {{.Client.Version}} {{.Server.OsArch}}'
expect_match '^([0-9.]+) [0-9.]+ linux/[a-z0-9]+$'
run davit --config engine.storage=vfs info --format '{{.plugins.storage}}'
expect_out vfs
run davit config show
expect_match '^GROUP +KEY +VALUE +SOURCE'
expect_match 'engine +storage +'
run davit --config engine.storage=vfs config show --format '{{if eq .Key "storage"}}{{.Value}} {{.Source}}{{end}}'
expect_out_has 'vfs --config'
run davit --config engine.nonsense=1 config show
expect_status 125
expect_err 'nonsense'
run davit plugin list
expect_match '^KIND +NAME +VERSION +STATE'
expect_match 'storage +vfs +[0-9.]+ +usable'
run davit plugin info storage/vfs --format '{{.Kind}} {{.Name}} {{.Loads}}'
expect_out 'storage vfs true'
run davit plugin info nonsense
expect_status 125
expect_err 'nonsense'
run davit plugin info floppy/vfs
expect_status 125
expect_err 'floppy'

# Where nothing can be written the status says so, even if nothing else can.
tap_command="davit ps > /dev/full"
davit ps > /dev/full 2> "$T/err"
status=$? err=$(cat "$T/err")
expect_status 125
expect_err 'No space left'
tap_command="davit foo, standard error full"
davit foo 2> /dev/full
status=$?
expect_status 125

# Closed streams: files that are opened must not take their place.
tap_command="davit ps with standard streams closed"
davit ps <&- >&- 2>&-
status=$?
expect_status 0
tap_command="davit run none with standard streams closed"
davit run none <&- >&- 2>&-
status=$?
expect_status 125

# Progress and colours are for people.
run davit --debug version
expect_status 0
expect_true "no escape sequences" sh -c '! grep -q "$(printf "\033")" "$0/err"' "$T"

# A trace is JSON, timings are a table.
run davit --trace "$T/trace.json" ps
expect_status 0
expect_true "the trace is there" test -s "$T/trace.json"
run davit --timings ps
expect_status 0

tap_end
