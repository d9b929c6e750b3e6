#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# fuzz.sh BUILD SECONDS RESULTS: builds the fuzzers that stand beside the code with clang, libFuzzer,
# ASan and UBSan, and runs each for some seconds from its corpus in tests/fuzz-corpus. What one
# finds is printed in base64, to be kept there.

set -u
build=${1:?} seconds=${2:?} results=${3:?}
here=$(cd "$(dirname "$0")/.." && pwd)

result ()
{
	printf '%s\t%s\t%s\n' "$1" "$2" "${3-}" >> "$results"
}

if ! command -v clang > /dev/null; then
	result skipped fuzzers "needs clang"
	exit 0
fi
if ! { CC=clang meson setup "$build" "$here" -Dfuzzers=true -Db_sanitize=address,undefined \
	-Db_lundef=false && ninja -C "$build" fuzzers; } > "$build.log" 2>&1; then
	tail -n 40 "$build.log"
	result failed "fuzzers: build"
	exit 0
fi
# The engine's own data, where a fuzzer wants it.
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
find "$build" -type f -name 'fuzz-*' -perm -u+x | LC_ALL=C sort > "$build.list"

# one FUZZER
one ()
{
	name=${1##*/}
	corpus=$here/tests/fuzz-corpus/${name#fuzz-}
	mkdir -p "$build.work/$name/new"
	[ -d "$corpus" ] || corpus=
	# The first directory takes what is new; the kept corpus is only read.
	(cd "$build.work/$name" &&
		timeout $((seconds + 120)) "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
			-print_final_stats=1 new ${corpus:+"$corpus"}) > "$build.work/$name.log" 2>&1
	echo $? > "$build.work/$name.status"
}

# As many at a time as there are processors.
running=0
while read -r fuzzer; do
	one "$fuzzer" &
	running=$((running + 1))
	[ $((running % $(nproc))) != 0 ] || wait
done < "$build.list"
wait
while read -r fuzzer; do
	name=${fuzzer##*/}
	status=$(cat "$build.work/$name.status")
	if [ "$status" = 0 ]; then
		result passed "fuzz: $name"
		continue
	fi
	result failed "fuzz: $name" "exit status $status"
	tail -n 40 "$build.work/$name.log"
	for input in "$build.work/$name"/crash-* "$build.work/$name"/leak-* "$build.work/$name"/timeout-*; do
		[ -f "$input" ] && echo "-- $name: ${input##*/}" && base64 "$input"
	done
done < "$build.list"
[ -s "$build.list" ] || result failed "fuzzers: none was built"
