# `make help` lists the targets. Python packages go to .venv; system packages are installed by
# scripts/system-packages.sh where that is allowed, and named where it is not.

BIN := .venv/bin
FLASK := $(BIN)/flask --app portal.app
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	--constraint constraints.txt --requirement
PYTEST := $(BIN)/pytest
TEST := $(PYTEST) --numprocesses auto --maxprocesses 4 --dist loadgroup
VENV := .venv/.made
VENV_TEST := .venv/.made-test
CATALOGUE := portal/translations/th/LC_MESSAGES/messages
# The server gets no signals from the terminal (granian takes its hang-up for a wish to reload, and
# then may miss the end); the shell turns each into one end and waits for it.
SERVE_HERE := trap 'kill $$!; wait $$!' HUP INT TERM; setsid $(FLASK) serve & wait $$!
COMPILED := $(patsubst %.po,%.mo,$(wildcard $(CATALOGUE).po))

.PHONY: help setup setup-test demo run test test-all test-pure fix check verify verify-tool bench bench-log \
	bench-treasury \
	bench-papers bench-public judges judge-api migration translations
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

setup: $(VENV) $(COMPILED) ## make .venv with what the portal runs on
	@scripts/system-packages.sh --optional paper

setup-test: $(VENV_TEST) $(COMPILED) ## the same, with what its tests need
	@scripts/system-packages.sh paper test

demo: $(VENV) $(COMPILED) ## build the demo province and serve it; SERVE=0 only builds it
	@scripts/system-packages.sh paper
	$(FLASK) demo
ifneq ($(SERVE),0)
	@$(SERVE_HERE)
endif

run: $(VENV) $(COMPILED) ## serve what is in instance/ on $PORTAL_BIND, or 127.0.0.1:8000
	@scripts/system-packages.sh paper
	@$(SERVE_HERE)

test: setup-test ## run every test, on SQLite or PostgreSQL, where they differ on both, and in Chromium
	$(TEST) --engines one $(ARGS)

test-all: setup-test ## run every test on both engines, and print the coverage
	$(TEST) --cov $(ARGS)

test-pure: $(VENV_TEST) $(COMPILED) ## run the tests that need nothing; ARGS='-k word' goes to pytest
	$(PYTEST) tests/pure $(ARGS)

fix: $(VENV_TEST) ## format the code, and mend what ruff can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

check: setup-test ## format, lint, types, import rules and every test, as CI does
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --config importlinter.ini
	@$(MAKE) --no-print-directory test

bench: setup-test bench-log ## measure what docs/performance.md tells, as JSON lines
	@PYTHONPATH=. $(BIN)/python bench/approvals.py

bench-log: setup-test ## the log alone; ARGS='--only commits --rounds 15' goes to bench/log.py
	@PYTHONPATH=. $(BIN)/python bench/log.py $(ARGS)

bench-papers: setup-test ## papers against WeasyPrint alone, and 200 receipts on every core
	@PYTHONPATH=. $(BIN)/python bench/papers.py $(ARGS)

bench-treasury: setup-test ## a batch of 10,000 payments; ARGS='--engine sqlite --payments 1000'
	@PYTHONPATH=. $(BIN)/python bench/treasury.py $(ARGS)

bench-public: setup-test ## public search, pages, downloads; ARGS='--engine sqlite --requests 100000'
	@PYTHONPATH=. $(BIN)/python bench/public.py $(ARGS)

judges: $(VENV) $(COMPILED) ## let other people's programs judge a log of 70,000 entries; PLANT=1 damages it
	@scripts/system-packages.sh --optional go
	@scripts/system-packages.sh --optional node
	@PYTHONPATH=. $(BIN)/python judges/run.py $(if $(filter 1,$(PLANT)),--plant)

judge-api: setup-test ## let Schemathesis judge the open API: some thousands of questions, good and bad
	@PYTHONPATH=. $(BIN)/python judges/open_api.py

verify: $(VENV) $(COMPILED) ## prove the log and the books in instance/
	$(FLASK) log check
	$(FLASK) books check

verify-tool: $(VENV) $(COMPILED) ## build dist/fundlog-verify.pyz, with which strangers check the log
	$(BIN)/python -m portal.verifier.build dist/fundlog-verify.pyz

migration: export PORTAL_DATA_DIR := $(CURDIR)/build/migration
migration: export PORTAL_DATABASE_URL :=
migration: $(VENV) ## write the next migration from the models: make migration name=add_bank_lines
	@test -n '$(name)' || { echo 'usage: make migration name=add_bank_lines' >&2; exit 2; }
	@rm -rf build/migration && mkdir -p build/migration
	$(FLASK) db upgrade
	number=$$(expr "$$(cut -c1-4 migrations/.head 2>/dev/null || echo 0)" + 1); \
	$(FLASK) db migrate --rev-id "$$(printf '%04d' "$$number")" --message '$(name)'
	@ls migrations/versions | sed -n 's/\.py$$//p' | tail -1 > migrations/.head

translations: $(VENV) ## bring the Thai catalogue up to date with the texts in the code
	@mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping-file babel.cfg --ignore-dirs '.*' --no-default-keywords \
		--keywords '_ N_ gettext ngettext:1,2' --add-location file --sort-by-file --omit-header \
		--output-file build/messages.pot .
	$(BIN)/pybabel --quiet update --init-missing --no-fuzzy-matching --ignore-pot-creation-date \
		--locale th --input-file build/messages.pot --output-dir portal/translations

$(VENV): requirements.txt constraints.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || \
		{ python=$$(scripts/system-packages.sh python) && "$$python" -m venv --clear .venv; }
	$(PIP_INSTALL) requirements.txt
	@touch $@

$(VENV_TEST): $(VENV) requirements-test.txt
	$(PIP_INSTALL) requirements-test.txt
	@touch $@

%.mo: %.po | $(VENV)
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
