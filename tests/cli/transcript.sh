#!/bin/sh
# Prints the transcript of README.md, really run: `sh tests/cli/transcript.sh FIDELIO`.
# Times are masked as 0.0. The points are Sobol's, so that every machine prints the same.
set -u
fidelio=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
cat >sweep.yaml <<'Y'
metric: {name: loss, goal: minimize}
method: sobol
command: |
  awk -v x="$FIDELIO_PARAM_X" -v from="$FIDELIO_BUDGET_DONE" -v to="$FIDELIO_BUDGET" 'BEGIN {
      for (s = from + 1; s <= to; s++) print "step=" s " loss=" (x - 0.3) ^ 2 + 1 / s }' >>"$FIDELIO_REPORT"
parameters:
  x: {min: 0.0, max: 1.0}
fidelity: {name: epochs, min: 1, max: 27, eta: 3, mode: resume}
budget: {trials: 27}
Y
show() {
    echo "\$ fidelio $*"
    "$fidelio" "$@" 2>&1 | sed -E 's/^seconds .*/seconds   0.0/'
}
show run sweep.yaml --quiet
show status sweep.yaml
show explain sweep.yaml 12
show best sweep.yaml --env
