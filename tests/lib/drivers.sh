# shellcheck shell=bash disable=SC2034 # for the scripts that source this
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The drivers that containers are tried with. A plugin is added here once; tests/root/matrix.sh fails
# if one that is built is not named.

drivers_storage="overlay vfs squash"
drivers_network="none cni slirp4netns"
drivers_runtime="native oci:crun oci:runc"
drivers_checkpoint="criu"

# drivers_missing KIND NAME: why it can't be used on this machine; nothing if it can.
drivers_missing ()
{
	local state name=${2%%:*}
	# cni is of no use without a network; those that the host may have are none of ours.
	mkdir -p "$T/probe.d"
	echo '{"cniVersion":"1.0.0","name":"probe","plugins":[{"type":"bridge"}]}' > "$T/probe.d/probe.conflist"
	state=$("$DAVIT" --root "$T/root" --runroot "$T/run" \
		--config "network.cni.conf-directories=$T/probe.d" plugin list --noheading \
		--format '{{.Kind}}/{{.Name}} {{.State}}' | sed -n "s,^$1/$name ,,p")
	if [ -z "$state" ]; then
		echo "the plugin $1/$name is not built"
	elif [ "$state" != usable ]; then
		echo "$1/$name: $state"
	elif [ "$name" != "$2" ] && ! command -v "${2#*:}" > /dev/null; then
		echo "the program ${2#*:} is not installed"
	fi
}

# crun refuses a hybrid tree of cgroups when its v2 part has a controller, which may be at any time,
# depending on what others mount. In a mount namespace of our own it does not see that part, and takes
# the tree for one of v1. It makes its groups there nevertheless, as directories: in a file system that
# goes away with the namespace.
drivers_crun_cgroups ()
{
	if mountpoint -q /sys/fs/cgroup/unified; then
		umount /sys/fs/cgroup/unified &&
			mount -t tmpfs -o mode=755 davit-test /sys/fs/cgroup/unified
	fi
}
