#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# exports.sh PLUGIN: it exports the descriptor and nothing else, and wants nothing of davit.

set -eu

exported=$(nm -D --defined-only --format=posix "$1" | cut -d ' ' -f 1)
if [ "$exported" != davit_plugin ]; then
	echo "plugin \"$1\" must export davit_plugin alone, and exports:" "$exported"
	exit 1
fi
wanted=$(nm -D --undefined-only --format=posix "$1" | cut -d ' ' -f 1 | grep '^davit' || true)
if [ -n "$wanted" ]; then
	echo "plugin \"$1\" must want no symbol of davit, and wants:" "$wanted"
	exit 1
fi
