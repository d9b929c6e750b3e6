#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Prints those skipped results on standard input that no line of the file $1 allows. A line of it is
# an extended regular expression for "NAME TAB REASON", then " : " and why that is right.

set -u
patterns=$(sed -e '/^#/d' -e '/^$/d' -e 's/ : .*//' "${1:?}")
if [ -z "$patterns" ]; then
	cat
	exit 0
fi
grep -Ev "$(printf '%s\n' "$patterns" | paste -s -d '|')" || :
