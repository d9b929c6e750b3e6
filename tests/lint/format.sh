#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every C file is laid out as .clang-format says. Another version of the program than 14 lays out
# some lines in another way, so that the test is skipped without it.

cd "$(dirname "$0")/../.." || exit 99
format=$(command -v clang-format-14 || command -v clang-format)
case $("${format:-false}" --version 2> /dev/null) in
*"version 14."*) ;;
*) echo "1..0 # SKIP needs clang-format 14"; exit 0 ;;
esac
echo 1..1
if git ls-files -z '*.c' '*.h' ':!tests/lint/fixtures' | xargs -0 "$format" --dry-run -Werror 2> "${TMPDIR:-/tmp}/davit-format.$$"; then
	echo "ok 1 - all files are laid out"
else
	echo "not ok 1 - run clang-format -i on these"
	grep -o '^[^:]*:[0-9]*' "${TMPDIR:-/tmp}/davit-format.$$" | sort -u | head -40 | sed 's/^/# /'
fi
rm -f "${TMPDIR:-/tmp}/davit-format.$$"
