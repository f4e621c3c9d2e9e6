# Everything about Teduh that is worth a command. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := .venv/bin
STAMPS := .make
CATALOGUES := $(wildcard forum/translations/*/LC_MESSAGES/messages.po)
COMPILED := $(CATALOGUES:.po=.mo)
FILES := forum moderation workers tests benchmarks migrations hatch_build.py
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
LOCK := uv pip compile -q --generate-hashes --no-annotate --no-header --no-emit-index-url \
	--no-emit-find-links --python-version 3.11 --extra local --group build

export PIP_NO_INPUT := 1

##@ Use
.PHONY: help
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo

.PHONY: setup
setup: $(STAMPS)/run $(COMPILED) ## Make the environment in .venv, with `teduh` in its bin

.PHONY: run
run: setup ## Start all of Teduh with demo data; Ctrl-C stops it (PORT=8000)
	@exec $(BIN)/teduh up --demo $(if $(PORT),--port $(PORT))

.PHONY: demo
demo: setup ## Load or refresh the demo data, without starting anything
	@$(BIN)/teduh demo

##@ Develop
.PHONY: test
test: $(STAMPS)/dev $(COMPILED) ## Run all tests (ARGS="-k name" for some)
	@$(BIN)/pytest $(ARGS)

.PHONY: lint
lint: $(STAMPS)/dev $(COMPILED) ## Check style, types, imports, templates, translations
	@$(BIN)/ruff check $(wildcard $(FILES))
	@$(BIN)/ruff format --check $(wildcard $(FILES))
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint --lint --quiet templates
	@$(BIN)/pytest -q -p no:cacheprovider tests/test_translations.py

.PHONY: bench
bench: $(STAMPS)/dev $(COMPILED) ## Measure: scanning, posting under load
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python "$$file"; done

##@ Keep
.PHONY: messages
messages: $(STAMPS)/dev ## Collect the texts of templates and code into the catalogues
	@$(BIN)/pybabel -q extract -F pyproject.toml -k _l --no-location --sort-output \
		--omit-header -o $(STAMPS)/messages.pot .
	@$(BIN)/pybabel -q update -i $(STAMPS)/messages.pot -d forum/translations --no-fuzzy-matching \
		--omit-header

.PHONY: example
example: setup ## Write .env.example anew from the settings
	@$(BIN)/teduh settings example > .env.example

.PHONY: lock
lock: ## Choose newer versions of everything we use (needs uv)
	@command -v uv > /dev/null || { echo "make: lock needs uv on the PATH" >&2; exit 2; }
	@$(LOCK) pyproject.toml -o requirements.lock
	@$(LOCK) --group test --group lint -c requirements.lock pyproject.toml -o requirements-dev.lock

.PHONY: clean
clean: ## Remove what was made, but for your data in var
	@rm -rf .venv $(STAMPS) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache \
		.hypothesis $(COMPILED)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What follows makes files. A second run has nothing to do.
$(STAMPS)/python:
	@mkdir -p $(STAMPS)
	@for name in $(PYTHON) python3 python3.11 python3.12 python3.13 python3.14 python; do \
		if command -v "$$name" > /dev/null && "$$name" -c \
			'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then \
			command -v "$$name" > $@; exit 0; \
		fi; \
	done; \
	echo "make: Teduh needs Python 3.11 or newer with venv; name one with: make PYTHON=/path/to/python3" >&2; \
	exit 2

$(BIN)/python: | $(STAMPS)/python
	@echo "Making the environment in .venv (the first time takes a minute)"
	@"$$(cat $(STAMPS)/python)" -m venv .venv

$(STAMPS)/run: requirements.lock pyproject.toml hatch_build.py | $(BIN)/python
	@if [ -f $(STAMPS)/dev ]; then echo "Updating the environment"; fi
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/run
	@echo "Adding what tests and checks need"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

%.mo: %.po | $(STAMPS)/run
	@$(BIN)/pybabel -q compile -i $< -o $@
