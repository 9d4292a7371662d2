# Thin: every target is a command that works by itself too. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# the models that `demo`, `web` and the tests use, made from the shipped weights
TASKS := $(filter photo sketch,$(patsubst export/pretrained/%/weights.npz,%,$(wildcard export/pretrained/*/weights.npz)))
REPOSITORY := build/models
TFJS := web/public/models
DATA ?= ../shared/data/photos
QUALITY ?= --large web/public/samples
MINUTES ?= 120
STEPS ?= 250
COUNT ?= 10000
MODELS ?= shipped=photo

INSTALLED := $(VENV)/installed
NODE_MODULES := web/node_modules/.package-lock.json
# one on the PATH will do; else Debian's, unpacked without root
NGINX := $(if $(shell command -v nginx),,build/nginx/nginx)
PROMETHEUS := $(if $(shell command -v prometheus),$(if $(shell command -v promtool),,build/prometheus/prometheus),build/prometheus/prometheus)
SAVED_MODELS := $(TASKS:%=$(REPOSITORY)/%/1/saved_model.pb)
MANIFESTS := $(TASKS:%=$(TFJS)/%/manifest.json)
SOURCES := $(wildcard trainer/*.py trainer/generators/*.py export/*.py)
.SECONDARY: $(SAVED_MODELS)
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: help setup demo test fuzz train ablations bench bench-trainer bench-quality bench-serving bench-web bench-rollout web serve lint k8s images lock clean

help:  ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(INSTALLED) $(NODE_MODULES)  ## install everything: .venv and web/node_modules

demo: $(SAVED_MODELS) web/dist/index.html  ## colour three photographs and a drawing through gRPC, REST and the gateway; DEMO_ONCE=1 ends by itself
	$(BIN)/python -m serving.demo --repository $(REPOSITORY) --web web/dist --out demo

test: $(INSTALLED) $(NGINX) $(PROMETHEUS) web/dist/index.html  ## run all tests: Python, Node and a real Chromium
	$(BIN)/python -m pytest -n 2 --dist loadfile
	cd web && npm test

fuzz: $(INSTALLED)  ## ten thousand broken pictures, and ten thousand odd requests, for the gateway: COUNT=10000
	$(BIN)/python -m tests.fuzz.pictures --count $(COUNT)
	$(BIN)/python -m tests.fuzz.requests --count $(COUNT)

train: $(INSTALLED)  ## train the photo preset: DATA=folder MINUTES=120
	$(BIN)/python -m trainer fit --preset photo --data $(DATA) --minutes $(MINUTES)

ablations: $(INSTALLED)  ## what a setting is worth: docs/ablations; DATA=folder STEPS=250 a variant
	$(BIN)/python -m trainer ablation --all --data $(DATA) --steps $(STEPS)

bench: bench-trainer bench-serving bench-web  ## every benchmark of speed, on a machine that does nothing else

bench-trainer: $(INSTALLED)  ## pictures a second of the input pipeline, of the training step, and of both
	$(BIN)/python -m trainer bench --preset photo --size 128

bench-quality: $(INSTALLED)  ## score models of a task: DATA=folder MODELS="shipped=photo new=runs/NAME"; sketches: QUALITY=
	$(BIN)/python -m export quality $(MODELS) --data $(DATA) $(QUALITY) --out build/quality

bench-serving: $(SAVED_MODELS)  ## the model server under load, beside the bare model: docs/benchmarks/serving.md
	$(BIN)/python -m serving.bench --model $(REPOSITORY)/photo --out docs/benchmarks/serving.md

bench-web: $(NODE_MODULES) $(MANIFESTS)  ## the page in Chromium, beside networks of others' size: docs/benchmarks/web.md
	$(BIN)/python -m export.page_bench --out docs/benchmarks/web.md

bench-rollout: $(SAVED_MODELS) $(PROMETHEUS)  ## a version out and two back under load, five minutes: docs/images/rollout.png
	$(BIN)/python -m tests.serving.rollout.bench --repository $(REPOSITORY) --out docs/images/rollout.png

web: web/dist/index.html  ## build the static page into web/dist

serve: $(SAVED_MODELS)  ## start the model server on 8500 (gRPC) and 8501 (REST)
	printf 'model_config_list {\n' > $(REPOSITORY)/models.config
	for task in $(TASKS); do printf '  config { name: "%s" base_path: "%s" model_platform: "tensorflow" }\n' \
		$$task $(abspath $(REPOSITORY))/$$task; done >> $(REPOSITORY)/models.config
	printf '}\n' >> $(REPOSITORY)/models.config
	$(BIN)/handtint-model-server --port=8500 --rest_api_port=8501 --model_config_file=$(REPOSITORY)/models.config

lint: $(INSTALLED) $(NODE_MODULES)  ## ruff and mypy, and the page's types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd web && npm run lint

k8s: $(INSTALLED)  ## render every Kubernetes manifest, alone and together, and check it strictly
	$(BIN)/python k8s/validate.py
	$(BIN)/python k8s/scan.py

images: $(INSTALLED)  ## run the install and start commands of every image, each in a fresh folder
	HANDTINT_ALL_IMAGES=1 $(BIN)/python -m pytest tests/k8s/test_images.py

lock: $(INSTALLED)  ## pin every package again: requirements.lock, and those of the images out of it
	$(BIN)/pip-compile --quiet --extra dev --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml
	@# our own extras name each other; pip-compile writes that down as a folder of this machine
	awk '/^# WARNING: pip install/ { own = 1 } own && /^[a-z0-9].*==/ { own = 0 } !own' requirements.lock > requirements.new
	mv requirements.new requirements.lock
	k8s/images/lock.sh

clean:  ## remove what the targets above made
	rm -rf $(VENV) build demo web/node_modules web/dist $(TFJS)

$(INSTALLED): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

build/nginx/nginx: tests/tools/get_nginx.sh
	tests/tools/get_nginx.sh build/nginx
	touch $@

build/prometheus/prometheus: tests/tools/get_prometheus.sh
	tests/tools/get_prometheus.sh build/prometheus
	touch $@

$(NODE_MODULES): web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	touch $@

$(REPOSITORY)/%/1/saved_model.pb: export/pretrained/%/weights.npz $(INSTALLED) $(SOURCES)
	rm -rf $(REPOSITORY)/$*
	$(BIN)/python -m export saved-model --weights $* --out $(REPOSITORY)/$*
	touch $@

$(TFJS)/%/manifest.json: $(REPOSITORY)/%/1/saved_model.pb
	$(BIN)/python -m export tfjs --saved-model $(dir $<) --out $(TFJS)/$*
	touch $@

web/dist/index.html: $(NODE_MODULES) $(MANIFESTS) $(shell find web/src web/public/samples web/tools web/index.html -type f)
	cd web && npm run build
	touch $@
