# Everything about Teduh that is worth a command. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := .venv/bin
# Stamps of what is installed live and die with the environment.
RUN_STAMP := .venv/installed-run
DEV_STAMP := .venv/installed-dev
# Apart from ours, whose versions it must not choose.
AUDIT_STAMP := .venv-audit/installed
CATALOGUES := $(wildcard forum/translations/*/LC_MESSAGES/messages.po)
COMPILED := $(CATALOGUES:.po=.mo)
FILES := forum moderation workers tests benchmarks migrations hatch_build.py
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# One process for each core; tests/conftest.py says which tests run in turn all the same.
PARALLEL := -n auto --maxprocesses 4
LOCK := uv pip compile -q --generate-hashes --no-annotate --no-header --no-emit-index-url \
	--no-emit-find-links --python-version 3.11
RUN_PARTS := --extra local --extra backup --group build

export PIP_NO_INPUT := 1

##@ Use
.PHONY: help
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo

.PHONY: setup
setup: $(RUN_STAMP) $(COMPILED) ## Make the environment in .venv, with `teduh` in its bin
	@:

.PHONY: run
run: setup ## Start all of Teduh with demo data; Ctrl-C stops it (PORT=8000)
	@exec $(BIN)/teduh up --demo --leashed $(if $(PORT),--port $(PORT))

.PHONY: demo
demo: setup ## Load or refresh the demo data, without starting anything
	@TEDUH_DEMO=1 $(BIN)/teduh migrate
	@TEDUH_DEMO=1 $(BIN)/teduh demo

##@ Develop
.PHONY: test
test: $(DEV_STAMP) $(COMPILED) ## Run all tests (ARGS="-k name" for some; -n 0: one by one)
	@$(BIN)/pytest $(PARALLEL) $(ARGS)

.PHONY: lint
lint: $(DEV_STAMP) $(COMPILED) ## Check style, types, imports, templates, texts, documents
	@$(BIN)/ruff check $(wildcard $(FILES))
	@$(BIN)/ruff format --check $(wildcard $(FILES))
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint --lint --quiet templates
	@$(BIN)/pytest -q -p no:cacheprovider tests/test_translations.py tests/test_language.py tests/test_documents.py

.PHONY: bench
bench: bench-pages ## Measure everything: pages, scanning, the desk's queue, signing in
	@for name in scan desk_queue sign_in; do echo "== $$name"; $(BIN)/python benchmarks/$$name.py; done

.PHONY: bench-pages
bench-pages: $(DEV_STAMP) $(COMPILED) ## Fill in a million posts, measure pages, write docs/performance.md
	@test -x .venv/flaskbb/bin/python || benchmarks/flaskbb/make.sh .venv/flaskbb \
		|| { rm -rf .venv/flaskbb; echo "FlaskBB can't be installed here; Teduh is measured alone"; }
	@$(BIN)/python benchmarks/pages.py --docs docs $(if $(KEEP),--keep $(KEEP)) $(ARGS) \
		$(if $(wildcard .venv/flaskbb/bin/python),--flaskbb .venv/flaskbb)
	@$(BIN)/python benchmarks/capacity.py --docs docs

.PHONY: chaos
chaos: $(DEV_STAMP) $(COMPILED) ## Break the whole system for minutes, count what is lost (ARGS="--faults 300")
	@failed=; for kind in sqlite postgresql; do \
		$(BIN)/python -m tests.faults.chaos --database $$kind $(ARGS) || failed=1; \
	done; test -z "$$failed"

.PHONY: scan
scan: $(DEV_STAMP) $(COMPILED) ## Let wapiti attack a demo of its own (20 minutes and more)
	@test -x .venv/wapiti/bin/wapiti || { $(BIN)/python -m venv .venv/wapiti; \
		.venv/wapiti/bin/python -m pip --disable-pip-version-check -qq install wapiti3; }
	@$(BIN)/python -m tests.scan_with_wapiti .venv/wapiti/bin/wapiti $(ARGS)

##@ Keep
.PHONY: messages
messages: $(DEV_STAMP) ## Collect the texts of templates and code into the catalogues
	@$(BIN)/pybabel -q extract -F pyproject.toml -k _l --no-location --sort-output \
		-o .venv/messages.pot .
	@for language in id en; do \
		action=update; options=--no-fuzzy-matching; \
		if [ ! -f forum/translations/$$language/LC_MESSAGES/messages.po ]; then action=init; options=; fi; \
		$(BIN)/pybabel -q $$action -i .venv/messages.pot -d forum/translations -l $$language $$options; \
	done

.PHONY: example
example: setup ## Write .env.example and docs/settings.md anew from the settings
	@$(BIN)/teduh settings example > .env.example
	@$(BIN)/teduh settings table > docs/settings.md

.PHONY: lock
lock: ## Choose newer versions of everything we use (needs uv)
	@command -v uv > /dev/null || { echo "make: lock needs uv on the PATH" >&2; exit 2; }
	@$(LOCK) $(RUN_PARTS) pyproject.toml -o requirements.lock
	@$(LOCK) $(RUN_PARTS) --group test --group lint -c requirements.lock pyproject.toml \
		-o requirements-dev.lock
	@$(LOCK) --group pyproject.toml:audit -o requirements-audit.lock

.PHONY: sbom
sbom: $(AUDIT_STAMP) ## List all we ship, with versions and hashes: dist/teduh.cdx.json
	@mkdir -p dist
	@.venv-audit/bin/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application \
		--output-reproducible --of JSON -o dist/teduh.cdx.json requirements.lock
	@echo "dist/teduh.cdx.json"

.PHONY: audit
audit: $(AUDIT_STAMP) ## Ask for known vulnerabilities of all we ship (needs the internet)
	@.venv-audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
		-r requirements.lock

.PHONY: clean
clean: ## Remove what was made, but for your data in var
	@rm -rf .venv .venv-audit dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache \
		.hypothesis $(COMPILED)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What follows makes files; a second run has nothing to do.
$(BIN)/python:
	@for name in $(PYTHON) python3 python3.11 python3.12 python3.13 python3.14 python; do \
		if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
			> /dev/null 2>&1; then found=$$name; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
		echo "make: Teduh needs Python 3.11 or newer with venv; name yours: make PYTHON=/path/to/python3" >&2; \
		exit 2; \
	fi; \
	echo "Making the environment in .venv (the first time takes a minute)"; \
	"$$found" -m venv .venv

$(RUN_STAMP): requirements.lock pyproject.toml hatch_build.py | $(BIN)/python
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): requirements-dev.lock $(RUN_STAMP)
	@echo "Adding what tests and checks need"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(AUDIT_STAMP): requirements-audit.lock | $(BIN)/python
	@$(BIN)/python -m venv .venv-audit
	@.venv-audit/bin/python -m pip --disable-pip-version-check -qq install --require-hashes \
		-r requirements-audit.lock
	@touch $@

%.mo: %.po | $(RUN_STAMP)
	@$(BIN)/pybabel -q compile -i $< -o $@
