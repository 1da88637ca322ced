#!/usr/bin/env bash
# Mutates the core, planning and outcomes, and counts the mutants that no test kills.
#
#   bash tests/mutants.sh [PATTERN]      PATTERN such as src/botox_schedule/planning/*
set -euo pipefail
cd "$(dirname "$0")/.."
pattern=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone -q . "$work/project"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q mutmut pydantic python-dateutil pytest hypothesis jsonschema holidays \
    icalendar fhir.resources jinja2 tzdata
cd "$work/project"
if [ -n "$pattern" ]; then
    only="\"$pattern\""
else
    only='"src/botox_schedule/_[a-z]*.py", "src/botox_schedule/planning/*", "src/botox_schedule/outcomes/*"'
fi
cat >> pyproject.toml <<END

[tool.mutmut]
source_paths = ["src/"]
only_mutate = [$only]
do_not_mutate = ["src/botox_schedule/_cli/*", "src/botox_schedule/_pages.py", "src/botox_schedule/_messages.py", "src/botox_schedule/_ribbon.py", "src/botox_schedule/_lanes.py", "src/botox_schedule/_files.py"]
also_copy = ["docs", "README.md", "CHANGELOG.md", "notebooks", "completions"]
tests_dir = ["tests/test_adherence.py", "tests/test_cases.py", "tests/test_catalogue.py", "tests/test_cycles.py", "tests/test_days.py", "tests/test_findings.py", "tests/test_forecast.py", "tests/test_forecast_laws.py", "tests/test_intervals.py", "tests/test_limits.py", "tests/test_outcomes.py", "tests/test_planning.py", "tests/test_records.py", "tests/test_schedule.py", "tests/test_stability.py", "tests/test_words.py"]
pytest_add_cli_args = ["-q", "-x", "-p", "no:cacheprovider", "-o", "addopts=--strict-markers --import-mode=importlib --hypothesis-profile=mutants"]
END
"$work/venv/bin/mutmut" run --max-children "$(nproc)" > "$work/log" 2>&1 || true
"$work/venv/bin/mutmut" results --all true 2>/dev/null | awk '{ print $NF }' | sort | uniq -c
"$work/venv/bin/mutmut" results 2>/dev/null | grep survived || true
