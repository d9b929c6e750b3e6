#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Callers whose surroundings are odd: no root, no current directory, closed streams, wrong
# configuration. No container is started.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root setpriv python3

# Somebody who is not root: what needs no rights at all, and what needs root's. The rest is in
# tests/root/user.sh.
mkdir "$T/home"
chown 65534:65534 "$T/home"
chmod 755 "$T"
nobody ()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$T/home" XDG_RUNTIME_DIR="$T/home" "$DAVIT" "$@"
}
if setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$DAVIT" -a -r "${DAVIT_DATADIR:-/}"; then
	for command in "checkpoint x" "restore x"; do
		run nobody $command
		expect_refused 125 "needs root: it is not supported yet for other users; run davit as root, such as with sudo"
	done
	run nobody run --nonsense hello
	expect_refused 125 'unknown option "--nonsense"'
	expect_equal "$(find "$T/home" -mindepth 1)" "" "nothing was made"
	for command in "--help" "--version" "version" "help run" "run --help" "plugin list" "plugin info vfs" \
		"config show" "info"; do
		run nobody $command
		expect_status 0
		expect_no_err
	done
	run nobody info --format '{{.Host.Security.Rootless}}'
	expect_out true
else
	tap_ok 0 "somebody else # SKIP the program can't be reached by others"
fi

# Where things are kept.
run "$DAVIT" --root "" --runroot "$T/run" ps
expect_refused 125 'option "--root": must name a directory'
run "$DAVIT" --root "$T/root" --runroot "" ps
expect_refused 125 'option "--runroot": must name a directory'
run "$DAVIT" --root "$T/not"$'\377' --runroot "$T/run" ps
expect_status 125
expect_err "option \"--root\": directory \"$T/not\\xff\" is not UTF-8"
run "$DAVIT" --root "$T/same" --runroot "$T/same" ps
expect_refused 125 "--root and --runroot are the same directory \"$T/same\""
run "$DAVIT" --root /proc/none --runroot "$T/run" ps
expect_refused 125 'make directory "/proc/none"'
touch "$T/file"
run "$DAVIT" --root "$T/file" --runroot "$T/run" ps
expect_refused 125 "directory \"$T/file\" is a regular file"
run "$DAVIT" --root "$T/file/below" --runroot "$T/run" ps
expect_refused 125 "open directory \"$T/file/below\": Not a directory"
ln -s file-of-nobody "$T/link"
run "$DAVIT" --root "$T/link" --runroot "$T/run" ps
expect_refused 125 "directory \"$T/link\" is a symbolic link"
mkdir -m 777 "$T/open"
chmod 777 "$T/open"
run "$DAVIT" --root "$T/open" --runroot "$T/run" ps
expect_refused 125 'is writable by others (mode 0777); run chmod go-w on it'
mkdir "$T/others"
chown 65534 "$T/others"
run "$DAVIT" --root "$T/others" --runroot "$T/run" ps
expect_refused 125 'belongs to user 65534, not to user 0'

# No current directory.
mkdir "$T/gone"
cd "$T/gone" && rmdir "$T/gone"
run "$DAVIT" --root relative --runroot "$T/run" ps
expect_refused 125 'directory "relative" is relative, and the current directory does not exist; give an absolute path'
expect_true "it is not made in another place" test ! -e /relative
run davit ps -aq
expect_status 0
run davit import --quiet x.tar
expect_refused 125 'open "x.tar": No such file'
cd /

# Environments.
run env -i "$DAVIT" --root "$T/root" --runroot "$T/run" ps -q
expect_status 0
run env -i PATH= HOME=/none TMPDIR=/none LC_ALL=nonsense TZ=:/none TERM= "$DAVIT" --root "$T/root" --runroot "$T/run" ps -q
expect_status 0
run env G_DEBUG=fatal-warnings "$DAVIT" --root "$T/root" --runroot "$T/run" images -q
expect_status 0
run bash -c 'exec -a "" "$0" --version' "$DAVIT"
expect_match '^davit version '
run env DAVIT_PLUGIN_PATH=/none "$DAVIT" --config engine.storage=nonsense --root "$T/root" --runroot "$T/run" import --quiet "$T/home"
expect_refused 125 'no storage plugin "nonsense"'
run env DAVIT_LIBEXECDIR=/none "$DAVIT" --root "$T/root" --runroot "$T/run" import --quiet "$T/home"
expect_refused 125 'program "/none/davit-archive" does not exist'
expect_equal "$(ls "$T/root/content/stage" 2> /dev/null)" "" "nothing is left of it"

# Each combination of closed streams: nothing that is printed gets into a file of davit.
for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	tap_command="davit create hello $closed"
	eval "davit create --label printed hello $closed" > "$T/out" 2> "$T/err" < /dev/null
	status=$? out=$(cat "$T/out") err=$(cat "$T/err")
	expect_status 0
	eval "davit run none $closed" > "$T/out" 2> "$T/err" < /dev/null
	status=$? out=$(cat "$T/out") err=$(cat "$T/err")
	expect_status 125
done
run davit ps -aq --filter label=printed
expect_equal "$(wc -l <<< "$out")" 7 "all seven are whole"
run davit system check
expect_status 0
expect_out ''
run davit rm -a
expect_status 0

# A full standard output, for whatever prints.
davit create hello > /dev/null
for command in "ps" "ps -aq" "ps --format json" "images" "info" "version" "--help" "--version" "run --help" "config show" \
	"plugin list" "plugin info vfs" "history hello" "inspect hello" "save hello" "create hello"; do
	tap_command="davit $command > /dev/full"
	davit $command > /dev/full 2> "$T/err"
	status=$? err=$(tail -n 1 "$T/err")
	expect_status 125
	expect_err 'No space left on device'
done
# Nobody who reads, and nobody who is killed by that.
for command in "ps -a" "images" "inspect hello" "save hello"; do
	tap_command="davit $command | (closed)"
	(
		trap '' PIPE
		wait_for 10 test -e "$T/closed"
		davit $command 2> "$T/err"
		echo $? > "$T/status"
	) | (exec <&-; : > "$T/closed"; wait_for 20 test -s "$T/status")
	status=$(cat "$T/status") err=$(tail -n 1 "$T/err")
	rm "$T/status" "$T/closed"
	expect_status 125
	expect_err 'Broken pipe'
done
davit rm -a > /dev/null

# A store of a storage plugin that was taken away keeps its layers, and that is told.
mkdir -p "$T/root/storage/absent"
run davit rmi hello
expect_status 0
expect_out_has 'Deleted: sha256:'
expect_out_lacks 'Kept'
expect_err 'Kept: '
expect_err '"absent"'
rmdir "$T/root/storage/absent"

# Letters of all kinds, whatever the locale: columns fit, and what a terminal would obey is shown.
davit create --name letters --label $'key=\033[31m' hello 'żółw 日本' > /dev/null
davit create --name controls hello $'\033]0;x\007\302\233' > /dev/null
for locale in C C.UTF-8 nonsense; do
	run env LC_ALL=$locale timeout 10 "$DAVIT" --root "$T/root" --runroot "$T/run" ps -a --sort names \
		--format 'table {{.Command}}\t{{.Names}}'
	expect_status 0
	expect_match '^COMMAND +NAMES
.*\\x1b\]0;x\\x07\\u\{9b\} +controls
.*żółw 日本 +letters$'
done
run davit inspect letters controls
expect_true "no control character is printed" sh -c '! LC_ALL=C grep -q "[[:cntrl:]]" "$1"' sh <(tr -d '\n' < "$T/out")
davit rm -a > /dev/null

# What is ignored or blocked by the caller.
cat > "$T/ignore" <<'PYTHON'
import os, signal, sys
for number in signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP, signal.SIGTERM, signal.SIGINT:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
os.execv(sys.argv[1], sys.argv[1:])
PYTHON
mkdir -p "$T/tree/bin"
head -c 300000 /dev/zero > "$T/tree/bin/zeros"
ignoring ()
{
	python3 "$T/ignore" "$DAVIT" --root "$T/root" --runroot "$T/run" "$@"
}
run ignoring import --quiet "$T/tree" tree
expect_status 0
run ignoring save --quiet -o "$T/tree.tar" tree
expect_status 0
run ignoring load --quiet -i "$T/tree.tar"
expect_status 0
run ignoring plugin list
expect_match 'storage +vfs +[0-9.]+ +usable'

# Limits.
limited ()
{
	(ulimit "$1" "$2" && shift 2 && davit "$@")
}
for files in 5 20 127; do
	run limited -n $files import --quiet "$T/tree" small
	expect_refused 125 "the limit of open files is $files; davit needs 128: raise it with ulimit -n"
	run limited -n $files version
	expect_status 0
done
run limited -n 128 import --quiet "$T/tree" small
expect_status 0
run limited -f 100 import --quiet "$T/tree" large
expect_refused 125 'File too large'
run davit image exists large
expect_status 1
expect_equal "$(ls "$T/root/content/stage")" "" "nothing is left of what was too large"
run davit system check
expect_out ''

# Masks: the owner's bits are always there.
for mask in 000 077 777; do
	store="$T/mask-$mask"
	(
		umask $mask
		"$DAVIT" --root "$store" --runroot "$store-run" create --cidfile "$T/cid-$mask" hello > /dev/null
	)
	expect_equal "$(find "$store" "$store-run" ! -type l \( ! -perm -u+r -o -type d ! -perm -u+x \) ! -path '*/work/work')" "" \
		"with umask $mask the owner can use all"
	expect_equal "$(find "$store" "$store-run" ! -type l -perm /022)" "" "with umask $mask others can write nothing"
	expect_equal "$(stat -c %a "$store" "$store/containers" "$store/images" "$store-run" "$(echo "$store"/containers/*/record.json)" | tr '\n' ' ')" \
		"700 700 700 700 600 " "with umask $mask modes are the same"
done
expect_equal "$(stat -c %a "$T/cid-000" "$T/cid-077" "$T/cid-777" | tr '\n' ' ')" "644 600 600 " "what is the user's has the user's mode"

# Key files: the text names file, line, key, and what would be right.
conf ()
{
	printf "$1" > "$T/conf"
	DAVIT_CONFIG=$T/conf run davit config show
}
conf '[engine]\nstorge=vfs\n'
expect_refused 125 "$T/conf:2: unknown key \"storge\" of [engine]; it has: storage, network,"
conf '[engne]\n'
expect_refused 125 "$T/conf:1: unknown group \"engne\"; groups are [engine] and [KIND.NAME]"
conf '[engine]\nlog-driver=paper\n'
expect_refused 125 "$T/conf:2: key \"log-driver\" of [engine]: \"paper\" must be one of: k8s-file, none"
conf '[engine]\nstorage=Vfs\n'
expect_refused 125 "$T/conf:2: key \"storage\" of [engine]: \"Vfs\" must be of a-z, 0-9 and \"-\""
conf '[engine]\n\ndns=10.0.0.1;example\n'
expect_refused 125 "$T/conf:3: key \"dns\" of [engine]: \"example\" must be an IPv4 or IPv6 address"
conf '[engine]\nenv=A=1;B\n'
expect_refused 125 "$T/conf:2: key \"env\" of [engine]: \"B\" must be NAME=VALUE"
conf '[engine]\nhosts-file=nothing\n'
expect_refused 125 "$T/conf:2: key \"hosts-file\" of [engine]: \"nothing\" must be none, image or an absolute path"
for pair in default-ulimits=foo:'"foo" must be NAME=SOFT' seccomp-profile=/none:'seccomp profile "/none": No such file'; do
	printf '[engine]\n%s\n' "${pair%%:*}" > "$T/conf"
	DAVIT_CONFIG=$T/conf run davit create hello
	expect_refused 125 "$T/conf:2: key \"${pair%%=*}\" of [engine]: "
	expect_err "${pair#*:}"
done
conf 'storage=vfs\n'
expect_refused 125 "$T/conf:1: key \"storage\" must stand below a [GROUP]"
conf '[engine]\nstorage=vfs\nstorage=overlay\n'
expect_refused 125 "$T/conf:3: key \"storage\" of [engine] stands in line 2 already"
conf '\357\273\277[engine]\n'
expect_refused 125 "$T/conf:1: must not begin with a byte order mark; save it as UTF-8 without one"
conf '[engine]\nstorage=\377\n'
expect_refused 125 "$T/conf:2: must be UTF-8"
conf '[engine]\n\033]0;x\007=1\n'
expect_refused 125 "$T/conf:2: must not hold control characters"
conf ''
expect_status 0
conf '[engine]\r\n\r\nstorage=vfs\r\n'
expect_match "engine +storage +vfs +$T/conf:3"
chmod 666 "$T/conf"
DAVIT_CONFIG=$T/conf run davit config show
expect_refused 125 "key file \"$T/conf\": must not be writable by everybody (mode 0666)"
DAVIT_CONFIG=$T run davit config show
expect_refused 125 "key file \"$T\": must be a regular file"
DAVIT_CONFIG=$T/none run davit config show
expect_refused 125 "DAVIT_CONFIG: key file \"$T/none\" does not exist"
head -c 1100000 /dev/zero | tr '\0' '#' > "$T/huge"
DAVIT_CONFIG=$T/huge run davit config show
expect_refused 125 "key file \"$T/huge\": must not be larger than 1 MiB"

tap_end
