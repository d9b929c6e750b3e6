#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# header.sh c|c++ HEADER INCLUDE-DIRECTORY COMPILER...
# header.sh list INCLUDE-DIRECTORY MESON-BUILD
#
# The first form compiles one installed header alone, as strictly as an author may, and for
# plugin.h also a descriptor made by its macro. The second one checks that no header is left out.

set -eu

if [ "$1" = list ]; then
	for header in "$2"/davit/*.h; do
		name=$(basename "$header" .h)
		grep -q "'$name'" "$3" || {
			echo "header \"$name.h\" is installed, and nothing here compiles it alone"
			exit 1
		}
	done
	exit 0
fi

language=$1
header=$2
include=$3
shift 3

case $language in
c) standard=c11 ;;
c++) standard=c++17 ;;
esac

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
source=$directory/source

printf '#include <davit/%s>\n' "$header" >"$source"
if [ "$header" = plugin.h ]; then
	cat >>"$source" <<-END
		static const int operations = 0;
		DAVIT_PLUGIN_DEFINE (DAVIT_KIND_STORAGE, "x", "1", "a plugin", "MIT", NULL, operations);
	END
fi

# GLib's headers are system headers here: what is checked are ours.
glib=$(pkg-config --cflags glib-2.0 | sed 's/-I/-isystem /g')
# shellcheck disable=SC2086 # they are words
"$@" -x "$language" "-std=$standard" -pedantic-errors -Wall -Wextra -Werror -Wshadow \
	-fvisibility=hidden -fsyntax-only -I "$include" $glib "$source"
