#!/usr/bin/env bash
# Debian's Prometheus in a folder, for the tests: nothing is installed, and nobody needs to be root.
#
#     tests/tools/get_prometheus.sh build/prometheus    # then build/prometheus/prometheus, build/prometheus/promtool
set -eu -o pipefail
source "$(dirname "$0")/debian.sh"

folder=$(realpath -m "${1:?the folder to make, as build/prometheus}")
unpack_packages "$folder" prometheus

# Written in Go: no library but libc is needed. The web page, of other packages, is not wanted.
for program in prometheus promtool; do
  ln -sf "usr/bin/$program" "$folder/$program"
  "$folder/$program" --version 2>&1 | head -1
done
