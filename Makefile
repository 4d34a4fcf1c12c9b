# `make run` and `make test` are all that is needed; the rest is for those who change the project.
SHELL := /bin/bash
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
CODE := vocasync vocasite work accounts web engines voices dubbing live
STYLED := $(CODE) tests benchmarks manage.py scripts/lock scripts/vendor scripts/extension
.DEFAULT_GOAL := help
.PHONY: help run setup engines neutts test test-fast lint format bench lock vendor extension clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | column -t -s $$'\t'

run: ## set up what is missing and run the site at http://127.0.0.1:8000 (PORT=… for another)
	@scripts/run

setup: ## .venv, pinned packages, Debian packages where they are missing, database
	@scripts/setup
	@$(MANAGE) migrate --noinput --verbosity 0

engines: ## install the engines that the site can do without (an inaudible watermark in every dubbed voice)
	@scripts/setup --engines

neutts: ## install what NeuTTS Air hears other people's voices by, and the engines (300 MB more)
	@scripts/setup --neutts

# One thread a process: with a process on every core, more would only get in each other's way.
test: ## every test, with what was skipped and why
	@scripts/setup --dev
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $${TEST_PROCESSES:-2} --dist loadfile --no-loadscope-reorder -rs --durations=10 $(TESTS)

test-fast: ## the tests that take no real engine or browser for long
	@scripts/setup --dev
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $${TEST_PROCESSES:-2} --dist loadfile -m "not slow" $(TESTS)

lint: ## style, types, floors, templates, migrations, settings
	@scripts/setup --dev
	$(BIN)/ruff check $(STYLED)
	$(BIN)/ruff format --check $(STYLED)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vermin --quiet --violations --no-tips -t=3.10- $(CODE) manage.py
	$(BIN)/djlint templates --check --lint --quiet
	$(BIN)/python scripts/lock --check
	$(MANAGE) makemigrations --check --dry-run
	VOCASYNC_HTTPS=true VOCASYNC_BEHIND_PROXY=true VOCASYNC_SECRET_KEY=$$(head -c 40 /dev/urandom | base64 -w0) $(MANAGE) check --deploy --fail-level WARNING

format: ## put code and templates into shape
	@scripts/setup --dev
	$(BIN)/ruff check --fix $(STYLED)
	$(BIN)/ruff format $(STYLED)
	$(BIN)/djlint templates --reformat --quiet

bench: ## speed and memory, by stage and engine, against the plain way; who speaks, and likeness of voices
	@scripts/setup --dev
	$(BIN)/python -m benchmarks

lock: ## pin requirements.in at what is installed
	$(BIN)/python scripts/lock

vendor: ## fetch the front-end libraries again
	scripts/vendor

extension: ## make the browser extension for SITE (or VOCASYNC_SITE_URL) in var/extension
	@$(BIN)/python scripts/extension $(SITE)

clean: ## remove what tools leave behind (not .venv, not var)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
