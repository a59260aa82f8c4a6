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
	@touch $@

# The demo cloud needs another botocore than we do, hence an environment of its own.
.venv-cloud/.holds-cloud: requirements/cloud.txt
	@echo "Installing requirements/cloud.txt into .venv-cloud"
	@$(PYTHON) -m venv .venv-cloud
	@.venv-cloud/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

setup: .venv/.holds-dev .venv-cloud/.holds-cloud ## Make the environments from the lock files

# --- everything on this machine ---------------------------------------------------------------

up: setup ## Start everything, run the demo, stay until Ctrl-C or `make down`
	@exec .venv/bin/python -m deploy.local up

down: setup ## Stop what `make up` started
	@exec .venv/bin/python -m deploy.local down

demo: setup ## Start everything, run the demo, stop everything; fails when a journey fails
	@exec .venv/bin/python -m deploy.local demo

status: setup ## Say what runs and where
	@exec .venv/bin/python -m deploy.local status
