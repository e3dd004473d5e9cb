# Two commands: `make demo` shows the whole system, `make test` proves it. Both set up what they need.

PYTHON ?= python3
BIN := .venv/bin
SAY := @printf '\n== %s\n'

.PHONY: demo test check setup lock clean help
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: ## the whole system on this machine: virtual cameras, detection, console, patrols
	@$(PYTHON) -m deploy.setup demo
	@exec $(BIN)/qalqan demo $(ARGS)

test: check ## everything CI runs: check, and the tests over real parts
	$(SAY) "Tests over real parts: RTSP server, node, stores, browser"
	$(BIN)/pytest -q tests --ignore=tests/unit --ignore=tests/property

check: setup ## format, lint, types, import contracts, unit tests
	$(SAY) "Format and lint"
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(SAY) "Types"
	$(BIN)/mypy
	$(SAY) "Import contracts"
	$(BIN)/lint-imports
	$(SAY) "Console: types and unit tests"
	PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check --prefix api/console
	$(SAY) "Unit and property tests"
	$(BIN)/pytest -q tests/unit tests/property

setup: ## everything this machine needs for the tests; what is there is skipped
	@$(PYTHON) -m deploy.setup test

lock: ## requirements/*.txt from pyproject.toml
	uv lock -q --upgrade
	uv export -q --no-header --no-emit-project --no-dev -o requirements/run.txt
	uv export -q --no-header --no-emit-project --no-dev --group demo -o requirements/demo.txt
	uv export -q --no-header --no-emit-project --all-groups -o requirements/dev.txt

clean: ## forget everything that was made or fetched
	rm -rf .venv var api/console/dist api/console/node_modules
