# The shortcuts of the project; `make check` is what CI runs.
PYTHON ?= python3
BIN = .venv/bin
T ?=

.PHONY: demo test check validators lint types contracts coverage docs bench bench-panel bench-spark digests snapshots house oracle mutants fuzz audit pictures release lock conformance load try-it core-3.14 clean

demo:
	$(PYTHON) -m venv .venv && .venv/bin/pip install . && .venv/bin/botox-schedule demo

test:
	$(PYTHON) -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest -q -n 2 $(T)

check:
	bash .ci/run

.venv/dev:
	$(PYTHON) -m venv .venv && $(BIN)/pip install -q 'pip>=25.1' && $(BIN)/pip install -q -e '.[test]' --group dev && touch $@

validators:
	npm install --prefix tests/node --ignore-scripts --no-package-lock --no-audit --no-fund --silent

lint: .venv/dev
	$(BIN)/ruff check && $(BIN)/ruff format --check

types: .venv/dev
	$(BIN)/mypy

contracts: .venv/dev
	$(BIN)/lint-imports

coverage: .venv/dev
	$(BIN)/pytest -q --hypothesis-profile=covered --cov --cov-report=term-missing --cov-fail-under=100

docs: .venv/dev
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	BUILT_DOCS=docs/_build/html $(BIN)/pytest -q tests/test_docs.py

bench: .venv/dev
	$(BIN)/python benchmarks/run.py

# Each engine in a process of its own; 5,000,000 sessions take a few minutes.
bench-panel: .venv/dev
	for part in polars frame duckdb loop memory linear; do $(BIN)/python benchmarks/panel.py $$part; done

# Needs Java 17; two minutes.
bench-spark: .venv/dev
	$(BIN)/pip install -q -e '.[spark]' && $(BIN)/python benchmarks/panel_spark.py

digests: .venv/dev
	cd tests && ../$(BIN)/python write_content_digests.py

# What must not change unnoticed: public names, schemas, answers, words.
snapshots: .venv/dev
	cd tests && ../$(BIN)/python snapshots.py

# Code lines, imports and function bodies, measured.
house: .venv/dev
	$(BIN)/python benchmarks/house.py

# COUNT records against a second implementation that walks day by day.
COUNT ?= 10000
oracle: .venv/dev
	cd tests && ../$(BIN)/python compare_oracle.py $(COUNT) 1

# READER is one of those in tests/fuzz/readers.py.
SECONDS ?= 60
READER ?= export
fuzz: .venv/dev
	$(BIN)/pip install -q atheris
	$(BIN)/python tests/fuzz/run.py $(READER) $(SECONDS)

# The code is mutated in a copy, so that an editable install cannot hide it.
mutants:
	for part in planning outcomes core files sample; do bash tests/mutants.sh $$part; done

# It asks a service for known vulnerabilities of what is installed.
audit: .venv/dev
	$(BIN)/pip install -q pip-audit && $(BIN)/pip-audit

pictures: .venv/dev
	$(BIN)/python docs/pictures/draw.py
	$(BIN)/botox-schedule report src/botox_schedule/cli/demo/clinic-export.csv --as-of 2026-03-16 --html /tmp/demo.html
	chromium --headless --no-sandbox --hide-scrollbars --window-size=1240,620 --screenshot=docs/pictures/demo.png file:///tmp/demo.html

# Wheel and source distribution of the last commit, and what they bring along (CycloneDX).
release:
	rm -rf dist && git clone -q . dist/tree
	$(PYTHON) -m venv dist/tools && dist/tools/bin/pip install -q 'build>=1.2' 'cyclonedx-bom>=7'
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) dist/tools/bin/python -m build -q --outdir dist dist/tree
	$(PYTHON) -m venv --without-pip dist/installed
	dist/tools/bin/pip --python dist/installed/bin/python install -q dist/*.whl
	version=$$(dist/installed/bin/python -c 'import botox_schedule as bs; print(bs.__version__)') && \
	sed "s/^dynamic = .*/version = \"$$version\"/" pyproject.toml > dist/tree/pyproject.toml && \
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) dist/tools/bin/cyclonedx-py environment --pyproject dist/tree/pyproject.toml \
		--mc-type library --output-reproducible -o dist/botox_schedule-$$version.cdx.json dist/installed/bin/python
	rm -rf dist/tree dist/tools dist/installed

# Public addresses only: a test says so.
lock: .venv/dev
	$(BIN)/pip install -q uv && $(BIN)/uv lock

# The suite for others, from the case files and the published tables.
conformance: .venv/dev
	cd tests && ../$(BIN)/python conformance.py

# Some minutes; ends with 1 where the memory grows.
load: .venv/dev
	$(BIN)/python benchmarks/web_service.py 100000

try-it: .venv/dev
	.ci/try-it

core-3.14: .venv/dev
	.ci/core-3.14

clean:
	rm -rf .venv docs/_build dist .coverage
