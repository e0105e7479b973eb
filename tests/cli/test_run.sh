#!/bin/sh
# The command as a user meets it: run, look, break off with kill -9, go on.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
cat >good.yaml <<'E2'
name: good
metric: {name: loss, goal: minimize}
command: |
  s=${FIDELIO_BUDGET_DONE%.*}
  while [ "$s" -lt "${FIDELIO_BUDGET%.*}" ]; do
    s=$((s + 1))
    echo "step=$s loss=$FIDELIO_PARAM_X" >>"$FIDELIO_REPORT"
    sleep 0.01
  done
parameters:
  x: {min: 0.0, max: 1.0}
fidelity: {name: steps, min: 1, max: 9, eta: 3}
budget: {trials: 24}
resources: {parallel: 4}
E2
"$fidelio" run good.yaml --quiet >/dev/null 2>run.log
check a_run_ends_well is $? 0
check all_trials_are_there is "$("$fidelio" trials good.yaml --csv | wc -l)" 25
check the_best_is_said sh -c "'$fidelio' best good.yaml --json | grep -q '\"step\":9'"
check every_choice_is_explained sh -c "'$fidelio' explain good.yaml 20 | grep -q '\"same\":true'"
"$fidelio" run good.yaml --quiet >/dev/null 2>&1
check a_finished_run_finishes_again is "$("$fidelio" trials good.yaml --csv | wc -l)" 25
sed -e 's/name: good/name: risky/' -e 's/loss=\$FIDELIO_PARAM_X/loss=$(awk "BEGIN { print $FIDELIO_PARAM_X + 1 \/ $s }")/' \
    -e 's/min: 1, max: 9, eta: 3/min: 1, max: 15, mode: stop/' -e 's/parallel: 4/parallel: 1/' good.yaml >risky.yaml
printf 'method: random\nrisk: 0.2\n' >>risky.yaml
"$fidelio" run risky.yaml --quiet >/dev/null 2>&1
for trial in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do "$fidelio" explain risky.yaml $trial; done >why
check a_hopeless_curve_is_stopped_and_its_forecast_said grep -q \
    '"decided":{"rule":"curve","value":.*,"threshold":.*,"mean":.*,"low":.*,"high":' why
sed 's/max: 1.0/max: 2.0/' good.yaml >wider.yaml
"$fidelio" run wider.yaml --quiet >/dev/null 2>wider.log
check a_changed_space_is_refused is $? 2
check and_the_difference_shown grep -q 'x: ' wider.log

# kill -9 in the middle, again and again: the same command goes on
sed "s/name: good/name: killed-$$/; s/trials: 24/trials: 40/" good.yaml >killed.yaml
kills=0
while [ $kills -lt 12 ]; do
    "$fidelio" run killed.yaml --quiet >/dev/null 2>&1 &
    sleep 0.15
    kill -9 $! 2>/dev/null && kills=$((kills + 1)) || break
    wait $! 2>/dev/null
done
"$fidelio" run killed.yaml --quiet >/dev/null 2>killed.log
check a_killed_engine_goes_on is $? 0
check none_is_in_limbo sh -c "'$fidelio' status killed.yaml | grep -q '^running *0$'"
"$fidelio" export killed.yaml >killed.json
check steps_are_counted_once sh -c "! grep -q '\"step\":1[0-9]' killed.json"
check no_process_is_left sh -c "! grep -lz 'FIDELIO_STUDY=killed-$$' /proc/[0-9]*/environ 2>/dev/null | grep -q ."

# Ctrl-C: trials are told to end, the study goes on later; twice: at once
sed 's/name: good/name: broken/; s/sleep 0.01/sleep 0.1/' good.yaml >broken.yaml
"$fidelio" run broken.yaml --quiet >/dev/null 2>broken.log &
until_true sh -c "'$fidelio' status broken.yaml | grep -q '^running *[1-9]'"
kill -INT $!
wait $!
check ctrl_c_is_130 is $? 130
check nobody_runs_after_ctrl_c sh -c "'$fidelio' status broken.yaml | grep -q '^running *0$'"
"$fidelio" run broken.yaml --quiet >/dev/null 2>&1 &
until_true sh -c "'$fidelio' doctor broken.yaml | grep -q 'engine.*pid'"
"$fidelio" run broken.yaml --quiet >/dev/null 2>second.log
check a_second_engine_is_refused is $? 5
check and_told_who_runs grep -q "$!" second.log
"$fidelio" stop broken.yaml 2>/dev/null
wait $!
check stop_is_like_ctrl_c is $? 130
check a_smoke_check_runs_one_trial "$fidelio" check good.yaml --smoke

cat >fails.yaml <<'E2'
metric: {name: loss, goal: minimize}
command: [sh, -c, "echo the reason >&2; exit 3"]
parameters: {x: {min: 0.0, max: 1.0}}
budget: {trials: 50}
E2
"$fidelio" run fails.yaml >/dev/null 2>fails.log
check too_many_failures_end_the_run is $? 4
check and_show_the_last_words grep -q 'the reason' fails.log

printf 'metric: {name: loss, gaol: minimize}\ncommand: x\nparameters: {x: {min: 1, max: 0}}\n' >wrong.yaml
"$fidelio" run wrong.yaml >/dev/null 2>wrong.log
check a_wrong_file_is_refused is $? 2
check with_line_and_column grep -q 'wrong.yaml:1:' wrong.log
check several_errors_at_once grep -q 'wrong.yaml:3:' wrong.log

# a loop of one's own
cat >own.yaml <<'E2'
metric: {name: loss, goal: minimize}
parameters: {x: {min: 0.0, max: 1.0}}
budget: {trials: 3}
E2
for n in 0 1 2; do
    "$fidelio" ask own.yaml | grep -q "\"trial\":$n" || bad=1
    "$fidelio" tell own.yaml $n --values 0.$n >/dev/null || bad=1
done
check ask_and_tell_work sh -c "'$fidelio' best own.yaml --json | grep -q '\"trial\":0'"
"$fidelio" ask own.yaml >/dev/null 2>&1
check a_finished_study_gives_nothing is $? 3
check unknown_commands_get_a_hint sh -c "'$fidelio' bset 2>&1 | grep -q \"did you mean 'best'\""
check doctor_speaks "$fidelio" doctor
exit $bad
