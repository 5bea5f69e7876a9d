# Aisle's commands. Python 3.11+ and make are all a fresh machine needs; `make help` lists what there is.
#
# Settings are variables, named on the command line or exported:
#   AISLE_PORT=8080  AISLE_HOST=127.0.0.1  AISLE_DATA=.aisle  DATASET=path/or/url  DETACH=1  REPLICAS=2  INFERENCE=triton
#   MILVUS=server
# make hands the ones named on its command line to every recipe's environment, where `local` reads them.

PYTHON ?= python3
BIN := .venv/bin
# The strong baselines need older packages than the shop: see requirements/quality.in.
QUALITY := .venv/quality
ARGS ?=
PYTEST := $(BIN)/python -m pytest
# Towers of a small shop were trained in 0.45 s of processor time by one thread, and in 4.1 s by two on two busy cores:
# threads spin while they wait for each other. A mesh has as many as its shop would have.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
# Tests without servers, as many at a time as there are cores, and all of a file by one process: what they share is made
# once.
NO_SERVER := -n auto --maxprocesses 4 --dist loadfile tests/unit tests/contract
WITH_SERVERS := --ignore=tests/unit --ignore=tests/contract tests
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev up down status logs retrain test test-fast lint format gen breaking bench bench-checkout bench-quality

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[1mmake %-13s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings: AISLE_PORT=8080 AISLE_HOST=127.0.0.1 AISLE_DATA=.aisle DATASET=path/or/url DETACH=1 REPLICAS=2 INFERENCE=triton MILVUS=server"
	@echo "  Two shops side by side: make up AISLE_PORT=9080 AISLE_DATA=/path/to/another"
	@echo "  Open to the network, in plain HTTP: make up AISLE_HOST=0.0.0.0"

setup: ## Install everything the shop needs into .venv (seconds when nothing changed)
	@$(PYTHON) local/bootstrap.py

setup-dev:
	@$(PYTHON) local/bootstrap.py --dev

up: setup ## Start the shop, import, train after an import or where there is no release (DATASET=..., DETACH=1)
	@$(BIN)/python -m local up $(ARGS)

down: ## Stop everything `up` started, and nothing else
	@test -x $(BIN)/python || { echo "Nothing is installed here (.venv is missing), so nothing runs."; exit 0; }; \
	$(BIN)/python -m local down $(ARGS)

status: setup ## Say what runs, where, and how it is
	@$(BIN)/python -m local status $(ARGS)

logs: setup ## Follow the logs of all processes, or of one: make logs ARGS=recs
	@$(BIN)/python -m local logs $(ARGS)

test: setup-dev ## Run every test (ARGS=... goes to pytest)
ifneq ($(strip $(ARGS)),)
	@$(PYTEST) -m "not bench" $(ARGS)
else
	@failed=0; \
	$(ONE_THREAD) $(PYTEST) -m "not bench" $(NO_SERVER) || failed=1; \
	$(PYTEST) -m "not bench" $(WITH_SERVERS) || failed=1; \
	exit $$failed
endif

test-fast: setup-dev ## Run the tests that need no server and train nothing for long
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web test --silent
	@$(ONE_THREAD) $(PYTEST) -m "not slow" $(NO_SERVER) $(ARGS)

retrain: setup ## Learn from what shoppers did since the last release (ARGS="--every 24": daily)
	@$(BIN)/python -m trainers.release retrain $(ARGS)

lint: setup-dev ## Check style, types, imports between the parts, and the contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy services local gateway trainers
	PYTHONPATH=. $(BIN)/lint-imports
	cd protos && ../$(BIN)/buf lint
	PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web run --silent lint

format: setup-dev
	@$(BIN)/ruff check --fix-only --quiet . && $(BIN)/ruff format .

gen: setup-dev ## Generate the code of the contracts again (leaves git clean)
	$(BIN)/python protos/generate.py

breaking: setup-dev
	cd protos && ../$(BIN)/buf breaking --against '../.git#ref=$(AGAINST),subdir=protos'

bench: setup-dev ## Measure: latency, throughput, time to effect (needs the shop up, or starts a small one)
	@$(BIN)/python -m pytest tests/bench -m bench -s $(ARGS)

bench-checkout: setup-dev ## Buy under kill -9: 5,000 checkouts, 100 kills, 1,000 buyers for 100 units, one request_id
	@$(BIN)/python -m pytest tests/load -m bench -s $(ARGS)

bench-quality: setup-dev ## Measure recommendations beside baselines on real data, write docs/quality.md
	@test -x $(QUALITY)/bin/python || $(BIN)/python -m venv $(QUALITY)
	@$(QUALITY)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/torch.txt
	@$(BIN)/uv pip install --quiet --python $(QUALITY)/bin/python -r requirements/quality.txt
	@$(QUALITY)/bin/python -m pytest -q -c /dev/null --rootdir . --noconftest -p no:cacheprovider tests/unit/evaluation/test_learned.py
	@$(QUALITY)/bin/python -m trainers.evaluation.bench $(ARGS)
