# Two commands do all the set-up: `make run` and `make test`. Needs Python 3.11 or newer and a package registry, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests

.PHONY: run test lint check bench soak clean

run: $(VENV)/strop.installed  ## STOP on learning parity with noise, with the built-in offline proposer
	$(BIN)/strop run lpn

test: $(VENV)/dev.installed  ## every test
	$(BIN)/pytest -n auto --dist worksteal $(TESTS)

lint: $(VENV)/dev.installed  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	cd src/strop/sandbox/guest && $(CURDIR)/$(BIN)/mypy --strict --explicit-package-bases --config-file= \
		--cache-dir=$(CURDIR)/.mypy_cache/guest *.py
	$(BIN)/lint-imports

check: lint test  ## what CI runs

bench: $(VENV)/dev.installed  ## timings, as ratios within one run
	$(BIN)/python bench/jail.py
	$(BIN)/python bench/audit.py
	$(BIN)/python bench/denied.py

soak: $(VENV)/dev.installed  ## 100,000 evaluations, 5% of them hostile: does anything grow?
	$(BIN)/python bench/soak.py

$(VENV)/strop.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "strop needs Python 3.11 or newer; say which: make run PYTHON=python3.12" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev.installed: $(VENV)/strop.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
