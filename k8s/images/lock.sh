#!/usr/bin/env bash
# Pins what each Python image installs, to the versions of requirements.lock and with hashes: a few minutes.
#
#     k8s/images/lock.sh
set -eu -o pipefail
cd "$(dirname "$0")/../.."

compile=(.venv/bin/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --build-deps-for wheel
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --constraint requirements.lock)
"${compile[@]}" --extra gateway --extra rollout --output-file k8s/images/gateway/requirements.txt pyproject.toml
"${compile[@]}" --extra serve --output-file k8s/images/model-server/requirements.txt pyproject.toml
"${compile[@]}" --extra train --extra gpu --output-file k8s/images/trainer/requirements.txt pyproject.toml
# our own extras name each other; pip-compile writes that down as a folder of this machine
for file in k8s/images/*/requirements.txt; do
  awk '/^# WARNING: pip install/ { own = 1 } own && /^[a-z0-9].*==/ { own = 0 } !own' "$file" > "$file.tmp"
  mv "$file.tmp" "$file"
done
