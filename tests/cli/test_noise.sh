#!/bin/sh
# What `best` says of noisy values: luck is named as such, and nothing is said without noise.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
cat >valley.sh <<'S'
awk -v x="$FIDELIO_PARAM_X" -v y="$FIDELIO_PARAM_Y" -v seed="$FIDELIO_SEED" -v sd="$1" 'BEGIN {
    srand(substr(seed, length(seed) - 5)); rand()
    for (k = 0; k < 12; k++) z += rand()
    printf "loss=%.9g\n", (x - 0.3) ^ 2 + (y - 0.6) ^ 2 + sd * (z - 6)
}' >>"$FIDELIO_REPORT"
S
for sd in 0 0.1; do
    sweep=even.yaml
    [ $sd = 0 ] || sweep=noisy.yaml
    cat >$sweep <<Y
command: [sh, valley.sh, "$sd"]
metric: {name: loss, goal: minimize}
method: random
seed: 7
parameters:
  x: {min: 0.0, max: 1.0}
  y: {min: 0.0, max: 1.0}
budget: {trials: 50}
Y
    "$fidelio" run $sweep --quiet >/dev/null 2>&1
done
check without_noise_nothing_is_said is "$("$fidelio" best even.yaml | wc -l)" 2
check with_noise_another_trial_is_named is "$("$fidelio" best noisy.yaml |
    grep -c '^values are noisy: trial [0-9]* (seen .*) is believed best, at .* without noise$')" 1
check as_json_there_is_one_trial is "$("$fidelio" best noisy.yaml --json | wc -l)" 1
exit $bad
