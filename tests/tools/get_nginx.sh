#!/usr/bin/env bash
# Debian's nginx in a folder, for the tests: nothing is installed, and nobody needs to be root.
#
#     tests/tools/get_nginx.sh build/nginx        # then build/nginx/nginx -v
set -eu -o pipefail

folder=$(realpath -m "${1:?the folder to make, as build/nginx}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# package lists of its own: the machine's may be old, and only root may renew them
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/deb"
apt=(apt-get -qq -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User="$(id -un)")
"${apt[@]}" update

cd "$work/deb"
libraries=$(apt-cache -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" depends nginx |
  awk '$1 == "Depends:" && $2 ~ /^lib/ && $2 !~ /^libc6/ { print $2 }')
# shellcheck disable=SC2086 # several words
"${apt[@]}" download nginx $libraries

rm -rf "$folder"
mkdir -p "$folder"
for package in *.deb; do dpkg-deb -x "$package" "$folder"; done

# the folder's own libraries, found wherever it lies
cat > "$folder/nginx" <<'SCRIPT'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH=$(echo "$here"/usr/lib/*-linux-gnu):$(echo "$here"/lib/*-linux-gnu) exec "$here/usr/sbin/nginx" "$@"
SCRIPT
chmod +x "$folder/nginx"
"$folder/nginx" -v
