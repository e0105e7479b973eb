#!/bin/sh
# What the command costs: start, overhead of a trivial trial, durable reports from 100
# processes. Needs a built tree; prints one JSON object a line.
#   sh benchmarks/engine.sh [BUILD]
set -eu
build=$(cd "${1:-build/release}" && pwd)
fidelio=$build/fidelio
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
now() { date +%s%N; }

start=$(now)
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "$fidelio" version >/dev/null; done
echo "{\"version_ms\":$((($(now) - start) / 20000))e-3}"

cat >trivial.yaml <<'Y'
metric: {name: loss, goal: minimize}
command: [sh, -c, 'echo loss=1 >>"$FIDELIO_REPORT"']
method: random
parameters: {x: {min: 0.0, max: 1.0}}
budget: {trials: 500}
Y
# The same command once by the engine, once plainly; the difference is the engine: a runner
# for each trial, its folder, two commits that are synced. Three rounds, the best of each.
# In real time where that is allowed: then it is the cost and not the load of the machine.
quiet=
chrt -f 10 true 2>/dev/null && quiet='chrt -f 10'
cat >plainly.sh <<'Y'
i=0
while [ $i -lt 500 ]; do
    FIDELIO_REPORT=plain sh -c 'echo loss=1 >>"$FIDELIO_REPORT"'
    i=$((i + 1))
done
Y
least() { # of $1 and what the rest takes for each of 500, in microseconds
    best=$1
    shift
    start=$(now)
    $quiet "$@" >/dev/null 2>&1
    took=$((($(now) - start) / 500000))
    if [ "$best" -eq 0 ] || [ $took -lt "$best" ]; then best=$took; fi
    echo "$best"
}
engine=0 plain=0
for round in 1 2 3; do
    engine=$(least $engine "$fidelio" run trivial.yaml --new --quiet)
    plain=$(least $plain sh plainly.sh)
done
echo "{\"trivial_trial_us\":$engine,\"plain_process_us\":$plain,\"overhead_us\":$((engine - plain)),\"real_time\":$([ -n "$quiet" ] && echo true || echo false)}"

cat >flood.yaml <<'Y'
metric: {name: loss, goal: minimize}
command: [awk, 'BEGIN { f = ENVIRON["FIDELIO_REPORT"]; for (s = 1; s <= 2000; s++) { print "step=" s " loss=" 1 / s >>f; if (s % 50 == 0) { fflush(f); system("sleep 0.1") } } }']
method: random
parameters: {x: {min: 0.0, max: 1.0}}
budget: {trials: 100}
resources: {parallel: 100}
Y
start=$(now)
"$fidelio" run flood.yaml --quiet >/dev/null 2>&1
took=$((($(now) - start) / 1000000))
kept=$("$fidelio" export flood.yaml | awk '{ n += gsub(/\],\[/, "") + 1 } END { print n }')
echo "{\"processes\":100,\"reports\":$kept,\"seconds\":$((took))e-3,\"reports_per_second\":$((kept * 1000 / took))}"
