# `make help` lists the targets. Every target sets up what it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help dev briefing browser test lint types unit bench pictures messages lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

dev: $(STAMP) ## everything on this machine with hot reload: portal, scheduler, PostgreSQL, Google and Slack
	@exec $(BIN)/python -m dev

briefing: $(STAMP) ## real mail in, one DM out: make briefing MAIL=path.mbox (without MAIL: the sandbox's cast)
	@$(BIN)/python -m sandbox.briefing $(if $(MAIL),--mail "$(MAIL)") $(if $(LOCALE),--locale "$(LOCALE)") $(if $(STAY),--stay)

test: lint types browser unit ## linters, types and all tests, set-up included

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

browser: $(STAMP) # a Chromium for the browser tests
	@$(BIN)/python -m tests.browser.chromium

unit: $(STAMP)
	$(BIN)/python -m pytest

bench: $(STAMP) ## benchmarks, side by side in one run, as ratios
	@$(BIN)/python -m bench

pictures: $(STAMP) browser ## take the pictures in docs/images anew
	@mkdir -p docs/images
	SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/browser/test_journey.py tests/browser/test_admin.py

messages: $(STAMP) ## bring the translation catalogs up to date with the texts in the code
	@$(BIN)/pybabel -q extract -F babel.cfg --add-location=file --no-wrap -o $(VENV)/messages.pot .
	@$(BIN)/pybabel -q update -i $(VENV)/messages.pot -d services/locale --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap

lock: $(STAMP) ## write requirements.txt and requirements-dev.txt from pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt

clean: ## the environment and caches; data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(STAMP): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is %s; name one with make PYTHON=..." % sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
