PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup test check lock clean

setup: ## everything this machine needs; what is there is skipped
	@$(PYTHON) deploy/setup.py

check: setup ## format, lint, types, import contracts, unit tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/unit tests/property

test: check ## check, and the tests over real parts
	$(BIN)/pytest -q tests

lock: ## requirements/*.txt from pyproject.toml
	uv lock -q --upgrade
	uv export -q --format requirements.txt --no-emit-project --no-dev -o requirements/run.txt
	uv export -q --format requirements.txt --no-emit-project --all-groups -o requirements/dev.txt
	sed -i '/^#    uv export/d' requirements/run.txt requirements/dev.txt

clean: ## forget everything that was made or fetched
	rm -rf .venv var
