#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images at the command line: the default one, names, archives, lists. No container is started.

. "$(dirname "$0")/../lib/tap.sh"
tap_begin root

# A small root file system of our own.
mkdir -p "$T/tree/bin" "$T/tree/etc"
echo content > "$T/tree/etc/file"
tar -C "$T/tree" -cf "$T/tree.tar" .

run davit import --quiet --change 'CMD ["/bin/x"]' --change 'ENV A=b c' --change 'LABEL one=1' \
	--message 'a test' "$T/tree.tar" box:v1
expect_status 0
expect_match '^sha256:[0-9a-f]{64}$'
expect_no_err
id=$out
run davit import --quiet "$T/tree" dir
expect_status 0
TAP_INPUT=$T/tree.tar run davit import --quiet - piped
expect_status 0
run davit import "$T/none.tar"
expect_status 125
expect_err none.tar
run davit import --change 'FROM x' "$T/tree.tar"
expect_status 125
expect_err FROM

run davit images --noheading
expect_out_has 'localhost/box'
expect_equal "$(wc -l <<< "$out")" 3 "three images"
run davit images --format '{{.Repository}}:{{.Tag}}' box
expect_out 'localhost/box:v1'
run davit images -q --no-trunc box:v1
expect_out "$id"
run davit images -q box
expect_out "${id:7:12}"
run davit images --filter reference='*box*' --format '{{.Repository}}'
expect_out 'localhost/box'
run davit images --filter label=one --format '{{.Tag}} {{.Label "one"}}'
expect_out 'v1 1'
run davit images --filter label=one=2 -q
expect_out ''
run davit images --filter dangling=true -q
expect_out ''
run davit images --format json
expect_out_has "\"Id\": \"$id\""
expect_out_has '"localhost/box:v1"'
run davit images --sort repository --format '{{.Repository}}'
expect_out $'localhost/box\nlocalhost/dir\nlocalhost/piped'

run davit inspect --type image --format '{{.Id}} {{.Architecture}} {{.Os}} {{json .Config.Cmd}}' box:v1
expect_match "^$id [a-z0-9]+ linux \[\"/bin/x\"\]$"
run davit inspect --format '{{range .Config.Env}}{{println .}}{{end}}' box:v1
expect_out_has 'A=b c'
run davit image inspect "${id:7:12}" --format '{{index .RepoTags 0}} {{len .RootFS.Layers}}'
expect_out 'localhost/box:v1 1'
run davit image inspect --format '{{.ID}} {{.Config.Entrypoint}} {{.Config.Volumes}} {{.User}}' box:v1
expect_out "$id [] map[] "
run davit images --format '{{.Id}} {{.Names}} {{.Dangling}}' box:v1
expect_out "${id:7:12} localhost/box:v1 false"
run davit inspect box:v1 nonsense
expect_status 125
expect_out_has "\"Id\": \"$id\""
expect_err 'no container or image with name or id "nonsense"'
run davit inspect --type container box:v1
expect_status 125
run davit history --format '{{.Comment}}' box:v1
expect_out_has 'a test'
run davit history -q box:v1
expect_out "${id:7:12}"
run davit image exists box:v1
expect_status 0

run davit tag box:v1 box:v2 other/name:x
expect_status 0
run davit images -q --no-trunc --filter reference='*/box:*'
expect_out "$id"$'\n'"$id"
run davit tag box:v1 'Not/A Name'
expect_status 125
run davit rmi "$id"
expect_status 2
expect_err "$id"
run davit rmi box:v2
expect_status 0
expect_out_has 'Untagged: localhost/box:v2'
expect_out_lacks 'Deleted'

# Archives: each form gives the same image back.
for format in docker-archive oci-archive oci-dir; do
	run davit save --quiet --format $format -o "$T/saved-$format" box:v1
	expect_status 0
	run "$DAVIT" --root "$T/root-$format" --runroot "$T/run" load --quiet -i "$T/saved-$format"
	expect_status 0
	expect_out_has 'Loaded image: localhost/box:v1'
	run "$DAVIT" --root "$T/root-$format" --runroot "$T/run" images -q --no-trunc
	expect_out "$id"
done
davit save box:v1 dir > "$T/two.tar"
TAP_INPUT=$T/two.tar run "$DAVIT" --root "$T/root-two" --runroot "$T/run" load
expect_status 0
expect_out_has 'localhost/dir:latest'
expect_true "an archive is for its owner alone" test "$(stat -c %a "$T/saved-docker-archive")" = 600
echo '[]' > "$T/manifest.json"
tar -C "$T" -cf "$T/empty.tar" manifest.json
run davit load -i "$T/empty.tar"
expect_status 125
expect_true "nothing was loaded" test -n "$err"
run davit load -i "$T/none"
expect_status 125
run davit save -o "$T/tree/etc" box:v1
expect_status 125

run davit rmi -f "$id" dir piped
expect_status 0
expect_out_has "Deleted: $id"
run davit images -q
expect_out ''
expect_true "no blob is left" test -z "$(ls -A "$T/root/content/sha256" 2> /dev/null)"

# The default image.
run davit image exists hello
expect_status 1
run davit create --name one hello
expect_status 0
expect_match '^[0-9a-f]{64}$'
run davit images --format '{{.Repository}}:{{.Tag}}'
expect_out 'localhost/hello:latest'
run davit rmi hello
expect_status 2
run davit rm one
expect_out one
run davit rmi hello
expect_status 0

run davit system check
expect_status 0
expect_out ''
run davit create hello
run davit system reset --force
expect_status 0
run davit ps -aq
expect_out ''
run davit images -q
expect_out ''
expect_true "nothing is left" test -z "$(ls -A "$T/root" | grep -v -x -e containers -e images -e content -e names -e storage -e cache -e plugins)"

tap_end
