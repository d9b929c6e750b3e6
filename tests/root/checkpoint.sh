#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Containers that are written to disk and go on, with the real CRIU: what runs in them, what they run
# on, what is refused, and what is left.

here=$(dirname "$0")
# CRIU first: where the network is.
if [ -z "${CHECKPOINT_CRIU-}" ] && [ "$(id -u)" = 0 ]; then
	CHECKPOINT_CRIU=${DAVIT_TEST_CRIU:-$(bash "$here/../get-criu" -q)} || CHECKPOINT_CRIU=none
	export CHECKPOINT_CRIU
	exec unshare -n bash "$0"
fi
. "$here/../lib/tap.sh"
. "$here/../lib/box.sh"
. "$here/../lib/drivers.sh"
tap_begin root busybox ip python3 /usr/lib/cni/bridge
reason=$(drivers_missing checkpoint criu)
case $reason in *"not built"*) tap_skip_all "$reason" ;; esac
[ "$CHECKPOINT_CRIU" != none ] || tap_skip_all "no CRIU that works here"
talk=$here/../lib/talk
ip link set lo up
# Where programs of the host's look for their libraries; /usr is mounted for those.
mkdir -p "$T/box-tree/usr"
ln -s usr/lib "$T/box-tree/lib"
ln -s usr/lib64 "$T/box-tree/lib64"
box_image

mkdir -p "$T/net.d"
cat > "$T/net.d/10-yard.conflist" << END
{"cniVersion": "1.0.0", "name": "yard", "plugins": [
  {"type": "bridge", "bridge": "yard0", "isGateway": true, "ipam": {
    "type": "host-local", "dataDir": "$T/leases", "ranges": [[{"subnet": "10.89.9.0/24"}]]}}]}
END
cat > "$T/davit.conf" << END
[checkpoint.criu]
program=$CHECKPOINT_CRIU
[network.cni]
conf-directories=$T/net.d
END
export DAVIT_CONFIG=$T/davit.conf

# The numbers that the counter of a container has written are all of them, each once, and more than
# COUNT by now.
counts ()
{
	davit logs "$1" 2> /dev/null | python3 -c '
import sys
numbers = [int(line) for line in sys.stdin.read().split()]
sys.exit(numbers != list(range(len(numbers))))' || return 1
	[ "$(davit logs "$1" | wc -l)" -gt "$2" ]
}

lines ()
{
	davit logs "$1" | wc -l
}

counter='i=0; while :; do echo $i; i=$((i+1)); sleep 0.05; done'

cycle ()
{
	local before
	expect_true "$1 counts" wait_for 20 counts "$1" "$(lines "$1")"
	run davit checkpoint "$1"
	expect_status 0
	expect_out "$1"
	before=$(lines "$1")
	run davit restore "$1"
	expect_status 0
	expect_out "$1"
	expect_true "$1 goes on" wait_for 20 counts "$1" "$before"
}

# Every storage; ten times where it is the usual one.
for storage in $drivers_storage; do
	[ -z "$(drivers_missing storage "$storage")" ] || continue
	[ "$storage" = "$(davit info --format '{{.Store.GraphDriverName}}' 2> /dev/null)" ] && rounds=10 || rounds=2
	davit --config "engine.storage=$storage" run -d --name "on-$storage" --network none --pids-limit 40 \
		box sh -c "$counter" > /dev/null
	davit exec "on-$storage" sh -c 'echo kept > /kept'
	for ((round = 0; round < rounds; round++)); do
		cycle "on-$storage"
	done
	run davit exec "on-$storage" cat /kept
	expect_out kept
	davit rm -f -t 0 "on-$storage" > /dev/null
done

# What it is, before, between and after; limits, filter and privileges of who comes in later.
davit run -d --name c --network none --pids-limit 40 box sh -c "$counter" > /dev/null
facts='grep -h "^Seccomp:\|^Cap\|^NoNewPrivs" /proc/self/status; cat /sys/fs/cgroup/pids/pids.max 2> /dev/null'
davit exec c sh -c "$facts" > "$T/before"
run davit inspect --format '{{.State.Checkpointed}} {{.State.Restored}}' c
expect_out 'false false'
davit checkpoint c > /dev/null
run davit inspect --format '{{.State.Status}} {{.State.Checkpointed}} {{.State.Restored}} {{.State.Pid}}' c
expect_out 'exited true false 0'
run davit checkpoint c
expect_refused 125 'container "c" can'"'"'t be checkpointed: it is exited'
# After a restart of the host there is nothing of a run.
rm -rf "$T/run/containers"
run davit restore c
expect_status 0
run davit inspect --format '{{.State.Status}} {{.State.Checkpointed}} {{.State.Restored}}' c
expect_out 'running false true'
run davit ps --format '{{.Names}}'
expect_out c
run davit restore c
expect_refused 125 'container "c" can'"'"'t be restored: it is running'
davit exec c sh -c "$facts" > "$T/after"
expect_equal "$(cat "$T/after")" "$(cat "$T/before")" "limits and privileges are as before"
run davit pause c
expect_status 0
run davit checkpoint c
expect_refused 125 'it is paused; unpause it first'
davit unpause c > /dev/null

# A driver that fails lets it run on: without the program, and when it must refuse.
run davit --config "checkpoint.criu.program=$T/none" checkpoint c
expect_status 125
expect_err "$T/none"
expect_true "it runs on" wait_for 20 counts c "$(lines c)"
run davit checkpoint --checkpoint-opt nothing=1 c
expect_status 125
expect_err nothing
"$DAVIT" --root "$T/root" --runroot "$T/run" exec c sh -c 'echo up; exec sleep 1000' > "$T/guest" &
guest=$!
wait_for 20 grep -q up "$T/guest"
run davit checkpoint c
expect_status 125
expect_err 'container "c" can'"'"'t be checkpointed'
expect_true "it runs on" wait_for 20 counts c "$(lines c)"
kill $guest
wait $guest 2> /dev/null
guest_left ()
{
	[ "$(davit exec c ps -o args | grep -c '^sleep 1000')" = 0 ]
}
expect_true "the guest leaves" wait_for 20 guest_left

run davit checkpoint --leave-running --print-stats c
expect_status 0
expect_match '"runtime_checkpoint_duration"'
expect_true "it runs on" wait_for 20 counts c "$(lines c)"
run davit restore c
expect_refused 125 'it is running'
run davit wait c &
waiter=$!
davit stop -t 0 c > /dev/null
wait $waiter
run davit rm c
expect_status 0
run davit restore c
expect_refused 125 'no container with name or id "c"'

# Who was killed in the middle of it leaves a container that runs, and something to take away.
cat > "$T/hangs" << END
#!/bin/sh
ls -d "$T"/root/containers/*/checkpoint.new > /dev/null 2>&1 || exec "$CHECKPOINT_CRIU" "\$@"
echo \$\$ > "$T/hanging"
exec sleep 1000
END
chmod +x "$T/hangs"
davit run -d --name k --network none box sh -c "$counter" > /dev/null
mkdir "$T/exports"
"$DAVIT" --root "$T/root" --runroot "$T/run" --config "checkpoint.criu.program=$T/hangs" \
	checkpoint --export "$T/exports/k.tar" k > "$T/killed" 2>&1 &
victim=$!
expect_true "the checkpoint is on its way" wait_for 20 test -s "$T/hanging"
kill -9 $victim
wait $victim 2> /dev/null
kill -9 "$(cat "$T/hanging")"
expect_true "it runs on" wait_for 20 counts k "$(lines k)"
# Where files may be without a name, nothing of the export is left.
if python3 -c 'import os, sys; os.open(sys.argv[1], os.O_TMPFILE | os.O_WRONLY)' "$T/exports" 2> /dev/null; then
	expect_equal "$(ls -A "$T/exports")" "" "nothing of its file is left"
fi
run davit system check
expect_out_has 'container "k": its checkpoint was broken off'
run davit system check --repair
run davit system check
expect_out_lacks 'broken off'
cycle k
# In the middle of a restore: the next one takes away what is left, and finds the checkpoint.
cat > "$T/sticks" << END
#!/bin/sh
[ -d /run/root ] || exec "$CHECKPOINT_CRIU" "\$@"
echo \$\$ > "$T/sticking"
exec sleep 1000
END
chmod +x "$T/sticks"
davit checkpoint k > /dev/null
before=$(lines k)
"$DAVIT" --root "$T/root" --runroot "$T/run" --config "checkpoint.criu.program=$T/sticks" restore k > "$T/killed" 2>&1 &
victim=$!
expect_true "the restore is on its way" wait_for 20 test -s "$T/sticking"
kill -9 $victim
wait $victim 2> /dev/null
run davit restore k
expect_status 0
expect_true "it goes on" wait_for 20 counts k "$before"
expect_false "what made it is gone" kill -0 "$(cat "$T/sticking")"
run davit system check
expect_out ''
davit rm -f -t 0 k > /dev/null

# Several, the latest, and one that would be gone.
davit run -d --name a --network none box sh -c "$counter" > /dev/null
davit run -d --name b --network none box sh -c "$counter" > /dev/null
run davit checkpoint --all
expect_status 0
expect_equal "$(davit ps -q | wc -l)" 0 "none runs"
run davit restore --all --keep
expect_status 0
expect_equal "$(davit ps -q | wc -l)" 2 "both run"
run davit container checkpoint --latest
expect_status 0
run davit ps --format '{{.Names}}'
expect_out a
davit rm -f -t 0 a b > /dev/null
davit run -d --rm --name r --network none box sh -c "$counter" > /dev/null
run davit checkpoint r
expect_refused 125 'was made with --rm'
davit rm -f -t 0 r > /dev/null
davit create --name n box true > /dev/null
run davit restore n
expect_refused 125 'it has no checkpoint'
run davit checkpoint
expect_status 125
run davit restore --tcp-close --tcp-established n
expect_status 125
expect_err 'exclude each other'
davit rm n > /dev/null

# Standard input, and a terminal: who attaches later finds what was there.
davit run -d -i --name i --network none box cat > /dev/null
davit checkpoint i > /dev/null
run davit restore i
expect_status 0
expect_equal "$(echo through | davit attach i)" through "what goes in comes out"
davit rm -f -t 0 i > /dev/null
davit run -dit --name t --network none box sh > /dev/null
davit checkpoint t > /dev/null
run davit restore t
expect_status 0
run "$talk" 'send:\n' 'expect:# ' 'send:tty; stty size; exit 7\n' 'expect:/dev/' end -- \
	"$DAVIT" --root "$T/root" --runroot "$T/run" attach t
expect_status 7
davit rm -f -t 0 t > /dev/null

# A tree of processes, with pipes between them.
davit run -d --name tree --network none box sh -c \
	'(while :; do echo x; sleep 0.05; done) | (n=0; while read -r l; do echo $n; n=$((n+1)); done)' > /dev/null
cycle tree
davit rm -f -t 0 tree > /dev/null

# Programs of the host's: threads, pipes, timers and memory; and a server that keeps data.
host="-v /usr:/usr:ro --network none"
# shellcheck disable=SC2086
{
	davit run -d --name py $host box /usr/bin/python3 -uc '
import os, queue, signal, threading, time
numbers = queue.Queue()
ticks = 0
memory = {n: str(n) * 100 for n in range(10000)}
reader, writer = os.pipe()
def tick(*_):
    global ticks
    ticks += 1
def produce():
    n = 0
    while True:
        os.write(writer, b"%d\n" % n)
        n += 1
        time.sleep(0.02)
def consume():
    with os.fdopen(reader) as lines:
        for line in lines:
            numbers.put(int(line))
signal.signal(signal.SIGALRM, tick)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
threading.Thread(target=produce).start()
threading.Thread(target=consume).start()
while True:
    n, before = numbers.get(), ticks
    while ticks == before:
        time.sleep(0.005)
    assert memory[n % 10000] == str(n % 10000) * 100
    print(n)' > /dev/null
	cycle py
	cycle py
	davit rm -f -t 0 py > /dev/null
}

ask ()
{
	davit exec redis /usr/bin/redis-cli -s /tmp/redis "$@"
}
# Not everywhere where these tests run.
if command -v redis-server > /dev/null; then
	# shellcheck disable=SC2086
	davit run -d --name redis $host box /usr/bin/redis-server --save "" --port 0 --unixsocket /tmp/redis > /dev/null
	expect_true "the server answers" wait_for 20 ask ping
	ask set key 'what it keeps' > /dev/null
	ask eval 'for n = 1, 10000 do redis.call("set", "k" .. n, n) end' 0 > /dev/null
	for round in 1 2; do
		davit checkpoint --export "$T/redis.tar" redis > /dev/null
		davit rm redis > /dev/null
		run davit restore --import "$T/redis.tar"
		expect_status 0
		run ask get key
		expect_out 'what it keeps'
		run ask dbsize
		expect_out 10001
	done
	davit rm -f -t 0 redis > /dev/null
fi

# A directory as its root.
davit run -d --name dir --network none --rootfs "$T/box-tree" sh -c "$counter" > /dev/null
cycle dir
davit rm -f -t 0 dir > /dev/null

# On a network: the same address, and connections only when they are wanted.
davit run -d --name net --network-driver cni --network yard box sh -c \
	'nc -ll -p 5000 -e cat & sleep 0.2; (while :; do echo x; sleep 0.05; done) | nc 127.0.0.1 5000 |
	(n=0; while read -r l; do echo $n; n=$((n+1)); done)' > /dev/null
expect_true "net counts" wait_for 20 counts net 2
address=$(davit inspect --format '{{.NetworkSettings.IPAddress}}' net)
# Another one wants an address meanwhile.
run davit checkpoint net
expect_status 125
expect_err 'tcp-established'
expect_true "it runs on" wait_for 20 counts net "$(lines net)"
run davit checkpoint --tcp-established net
expect_status 0
davit run --rm --network-driver cni --network yard box true
before=$(lines net)
run davit restore net
expect_status 0
expect_equal "$(davit inspect --format '{{.NetworkSettings.IPAddress}}' net)" "$address" "the address is the same"
expect_true "connections go on" wait_for 20 counts net "$before"
davit rm -f -t 0 net > /dev/null
expect_equal "$(find "$T/leases" -name '10.*' | wc -l)" 0 "no lease is left"
expect_equal "$(ip -o link | grep -c veth)" 0 "no interface is left"

# As a file: the container is removed, and comes back with its files, deletions, log and address.
archive=$T/c.tar
for form in zstd gzip none; do
	davit run -d --name e --network-driver cni --network yard --pids-limit 40 box sh -c \
		"mkdir /d; echo kept > /d/f; ln -s f /d/l; rm /etc/group; rm -r /var/tmp; chmod 700 /root; $counter" > /dev/null
	expect_true "e counts" wait_for 20 counts e 2
	address=$(davit inspect --format '{{.NetworkSettings.IPAddress}}' e)
	run davit checkpoint --export "$archive" --compress $form e
	expect_status 0
	expect_equal "$(stat -c %a "$archive")" 600 "nobody else reads it"
	davit rm e > /dev/null
	run davit restore --import "$archive"
	expect_status 0
	expect_true "e goes on" wait_for 20 counts e "$(lines e)"
	expect_equal "$(davit inspect --format '{{.NetworkSettings.IPAddress}}' e)" "$address" "the address is the same"
	run davit exec e sh -c 'cat /d/l; stat -c %a /root; ls -d /etc/group /var/tmp 2> /dev/null; exit 3'
	expect_status 3
	expect_out "kept
700"
	[ $form = none ] || davit rm -f -t 0 e > /dev/null
done
run davit restore --import "$archive"
expect_refused 125 'exists already; make another one of it with --name'
run davit restore --import "$archive" --name e
expect_refused 125 'container name "e"'
run davit restore --import "$archive" --name third --ignore-rootfs
expect_status 0
run davit exec third ls /d
expect_status 1
davit rm -f -t 0 third > /dev/null
run davit restore --import "$archive" --name second
expect_status 0
expect_true "the second goes on" wait_for 20 counts second "$(lines second)"
expect_true "they have two addresses" test "$(davit inspect --format '{{.NetworkSettings.IPAddress}}' second)" != "$address"
davit rm -f -t 0 e second > /dev/null

# Consistent also if it runs on, and for one that is removed at its end.
davit run -d --rm --name r --network none box sh -c 'i=0; while :; do echo $i | tee /number; i=$((i+1)); done' > /dev/null
expect_true "r counts" wait_for 20 counts r 5
run davit checkpoint --leave-running --export "$archive" r
expect_status 0
expect_true "r goes on" wait_for 20 counts r "$(lines r)"
run davit restore --import "$archive" --name twin
expect_status 0
expect_true "its twin goes on" wait_for 20 counts twin "$(lines twin)"
davit rm -f -t 0 twin > /dev/null
run davit checkpoint --export "$T/none/x" r
expect_refused 125 "$T/none"
run davit checkpoint --export "$archive" r
expect_status 0
expect_equal "$(davit ps -aq | wc -l)" 0 "it is gone"
run davit checkpoint --compress none r
expect_refused 125 'has no effect without "--export"'
run davit restore --name x r
expect_refused 125 'has no effect without "--import"'
run davit restore --import "$archive" r
expect_refused 125 '--import takes no container'

# What is not as it was written is refused, and nothing is made of it.
davit run -d --name h --network none box sh -c "$counter" > /dev/null
davit checkpoint --export "$archive" --compress none h > /dev/null
davit rm h > /dev/null
cat > "$T/change" << 'END'
import io, json, sys, tarfile
source, target, what = sys.argv[1:]
members = []
with tarfile.open(source) as tar:
    for info in tar:
        members.append((info, tar.extractfile(info).read()))
manifest = json.loads(members[0][1])
def again(name, data, info=None):
    info = info or tarfile.TarInfo(name)
    info.name, info.size = name, len(data)
    return info, data
names = [info.name for info, _ in members]
pages = names.index('checkpoint/pages-1.img')
if what == 'altered':
    members[pages] = again(names[pages], b'x' + members[pages][1][1:])
elif what == 'missing':
    del members[pages]
elif what == 'more':
    members.append(again('checkpoint/more.img', b'x'))
elif what == 'twice':
    members.append(members[pages])
elif what == 'link':
    info = tarfile.TarInfo('checkpoint/pages-1.img')
    info.type, info.linkname = tarfile.SYMTYPE, '/etc/passwd'
    members[pages] = (info, b'')
elif what == 'path':
    manifest['members'].append({'name': '../../x', 'digest': 'sha256:' + '0' * 64, 'size': 1})
elif what == 'version':
    manifest['version'] = 99
elif what == 'foreign':
    manifest['format'] = 'other'
elif what == 'machine':
    manifest['architecture'] = 'vax'
elif what == 'manifest':
    del members[0]
elif what == 'image':
    record = names.index('record.json')
    text = members[record][1].replace(b'"imageId":"sha256:', b'"imageId":"sha256:00', 1)
    import hashlib
    document = json.loads(members[record][1])
    document['imageId'] = 'sha256:' + '0' * 64
    text = json.dumps(document).encode()
    members[record] = again('record.json', text)
    for member in manifest['members']:
        if member['name'] == 'record.json':
            member['digest'] = 'sha256:' + hashlib.sha256(text).hexdigest()
            member['size'] = len(text)
if what != 'manifest':
    members[0] = again('manifest.json', json.dumps(manifest).encode(), members[0][0])
with tarfile.open(target, 'w') as tar:
    for info, data in members:
        tar.addfile(info, io.BytesIO(data))
END
refuse ()
{
	[ "$1" = truncated ] || python3 "$T/change" "$archive" "$T/bad" "$1" || exit 99
	run davit restore --import "$T/bad"
	expect_refused 125 "$2"
	expect_equal "$(ls -A "$T/root/containers" "$T/root/names" | grep -vc ':$\|^$')" 0 "nothing is left of $1"
}
refuse altered 'member "checkpoint/pages-1.img" is not what the manifest says'
refuse missing 'member "checkpoint/pages-1.img" is missing'
refuse more 'member "checkpoint/more.img" is not in the manifest'
refuse twice 'checkpoint/pages-1.img'
refuse link 'member "checkpoint/pages-1.img" is a link'
refuse path 'member "../../x" has no business in a checkpoint'
refuse version 'has the form 99; this davit reads 1'
refuse foreign 'is no checkpoint of davit'
refuse machine 'was made on "vax"'
refuse manifest 'is no checkpoint of davit'
refuse image 'is not here; load or import it first'
head -c 30000 "$archive" > "$T/bad"
refuse truncated "$T/bad"
run davit restore --import "$T/none"
expect_refused 125 "$T/none"
run davit restore --import "$archive"
expect_status 0
davit rm -f -t 0 h > /dev/null

run davit system check
expect_status 0
expect_out ''
tap_end
