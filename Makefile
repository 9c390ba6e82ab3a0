# make serve: run it.  make test: check and test everything.  Both install what they need; repeated calls are fast.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install serve check test slow bench bench-socketio conformance conformance-all conformance-sdk faults soak docs proto lock

PORT ?= 8000
ARGS ?=
PYTEST ?=
FAULTS := cluster polling sockjs pushes inbox_race inbox_load inbox_deadlines
# Three beside each other on two cores: many tests wait for servers and browsers.
BESIDE ?= -n 3 --dist worksteal
BIN := .venv/bin
CHECKED := $(sort $(foreach folder,src tests bench examples,$(if $(shell find $(folder) -name "*.py" -print -quit 2>/dev/null),$(folder)))) docs/generate.py
PAGES := .venv/.pages
CLIENTS := $(patsubst %/package-lock.json,%,$(wildcard web/package-lock.json tests/*/package-lock.json))

help:
	@echo 'make install          make .venv with .venv/bin/hubbub in it, and build the chat page'
	@echo 'make serve            run the server on http://localhost:$(PORT) (PORT=, ARGS="--workers 2 ...")'
	@echo 'make check            formatting, lint, types, layers, sizes'
	@echo 'make test             make check, and every test but the slow ones (PYTEST="-k hub" for some)'
	@echo 'make slow             the slow ones: all transports on all engines, more load, more breaks'
	@echo 'make bench            compare with other servers, as the README shows it'
	@echo 'make bench-socketio   compare with other servers of Socket.IO, one node and two'
	@echo 'make conformance      Autobahn: the spread of cases; make conformance-all: all 517'
	@echo 'make conformance-sdk  the own tests of the Python SDK'
	@echo 'make faults           two workers on one Redis, 50,000 messages to 200 clients, through kills and pauses;'
	@echo '                      500 clients that poll through nginx, whichever of four workers it chooses;'
	@echo '                      20,000 pushes to 2,000 sessions while their workers are replaced;'
	@echo '                      and 20,000 messages to an inbox whose owner comes and goes, and 20,000 full inboxes'
	@echo 'make soak             ten minutes of coming and going in all protocols: nothing may be left of it'
	@echo 'make lock             renew requirements/*.txt'
	@echo 'make proto            renew what is made from centrifuge.proto'
	@echo 'make docs             renew the parts of docs/ that are made from the code'

install: .venv/.installed $(PAGES)

serve: install
	@exec $(BIN)/hubbub serve --port $(PORT) $(ARGS)

check: .venv/.tools .venv/.node
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy --strict $(CHECKED)
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q --no-header tests/test_architecture.py
	npm --prefix web run --silent check

test: .venv/.system check $(PAGES)
	@[ -e $(PAGES) ] || { echo 'error: the tests drive the chat page, and it could not be built' >&2; exit 1; }
	$(BIN)/pytest $(BESIDE) -m "not slow" --ignore tests/test_architecture.py $(PYTEST)

slow: .venv/.system check $(PAGES)
	$(BIN)/pytest $(BESIDE) -m slow $(PYTEST)

bench: .venv/.tools .venv/.system
	$(BIN)/python bench/compare.py $(ARGS)

bench-socketio: .venv/.tools .venv/.system
	$(BIN)/python bench/socketio.py $(ARGS)

conformance: .venv/.tools
	$(BIN)/python -m tests.conformance.autobahn

conformance-all: .venv/.tools
	$(BIN)/python -m tests.conformance.autobahn --all

conformance-sdk: .venv/.tools .venv/.system
	$(BIN)/python -m tests.conformance.python_sdk $(ARGS)

faults: .venv/.system .venv/.node .venv/.tools
	HUBBUB_FAULTS=full $(BIN)/pytest $(FAULTS:%=tests/faults/test_%.py)

soak: .venv/.system .venv/.tools
	$(BIN)/python -m tests.soak.run $(ARGS)

proto: .venv/.tools
	$(BIN)/python -m grpc_tools.protoc -I src --python_out=src --pyi_out=src hubbub/dialects/centrifuge/centrifuge.proto

docs: .venv/.tools
	$(BIN)/python -m docs.generate

# ── what the targets need ────────────────────────────────────────────────────────────────────────────────────

.venv/.made:
	@[ -x $(BIN)/python ] && $(BIN)/python -m pip --version >/dev/null 2>&1 || scripts/provide venv
	@touch $@

.venv/.installed: .venv/.made requirements/run.txt requirements/build.txt pyproject.toml
	@scripts/provide python requirements/run.txt requirements/build.txt
	@touch $@

.venv/.tools: .venv/.installed requirements/dev.txt
	@scripts/provide python requirements/dev.txt requirements/build.txt
	@touch $@

.venv/.node: .venv/.made $(CLIENTS:%=%/package-lock.json)
	@for directory in $(CLIENTS); do scripts/provide node $$directory || exit 1; done
	@touch $@

.venv/.system: .venv/.made scripts/provide
	@scripts/provide system
	@touch $@

$(PAGES): .venv/.made $(shell find web -name node_modules -prune -o -type f -print 2>/dev/null)
	@scripts/provide pages

# The hashes are those of the public index, whatever this machine is set up with; no address gets into the files.
COMPILE := env PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= PIP_EXTRA_INDEX_URL= $(BIN)/pip-compile --quiet --generate-hashes \
	--allow-unsafe --strip-extras --no-header --no-annotate --no-emit-options --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host

lock: .venv/.tools
	$(COMPILE) --upgrade -o requirements/run.txt pyproject.toml
	$(COMPILE) --upgrade --extra dev -c requirements/run.txt -o requirements/dev.txt pyproject.toml requirements/dev.in
	$(COMPILE) --upgrade -c requirements/dev.txt -o requirements/build.txt requirements/build.in
	sed -i -e '/^#/d; /^$$/d' requirements/*.txt
	sed -i '1i # Exact versions, with the hashes of all their published files. Made by `make lock`.' requirements/*.txt
