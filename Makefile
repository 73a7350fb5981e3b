# What a person or a pipeline calls. `make help` lists it.

SHELL := /bin/bash
export PATH := $(PATH):$(HOME)/.cargo/bin

# The services: a crate each.
SERVICES := $(notdir $(wildcard crates/bin/*))

# Service binaries that can be told to fail, for the tests. The same set for build and test, or cargo builds them twice.
FAILPOINTS := $(SERVICES:%=--features %/failpoints)

# Compiled once, for three to five minutes; pinned, like the toolchain.
DENY_VERSION := 0.18.9
DENY_ROOT := target/tools/cargo-deny-$(DENY_VERSION)
DENY := $(DENY_ROOT)/bin/cargo-deny

# What the tests of the dashboards need: the official SDK of DataLens, models of Grafana, pytest. Checked by hash.
DASHBOARDS_VENV := target/venvs/dashboards
DASHBOARDS_PYTHON := $(DASHBOARDS_VENV)/bin/python

# What the tests of the chart need: Helm, the schemas of Kubernetes, pytest. Exact versions, checked by hash.
HELM_VENV := target/venvs/helm
HELM_PYTHON := $(HELM_VENV)/bin/python

# What elt-service is measured against: sling and dlt. Exact versions, checked by hash.
PEERS_VENV := target/venvs/elt-peers

# The binaries that people use, in release form. One selection for every target: with another one, dependencies would have other
# features, and librdkafka would be compiled again.
RELEASE := cargo build --release --locked $(SERVICES:%=-p %) -p workload -p devstack -p demo -p bench -p chaos

# What `--version` prints in the image; nothing outside a clone. Other builds leave it out: they are not compiled anew for a commit.
COMMIT = $(shell git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null)

.PHONY: help build demo demo-elt test test-dashboards test-helm bench chaos soak check fmt dashboards echarts browser chart manifests image setup

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

build: setup ## every binary in release form, in target/release; demo, demo-elt, bench, soak and image use them
	$(RELEASE)

demo: build ## the whole pipeline on real parts, and a summary; ORDERS=, SEED=, DATA= and KEEP= change it
	@target/release/demo

demo-elt: build ## a master database that changes, copied by elt-service under faults, and a summary; ROWS=, SEED= and KEEP= change it
	@target/release/demo-elt

test: browser test-dashboards test-helm ## every test, on a real Kafka, PostgreSQL and Redis, and in a real browser
	cargo test --workspace --locked --no-run $(FAILPOINTS)
	target/debug/devstack run -- cargo test --workspace --locked $(FAILPOINTS)

test-dashboards: $(DASHBOARDS_VENV)/stamp ## the dashboards as the SDK of DataLens and the models of Grafana read them
	$(DASHBOARDS_PYTHON) -m pytest -q -p no:cacheprovider dashboards/tests

test-helm: setup binaries $(HELM_VENV)/stamp ## the tests of chart, compose file and Dockerfile; no cluster, no Docker
	$(HELM_PYTHON) -m pytest --quiet -p no:cacheprovider helm/tests

bench: build $(if $(ONLY),$(if $(findstring elt,$(ONLY)),$(PEERS_VENV)/stamp),$(PEERS_VENV)/stamp) ## how fast it is, against how fast the machine is, about half an hour; QUICK=1, ONLY=, HISTORY= change it
	@target/release/bench

chaos: setup ## twenty rounds of faults against a model of the truth; SEED=, ROUNDS=, RATE= change it; BROKER=100: 100 restarts of Kafka instead
	cargo build --workspace --bins --locked $(FAILPOINTS)
	@target/debug/chaos

soak: build ## orders for DURATION (20m), RATE= a second, a SIGKILL every ten seconds, or a restart of Kafka every BROKER_RESTARTS=60s; then figures
	@DURATION=$(or $(DURATION),20m) RATE=$(or $(RATE),50) KAFKA_SESSION_TIMEOUT=8s target/release/chaos

check: setup $(DENY) ## format, lints, and who may depend on what
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy $(SERVICES:%=-p %) --features failpoints --all-targets --locked -- -D warnings
	$(DENY) --locked check --allow unused-wrapper bans licenses sources

chart: setup binaries $(HELM_VENV)/stamp ## bring the chart's schema up to the services' own settings
	$(HELM_PYTHON) helm/tests/schema.py

manifests: setup $(HELM_VENV)/stamp ## the chart as plain manifests for kubectl, in target/manifests; VALUES= changes it
	@$(HELM_PYTHON) helm/tests/manifests.py $(or $(VALUES),deploy/clusters/a-single-vm.yaml)

image: ## an image of the three services without Docker, started and checked here; its size
	@deploy/devstack/setup.sh buildah
	TAGMILL_COMMIT=$(COMMIT) $(RELEASE)
	@TAGMILL_COMMIT=$(COMMIT) deploy/image/build.sh
	@target/release/devstack run -- deploy/image/check.sh

fmt: ## format the code
	cargo fmt --all

dashboards: ## make the files for DataLens and Grafana from dashboards/orders.toml and dashboards/metrics.toml
	cargo run --quiet --locked -p dashboards

echarts: ## the charting library of the page anew, from npm (only after a change in dashboards/page/vendor; wants node)
	@dashboards/page/vendor/make.sh

browser: ## install what is missing, and a Chromium for the tests of the page
	@deploy/devstack/setup.sh browser

setup: ## install what is missing: packages (Debian, Ubuntu) and Kafka's jars
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

$(PEERS_VENV)/stamp: crates/tools/bench/peers/requirements.txt | setup
	/usr/bin/python3 -m venv --clear $(PEERS_VENV)
	$(PEERS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	touch $@

$(DENY):
	cargo install --locked --root $(DENY_ROOT) cargo-deny@$(DENY_VERSION)
