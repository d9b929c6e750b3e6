#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images that travel between davit and the tools of others, both ways, and stay what they are.

. "$(dirname "$0")/../lib/tap.sh"
tap_begin root skopeo python3

mkdir -p "$T/tree/bin" "$T/tree/etc"
echo content > "$T/tree/etc/file"
run davit import --quiet --change 'CMD ["/bin/x"]' --change 'ENV A=b c' "$T/tree" box
id=$out
run davit import --quiet --change 'LABEL two=2' "$T/tree" other:v2
other=$out

# Of another store, so that nothing is found that was there before.
elsewhere ()
{
	"$DAVIT" --root "$T/elsewhere" --runroot "$T/run" "$@"
}

# config_digest REFERENCE: of what skopeo finds there; it is the id of the image.
config_digest ()
{
	skopeo inspect --raw "$1" | python3 -c 'import json,sys; print(json.load(sys.stdin)["config"]["digest"])'
}

# Ours, read by skopeo.
run davit save --quiet -o "$T/docker.tar" box other:v2
run davit save --quiet --format oci-archive -o "$T/oci.tar" box other:v2
run davit save --quiet --format oci-dir -o "$T/oci" box other:v2
for form in docker-archive:"$T/docker.tar" oci-archive:"$T/oci.tar" oci:"$T/oci"; do
	tap_command="skopeo inspect $form"
	expect_equal "$(config_digest "$form:localhost/box:latest")" "$id" "${form%%:*} keeps the id"
	expect_equal "$(config_digest "$form:localhost/other:v2")" "$other" "${form%%:*} keeps that of the second"
	run skopeo inspect --format '{{.Env}} {{len .Layers}}' "$form:localhost/box:latest"
	expect_out '[A=b c] 1'
done

# Theirs, read by us.
number=0
for form in docker-archive:"$T/copy-%.tar:localhost/box:copy" oci-archive:"$T/copy-%.tar:copy" oci:"$T/copy-%:copy"; do
	for method in gzip zstd; do
		number=$((number + 1))
		to=${form/\%/$number}
		file=${to#*:}
		run skopeo copy --quiet --insecure-policy --dest-compress-format $method \
			"docker-archive:$T/docker.tar:localhost/box:latest" "$to"
		expect_status 0
		run elsewhere load --quiet -i "${file%%:*}"
		run elsewhere images -q --no-trunc
		expect_out "$id"
		run elsewhere rmi -f "$id"
		expect_status 0
	done
done
run skopeo copy --quiet --insecure-policy "docker-archive:$T/docker.tar:localhost/box:latest" "dir:$T/dir"
run davit load -i "$T/dir"
expect_refused 125 'images in the form "dir" are not there yet; save it as docker-archive'

tap_end
