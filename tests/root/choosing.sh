#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Which drivers a container gets: key files, drop-ins, options; that it keeps them; and what is said
# when a plugin is not there any more. /etc/davit is one of this script's own, in a mount namespace.

here=$(dirname "$0")
if [ -z "${CHOOSING_INSIDE-}" ] && [ "$(id -u)" = 0 ]; then
	CHOOSING_INSIDE=1 exec unshare -n -m --propagation private bash "$0"
fi
. "$here/../lib/tap.sh"
. "$here/../lib/box.sh"
. "$here/../lib/drivers.sh"
tap_begin root busybox ip iptables
mkdir "$T/etc" "$T/etc-work"
mount -t overlay -o "lowerdir=/etc,upperdir=$T/etc,workdir=$T/etc-work" overlay /etc || exit 99
mkdir -p /etc/davit/davit.conf.d
ip link set lo up
box_image
mkdir "$T/net.d"
cat > "$T/net.d/10-yard.conflist" << END
{"cniVersion": "1.0.0", "name": "yard", "plugins": [
  {"type": "bridge", "bridge": "yard0", "isGateway": true, "ipam": {
    "type": "host-local", "dataDir": "$T/leases", "ranges": [[{"subnet": "10.89.7.0/24"}]]}}]}
END
printf '[network.cni]\nconf-directories=%s\n' "$T/net.d" > /etc/davit/davit.conf

# choose KEY VALUE: the default from now on.
choose ()
{
	printf '[engine]\n%s=%s\n' "$1" "$2" > "/etc/davit/davit.conf.d/50-$1.conf"
}

# Later files win, then the environment, the command line, and what is said for one container.
printf '[engine]\nstorage=squash\n' >> /etc/davit/davit.conf
run davit run --rm box true
expect_status 0
run davit config show
expect_match 'engine +storage +squash +/etc/davit/davit.conf:4'
choose storage vfs
run davit config show
expect_match 'engine +storage +vfs +/etc/davit/davit.conf.d/50-storage.conf:2'
run davit info --format '{{.Plugins.Storage}}'
expect_out vfs
printf '[engine]\nstorage=overlay\n' > "$T/own.conf"
DAVIT_CONFIG=$T/own.conf run davit info --format '{{.Plugins.Storage}}'
expect_out overlay
DAVIT_CONFIG=$T/own.conf run davit --config engine.storage=squash info --format '{{.Plugins.Storage}}'
expect_out squash
DAVIT_CONFIG=$T/own.conf run davit --config engine.storage=squash create --storage vfs --name one box
run davit inspect --format '{{.Driver}}' one
expect_out vfs
run davit rm one
expect_status 0
printf '[engine]\nruntime=\n' > /etc/davit/davit.conf.d/60-none.conf
run davit info
expect_status 125
expect_err '/etc/davit/davit.conf.d/60-none.conf:2'
rm /etc/davit/davit.conf.d/60-none.conf

# field KIND: where inspect shows it.
field ()
{
	case $1 in
	storage) echo '{{.Driver}}' ;;
	network) echo '{{.HostConfig.NetworkMode}}' ;;
	runtime) echo '{{.OCIRuntime}}' ;;
	esac
}

# keeps KIND NAME OTHER: a container of NAME goes on with it when the default becomes OTHER.
keeps ()
{
	local kind=$1 name=$2 other=$3 missing shown
	missing=$(drivers_missing "$kind" "$name")
	[ -z "$missing" ] || { tap_ok 0 "$kind $name is kept # SKIP $missing"; return; }
	choose "$kind" "$name"
	davit create --name stopped box sleep 1000 > "$T/out" 2>&1 || sed 's/^/# /' "$T/out"
	davit run -d --name running box sleep 1000 > "$T/out" 2>&1 || sed 's/^/# /' "$T/out"
	shown=$(davit inspect --format "$(field "$kind")" running)
	choose "$kind" "$other"
	run davit start stopped
	expect_status 0
	for name in stopped running; do
		run davit inspect --format "{{.State.Status}} $(field "$kind")" $name
		expect_out "running $shown"
		run davit exec $name echo inside
		expect_out inside
		run davit stop -t 0 $name
		expect_status 0
		run davit start $name
		expect_status 0
		run davit inspect --format "{{.State.Status}} $(field "$kind")" $name
		expect_out "running $shown"
		run davit rm -f -t 0 $name
		expect_status 0
	done
	rm "/etc/davit/davit.conf.d/50-$kind.conf"
}

# each_to_next KIND NAME...
each_to_next ()
{
	local kind=$1 i
	shift
	local names=("$@" "$1")
	for ((i = 0; i < $#; i++)); do
		keeps "$kind" "${names[i]}" "${names[i + 1]}"
	done
}

drivers_crun_cgroups
# shellcheck disable=SC2086,SC2154 # words
{
	each_to_next storage $drivers_storage
	each_to_next network $drivers_network
	each_to_next runtime $drivers_runtime
}
run davit system check
expect_out ''
expect_status 0

# All drivers are shown, with what comes of them here.
run davit plugin list --noheading --format '{{.Kind}} {{.Name}} {{.State}}'
expect_status 0
list=$out
for kind in storage network runtime checkpoint; do
	drivers=drivers_$kind
	for name in $(tr ' ' '\n' <<< "${!drivers}" | cut -d : -f 1 | uniq); do
		run davit info --format "{{index .Drivers.$kind \"$name\"}}"
		expect_true "plugin list and info agree on $kind/$name: $out" grep -qxF "$kind $name $out" <<< "$list"
		run davit plugin info --format '{{.Kind}}/{{.Name}} {{.Loads}} {{len .Operations}}' "$kind/$name"
		expect_match "^$kind/$name true [1-9]"
	done
done

# An installation of our own, from which plugins are taken away.
mkdir "$T/plugins"
davit plugin list --noheading --format '{{.Kind}} {{.Path}}' | while read -r kind path; do
	mkdir -p "$T/plugins/$kind"
	cp "$path" "$T/plugins/$kind/"
done
export DAVIT_PLUGIN_PATH=$T/plugins
gone ()
{
	mv "$T/plugins/$1.so" "$T/plugins/$1.so.gone"
}
back ()
{
	mv "$T/plugins/$1.so.gone" "$T/plugins/$1.so"
}
made=(--storage vfs --network-driver slirp4netns --runtime native)

# A file that is no plugin is a line of the list, with the reason.
yes 'no library' | head -n 100 > "$T/plugins/storage/broken.so"
run davit plugin list
expect_status 0
expect_match 'storage +broken +does not load: .*invalid ELF header'
run davit info
expect_match 'broken: .*does not load'
run davit run --rm --storage broken box true
expect_status 125
expect_err 'invalid ELF header'
rm "$T/plugins/storage/broken.so"

for plugin in storage/vfs network/slirp4netns runtime/native; do
	kind=${plugin%/*} name=${plugin#*/}
	davit create --name idle "${made[@]}" box sleep 1000 > /dev/null
	davit run -d --name busy "${made[@]}" box sleep 1000 > /dev/null
	gone $plugin
	run davit run --rm "${made[@]}" box true
	expect_refused 125 "no $kind plugin \"$name\"; looked in $T/plugins, "
	run davit --config "engine.$kind=$name" info
	expect_match "$kind:.*$name: not installed"
	run davit ps -a --sort names --format '{{.Names}} {{.State}}'
	expect_status 0
	expect_out $'busy running\nidle created'
	expect_no_err
	run davit inspect --format '{{.Name}} {{.State.Status}}' idle busy
	expect_status 0
	expect_out $'idle created\nbusy running'
	run davit start idle
	expect_refused 125 "start container \"idle\": no $kind plugin \"$name\""
	run davit inspect --format '{{.State.Status}}' idle
	expect_out created
	run davit rm -f -t 0 busy
	expect_refused 125 "remove container \"busy\": no $kind plugin \"$name\""
	if [ $kind = storage ]; then
		run davit rm idle
		expect_refused 125 "remove container \"idle\": no $kind plugin \"$name\""
	fi
	back $plugin
	# Nothing has become of it that can't be brought to its end.
	run davit ps -a --format '{{.Names}} {{.State}}' --filter name=idle
	expect_out 'idle created'
	run davit rm -f -t 0 idle busy
	expect_status 0
	expect_out $'idle\nbusy'
	run davit system check
	expect_out ''
done

tap_end
