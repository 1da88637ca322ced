#!/usr/bin/env bash
# Changes one part of the code in many places, one at a time, and lists what no test notices.
#
#   bash tests/mutants.sh core | planning | outcomes | files | sample [COMMIT]
#
# `sample` draws 300 changes of panel, tables, fhir and cli; DRAW=3000 draws so many of any part. What survives is written to
# tests/survivors. A run that was stopped goes on where it was; what a run found of a function
# holds until the function changes. MUTANTS names the folder for that, PROCESSES how many run.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD part=${1:-core} commit=$(git rev-parse "${2:-HEAD}")
base=${MUTANTS:-${TMPDIR:-/tmp}/botox-schedule-mutants}
mkdir -p "$base"
if [ ! -x "$base/venv/bin/mutmut" ]; then
    python3 -m venv "$base/venv"
    # Not the project itself: its code would hide the code that is changed.
    "$base/venv/bin/pip" install -q 'mutmut>=3.8,<4' pydantic python-dateutil pytest hypothesis jsonschema \
        holidays icalendar fhir.resources jinja2 tzdata rich polars narwhals python-calamine xlrd XlsxWriter \
        duckdb pandas pyarrow vobject
fi
[ -d "$base/$part" ] || git clone -q . "$base/$part"
cd "$base/$part"
git fetch -q "$here" "$commit"
git checkout -q --detach -f "$commit"
"$base/venv/bin/python" "$here/tests/mutants.py" configure "$part" >> pyproject.toml
mkdir -p mutants/src
# The tool copies what is new, but no data that changed, and it keeps what is gone.
find src -type f ! -name '*.py' -exec cp --parents {} mutants \;
(cd mutants && find src -name '*.py') | while read -r file; do
    [ -e "$file" ] || rm -f "mutants/$file" "mutants/$file.meta" "mutants/$file.spans"
done
export PYTHONPATH="$PWD/mutants/src" PATH="$base/venv/bin:$PATH"

# Which tests reach which function is found first, anew: both change. No change has this name.
# A run that was stopped left verdicts.
python "$here/tests/mutants.py" take "$part"
rm -f mutants/mutmut-stats.json
# The search for garbage after each run takes longer than most tests.
PYTEST_ADDOPTS="-p no:unraisableexception $(cat mutants/slow-tests 2> /dev/null || true)" \
    mutmut run --max-children "${PROCESSES:-$(nproc)}" 'no change' > "$base/$part.log" 2>&1 || true
grep -q 'nothing matches' "$base/$part.log" || { tail -n 40 "$base/$part.log" >&2; exit 1; }
# Most changes are noticed by the first tests; what survives is tried on more of them.
for seconds in 4 12; do
    python "$here/tests/mutants.py" again "$part"
    eval "set -- $(python "$here/tests/mutants.py" tests "$part")"
    # A process that has used the threads of Polars cannot be forked.
    (cd mutants && SECONDS_EACH=$seconds POLARS_MAX_THREADS=1 PYTHONPATH="src:$here/tests" \
        python -m pytest -q --rootdir=. --tb=no --assert=plain -p forked_mutants -p no:unraisableexception "$@") \
        > "$base/$part.log" 2>&1
    python "$here/tests/mutants.py" take "$part"
done
python "$here/tests/mutants.py" list "$part" "$here/tests/survivors/$part.txt" "$commit"
