# Each target sets up what it needs. `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help

# The first interpreter that is 3.11, 3.12 or 3.13; override with `make PYTHON=/path/to/python3.12 test`.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
WORKERS ?= auto
# Some tests take a thousand times as long as others: whoever has nothing left takes from who has.
SHARED_OUT := -n $(WORKERS) --dist worksteal

.PHONY: help vendored run migration words check-mail gallery console-gallery test lint check fix coverage browser faults scale test-postgres lock screenshots bench bench-import bench-web bench-digest clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp ## Set up everything and start the demo: a paper, its feeds, thirty readers, an inbox
	$(BIN)/newsletter demo

test: $(VENV)/dev.stamp ## Set up everything and run the tests on SQLite
	$(BIN)/python -m pytest $(SHARED_OUT)

lint: $(VENV)/dev.stamp ## Lint, format, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

check: lint ## The same and the house rules: before each commit
	$(BIN)/python -m pytest -q -n $(WORKERS) tests/house

fix: $(VENV)/dev.stamp ## Let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test-postgres: $(VENV)/dev.stamp ## The same tests on PostgreSQL (NEWSLETTER_TEST_DATABASE_URL)
	@test -n "$(NEWSLETTER_TEST_DATABASE_URL)" || { echo "NEWSLETTER_TEST_DATABASE_URL is not set; expected postgresql+psycopg://user@host/database"; exit 2; }
	$(BIN)/python -m pytest $(SHARED_OUT)

faults: $(VENV)/dev.stamp ## Kill, cut and fill what sending rests on; a table of copies and losses. Needs NEWSLETTER_TEST_DATABASE_URL for PostgreSQL
	$(BIN)/python -m pytest tests/faults -m "faults and not alone" -n 2
	$(BIN)/python -m pytest tests/faults -m "faults and alone"

coverage: $(VENV)/dev.stamp ## The tests with branch coverage shown
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report=term

browser: $(VENV)/browser.stamp ## The browser tests, in the installed Chromium
	$(BIN)/python -m pytest -n 2 --dist worksteal -m browser tests/browser

scale: $(VENV)/dev.stamp ## Workers on Celery that are killed, frozen and cut off (needs PostgreSQL, Redis, RabbitMQ)
	$(BIN)/python -m pytest -m "scale$(if $(filter 0,$(shell id -u)), or namespaces)" tests

migration: $(VENV)/dev.stamp ## Draft a migration from the database of .env to the models: make migration WHAT="What it does"
	$(BIN)/python -c "import sys; from newsletter import app, schema; app.create_app().app_context().push(); schema.draft(sys.argv[1])" "$(WHAT)"

words: $(VENV)/dev.stamp ## Bring templates/languages/ up to what mails and pages say; lists what is not translated
	$(BIN)/python tools/gather_words.py

check-mail: $(VENV)/browser.stamp ## Every mail in every theme and language: golden files, the lint, the gate, and axe in Chromium
	$(BIN)/python -m pytest -q -n $(WORKERS) tests/mail/test_render.py tests/mail/test_looks.py tests/mail/test_mail_lint.py tests/mail/test_gate.py tests/house/test_words.py
	$(BIN)/python -m pytest -q -m browser tests/browser/test_mails.py

gallery: $(VENV)/browser.stamp ## Draw every theme and language by day, by night, on a phone and without pictures, into var/gallery/
	$(BIN)/python tools/gallery.py

console-gallery: $(VENV)/browser.stamp ## Draw each page of the console by day, by night and on a phone, into var/gallery/console/
	$(BIN)/python tools/console_gallery.py

screenshots: $(VENV)/browser.stamp ## Draw docs/pictures/ again from the running demo
	$(BIN)/python tools/screenshots.py

# BENCH= leaves out what takes longest; BENCH="--only sqlite" measures one thing.
BENCH ?= --million --profile
bench: $(VENV)/dev.stamp ## Measure sending beside other programs and write docs/benchmarks.md; takes half an hour
	$(BIN)/newsletter bench delivery --recipients 100000 --size 10000 --connections 32 --write docs/benchmarks.md $(BENCH)

bench-import: $(VENV)/dev.stamp ## Measure a million rows in, out and taken back, into docs/benchmarks-web.md; takes ten minutes
	$(BIN)/newsletter bench import --write docs/benchmarks-web.md

bench-digest: $(VENV)/dev.stamp ## Measure feeds polled, a digest and editions by choice, into docs/benchmarks-digest.md
	$(BIN)/newsletter bench digest --write docs/benchmarks-digest.md

bench-web: $(VENV)/dev.stamp ## Measure the console's pages and people per second, into docs/benchmarks-web.md
	$(BIN)/newsletter bench web --write docs/benchmarks-web.md

vendored: ## Copy the console's scripts from npm into newsletter/web/static, as package-lock.json has them (needs npm)
	npm ci --ignore-scripts
	cp node_modules/htmx.org/dist/htmx.min.js newsletter/web/static/htmx.min.js
	cp node_modules/htmx-ext-sse/dist/sse.min.js newsletter/web/static/sse.min.js

lock: ## Make the hashed lock files again (needs uv)
	for extra in build:run scale:scale dev:dev browser:browser; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-strip-extras \
	    --no-emit-index-url --no-emit-find-links --extra $${extra%:*} pyproject.toml \
	    -o requirements/$${extra#*:}.lock $(UPGRADE) || exit 1; done

clean: ## Remove the environment and everything that was made
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found; install one or say make PYTHON=/path/to/python3.13"; exit 2; }
	$(PYTHON) -m venv $(VENV)

# The package itself is installed without build isolation, so that nothing comes in that the lock does not name.
$(VENV)/%.stamp: requirements/%.lock pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes --requirement $<
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
