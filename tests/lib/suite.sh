# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What every container does, whatever drivers it is made with. tests/root/matrix.sh sources this in a
# network and a mount namespace of its own, after tap.sh, box.sh and drivers.sh:
#
#     suite STORAGE NETWORK RUNTIME
#
# It asks for nothing that only one driver has, apart from what a network looks like from inside.

# suite_davit WORD...: davit, with what the configuration of this cell says.
suite_davit ()
{
	davit "${suite_config[@]}" "$@"
}

# suite_run WORD...: a new container of this cell.
suite_run ()
{
	suite_davit run "${suite_drivers[@]}" "$@"
}

suite ()
{
	suite_storage=$1 suite_network=$2 suite_runtime=$3
	suite_config=(--config "engine.storage=$1")
	suite_drivers=(--network-driver "$2" --runtime "$3")
	suite_command=("$DAVIT" --root "$T/root" --runroot "$T/run" "${suite_config[@]}")
	suite_talk=$here/../lib/talk
	ip link set lo up
	case $suite_runtime in
	*:crun) drivers_crun_cgroups ;;
	esac
	if [ "$suite_network" = cni ]; then
		suite_yard
	fi
	box_tree "$T/box-tree" || exit 99
	run suite_davit import --quiet --change 'CMD ["sh"]' "$T/box-tree" box
	expect_status 0
	mkdir "$T/shared"
	echo 'from outside' > "$T/shared/file"

	suite_statuses
	suite_streams
	suite_identity
	suite_files
	suite_life
	suite_exec
	suite_terminal
	suite_logs
	suite_end
	suite_limits
	suite_connection
	suite_nothing_left
}

suite_yard ()
{
	mkdir "$T/net.d"
	cat > "$T/net.d/10-yard.conflist" <<- END
	{"cniVersion": "1.0.0", "name": "yard", "plugins": [
	  {"type": "bridge", "bridge": "yard0", "isGateway": true, "ipMasq": true, "ipam": {
	    "type": "host-local", "dataDir": "$T/leases", "ranges": [[{"subnet": "10.89.7.0/24"}]],
	    "routes": [{"dst": "0.0.0.0/0"}]}},
	  {"type": "portmap", "capabilities": {"portMappings": true}}]}
	END
	suite_config+=(--config "network.cni.conf-directories=$T/net.d" --config network.cni.timeout=300s)
	suite_command=("$DAVIT" --root "$T/root" --runroot "$T/run" "${suite_config[@]}")
	suite_drivers+=(--network yard)
}

suite_statuses ()
{
	local words
	run suite_run --rm box true
	expect_status 0
	expect_no_err
	run suite_run --rm box sh -c 'exit 3'
	expect_status 3
	run suite_run --rm -v /none/at/all:/mnt box true
	expect_status 125
	expect_err '"/none/at/all"'
	run suite_run --rm box /etc
	expect_status 126
	expect_err '/etc'
	run suite_run --rm box /none
	expect_status 127
	expect_err '/none'
	# The first process of a pid namespace is safe from its own signals.
	run suite_run --rm --pid host box sh -c 'kill -9 $$'
	expect_status 137
	run suite_run --rm --pid host box sh -c 'kill -15 $$'
	expect_status 143
	run suite_davit ps -aq
	expect_out ''
}

suite_streams ()
{
	run suite_run --rm box sh -c 'echo out; echo err >&2'
	expect_out out
	expect_err err
	head -c 1000000 /dev/urandom > "$T/data"
	tap_command="run -i box cat < 1000000 bytes"
	suite_run --rm -i box cat < "$T/data" | cmp - "$T/data"
	expect_equal "${PIPESTATUS[*]}" "0 0" "standard input is read to its end, and comes back unchanged"
	TAP_INPUT=$T/data run suite_run --rm box wc -c
	expect_out 0
}

suite_identity ()
{
	run suite_run --rm -e A=1 -e 'B=two words' -w /var/deep -u alice:staff -h lighthouse box \
		sh -c 'echo "$A $B $HOME"; pwd; id -un; id -gn; hostname; echo $$'
	expect_out $'1 two words /home/alice\n/var/deep\nalice\nstaff\nlighthouse\n1'
	run suite_run --rm -u 5:6 --group-add 29 box sh -c 'id -u; id -G'
	expect_out $'5\n6 29'
	run suite_run --rm --cap-drop all --security-opt no-new-privileges box \
		grep -E '^(CapEff|NoNewPrivs)' /proc/self/status
	expect_out $'CapEff:\t0000000000000000\nNoNewPrivs:\t1'
	run suite_run --rm box sh -c 'grep ^Seccomp: /proc/self/status; cat /proc/kcore'
	expect_out_has $'Seccomp:\t2'
	run suite_run --rm --ulimit nofile=64:64 box sh -c 'ulimit -n'
	expect_out 64
}

suite_files ()
{
	run suite_run --rm -v "$T/shared:/rw" -v "$T/shared:/ro:ro" box \
		sh -c 'cat /rw/file; echo inside > /rw/new; cat /ro/new; echo x > /ro/refused'
	expect_status 1
	expect_out $'from outside\ninside'
	expect_err 'Read-only file system'
	expect_equal "$(cat "$T/shared/new")" inside "what is written to a volume is on the host"
	run suite_run --rm --read-only --tmpfs /scratch -v "$T/shared:/rw" box \
		sh -c 'echo x > /scratch/a; echo y > /rw/b; cat /scratch/a /rw/b; echo z > /refused'
	expect_status 1
	expect_out $'x\ny'
	expect_err 'Read-only file system'
	run suite_run --rm box sh -c 'test -c /dev/null && echo x > /dev/null && ls /dev/shm && df /dev/shm | tail -n 1'
	expect_out_has /dev/shm
	# An image is the same for the next container, whatever one does to it.
	run suite_run --rm box sh -c 'rm /etc/group; echo more >> /etc/passwd; mkdir /etc/new; chmod 700 /tmp; mv /root /moved'
	expect_status 0
	run suite_run --rm box sh -c 'test -f /etc/group && ! grep more /etc/passwd && ! test -e /etc/new && stat -c %a /tmp; ls -d /root'
	expect_out $'1777\n/root'
}

# One container from its making to its second start.
suite_life ()
{
	run suite_davit create "${suite_drivers[@]}" --name life --label kind=life box \
		sh -c 'trap "exit 12" TERM; echo up >> /count; cat /count; while :; do sleep 0.1; done'
	expect_status 0
	run suite_davit ps -a --format '{{.Names}} {{.State}} {{.Label "kind"}}'
	expect_out 'life created life'
	run suite_davit inspect --format \
		'{{.State.Status}} {{.OCIRuntime}} {{.Driver}}' life
	expect_out "created $suite_runtime $suite_storage"
	run suite_davit start life
	expect_status 0
	run suite_davit ps --format '{{.Names}} {{.State}}'
	expect_out 'life running'
	suite_pid=$(suite_davit inspect --format '{{.State.Pid}}' life)
	expect_true "its first process is there" kill -0 "$suite_pid"
	run suite_davit exec life cat /proc/1/comm
	expect_out sh
	expect_true "it says that it is ready" wait_for 10 suite_log_has life up
	run suite_davit pause life
	expect_status 0
	run suite_davit ps --format '{{.State}}'
	expect_out paused
	run suite_davit exec life true
	expect_true "no process enters a container that is paused" test "$status" != 0
	run suite_davit unpause life
	expect_status 0
	run suite_davit ps --format '{{.State}}'
	expect_out running
	run suite_davit stop life
	expect_status 0
	run suite_davit inspect --format '{{.State.Status}} {{.State.ExitCode}}' life
	expect_out 'exited 12'
	run suite_davit exec life true
	expect_status 255
	expect_err '"life"'
	# What it wrote is there at its second start.
	run suite_davit start life
	expect_status 0
	expect_true "it has written twice" wait_for 10 suite_log_has life $'up\nup\nup'
	run suite_davit restart life
	expect_status 0
	run suite_davit kill --signal TERM life
	expect_status 0
	run suite_davit wait life
	expect_out 12
	run suite_davit rm life
	expect_status 0
	expect_true "its first process is gone" test ! -d "/proc/$suite_pid"
}

suite_log_has ()
{
	[[ $(suite_davit logs "$1" 2>&1) == *"$2"* ]]
}

suite_exec ()
{
	run suite_run -d --name e -e FROM=image box sleep 1000
	expect_status 0
	# First: it is an orphan, and what is init on this host may take its time to see its end.
	run suite_davit exec -d e sh -c 'echo done > /done'
	expect_status 0
	run suite_davit exec e sh -c 'echo out; echo err >&2; exit 9'
	expect_status 9
	expect_out out
	expect_err err
	run suite_davit exec e /none
	expect_status 127
	run suite_davit exec e /etc
	expect_status 126
	run suite_davit exec e sh -c 'kill -9 $$'
	expect_status 137
	run suite_davit exec -e X=y -w /var/tmp -u alice e sh -c 'echo $X $FROM $(pwd) $(id -un)'
	expect_out 'y image /var/tmp alice'
	TAP_INPUT=$T/data run suite_davit exec -i e wc -c
	expect_out 1000000
	# What "cp" would do.
	tap_command="tar through exec"
	tar -C "$T/shared" -cf - file | suite_davit exec -i e tar -C /tmp -xf -
	suite_davit exec e tar -C /tmp -cf - file | tar -xOf - > "$T/back"
	expect_equal "$(cat "$T/back")" 'from outside' "a file goes in and comes out again"
	run "$suite_talk" --size 33x99 'expect:# ' 'send:stty size\n' 'expect:33 99' 'size:44x111' \
		'send:until stty size | grep 44; do sleep 0.1; done\n' 'expect:44 111' 'send:tty; exit 5\n' end -- \
		"${suite_command[@]}" exec -it e sh
	expect_status 5
	expect_out_has /dev/pts/
	expect_true "a detached command runs" wait_for 10 suite_davit exec e test -e /done
	run suite_davit rm -f -t 0 e
	expect_status 0
}

suite_terminal ()
{
	run "$suite_talk" --size 30x90 'expect:# ' 'send:stty size\n' 'expect:30 90' 'size:41x121' \
		'send:until stty size | grep 41; do sleep 0.1; done\n' 'expect:41 121' \
		'send:mark=here\n' 'expect:# ' 'key:P' 'key:Q' end -- "${suite_command[@]}" run -it --name tty "${suite_drivers[@]}" box
	expect_status 0
	run suite_davit ps --format '{{.Names}} {{.State}}'
	expect_out 'tty running'
	run "$suite_talk" 'send:echo [$mark]\n' 'expect:[here]' 'send:exit 4\n' end -- "${suite_command[@]}" attach tty
	expect_status 4
	run suite_davit rm tty
	expect_status 0
	# Attached by pipes: what is written goes in, and its end too.
	run suite_run -d -i --name pipes box sh -c 'read line; echo "got $line"; cat; exit 6'
	expect_status 0
	printf 'one\ntwo\n' > "$T/lines"
	TAP_INPUT=$T/lines run suite_davit attach pipes
	expect_status 6
	expect_out $'got one\ntwo'
	run suite_davit rm pipes
	expect_status 0
}

suite_logs ()
{
	local follower
	run suite_run -d --name talk -v "$T/shared:/rw" box \
		sh -c 'echo one; echo two >&2; until [ -e /rw/go ]; do sleep 0.1; done; echo three; exit 7'
	expect_status 0
	timeout 30 "${suite_command[@]}" logs -f talk > "$T/followed" 2>&1 &
	follower=$!
	expect_true "what is followed is seen at once" wait_for 10 grep -q two "$T/followed"
	touch "$T/shared/go"
	wait "$follower"
	expect_equal "$?" 0 "logs -f ends with the container"
	expect_true "with all that it wrote" grep -q three "$T/followed"
	run suite_davit logs talk
	expect_out $'one\nthree'
	expect_err two
	run suite_davit wait talk
	expect_out 7
	run suite_davit start -a talk
	expect_status 7
	expect_out $'one\nthree'
	run suite_davit rm talk
	expect_status 0
}

suite_end ()
{
	# It does not listen to its stop signal.
	run suite_run -d --name deaf box sh -c 'trap "" TERM; echo up; while :; do sleep 0.1; done'
	wait_for 10 suite_log_has deaf up
	run suite_davit stop -t 1 deaf
	expect_status 0
	run suite_davit wait deaf
	expect_out 137
	run suite_davit start deaf
	run suite_davit rm deaf
	expect_status 2
	run suite_davit kill deaf
	expect_status 0
	run suite_davit wait deaf
	expect_out 137
	run suite_davit rm deaf
	expect_status 0
	run suite_run -d --rm --name once box sh -c 'exit 0'
	expect_status 0
	expect_true "with --rm it removes itself" wait_for 10 suite_gone once
	run suite_run -d --name busy box sh -c 'sleep 1000 & sleep 1000'
	run suite_davit pause busy
	run suite_davit rm -f -t 0 busy
	expect_status 0
}

suite_gone ()
{
	! suite_davit container exists "$1"
}

suite_limits ()
{
	run suite_run --rm --pids-limit 10 box sh -c 'for i in $(seq 20); do sleep 1 & done; wait'
	expect_true "a bomb of processes does not explode" test "$status" != 0
	expect_err fork
	run suite_run --name large --memory 24m --memory-swap 24m box sh -c 'tail /dev/zero'
	expect_status 137
	run suite_davit inspect --format '{{.State.OOMKilled}}' large
	expect_out true
	run suite_davit rm large
	expect_status 0
}

# What a network looks like from inside and from outside.
suite_connection ()
{
	case $suite_network in
	none)
		run suite_run --rm box sh -c 'ip -o link | wc -l; ip -4 -o addr'
		expect_match $'^1\n.*127.0.0.1/8'
		return
		;;
	esac
	echo 'from a container' > "$T/shared/index.html"
	run suite_run -d --name web -p 8080:80 -v "$T/shared:/www" box httpd -f -p 80 -h /www
	expect_status 0
	expect_true "the published port answers" wait_for 10 suite_answers
	run suite_davit ps --format '{{.Ports}}'
	expect_match '8080->80/tcp'
	run suite_davit inspect --format '{{.NetworkSettings.IPAddress}}' web
	suite_address=$out
	case $suite_network in
	cni) expect_match '^10\.89\.7\.[0-9]+$' ;;
	slirp4netns) expect_out 10.0.2.100 ;;
	esac
	run suite_davit exec web sh -c 'cat /etc/hosts; ip -4 -o addr'
	expect_match "$suite_address[[:space:]].*web"
	expect_match "inet $suite_address/24"
	# Stopped and started again, it is reached again.
	run suite_davit restart -t 0 web
	expect_status 0
	expect_true "the published port answers again" wait_for 10 suite_answers
	run suite_davit rm -f -t 0 web
	expect_status 0
	suite_answers > /dev/null 2>&1
	expect_true "nobody listens any more" test $? != 0
}

suite_answers ()
{
	timeout 5 busybox wget -q -O - http://127.0.0.1:8080/ | grep 'from a container'
}

# No container is there, and nothing of one: files, mounts, processes, cgroups, interfaces, rules.
suite_nothing_left ()
{
	run suite_davit ps -aq
	expect_out ''
	run suite_davit system check
	expect_status 0
	expect_out ''
	expect_equal "$(find "$T/root/containers" "$T/root/names" "$T/run/containers" -mindepth 1 2> /dev/null)" "" "no file is left"
	expect_equal "$(find "$T/root/storage/$suite_storage/rootfs" -mindepth 1 2> /dev/null)" "" "no root file system is left"
	expect_equal "$(awk '{ print $5 }' /proc/self/mountinfo | grep -F "$T")" "" "no mount is left"
	# That of squash keeps its layers mounted for ten seconds.
	expect_true "no process is left" wait_for 20 suite_no_process
	# The kernel takes a namespace apart when it comes to it.
	expect_true "no interface is left" wait_for 10 sh -c '! ip -o link | grep -qv "lo:\|yard0:"'
	if [ "$suite_network" = cni ]; then
		expect_equal "$(iptables-save -t nat | grep -c -- '--to-destination\|10.89.7.[0-9]*/')" 0 "no rule is left"
		expect_equal "$(find "$T/leases" -name '10.*' | wc -l)" 0 "no lease is left"
	fi
	run suite_davit rmi box
	expect_status 0
	expect_equal "$(find "$T/root/storage/$suite_storage/layers" "$T/root/content/sha256" -mindepth 1 2> /dev/null)" "" "no layer is left"
}

# In the network namespace of this cell are its own processes and the containers' helpers.
suite_no_process ()
{
	local process namespace
	namespace=$(readlink /proc/self/ns/net)
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/ns/net" 2> /dev/null)" = "$namespace" ] || continue
		case $(readlink "$process/exe") in
		*/davit | */davit-monitor | */slirp4netns | */crun | */runc | */squashfuse*) return 1 ;;
		esac
	done
}
