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
sed -i '/^# WARNING: pip install/,/^    # via handtint (pyproject.toml)/d; /^handtint @ file:/,/^    # via /d' \
  k8s/images/*/requirements.txt
