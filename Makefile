# `make run` starts the site and `make test` tests it: nothing else is needed than Python 3.11 with pip.

MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.DEFAULT_GOAL := help

export PATH ?= /usr/local/bin:/usr/bin:/bin
export PORT ?= 8000
export PYTHONUNBUFFERED = 1

PYTHONS = python3.11 python3.12 python3.13 python3.14 python3 python
FITS = import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
NO_PYTHON = Python 3.11 to 3.14 with pip and venv is needed and was not found; PYTHON=/path/to/python3 names one
# Looked for once, and only by what needs it.
ifndef PYTHON
PYTHON = $(eval PYTHON := $$(or $$(shell \
  for p in $(PYTHONS); do $$$$p -c '$(FITS)' 2>/dev/null && echo $$$$p && break; done),$$(error $(NO_PYTHON))))$(PYTHON)
endif
BIN = .venv/bin

##@ The two commands
.PHONY: run test
run: ready .venv/run.stamp  ## Start the site on 127.0.0.1:8000; PORT=8001 chooses another port
	@$(BIN)/python manage.py set_up
	@exec $(BIN)/python -m gunicorn -c hetao/gunicorn.conf.py

test: .venv/dev.stamp  ## Run all tests but those that need more than Python
	@$(BIN)/python -m pytest -n auto \
	  -m "not browser and not look and not gettext and not benchmark and not machines and not drill"

##@ While working on it
.PHONY: test-browser test-machines drill look benchmark benchmark-quick lint format messages messages-check lock audit sbom
test-browser: .venv/dev.stamp  ## Run the tests that need Chromium
	@DJANGO_ALLOW_ASYNC_UNSAFE=true $(BIN)/python -m pytest -n auto --maxschedchunk 1 -m browser tests/browser

test-machines: .venv/dev.stamp  ## Run the tests that need nginx, Redis and PostgreSQL, named by TEST_DATABASE_URL
	@: $${TEST_DATABASE_URL:?names a PostgreSQL, such as postgres://postgres@127.0.0.1/postgres}
	@$(BIN)/python -m pytest -m machines tests/test_machines.py

drill: .venv/dev.stamp  ## Kill, fill and flood what is started for it: the long checks of safety
	@$(BIN)/python -m pytest -m drill tests

look: .venv/dev.stamp  ## Check and photograph every kind of page: widths, colours, languages (tests/browser/screenshots)
	@DJANGO_ALLOW_ASYNC_UNSAFE=true $(BIN)/python -m pytest -n auto -m look tests/browser

benchmark: .venv/dev.stamp  ## Measure what the README claims about speed
	@$(BIN)/python -m pytest -m benchmark tests

benchmark-quick: .venv/dev.stamp  ## Measure what pages cost the processor, in less than a minute
	@$(BIN)/python -m pytest -m benchmark tests/benchmarks/test_quick.py

lint: .venv/dev.stamp  ## Check style, types and the import contract
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/djlint --quiet --lint templates
	@$(BIN)/djlint --quiet --check templates
	@$(BIN)/mypy zone hetao tests
	@$(BIN)/lint-imports

format: .venv/dev.stamp  ## Bring code and templates into form
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format
	@$(BIN)/djlint --quiet --reformat templates

messages: .venv/dev.stamp  ## Bring the translations up to the code (needs gettext)
	@$(BIN)/python manage.py makemessages --locale zh_Hans --locale zh_Hant --no-location --no-obsolete --ignore .venv
	@$(BIN)/python manage.py compilemessages --ignore .venv

messages-check: .venv/dev.stamp  ## Check that the translations have every text of the code (needs gettext)
	@$(BIN)/python -m pytest -m gettext tests/test_messages.py

LOCK = $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --quiet -p 3.11 pyproject.toml
lock: .venv/dev.stamp  ## Lock the packages that pyproject.toml asks for
	@$(BIN)/python -m pip install --quiet uv
	@$(LOCK) -o requirements.txt
	@$(LOCK) --extra dev -c requirements.txt -o requirements-dev.txt

audit: .venv/dev.stamp  ## Ask whether holes are known in the locked packages (needs pypi.org)
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements.txt -r requirements-dev.txt

sbom: .venv/dev.stamp  ## Write what the site consists of as CycloneDX: make sbom FILE=sbom.json
	@: $${FILE:?names the file to write}
	@$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible -o $(FILE) requirements.txt

##@ What those are made of
.PHONY: help ready
help:  ## List the commands
	@awk -F ':.*## ' '/^##@/ {print "\n" substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

ready:
	@$(PYTHON) -m hetao.bootstrap ready

.venv/run.stamp: requirements.txt
	@$(PYTHON) -m hetao.bootstrap install $<
	@touch $@

.venv/dev.stamp: requirements-dev.txt
	@$(PYTHON) -m hetao.bootstrap install $<
	@touch $@ .venv/run.stamp
