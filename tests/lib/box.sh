# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A small root file system made from busybox, and the image "box" of it. For scripts that use tap.sh.

# box_tree DIRECTORY
box_tree ()
{
	local applet
	mkdir -p "$1/bin" "$1/etc" "$1/tmp" "$1/root" "$1/var/tmp"
	chmod 1777 "$1/tmp" "$1/var/tmp"
	cp "$(command -v busybox)" "$1/bin/busybox" || return 1
	for applet in $("$1/bin/busybox" --list); do
		[ -e "$1/bin/$applet" ] || ln -s busybox "$1/bin/$applet"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:Alice:/home/alice:/bin/sh\n' > "$1/etc/passwd"
	printf 'root:x:0:\nalice:x:1000:\nstaff:x:50:alice\naudio:x:29:\n' > "$1/etc/group"
}

# The image "box" in the store of this test.
box_image ()
{
	box_tree "$T/box-tree" || exit 99
	davit import --quiet --change 'CMD ["sh"]' "$T/box-tree" box > /dev/null || {
		echo "Bail out! the image box can't be imported"
		exit 99
	}
}

# wait_for SECONDS COMMAND...: until the command succeeds; a test of what happens by itself.
wait_for ()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		read -rt 0.05 <> <(:) || :
	done
}
