# The developer's verbs. Everything sets itself up; nothing needs to be installed by hand but Python, git and make.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
JOBS ?= 3
# Commands are started by the thousand: compiling bdh anew for each would be most of their time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test lint types unit bench soak schema docs dashboard clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP) ## the virtual environment with bdh and the developer's tools

$(STAMP): pyproject.toml .ci/setup
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh .ci/setup
	@touch $@

demo: $(STAMP) ## two agents on a real repository: claims, a refusal, a jump-in, chat, an escalation, a guarded file
	@$(BIN)/python -m bdh.demo

lint: $(STAMP) ## ruff, sqlfluff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/sqlfluff lint supabase/migrations

types: $(STAMP) ## mypy --strict
	@$(BIN)/mypy

unit: $(STAMP) ## tests without I/O
	@$(BIN)/pytest tests/unit -q

test: lint types ## everything: lint, types, every test (under ten minutes on two cores)
	@$(BIN)/pytest -q -n $(JOBS) --dist loadfile
	@sh .ci/old-postgres $(BIN)/pytest -q -n $(JOBS) --dist loadfile tests/sql

bench: $(STAMP) ## figures, as ratios within one run where a ratio is meant; minutes
	@$(BIN)/python -m tests.bench

soak: $(STAMP) ## the long versions of the tests
	@$(BIN)/pytest -m soak -n 0

schema: $(STAMP) ## regenerate the golden schema dump
	@$(BIN)/python -m tests.sql.golden

docs: $(STAMP) ## regenerate the generated documents
	@$(BIN)/python -m tests.docs.generate

dashboard: $(STAMP) ## rebuild the dashboard's committed files (needs Node)
	@sh dashboard/build.sh

clean: ## remove what make made
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
