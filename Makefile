# SPDX-License-Identifier: Apache-2.0
# `make review` runs the main job, `make test` the tests; both set up what they need first.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
export PROOFHOUSE_HOME ?= $(CURDIR)/.proofhouse
# Where this is set in an image, each process would compile Inspect and SciPy again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup review serve test check unit generated soak fuzz cross-check lock clean

help:  ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready  ## Install what is missing; puts the program at .venv/bin/proofhouse

$(VENV)/.ready: requirements.lock pyproject.toml reference/pyproject.toml tools/system-packages
	@tools/system-packages
	@echo "Setting up .venv (half a minute or so)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e . -e reference
	@$(BIN)/python -m proofhouse.sandbox >/dev/null
	@touch $@
	@echo "Ready: $(BIN)/proofhouse"

# Tasks of others, which a level table may name; tests alone use them, from a folder of their own:
# Inspect imports every package of tasks that it finds, in each of its processes.
$(VENV)/.tasks: requirements-tasks.lock requirements-tasks-package.lock $(VENV)/.ready
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements-tasks.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes --no-deps \
	  --prefix $(VENV)/tasks -r requirements-tasks-package.lock
	@touch $@

# The portal's libraries and those of its tests: nothing of the main job needs them.
$(VENV)/.portal: requirements-portal.lock $(VENV)/.ready
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements-portal.lock
	@touch $@

review: setup  ## Test a reference model from inquiry to closed window; writes bundle and dossier
	@$(BIN)/proofhouse review $(ARGS)

serve: setup $(VENV)/.portal  ## Serve the portal of your home on this machine
	@$(BIN)/proofhouse serve $(ARGS)

test: check unit  ## Every check and every test (under 10 minutes on 2 cores)

check: setup $(VENV)/.portal  ## Style, types and the import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

unit: setup $(VENV)/.tasks $(VENV)/.portal  ## The tests alone
	@tools/system-packages test || true
	@$(BIN)/pytest -n 3 --dist worksteal -m "not soak" || { [ $$? = 1 ] \
	  && [ "$$(grep -c :: .pytest_cache/v/cache/lastfailed)" -le 2 ] \
	  && echo "One or two tests failed beside others; they are run once more, alone:" \
	  && $(BIN)/pytest --last-failed --last-failed-no-failures none -m "not soak"; }

generated: setup  ## Are the pages and vectors that tools/ writes as they would be written now?
	@$(BIN)/pytest --tb short tests/cli/test_transcripts.py tests/test_spec_predicates.py \
	  tests/test_readme.py tests/test_forgery_vectors.py tests/test_log_vectors.py

soak: setup $(VENV)/.portal  ## Kill `proofhouse review` 50 times at random moments, fill its disk, and larger samples of all
	@$(BIN)/pytest -m soak --timeout 3600

fuzz: setup  ## Fuzz every parser of bytes, 5 seconds each (ARGS="--seconds 60 note" for more)
	@$(BIN)/python tests/fuzz/fuzz.py $(ARGS)

lock: setup  ## Resolve requirements.lock anew (hash-pinned, without addresses)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  --group dev pyproject.toml tools/build-requirements.txt -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  --no-emit-package inspect-evals \
	  --extra tasks -c requirements.lock pyproject.toml -o requirements-tasks.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  --extra portal --group portal -c requirements.lock -c requirements-tasks.lock \
	  pyproject.toml -o requirements-portal.lock
	@echo inspect-evals | $(BIN)/uv pip compile --quiet --no-deps --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  -o requirements-tasks-package.lock -

cross-check: setup  ## Statistics against other people's implementations (girth, statsmodels, scikit-learn)
	@$(PYTHON) -m venv $(VENV)/cross
	@$(VENV)/cross/bin/pip install -qq --disable-pip-version-check girth statsmodels scikit-learn
	@PYTHONPATH=$$(echo $(VENV)/cross/lib/python3*/site-packages) $(BIN)/pytest -q -rs tests/statistics

clean:  ## Remove what setup and tests made (not your home)
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
