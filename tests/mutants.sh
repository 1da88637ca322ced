#!/usr/bin/env bash
# Mutates the core, planning and outcomes, and counts the mutants that no test kills.
#
#   bash tests/mutants.sh core | planning | outcomes
#
# The core is judged by its quick tests: a mutant that survives runs them all, and the long
# searches would take a day.
set -euo pipefail
cd "$(dirname "$0")/.."
part=${1:-core}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone -q . "$work/project"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q mutmut pydantic python-dateutil pytest hypothesis jsonschema holidays \
    icalendar fhir.resources jinja2 tzdata
cd "$work/project"
shared="cases stability words"
case $part in
    core) only="_[a-z]*.py" tests="catalogue cycles days findings forecast intervals limits oracle records schedule small_print small_rules $shared" ;;
    planning) only="planning/*" tests="planning $shared" ;;
    outcomes) only="outcomes/*" tests="outcomes adherence catalogue $shared" ;;
    *) echo "expected core, planning or outcomes" >&2; exit 2 ;;
esac
files=$(for name in $tests; do printf '"tests/test_%s.py", ' "$name"; done)
cat >> pyproject.toml <<END

[tool.mutmut]
source_paths = ["src/"]
only_mutate = ["src/botox_schedule/$only"]
do_not_mutate = ["src/botox_schedule/_cli/*", "src/botox_schedule/views/pages.py", "src/botox_schedule/views/messages.py", "src/botox_schedule/views/chart.py", "src/botox_schedule/views/lanes.py", "src/botox_schedule/protocols/files.py"]
also_copy = ["docs", "README.md", "CHANGELOG.md", "notebooks"]
tests_dir = [$files]
pytest_add_cli_args = ["-q", "-x", "-p", "no:cacheprovider", "-o", "addopts=--strict-markers --import-mode=importlib --hypothesis-profile=mutants"]
END
"$work/venv/bin/mutmut" run --max-children "$(nproc)" > "$work/log" 2>&1 || true
"$work/venv/bin/mutmut" results --all true 2>/dev/null | awk '{ print $NF }' | sort | uniq -c
"$work/venv/bin/mutmut" results 2>/dev/null | grep survived || true
