#!/usr/bin/env bash
# Debian's nginx in a folder, for the tests: nothing is installed, and nobody needs to be root.
#
#     tests/tools/get_nginx.sh build/nginx        # then build/nginx/nginx -v
set -eu -o pipefail
source "$(dirname "$0")/debian.sh"

folder=$(realpath -m "${1:?the folder to make, as build/nginx}")
unpack_packages "$folder" nginx

# the folder's own libraries, found wherever it lies
cat > "$folder/nginx" <<'SCRIPT'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH=$(echo "$here"/usr/lib/*-linux-gnu):$(echo "$here"/lib/*-linux-gnu) exec "$here/usr/sbin/nginx" "$@"
SCRIPT
chmod +x "$folder/nginx"
"$folder/nginx" -v
