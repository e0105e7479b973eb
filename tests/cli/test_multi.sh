#!/bin/sh
# Several objectives and a bound on a metric, from the sweep file to the front.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
cat >two.yaml <<'Y'
metric:
  - {name: error, goal: minimize}
  - {name: latency_ms, at_most: 40}
  - {name: speed, goal: maximize}
seed: 3
command: |
  awk -v x="$FIDELIO_PARAM_X" -v y="$FIDELIO_PARAM_Y" 'BEGIN {
    printf "error=%.9f speed=%.9f latency_ms=%.9f\n", x * x + y, 1 - (1 - x) ^ 2 - y, 50 * x
  }' >>"$FIDELIO_REPORT"
parameters: {x: {min: 0.0, max: 1.0}, y: {min: 0.0, max: 1.0}}
budget: {trials: 25}
Y
check run is "$(code "$fidelio" run two.yaml --quiet)" 0
"$fidelio" best two.yaml >table
check the_head_has_all_metrics grep -q 'trial .* error .* speed .* latency_ms' table
check it_names_the_volume_and_its_reference grep -q "^hypervolume [0-9.]* from error [0-9.]*, speed -*[0-9.]*$" table
"$fidelio" best two.yaml --csv | awk -F, '
    NR == 1 { next }
    { n++; if ($9 > 40) bad = 1
      if (n > 1 && !($7 > error && $8 > speed)) bad = 1
      error = $7; speed = $8 }
    END { exit n < 5 || bad }'
check the_front_rises_and_keeps_the_bound is $? 0
check status_shows_it sh -c "'$fidelio' status two.yaml | grep -q '^front     [0-9]* trials, hypervolume'"
volume() { sed -n 's/.*"hypervolume":\([0-9.]*\).*/\1/p'; }
check both_say_the_same_volume is "$("$fidelio" best two.yaml --json | volume)" \
    "$("$fidelio" status two.yaml --json | volume)"
n=$("$fidelio" best two.yaml --csv | tail -1 | cut -d, -f1)
check one_of_the_front sh -c "'$fidelio' best two.yaml $n --env | grep -q '^FIDELIO_PARAM_X=0'"
check which_one_must_be_said is "$(code "$fidelio" best two.yaml --command)" 2
check the_model_explains_itself sh -c \
    "'$fidelio' explain two.yaml 20 | grep -q '\"same\":true,\"model\":\"gp\",\"level\":0'"
check the_same_file_again_changes_nothing is "$("$fidelio" run two.yaml --quiet 2>&1 | grep -c 'front of')" 1

# a reference of the user's, kept in the store; a scheduler that ranks by one objective
sed 's/goal: maximize/goal: maximize, reference: 0.5/; s/seed: 3/name: ref/' two.yaml >ref.yaml
"$fidelio" run ref.yaml --quiet 2>/dev/null
check the_reference_is_the_user_s sh -c "'$fidelio' best --study runs/ref | grep -q 'speed 0.5$'"
echo 'fidelity: {min: 1, max: 9, scheduler: asha}' | cat two.yaml - >asha.yaml
check asha_is_refused is "$(code "$fidelio" check asha.yaml)" 2
check in_its_place sh -c "'$fidelio' check asha.yaml 2>&1 | grep -q 'asha.yaml:[0-9]*:[0-9]*: error: fidelity.scheduler: asha ranks'"
echo 'fidelity: {min: 1, max: 9}' | cat two.yaml - >none.yaml
check none_is_chosen is "$("$fidelio" check none.yaml --json | grep -c '"scheduler":"none"')" 1
check what_auto_is_here is "$("$fidelio" check none.yaml | grep -c '^method *auto: bayes')" 1
sed 's/^seed: 3/method: cmaes/' two.yaml >cma.yaml
check cmaes_is_refused sh -c "'$fidelio' check cma.yaml 2>&1 | grep -q 'cma.yaml:[0-9]*:[0-9]*: error: method: cmaes follows one'"
# whoever breaks a bound ranks last, whatever its loss
cat >bound.yaml <<'Y'
metric: [{name: loss, goal: minimize}, {name: size, at_most: 3}]
method: random
parameters: {x: {min: 0.0, max: 1.0}}
fidelity: {name: epochs, min: 1, max: 9, eta: 3, mode: stop}
budget: {trials: 12}
Y
said() { # loss,size of the next trial
    n=$("$fidelio" ask bound.yaml | sed -n 's/.*"trial":\([0-9]*\).*/\1/p')
    "$fidelio" report-value bound.yaml "$n" 1 --values "$1"
}
check one_that_keeps_it_goes_on is "$(said 0.5,1)" continue
check better_ones_that_break_it_do_not is "$(said 0.3,9) $(said 0.1,4)" "stop stop"
check a_better_one_that_keeps_it_does is "$(said 0.4,3)" continue

for method in tpe evolution random sobol; do
    sed "s/^seed: 3/name: $method\nmethod: $method/; s/trials: 25/trials: 12/" two.yaml >m.yaml
    check "$method" is "$(code "$fidelio" run m.yaml --quiet)" 0
done
exit $bad
