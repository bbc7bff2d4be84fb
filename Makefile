# Everything sets itself up: Python 3.11+ and make are enough.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo workspace screenshots test chaos bench lint lock install clean

install: .venv/runtime

demo: .venv/runtime
	$(BIN)/python -m bot demo

# A Slack workspace of its own for your browser, with the real bot in it; no account is needed.
workspace: .venv/runtime
	$(BIN)/python -m bot demo --browser $(if $(PORT),--port $(PORT))

# What the README shows of it; needs Chromium.
screenshots: .venv/dev
	PYTHONPATH=. $(BIN)/python tests/browser/take_screenshots.py bot/sandbox/browser/pictures

test: .venv/dev
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

# What takes too long for every day: months and years at random, storms, and bots that are broken on purpose.
chaos: .venv/dev
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -vv -m chaos

# Every claim of speed, measured beside those it is compared with: tests/bench/RESULTS.md.
bench: .venv-bench/ready
	.venv-bench/bin/python -m tests.bench

lint: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# What the ranges of pyproject.toml mean today, by version and hash, naming no registry.
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --no-header --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host
lock: .venv/dev
	$(LOCK) --output-file requirements.txt pyproject.toml
	$(LOCK) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
	$(LOCK) --extra bench --constraint requirements-dev.txt --output-file requirements-bench.txt pyproject.toml

clean:
	rm -rf .venv .venv-bench .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Casebell needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv

.venv/runtime: .venv/bin/python requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

.venv/dev: .venv/bin/python requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

# An environment of its own: what is only measured against is no part of the others.
.venv-bench/ready: .venv/bin/python requirements-bench.txt
	.venv/bin/python -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	touch $@
