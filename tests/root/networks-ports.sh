#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Published ports, from the host and from another machine: a network namespace behind a cable. What
# is made on the host is in a network namespace of this script.

if [ -z "${NETWORKS_INSIDE-}" ] && [ "$(id -u)" = 0 ]; then
	NETWORKS_INSIDE=1 exec unshare -n bash "$0"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox ip iptables nsenter python3 slirp4netns /usr/lib/cni/bridge
box_image
ip link set lo up

mkdir -p "$T/net.d" "$T/www"
cat > "$T/net.d/10-yard.conflist" << END
{"cniVersion": "1.0.0", "name": "yard", "plugins": [
  {"type": "bridge", "bridge": "yard0", "isGateway": true, "ipMasq": true, "ipam": {
    "type": "host-local", "dataDir": "$T/leases", "ranges": [[{"subnet": "10.89.7.0/24"}]],
    "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}, {"type": "firewall"}]}
END
echo here > "$T/www/index.html"

# The other machine lives as long as its input is open.
mkfifo "$T/off"
unshare -n sh -c 'read -r line' < "$T/off" &
other=$!
exec {off}> "$T/off"
own=$(readlink /proc/self/ns/net)
other_is_there ()
{
	[ "$(readlink "/proc/$other/ns/net")" != "$own" ]
}
expect_true "there is another machine" wait_for 10 other_is_there
ip link add cable0 type veth peer name cable1
ip link set cable1 netns "$other"
ip addr add 192.0.2.1/24 dev cable0
ip link set cable0 up
nsenter -t "$other" -n sh -c 'ip link set lo up; ip addr add 192.0.2.2/24 dev cable1; ip link set cable1 up'

# datagram PORT ADDRESS [PROGRAM...]: sends one and prints the answer
datagram ()
{
	local port=$1 address=$2
	shift 2
	"$@" python3 -c '
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(10)
client.sendto(b"x", (sys.argv[1], int(sys.argv[2])))
print(client.recv(100).decode())' "$address" "$port"
}

# serve NAME: answers two datagrams inside the container's network; busybox has no server for that
serve ()
{
	local pid
	pid=$(davit inspect --format '{{.State.Pid}}' "$1")
	nsenter -t "$pid" -n python3 -c '
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", 53))
print("ready", flush=True)
while True:
	peer = server.recvfrom(100)[1]
	server.sendto(b"y", peer)' > "$T/udp.$1" &
	server=$!
	wait_for 10 grep -q ready "$T/udp.$1"
}

run davit --config "network.cni.conf-directories=$T/net.d" run -d --name bridged --network yard \
	-p 8080:80 -p 5300:53/udp -v "$T/www:/www" box httpd -f -p 80 -h /www
expect_status 0
run davit run -d --name user --network slirp4netns -p 8081:80 -p 5301:53/udp -v "$T/www:/www" box httpd -f -p 80 -h /www
expect_status 0
for name in bridged:8080:5300 user:8081:5301; do
	IFS=: read -r name tcp udp <<< "$name"
	expect_true "$name: tcp from the host" wait_for 10 busybox wget -q -O /dev/null "http://127.0.0.1:$tcp/"
	run nsenter -t "$other" -n busybox wget -q -O - "http://192.0.2.1:$tcp/"
	expect_out here
	serve "$name"
	run datagram "$udp" 192.0.2.1
	expect_out y
	run datagram "$udp" 192.0.2.1 nsenter -t "$other" -n
	expect_out y
	kill "$server"
	wait "$server" 2> /dev/null
done
for name in bridged user; do
	run davit rm -f -t 0 "$name"
	expect_status 0
done
expect_equal "$(iptables-save | grep -c -- '--to-destination')" 0 "no rule is left"
run nsenter -t "$other" -n busybox wget -q -O - http://192.0.2.1:8080/
expect_err "refused"
run nsenter -t "$other" -n busybox wget -q -O - http://192.0.2.1:8081/
expect_err "refused"
exec {off}>&-
wait "$other"

tap_end
