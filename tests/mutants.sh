#!/usr/bin/env bash
# Changes one part of the code in many places, one at a time, and lists what no test notices.
#
#   bash tests/mutants.sh core | planning | outcomes | sample [COMMIT]
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
        duckdb pandas pyarrow
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
mutate() {
    # The search for garbage after each run takes longer than most tests.
    PYTEST_ADDOPTS="-p no:unraisableexception $(cat mutants/slow-tests 2> /dev/null || true)" \
        mutmut run --max-children "${PROCESSES:-$(nproc)}" "$@" > "$base/$part.log" 2>&1 || true
}

# Which tests reach which function is found first; no change has this name.
mutate 'no change'
grep -q 'nothing matches' "$base/$part.log" || { tail -n 40 "$base/$part.log" >&2; exit 1; }
for tests in few many; do
    python "$here/tests/mutants.py" "$tests" "$part"
    mutate
done
python "$here/tests/mutants.py" list "$part" "$here/tests/survivors/$part.txt" "$commit"
