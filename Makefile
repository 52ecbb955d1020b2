# Two commands are enough: `make demo` and `make test`. `make help` lists the rest.

PYTHON ?= $(shell for p in /usr/bin/python3 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PORT ?= 8000
WORK ?=
FORMAT ?= table
RUN = .venv/bin/python -m
READY = .venv/.ready
# Where byte-code is not kept, each process compiles everything anew, and the tests start some hundred.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test thunderbird check format bench wheel clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with venv is needed (Debian: apt install python3-venv)." >&2; exit 1; }
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@echo "Installing the pinned dependencies into .venv…"
	@$(RUN) pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements/dev.txt
	@$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## start everything with invented data on http://127.0.0.1:8000 (PORT=…)
	@exec .venv/bin/ateliers demo --port $(PORT)

test: $(READY)  ## run all tests (those with Chromium, Postfix and Dovecot where they are found)
	@$(RUN) pytest -n 2 --dist worksteal -q --ignore tests/browser --ignore tests/mailservers --ignore tests/thunderbird
	@# Those two apart: the browser's driver has an event loop that cannot share a process with the others'; mail servers wait.
	@$(RUN) pytest -n 3 --maxschedchunk 1 -q tests/browser
	@$(RUN) pytest -q tests/mailservers

thunderbird: $(READY)  ## have a real Thunderbird take invites, changes, cancellations and feeds (apt install thunderbird)
	@$(RUN) pytest -q -m thunderbird tests/thunderbird

check: $(READY)  ## format, lint, strict types, floors
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

format: $(READY)  ## put the code in the standard format, mend what the linter can
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

bench: $(READY)  ## measure (WORK=hot-session for one, FORMAT=json for lines)
	@.venv/bin/ateliers bench --format $(FORMAT) $(WORK)

wheel: $(READY)  ## build the wheel into dist/
	@$(RUN) build --no-isolation --wheel --outdir dist .

clean:  ## remove the virtual environment, builds and caches (never data)
	@rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
