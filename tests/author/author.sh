#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the author of a plugin goes through: an installed davit, "plugin new", a build through
# pkg-config, and checks that are green from the first minute. And a driver of ours that is built
# outside of the tree, which has to be as good there.

here=$(dirname "$0")
. "$here/../lib/tap.sh"
tap_begin root meson ninja pkg-config
: "${DAVIT_BUILD:?}"
unset DAVIT_PLUGIN_PATH DAVIT_LIBEXECDIR DAVIT_DATADIR

# A staged installation stands elsewhere than its programs believe.
stage=$T/stage
DESTDIR=$stage meson install -C "$DAVIT_BUILD" --no-rebuild --quiet > "$T/install.log" 2>&1
prefix=$(dirname "$(dirname "$(find "$stage" -path '*/bin/davit')")")
expect_true "davit is installed" test -x "$prefix/bin/davit"
export DAVIT=$prefix/bin/davit
export DAVIT_DATADIR=$prefix/share/davit DAVIT_LIBEXECDIR=$prefix/libexec/davit
DAVIT_PLUGIN_PATH=$(find "$prefix" -type d -path '*/davit/plugins')
export DAVIT_PLUGIN_PATH
pc=$(find "$prefix" -name davit-1.pc)
sed -i "s|^prefix=.*|prefix=$prefix|" "$pc"
export PKG_CONFIG_PATH=${pc%/*}

mkdir "$T/work"
cd "$T/work" || exit 99
for kind in storage network runtime checkpoint; do
	name=my-$kind
	run davit plugin new "$kind" "$name"
	expect_status 0
	expect_out "$T/work/$name"
	expect_equal "$(ls "$name" | paste -s -d ' ')" "README.md meson.build $name.c test-$name.sh" "$kind: what is made"
	expect_equal "$(grep -rlw -e mine -e '@[A-Z]*@' "$name")" "" "$kind: nothing of the template is left"
	# Lines that are not empty, no comment, and more than a brace.
	lines=$(cc -fpreprocessed -dD -E "$name/$name.c" | grep -v '^# ' | grep -c '[^[:space:]{};]')
	expect_true "$kind: $lines lines of C are 60 at most" test "$lines" -le 60

	run meson setup "$name/build" "$name" -Dwerror=true
	expect_status 0
	run ninja -C "$name/build"
	expect_status 0
	run meson test -C "$name/build"
	expect_status 0
	run davit plugin check "$name/build/$name.so"
	expect_status 0
	expect_out_lacks 'not ok'
	expect_out_has 'ok 8 - contract: opens and closes 100 times'
	run davit --plugin-path "$name/build" plugin list --noheading --format '{{.Kind}} {{.Name}} {{.State}}'
	case $kind in
	network) state=usable ;;
	*) state='not usable here: .* is missing; write ' ;;
	esac
	expect_match "$kind $name $state"
	DESTDIR=$T/installed run meson install -C "$name/build" --quiet
	expect_true "$kind: it is installed beside the others" \
		test -f "$T/installed$prefix/$(pkg-config --variable=plugindir davit-1 | sed "s|^$prefix/||")/$kind/$name.so"
done

# Names, and what is there already.
run davit plugin new floppy x
expect_refused 125 'unknown kind of plugin "floppy"; kinds are storage, network, runtime and checkpoint'
for name in '' X 7x -- ../x a/b a_b x- "$(printf 'x%.0s' {1..65})"; do
	run davit plugin new storage -- "$name"
	expect_refused 125 "name \"$name\": must be of a-z, 0-9 and \"-\", begin with a letter"
done
run davit --plugin-path my-storage/build plugin new storage my-storage elsewhere
expect_refused 125 'storage plugin "my-storage" exists already; choose another name'
run davit plugin new storage another my-storage
expect_refused 125 "make directory \"$T/work/my-storage\": File exists"
expect_true "what was there is as it was" test -f my-storage/my-storage.c
run davit plugin new storage another none/of/these
expect_refused 125 "make directory \"$T/work/none/of/these\": No such file or directory"
run davit plugin new network another in-another
expect_out "$T/work/in-another"
expect_true "the directory may have another name" test -f in-another/another.c
DAVIT_DATADIR=$T/nowhere run davit plugin new network third
expect_refused 125 "template \"$T/nowhere/plugin-template\": No such file or directory"
expect_true "and nothing is left" test ! -e third

# What it makes is used at once.
run davit --plugin-path my-network/build run --rm --network-driver my-network hello
expect_status 0
run davit --plugin-path my-storage/build run --rm --storage my-storage hello
expect_refused 125 'storage/my-storage'

tap_end
