# Three commands do all the set-up: `make run`, `make quick` and `make test`. Needs Python 3.11 or newer and a package registry, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests packages/problems/tests
MORE_TESTS ?= packages/dask/tests packages/selftest/tests examples/appendix_a3/tests
MARKED ?= not slow
PEERS ?= $(HOME)/.cache/strop-peers

# Without bytecode, every process that a test starts would compile strop again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run quick test test-all lint check docs plain bench peers soak clean

run: $(VENV)/strop.installed  ## a small run of STOP in a minute or two, which usually finds a better improver; no language model
	@# On this task bad programs fail at once.
	$(BIN)/strop run lpn --model offline --meta-model offline:skill=1 --lm-budget 10 --utility-budget 30 \
		--gate-pairs 20 --gate-error 0.05
	@echo "next, with a language model, what a run costs: $(BIN)/strop run lpn --model openai/gpt-4o --max-cost 5 --dry-run"

quick: $(VENV)/dev.installed  ## unit tests that start no process and take no more than a moment
	$(BIN)/pytest -n auto --dist worksteal -m "not slow and not heavy and not process" tests/unit

test: $(VENV)/dev.installed  ## what CI runs: every test but those marked slow, which it counts as deselected
	$(BIN)/pytest -n auto --dist worksteal -m "$(MARKED)" $(TESTS)

test-all: $(VENV)/dev.installed  ## every test, those of Dask, of the self-test and of Appendix A.3 too: before a release, and after a change of the sandbox or of how runs resume
	$(BIN)/pytest -n auto --dist worksteal $(TESTS) $(MORE_TESTS)

lint: $(VENV)/dev.installed  ## format, lint, types, layers, sizes
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	cd src/strop/sandbox/guest && $(CURDIR)/$(BIN)/mypy --strict --explicit-package-bases --config-file= \
		--cache-dir=$(CURDIR)/.mypy_cache/guest *.py
	cd src/strop/tasks/evaluator/guest && MYPYPATH=..:../../../sandbox $(CURDIR)/$(BIN)/mypy --strict --explicit-package-bases --config-file= \
		--cache-dir=$(CURDIR)/.mypy_cache/evaluator strop_*.py
	cd src/strop/tasks/function/guest && MYPYPATH=.:../../../sandbox:../../../sandbox/guest $(CURDIR)/$(BIN)/mypy --strict --explicit-package-bases --config-file= \
		--cache-dir=$(CURDIR)/.mypy_cache/function *.py
	cd src/strop/watch/inside && MYPYPATH=.:../../sandbox:../../tasks/function/guest $(CURDIR)/$(BIN)/mypy --strict --explicit-package-bases --config-file= \
		--cache-dir=$(CURDIR)/.mypy_cache/watch *.py
	$(BIN)/lint-imports
	$(BIN)/python tools/house.py

check: lint test  ## what CI runs

docs: $(VENV)/docs.installed  ## the documentation site, in build/docs; a broken link or a page that is listed nowhere fails
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --jobs auto docs build/docs
	@echo "build/docs/index.html"

plain:  ## what a newcomer types, with the newest release of everything: an empty environment, the README, each form of `strop init`
	$(PYTHON) tools/plain_install.py build/plain

bench: $(VENV)/dev.installed  ## timings, as ratios within one run
	$(BIN)/python bench/jail.py
	$(BIN)/python bench/denied.py

peers: $(VENV)/dev.installed  ## strop beside gepa, openevolve and ShinkaEvolve, whose environments are in PEERS; half an hour
	$(BIN)/python bench/peers speed --environments $(PEERS)
	$(BIN)/python bench/peers speed --environments $(PEERS) --answer-seconds 1
	$(BIN)/python bench/peers/candidate.py
	$(BIN)/python bench/peers resume --environments $(PEERS)
	$(BIN)/python bench/peers behaviour --environments $(PEERS)

soak: $(VENV)/dev.installed  ## 100,000 evaluations, 5% of them hostile: does anything grow?
	$(BIN)/python bench/soak.py

$(VENV)/strop.installed: pyproject.toml constraints.txt packages/problems/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "strop needs Python 3.11 or newer; say which: make run PYTHON=python3.12" >&2; exit 2; }
	@echo "installing strop and what it needs into $(VENV): one or two minutes"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --editable ./packages/problems
	@touch $@

$(VENV)/dev.installed: $(VENV)/strop.installed packages/selftest/pyproject.toml packages/dask/pyproject.toml
	@echo "installing what the tests need into $(VENV): one or two minutes"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable '.[dev]' --editable ./packages/selftest --editable ./packages/dask
	@# A guest writes no bytecode: without it, each would compile what it imports. On all cores; pip compiles on one.
	-$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib src packages
	@touch $@

$(VENV)/docs.installed: $(VENV)/strop.installed
	@echo "installing what the documents need into $(VENV): about a minute"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable '.[docs]'
	@touch $@

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
