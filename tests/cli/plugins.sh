#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What each plugin's folder says of it, and that a plugin that is installed and not chosen costs
# nothing.

here=$(dirname "$0")
. "$here/../lib/tap.sh"
tap_begin root busybox strace

# example README: its key-file groups, which are indented as code, without what stands before.
example ()
{
	sed -n 's/^    //p' "$1" | awk '/^\[[a-z0-9.-]+\]$/ { inside = 1 }
		!/^(\[[a-z0-9.-]+\]|[a-z0-9-]+=.*|#.*)$/ { inside = 0 }
		inside'
}

sections='What it does|When to choose it|Needs|Options|Limits|Failure messages'
davit plugin list --noheading --format '{{.Kind}} {{.Name}}' > "$T/list"
while read -r kind name; do
	readme=$here/../../plugins/$kind/$name/README.md
	tap_command=$readme
	expect_equal "$(sed -n 's/^## //p' "$readme" | paste -s -d '|')" "$sections" "$kind/$name: its README has the sections"
	expect_true "$kind/$name: its README begins with its name" grep -qx "# $kind/$name" "$readme"

	example "$readme" > "$T/example.conf"
	expect_true "$kind/$name: the example chooses it or sets an option of it" \
		grep -qE "^\[$kind\.$name\]$|^$kind=$name(:|$)" "$T/example.conf"
	DAVIT_CONFIG=$T/example.conf run davit config show
	expect_status 0
	expect_no_err
	group=
	while IFS= read -r line; do
		case $line in
		\[*) group=${line//[\[\]]/} ;;
		[a-z]*=*)
			expect_match "$group +${line%%=*} +[^ ].* +$T/example.conf:"
			;;
		esac
	done < "$T/example.conf"
	# Its options stand in the README, and are those that it has.
	row=$(grep -F "(plugins/$kind/$name/README.md)" "$here/../../README.md")
	for key in $(davit plugin info --format '{{range .Options}}{{.Key}} {{end}}' "$kind/$name"); do
		expect_true "$kind/$name: its README tells of $key" grep -q "\`$key\`" "$readme"
		expect_true "$kind/$name: the table of drivers has $key" grep -qF "\`$key\`" <<< "$row"
	done
	expect_true "$kind/$name: it is in the table of drivers" test -n "$row"
	printf '[%s.%s]\nnonsense=1\n' "$kind" "$name" > "$T/wrong.conf"
	DAVIT_CONFIG=$T/wrong.conf run davit config show
	expect_refused 125 "$T/wrong.conf:2: unknown key \"nonsense\" of [$kind.$name]"
done < "$T/list"
expect_true "there are plugins" test -s "$T/list"

# Of all that is installed, a container opens what it was made with.
mkdir -p "$T/tree/bin"
cp "$(command -v busybox)" "$T/tree/bin/true"
davit import --quiet "$T/tree" box > /dev/null || exit 99
traced ()
{
	# What looks for leaks does not work where somebody traces.
	run env ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=open,openat,openat2,getdents64 -o "$T/trace" "$DAVIT" --root "$T/root" --runroot "$T/run" \
		run --rm box true
	expect_status 0
}
davit run --rm box true
traced
davit plugin list --noheading --format '{{.Path}}' | sort > "$T/paths"
opened=$(grep -v ENOENT "$T/trace" | cut -d '"' -f 2 -s | sort -u | comm -12 - "$T/paths" | sed 's,.*/,,' | paste -s -d ' ')
expect_equal "$opened" "native.so none.so overlay.so" "run opens the plugins that it needs and no other"
once=$(wc -l < "$T/trace")
# Nothing is read that grows with the number of containers.
for name in {1..60}; do
	davit create --name "c$name" box true
done > /dev/null
traced
expect_true "with 60 containers more it opens as much: $once and $(wc -l < "$T/trace")" \
	test "$(wc -l < "$T/trace")" -lt $((once + 20))

tap_end
