#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Containers by real external runtimes, crun and runc, from the command line: what the suite of
# matrix.sh does not ask of every runtime.

here=$(dirname "$0")
. "$here/../lib/tap.sh"
. "$here/../lib/box.sh"
. "$here/../lib/drivers.sh"

if [ -z "${OCI_INSIDE-}" ] && [ "$(id -u)" = 0 ]; then
	OCI_INSIDE=1 exec unshare -m --propagation private bash "$0" "$@"
fi
tap_begin root busybox crun runc python3 strace
drivers_crun_cgroups
box_image
talk=$here/../lib/talk
command=("$DAVIT" --root "$T/root" --runroot "$T/run")

# left ID: what a container, or all of them, left in the run directory and in control groups.
left ()
{
	find "$T/run/containers" -mindepth 1 2> /dev/null
	find /sys/fs/cgroup \( -fstype cgroup -o -fstype cgroup2 \) -type d -name "davit-$1*"
}

whole_life ()
{
	local runtime=$1 id pid

	# Exit codes: of the program, of signals, and those of davit.
	for code in 0 3 125 126 127; do
		run davit run --rm --network none --runtime "$runtime" box sh -c "exit $code"
		expect_status "$code"
	done
	run davit run --rm --network none --runtime "$runtime" box nosuch
	expect_refused 127 "runtime/$runtime: program \"nosuch\": not found in PATH"
	run davit run --rm --network none --runtime "$runtime" box /nosuch
	expect_refused 127 "runtime/$runtime: program \"/nosuch\": No such file or directory"
	run davit run --rm --network none --runtime "$runtime" box /etc
	expect_refused 126 "runtime/$runtime: program \"/etc\": Is a directory"
	run davit run --rm --network none --runtime "$runtime" box /etc/passwd
	expect_refused 126 "runtime/$runtime: program \"/etc/passwd\": Permission denied"
	run davit run --rm --network none --runtime "$runtime" garbage /bad
	if [ -e /proc/sys/fs/binfmt_misc/status ]; then
		# Some interpreter might be registered for it: only the runtime can tell, by any status.
		expect_true "$tap_command: a program of no known format does not run" test "$status" != 0
	else
		expect_refused 126 'Exec format error; built for another machine, or a script without #! line'
	fi
	run davit run --rm --network none --runtime "$runtime" garbage /script
	expect_refused 127 'program "/script": exists, but the interpreter that it names does not'
	# A volume hides what the image has: the runtime itself must say it.
	run davit run --rm --network none --runtime "$runtime" -v "$T:/mnt" box /mnt/nosuch
	expect_true "$tap_command: a program that is not in a volume does not run" test "$status" != 0
	# What it was refused is the runtime's word.
	if ! capable 24; then
		run davit run --rm --network none --runtime "$runtime" --oom-score-adj -999 box true
		expect_refused 125 'oom_score_adj'
	fi
	expect_equal "$(left none)" "" "nothing is left of what failed"

	# Streams.
	echo "from outside" > "$T/in"
	TAP_INPUT=$T/in run davit run --rm -i --network none --runtime "$runtime" box sh -c 'cat; echo wrong >&2'
	expect_out "from outside"
	expect_err wrong
	run davit run --rm --network none --runtime "$runtime" box sh -c 'grep -c . /proc/self/status > /dev/null; grep Seccomp: /proc/self/status; ls /proc/self/fd | wc -l; echo $(id -u) $(hostname | wc -c)'
	expect_out $'Seccomp:\t2\n4\n0 13'

	run davit run --rm --network none --runtime "$runtime" box unshare -U true
	expect_err 'Operation not permitted'
	if [ "$runtime" = oci:crun ]; then
		# The filter that davit compiled is no other than the one that crun compiles.
		run davit --config runtime.oci.compiled-seccomp=false run --rm --network none --runtime "$runtime" box \
			sh -c 'grep Seccomp /proc/self/status; unshare -U true'
		expect_out_has $'Seccomp:\t2'
		expect_err 'Operation not permitted'
	fi

	# A terminal, its size, and another one by exec.
	run "$talk" --size 24x80 'expect:# ' 'send:stty size\n' 'expect:24 80' 'size:40x120' 'send:\n' 'expect:# ' \
		'send:stty size\n' 'expect:40 120' 'send:exit 5\n' end -- "${command[@]}" run --rm -it --network none --runtime "$runtime" box
	expect_status 5
	run davit run -d --name c --network none --runtime "$runtime" box sh -c 'trap "exit 9" TERM; trap "exit 8" USR1; echo up; while :; do sleep 1000 & wait; done'
	expect_status 0
	id=$out
	run "$talk" --size 30x90 'expect:# ' 'send:stty size\n' 'expect:30 90' 'send:tty\n' 'expect:/dev/pts' 'send:exit 6\n' end -- \
		"${command[@]}" exec -it c sh
	expect_status 6

	# exec with pipes, several at once, and without waiting.
	TAP_INPUT=$T/in run davit exec -i c cat
	expect_out "from outside"
	run davit exec c sh -c 'echo err >&2; exit 7'
	expect_status 7
	expect_err err
	run davit exec c nosuch
	expect_refused 127 'program "nosuch": not found in PATH'
	run davit exec c sh -c 'kill -KILL $$'
	expect_status 137
	for n in 1 2 3 4 5 6; do
		davit exec c sh -c "exit $n" &
		eval "exec_$n=\$!"
	done
	for n in 1 2 3 4 5 6; do
		eval "wait \$exec_$n"
		expect_equal $? $n "one of several commands at once"
	done
	run davit exec -d c sleep 500
	expect_status 0
	run davit exec c ps
	expect_out_has "sleep 500"

	# What is told of it.
	run davit inspect --format '{{.OCIRuntime}} {{.State.Status}}' c
	expect_out "$runtime running"
	run davit ps --format '{{.Names}} {{.State}}'
	expect_out "c running"
	run davit logs c
	expect_out up

	# Frozen and thawed.
	run davit pause c
	expect_status 0
	run davit ps --format '{{.State}}'
	expect_out paused
	run davit exec c true
	expect_err 'it is paused; unpause it first'
	run davit unpause c
	expect_status 0
	run davit exec c echo again
	expect_out again
	run davit unpause c
	expect_refused 125 'can'"'"'t be unpaused: it is running'

	# Signals, and its end.
	run davit kill --signal USR1 c
	expect_status 0
	run timeout 60 "${command[@]}" wait c
	expect_out 8
	run davit start c
	expect_status 0
	run davit stop c
	expect_status 0
	run davit inspect --format '{{.State.ExitCode}} {{.OCIRuntime}}' c
	expect_out "9 $runtime"
	run davit start c
	expect_status 0
	davit pause c > /dev/null
	pid=$(davit inspect --format '{{.State.Pid}}' c)
	run davit rm -f --time 0 c
	expect_status 0
	expect_true "its process is gone" test ! -e "/proc/$pid"
	expect_equal "$(left "$id")" "" "nothing is left of it"
	run davit system check
	expect_status 0
}

# Whether root has this capability here; 24 is CAP_SYS_RESOURCE.
capable ()
{
	(((0x$(awk '/^CapEff/ { print $2 }' /proc/self/status) >> $1) & 1))
}

box_tree "$T/garbage-tree"
printf 'no program\n' > "$T/garbage-tree/bad"
printf '#!/nosuch/interpreter\n' > "$T/garbage-tree/script"
chmod 755 "$T/garbage-tree/bad" "$T/garbage-tree/script"
davit import --quiet "$T/garbage-tree" garbage > /dev/null

whole_life oci:crun
whole_life oci:runc

# Which runtime: by name, by path, the first that is there, and never another one.
run davit run --rm --network none --runtime oci:/usr/bin/crun box echo by-path
expect_out by-path
run davit create --name d --network none --runtime oci box sleep 1000
expect_status 0
run davit inspect --format '{{.OCIRuntime}}' d
expect_out oci:crun
run davit --config 'runtime.oci.runtimes=absent;runc' create --name e --network none --runtime oci box true
expect_status 0
run davit inspect --format '{{.OCIRuntime}}' e
expect_out oci:runc
run davit run --rm --runtime oci:absent box true
expect_refused 125 'runtime/oci:absent: no runtime is called "absent"; the option runtimes of [runtime.oci] names: crun, runc'
run davit --config runtime.oci.runtimes=absent run --rm --runtime oci:absent box true
expect_refused 125 'the runtime "absent" is not installed: there is no such program in PATH'
run davit --config runtime.oci.runtimes=absent run --rm --runtime oci box true
expect_refused 125 'there is no external runtime; the option runtimes of [runtime.oci] names: absent (not there)'
run davit run --rm --runtime oci:../crun box true
expect_refused 125 'must be the name of a plugin'
run davit run --rm --runtime native:crun box true
expect_refused 125 'runtime plugin "native": has no variants such as "crun"'
run davit plugin info runtime/oci
expect_out_has 'crun (/usr/bin/crun, "crun version'

# A container keeps its runtime when another one becomes the default, and its program when another
# one gets its name.
run davit --config engine.runtime=native start d
expect_status 0
run davit --config 'runtime.oci.runtimes=crun=/bin/false' exec d echo kept
expect_out kept
run davit --config engine.runtime=oci:runc inspect --format '{{.OCIRuntime}}' d
expect_out oci:crun
run davit --config runtime.oci.runtimes=absent rm -f --time 0 d e
expect_status 0

# As the configured default.
run davit --config engine.runtime=oci:runc run --rm --network none box sh -c 'exit 4'
expect_status 4
run davit --config engine.runtime=oci:../x run --rm box true
expect_refused 125 'must be of a-z, 0-9 and "-", as names of plugins are, or NAME:VARIANT'

# The engine dies in the middle of a start: what is there is taken away.
cat > "$T/slow" <<'END'
#!/bin/sh
case " $* " in
*" create "*)
	/usr/bin/crun "$@" || exit
	touch "${0%/*}/created"
	exec sleep 1000
	;;
esac
exec /usr/bin/crun "$@"
END
chmod 755 "$T/slow"
"${command[@]}" run -d --name f --network none --runtime "oci:$T/slow" box sleep 1000 > /dev/null 2>&1 &
engine=$!
expect_true "the runtime has made a container" wait_for 20 test -e "$T/created"
kill -KILL $engine
wait $engine 2> /dev/null
id=$(davit inspect --format '{{.Id}}' f)
expect_true "it has control groups" test -n "$(left "$id" | grep cgroup)"
run davit rm -f --time 0 f
expect_status 0
expect_equal "$(left "$id")" "" "nothing is left of a start that was broken off"
run davit system check
expect_status 0

# Neither a record that can be read nor a runtime is left: its bundle still tells where its groups are.
rm "$T/created"
"${command[@]}" run -d --name g --network none --cgroup-parent "/davit-test-$$" --runtime "oci:$T/slow" \
	box sleep 1000 > /dev/null 2>&1 &
engine=$!
expect_true "the runtime has made a container" wait_for 20 test -e "$T/created"
kill -KILL $engine
wait $engine 2> /dev/null
id=$(davit inspect --format '{{.Id}}' g)
find "$T/run/containers" -name record -exec sh -c 'echo damaged > "$1"' - {} \;
printf '#!/bin/sh\nexit 1\n' > "$T/slow"
run davit rm -f --time 0 g
expect_status 0
expect_equal "$(left "$id")" "" "nothing is left without a record and a runtime"
find /sys/fs/cgroup -type d -name "davit-test-$$" -prune -exec rmdir {} +
run davit system check
expect_status 0

# crun executes itself a second time with each call if it could be overwritten where it stands. From
# the read-only mount that it gets it need not: create, start, delete.
mkdir "$T/traces"
ASAN_OPTIONS=detect_leaks=0 strace -ff -z -s 4096 -o "$T/traces/t" -e trace=execve,execveat \
	"${command[@]}" run --rm --network none --runtime oci:crun box true
expect_equal "$(cat "$T/traces"/* | grep -c '^exec.*\["/usr/bin/crun", ')" 3 "crun is executed once for a call"
expect_equal "$(cat "$T/traces"/* | grep -c '^execveat(.*\["/usr/bin/crun", ')" 3 "where nobody can write to it"

# By the name alone, as others have it.
run davit run --rm --runtime crun box true
expect_refused 125 'a program is asked for as "oci:crun"'

# Of a crun that is built without CRIU its own word for that is the reason, and nothing is done.
if ! crun checkpoint --help > /dev/null 2>&1; then
	davit run -d --name k --network none --runtime oci:crun box sleep 1000 > /dev/null
	run davit checkpoint k
	expect_refused 125 'the runtime "/usr/bin/crun" can'"'"'t make or restore checkpoints: it has no verb "checkpoint"'
	run davit exec k echo "runs on"
	expect_out "runs on"
	davit rm -f --time 0 k > /dev/null
fi

# Many at once.
for n in $(seq 16); do
	davit run --rm --network none --runtime "oci:$([ $((n % 2)) = 0 ] && echo crun || echo runc)" box sh -c "exit $n" &
	eval "many_$n=\$!"
done
for n in $(seq 16); do
	eval "wait \$many_$n"
	expect_equal $? "$n" "one of sixteen at once"
done
expect_equal "$(davit ps -aq)" "" "no container is left"
expect_equal "$(left none)" "" "nothing is left of them"

tap_end
