#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# install.sh BUILD STAGE: installs a build below STAGE, looks whether everything is where it belongs,
# and builds a plugin against what a plugin's author would have: headers and davit-1.pc.

set -eu
build=${1:?} stage=${2:?}
here=$(cd "$(dirname "$0")/.." && pwd)

DESTDIR=$stage meson install -C "$build" --no-rebuild --quiet

libdir=$(find "$stage" -type d -path '*/davit/plugins' | head -n 1)
[ -n "$libdir" ] || { echo "no plugin directory"; exit 1; }
# The table of the bundled ones.
plugins=$(sed -n "/^plugin_names/,/^\]/s/^  '\(.*\)',$/\1/p" "$here/plugins/meson.build")
[ "$(echo "$plugins" | wc -w)" -ge 9 ] || { echo "there are fewer plugins than nine: $plugins"; exit 1; }
for plugin in $plugins; do
	[ -f "$libdir/$plugin.so" ] || { echo "$libdir/$plugin.so is missing"; exit 1; }
	# What a packager does who splits them: the tag gives this file and no other.
	tag=plugin-$(echo "$plugin" | tr / -)
	DESTDIR=$stage/$tag meson install -C "$build" --no-rebuild --quiet --tags "$tag"
	found=$(cd "$stage/$tag" && find . ! -type d)
	[ "$found" = ".${libdir#"$stage"}/$plugin.so" ] || { echo "the tag $tag installs: $found"; exit 1; }
	option=$(echo "$plugin" | tr / _)
	grep -q "^option('$option', type: 'feature'" "$here/meson_options.txt" || {
		echo "$plugin is no feature option"
		exit 1
	}
	rm -r "${stage:?}/$tag"
done
for file in bin/davit libexec/davit/davit-monitor libexec/davit/davit-archive \
	share/davit/davit.conf share/davit/seccomp.json share/davit/images/hello/index.json \
	share/man/man1/davit.1 share/man/man1/davit-run.1 share/man/man5/davit.conf.5 \
	share/man/man7/davit-plugin.7 share/davit/plugin-template/storage.c \
	libexec/davit/davit-check-payload \
	share/bash-completion/completions/davit share/zsh/site-functions/_davit \
	share/fish/vendor_completions.d/davit.fish include/davit/plugin.h include/davit/storage.h; do
	[ -f "$stage/usr/local/$file" ] || { echo "$file is missing"; exit 1; }
done

pc=$(find "$stage" -name davit-1.pc)
[ -n "$pc" ] || { echo "davit-1.pc is missing"; exit 1; }
export PKG_CONFIG_PATH="${pc%/*}"
[ "$(pkg-config --variable=abi davit-1)" = 1.0 ]
case $(pkg-config --variable=plugindir davit-1) in
*/davit/plugins) ;;
*) echo "davit-1.pc names no plugindir"; exit 1 ;;
esac

# A plugin of a third party: the simplest that there is, made of installed files only.
mkdir -p "$stage/author/network"
cp "$here"/plugins/network/none/none.c "$here"/plugins/network/common/network-[cln]*.[ch] "$stage/author"
sed -i -e 's/"none"/"mine"/' "$stage/author/none.c"
# shellcheck disable=SC2046 # flags are words
cc -shared -fPIC -fvisibility=hidden -D_GNU_SOURCE -Wl,-z,defs -o "$stage/author/network/mine.so" \
	"$stage"/author/*.c -I"$stage/usr/local/include" $(pkg-config --cflags --libs davit-1)
"$build/engine/davit" --plugin-path "$stage/author" plugin list --format '{{.Kind}}/{{.Name}}' > "$stage/list"
grep -qx network/mine "$stage/list" || { echo "the plugin is not found:"; cat "$stage/list"; exit 1; }
