#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Containers at the command line: a life from run to rm, lists, statuses, streams.

. "$(dirname "$0")/../lib/tap.sh"
tap_begin root busybox

mkdir -p "$T/tree/bin" "$T/tree/tmp" "$T/tree/etc" "$T/tree/proc" "$T/tree/sys" "$T/tree/dev"
cp "$(command -v busybox)" "$T/tree/bin/busybox"
for applet in sh cat echo sleep true false env id kill ls pwd printf test; do
	ln -s busybox "$T/tree/bin/$applet"
done
davit import --quiet --change 'CMD ["sh"]' "$T/tree" box > /dev/null || exit 99

run davit run --rm hello
expect_status 0
expect_out_has 'Hello from a container made by davit.'

# Statuses.
run davit run --rm box true
expect_status 0
run davit run --rm box sh -c 'exit 7'
expect_status 7
# Not in a pid namespace of its own: there the kernel keeps it from being killed from inside.
run davit run --rm --pid host box sh -c 'kill -9 $$'
expect_status 137
run davit run --rm box /none
expect_status 127
run davit run --rm box /etc
expect_status 126
run davit ps -aq
expect_out ''

# Streams and environment.
run davit run --rm box sh -c 'echo out; echo err >&2'
expect_out out
expect_err err
echo input > "$T/input"
TAP_INPUT=$T/input run davit run --rm -i box cat
expect_out input
run davit run --rm -e A=1 -eB=2 -w /tmp -u 5:6 box sh -c 'echo $A$B $(pwd) $(id -u):$(id -g)'
expect_out '12 /tmp 5:6'
run davit run --rm box ls -l --name
expect_true "what follows the image is not davit's" test "$status" != 125

# A life.
run davit run -d --name life --label app=web --cidfile "$T/cid" box sleep 1000
expect_status 0
expect_match '^[0-9a-f]{64}$'
id=$out
expect_equal "$(cat "$T/cid")" "$id" "the cidfile holds the id"
run davit run -d --name other --cidfile "$T/cid" box true
expect_status 125
expect_err "$T/cid"
run davit create --name life box
expect_status 125
expect_err '"life"'
run davit ps --format '{{.ID}} {{.Names}} {{.State}} {{.Command}} {{.Image}} {{.Label "app"}}'
expect_out "${id:0:12} life running sleep 1000 localhost/box:latest web"
run davit ps
expect_match "${id:0:12} +localhost/box:latest +sleep 1000 +.* ago +Up .* +life"
run davit ps -q --no-trunc --filter name=lif --filter status=running --filter label=app=web
expect_out "$id"
run davit ps -q --filter ancestor=box
expect_out "${id:0:12}"
run davit ps -q --filter name=x
expect_out ''
run davit ps --format json
expect_out_has "\"Id\": \"$id\""
run davit inspect --format '{{.State.Status}} {{.State.Running}} {{.Name}}' life
expect_match '^running true /?life$'
run davit inspect --format 'table {{.ID}}{{if .State.Health}} {{.State.Health.Status}}{{end}}' life
expect_out "$id"
run davit inspect --format '{{json .HostConfig.PortBindings}} {{.Config.Labels.app}}' life
expect_out '{} web'
run davit ps --format '{{.Id}} {{.Mounts}} {{.Networks}} {{.Exited}}'
expect_match "^${id:0:12}  [a-z]+ false$"
run davit exec life echo hi
expect_out hi
run davit exec life sh -c 'exit 9'
expect_status 9
run davit exec life /none
expect_status 127
run davit exec -e X=y -w /tmp life sh -c 'echo $X $(pwd)'
expect_out 'y /tmp'
run davit rm life
expect_refused 2 'life'
run davit pause life
expect_out life
run davit ps --format '{{.State}} {{.Status}}'
expect_match '^paused Up .* \(Paused\)$'
run davit start life
expect_status 125
expect_err "can't be started: it is paused; unpause it first"
run davit unpause life
expect_out life
run davit stop -t 0 life
expect_out life
run davit wait life
expect_out 137
run davit ps -q
expect_out ''
run davit ps -a --format '{{.Status}}|{{.ExitCode}}'
expect_match '^Exited \(137\) .* ago\|137$'
run davit ps -aq --filter exited=137
expect_out "${id:0:12}"
run davit exec life true
expect_refused 255 'life'
run davit start life
expect_out life
run davit restart -t 0 life
expect_out life
run davit kill -s KILL life
expect_out life
run davit wait life
expect_out 137
run davit container exists life
expect_status 0
run davit rm life none
expect_status 1
expect_out life
run davit container exists life
expect_status 1

# Logs.
run davit run --name talk box sh -c 'echo one; echo two >&2; echo three'
expect_status 0
run davit logs talk
expect_out $'one\nthree'
expect_err two
# Of two streams nobody knows what came first; of one it is certain.
run davit run --name lines box sh -c 'echo one; echo two; echo three'
run davit logs -n 1 lines
expect_out three
run davit rm lines
run davit logs -t talk
expect_match '^20[0-9-]+T[0-9:.]+Z one'
run davit logs --names talk
expect_out_has 'talk one'
run davit logs -f talk
expect_out_has three
run davit start -a talk
expect_status 0
expect_out $'one\nthree'
run davit rm talk
expect_status 0

# A terminal, from a terminal.
if command -v script > /dev/null; then
	tap_command="davit run -it"
	out=$(script -qec "'$DAVIT' --root '$T/root' --runroot '$T/run' run --rm -it box sh -c 'test -t 0 && echo terminal'" /dev/null < /dev/null)
	status=$?
	expect_out_has terminal
fi

# Several at once.
run davit run -d --name a box sleep 1000
run davit run -d --name b box sleep 1000
run davit ps -n 1 --format '{{.Names}}'
expect_out b
run davit ps -a --sort names --format '{{.Names}}'
expect_out $'a\nb'
run davit ps --filter since=a --format '{{.Names}}'
expect_out b
run davit kill --all
expect_equal "$(wc -l <<< "$out")" 2 "both names are printed"
run davit wait a b
expect_out $'137\n137'
run davit rm -fa
expect_status 0
# sleep as the first process does not end by SIGTERM: each takes the whole time, but all the same.
for name in a b c d; do
	davit run -d --name $name box sleep 1000 > /dev/null
done
SECONDS=0
run davit stop -t 2 a b c d
expect_out $'a\nb\nc\nd'
expect_true "four containers are stopped at the same time" test $SECONDS -lt 6
run davit rm a b c d none
expect_status 1
expect_out $'a\nb\nc\nd'
run davit system check
expect_status 0
expect_out ''

tap_end
