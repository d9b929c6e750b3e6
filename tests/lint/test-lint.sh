#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The linter finds what the fixtures do wrong, and nothing else.

here=$(cd "$(dirname "$0")" && pwd) || exit 99
cd "$here/fixtures" || exit 99
files=$(find . -name '*.[ch]' | sed 's,^\./,,' | LC_ALL=C sort)
# shellcheck disable=SC2086 # names of ours, without spaces
found=$("$here/lint" --root "$here/fixtures" $files)
status=$?

echo 1..2
[ "$status" = 1 ] && echo "ok 1 - exits with 1" || echo "not ok 1 - exits with $status"
if printf '%s\n' "$found" | diff "$here/expected" - > /dev/null; then
	echo "ok 2 - the findings are the expected ones"
else
	echo "not ok 2 - the findings differ from the expected ones"
	printf '%s\n' "$found" | diff "$here/expected" - | sed 's/^/# /'
fi
