#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# test-mine.sh FILE: whether the plugin keeps to the contract. DAVIT: the program to check it with.

davit=${DAVIT:-davit}
command -v "$davit" > /dev/null || {
	echo "1..0 # SKIP no program \"$davit\""
	exit 0
}
exec "$davit" plugin check "$1"
