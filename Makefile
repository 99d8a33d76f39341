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
# Apart from the portal's own packages: they judge these, and bring fifty of their own.
SBOM_TOOLS := build/.sbom-tools
CATALOGUE := portal/translations/th/LC_MESSAGES/messages
# The server gets no signals from the terminal (granian takes its hang-up for a wish to reload, and
# then may miss the end); the shell turns each into one end and waits for it.
SERVE_HERE := trap 'kill $$!; wait $$!' HUP INT TERM; setsid $(FLASK) serve & wait $$!
COMPILED := $(patsubst %.po,%.mo,$(wildcard $(CATALOGUE).po))

.PHONY: help setup setup-test demo run test test-all test-thorough test-pure test-words test-deploy sbom audit-deps fix check verify verify-tool bench bench-log \
	bench-treasury \
	bench-papers bench-public load faults faults-short judges judge-api migration translations
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

setup: $(VENV) $(COMPILED) ## make .venv with what the portal runs on
	@scripts/system-packages.sh --optional paper

setup-test: $(VENV_TEST) $(COMPILED) ## the same, with what its tests need
	@scripts/system-packages.sh paper test faults

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

test-words: setup-test ## type hostile words into every field, read every page, paper and letter: some minutes
	$(PYTEST) --thorough tests/whole/test_hostile_words.py $(ARGS)

test-thorough: setup-test ## run what `make test` leaves out because it takes minutes
	$(TEST) --thorough -m thorough $(ARGS)

test-pure: $(VENV_TEST) $(COMPILED) ## run the tests that need nothing; ARGS='-k word' goes to pytest
	$(PYTEST) tests/pure $(ARGS)

test-deploy: setup-test ## try deploy/ with real proxies; MACHINES=1 as root also makes two machines of the docs
	@scripts/system-packages.sh proxy
	$(PYTEST) --thorough tests/whole/test_deploy.py tests/whole/test_behind_a_proxy.py $(ARGS)
ifeq ($(MACHINES),1)
	@scripts/system-packages.sh machines
	$(BIN)/python deploy/trial/second_machine.py
endif

sbom: $(SBOM_TOOLS) ## write dist/sbom.cdx.json: all that the portal runs on, with versions and licences
	@rm -rf build/.sbom && mkdir -p build/.sbom dist
	$(BIN)/python -m venv --without-pip build/.sbom
	$(BIN)/python -m pip --python build/.sbom install --quiet --disable-pip-version-check \
		--constraint constraints.txt --requirement requirements.txt
	$(SBOM_TOOLS)/bin/cyclonedx-py environment --output-reproducible --validate \
		--output-file dist/sbom.cdx.json build/.sbom

audit-deps: $(SBOM_TOOLS) ## ask the advisories of PyPI about requirements.txt and constraints.txt: needs the internet
	@cat requirements.txt constraints.txt >build/all-requirements.txt
	$(SBOM_TOOLS)/bin/pip-audit --requirement build/all-requirements.txt --no-deps --disable-pip

fix: $(VENV_TEST) ## format the code, and mend what ruff can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

check: setup-test ## format, lint, types, import rules, the shortest faults and every test, as CI does
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --config importlinter.ini
	@$(MAKE) --no-print-directory faults-short ARGS=
	@$(MAKE) --no-print-directory test

bench: setup-test ## measure every goal: lines in build/bench.jsonl, a table at the end; ARGS='--quick'
	@PYTHONPATH=. $(BIN)/python bench/everything.py $(ARGS)

load: setup-test ## 50 people work and 500 read for ten minutes; ARGS='--seconds 60 --readers 100'
	@PYTHONPATH=. $(BIN)/python bench/load.py $(ARGS)

bench-log: setup-test ## the log alone; ARGS='--only commits --rounds 15' goes to bench/log.py
	@PYTHONPATH=. $(BIN)/python bench/log.py $(ARGS)

bench-papers: setup-test ## papers against WeasyPrint alone, and 200 receipts on every core
	@PYTHONPATH=. $(BIN)/python bench/papers.py $(ARGS)

bench-treasury: setup-test ## a batch of 10,000 payments; ARGS='--engine sqlite --payments 1000'
	@PYTHONPATH=. $(BIN)/python bench/treasury.py $(ARGS)

bench-public: setup-test ## public search, pages, downloads; ARGS='--engine sqlite --requests 100000'
	@PYTHONPATH=. $(BIN)/python bench/public.py $(ARGS)

faults: setup-test ## hurt the portal in every way and plant bugs; ARGS='--only power --engine sqlite --rounds 10 --plant'
	@scripts/system-packages.sh faults
	@PYTHONPATH=. $(BIN)/python -m faults.run $(ARGS)

faults-short: setup-test ## the cheapest faults, one round each, no bugs: some minutes
	@scripts/system-packages.sh faults
	@PYTHONPATH=. $(BIN)/python -m faults.run --short $(ARGS)

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
	$(BIN)/pybabel --quiet update --init-missing --no-fuzzy-matching --ignore-obsolete \
		--ignore-pot-creation-date --locale th --input-file build/messages.pot --output-dir portal/translations

$(VENV): requirements.txt constraints.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || \
		{ python=$$(scripts/system-packages.sh python) && "$$python" -m venv --clear .venv; }
	$(PIP_INSTALL) requirements.txt
	@touch $@

$(VENV_TEST): $(VENV) requirements-test.txt
	$(PIP_INSTALL) requirements-test.txt
	@touch $@

$(SBOM_TOOLS): requirements-sbom.txt | $(VENV)
	$(BIN)/python -m venv --clear $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

%.mo: %.po | $(VENV)
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
