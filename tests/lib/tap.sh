# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests of the built programs, in bash, with output in TAP. A script sources this, runs commands with
# run, looks at them with expect_*, and ends with tap_end.
#
#     . "$(dirname "$0")/../lib/tap.sh"
#     tap_begin
#     run davit foo
#     expect_status 125
#     expect_err 'unknown command "foo"'
#     tap_end
#
# Each script has a directory of its own, $T, with a store below it; it is removed at the end.
# DAVIT is the program under test; meson sets it.

set -u

tap_count=0
tap_failed=0
tap_command=""

# davit with a store of this test alone.
davit ()
{
	"$DAVIT" --root "$T/root" --runroot "$T/run" "$@"
}

tap_remove ()
{
	# Containers first: they hold mounts and processes. A broken davit must not keep us here.
	if [ -d "$T/root/containers" ]; then
		timeout 60 "$DAVIT" --root "$T/root" --runroot "$T/run" rm --force --time 0 --all \
			> /dev/null 2>&1
	fi
	# Files of subordinate ids are not the user's to remove but by davit.
	if [ "$(id -u)" != 0 ]; then
		timeout 60 "$DAVIT" --root "$T/root" --runroot "$T/run" system reset --force > /dev/null 2>&1
	fi
	rm -rf --one-file-system "$T"
}

# Needs: words of what the script can't do without; it is skipped as a whole with the reason.
tap_begin ()
{
	local need
	for need in "$@"; do
		case $need in
		# DAVIT_TEST_USER: an ordinary user is meant to pass it, too.
		root) [ "$(id -u)" = 0 ] || [ -n "${DAVIT_TEST_USER-}" ] || tap_skip_all "needs root" ;;
		*) command -v "$need" > /dev/null || tap_skip_all "needs $need" ;;
		esac
	done
	[ -x "${DAVIT:?DAVIT must name the program to test}" ] || tap_skip_all "no $DAVIT"
	T=$(mktemp -d "${TMPDIR:-/tmp}/davit-test.XXXXXX") || exit 99
	trap tap_remove EXIT
	# A test says itself what it wants of these.
	unset DAVIT_CONFIG NO_COLOR
	export LC_ALL=C.UTF-8
}

tap_skip_all ()
{
	echo "1..0 # SKIP $1"
	exit 0
}

tap_end ()
{
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
	exit
}

# ok CONDITION-STATUS DESCRIPTION
tap_ok ()
{
	# A line of TAP is one line, and what stands behind "#" in it would be a directive.
	local text=${2//$'\n'/\\n}
	text=${text//#/}
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $text"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $text"
	printf '%s\n' "command: $tap_command" | sed 's/^/# /'
	echo "# status: ${status-}"
	[ -z "${out-}" ] || printf '%s\n' "$out" | head -20 | sed 's/^/# out: /'
	[ -z "${err-}" ] || printf '%s\n' "$err" | head -20 | sed 's/^/# err: /'
}

# Runs a command; leaves $status, $out, $err.
run ()
{
	tap_command="$*"
	"$@" > "$T/out" 2> "$T/err" < "${TAP_INPUT:-/dev/null}"
	status=$?
	out=$(tr '\0' '?' < "$T/out")
	err=$(tr '\0' '?' < "$T/err")
}

expect_status ()
{
	[ "$status" = "$1" ]
	tap_ok $? "$tap_command: exits with $1"
}

# The whole of standard output.
expect_out ()
{
	[ "$out" = "$1" ]
	tap_ok $? "$tap_command: prints '${1:0:60}'"
}

# Text that is somewhere in it.
expect_out_has ()
{
	[[ $out == *"$1"* ]]
	tap_ok $? "$tap_command: prints ... '${1:0:60}'"
}

expect_out_lacks ()
{
	[[ $out != *"$1"* ]]
	tap_ok $? "$tap_command: does not print '${1:0:60}'"
}

expect_err ()
{
	[[ $err == *"$1"* ]]
	tap_ok $? "$tap_command: says '${1:0:70}'"
}

expect_no_err ()
{
	[ -z "$err" ]
	tap_ok $? "$tap_command: says nothing"
}

# An extended regular expression for the whole output.
expect_match ()
{
	[[ $out =~ $1 ]]
	tap_ok $? "$tap_command: prints what fits '$1'"
}

# A refusal: one line on standard error, nothing printed, no raw control characters.
expect_refused ()
{
	expect_status "$1"
	expect_err "$2"
	[ -z "$out" ] && [ "$(wc -l < "$T/err")" = 1 ] && ! LC_ALL=C grep -q '[^[:print:][:space:]]' "$T/err"
	tap_ok $? "$tap_command: says it in one clean line"
}

expect_equal ()
{
	[ "$1" = "$2" ]
	tap_ok $? "$3: '$1' is '$2'"
}

expect_true ()
{
	local what=$1
	shift
	"$@"
	tap_ok $? "$what"
}
