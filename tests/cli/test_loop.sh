#!/bin/sh
# ask, report-value, should-prune, tell from shell scripts, several at the same time.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
cat >own.yaml <<'Y'
metric: {name: loss, goal: minimize}
method: random
parameters: {x: {min: 0.0, max: 1.0}}
fidelity: {name: epochs, min: 1, max: 9, eta: 3, mode: stop}
budget: {trials: 12}
Y
trial_of() { sed -n 's/.*"trial":\([0-9]*\).*/\1/p'; }

# four workers share the study: a lock held for an instant by one is waited for
worker() {
    for k in 1 2 3; do
        n=$("$fidelio" ask own.yaml | trial_of)
        [ -n "$n" ] || return 1
        echo "$n" >>"asked.$1"
        "$fidelio" report-value own.yaml "$n" 1 --values "0.$n" >/dev/null || return 1
        "$fidelio" tell own.yaml "$n" --values "0.$n" >/dev/null || return 1
    done
}
pids=
for w in 1 2 3 4; do
    worker $w 2>"words.$w" &
    pids="$pids $!"
done
good=0
for p in $pids; do wait "$p" && good=$((good + 1)); done
cat words.*
check four_workers_at_once is $good 4
check each_trial_was_given_once is "$(cat asked.* | sort -n | uniq | wc -l)" 12
check all_are_over is "$("$fidelio" status own.yaml --json | grep -c '"running":0')" 1
check a_finished_study_gives_nothing is "$(code "$fidelio" ask own.yaml)" 3

# one after another: the third is worse than both at the first rung and is told to stop
sed 's/trials: 12/trials: 50/' own.yaml >more.yaml
n1=$("$fidelio" ask more.yaml | trial_of)
n2=$("$fidelio" ask more.yaml | trial_of)
n3=$("$fidelio" ask more.yaml | trial_of)
check the_first_goes_on is "$("$fidelio" report-value more.yaml "$n1" 1 --values 0.1)" continue
"$fidelio" report-value more.yaml "$n2" 1 --values 0.2 >/dev/null
check a_bad_one_is_stopped is "$("$fidelio" report-value more.yaml "$n3" 1 --values 0.9 --json)" '{"decision":"stop"}'
check should_prune_says_so is "$(code "$fidelio" should-prune more.yaml "$n3")" 0
check and_no_for_the_good_one is "$(code "$fidelio" should-prune more.yaml "$n1")" 1
check should_prune_as_json is "$("$fidelio" should-prune more.yaml "$n1" --json)" '{"stop":false}'
check tell_stopped is "$("$fidelio" tell more.yaml "$n3" stopped)" pruned
n4=$("$fidelio" ask more.yaml | trial_of)
check tell_failed is "$("$fidelio" tell more.yaml "$n4" failed --json)" '{"state":"failed"}'
check an_unknown_end_is_refused is "$(code "$fidelio" tell more.yaml "$n1" perhaps)" 2
check values_must_be_numbers is "$(code "$fidelio" tell more.yaml "$n1" --values 1,5x)" 2
check a_trial_that_is_not_there_is_refused is "$(code "$fidelio" tell more.yaml 999 failed)" 2
check tell_twice_is_refused is "$(code "$fidelio" tell more.yaml "$n4" failed)" 1

# nothing to do until a running trial reports: 75, ask again later
cat >grid.yaml <<'Y'
metric: {name: loss, goal: minimize}
method: random
parameters: {x: {min: 0.0, max: 1.0}}
fidelity: {name: epochs, min: 1, max: 9, eta: 3, scheduler: sha, mode: resume}
budget: {trials: 9}
Y
asked=0
while [ $asked -lt 30 ]; do
    c=$(code "$fidelio" ask grid.yaml)
    [ "$c" = 0 ] || break
    asked=$((asked + 1))
done
check a_full_rung_says_wait is "$c" 75

# while an engine runs, looking is free and another engine is refused at once
cat >busy.yaml <<'Y'
metric: {name: loss, goal: minimize}
command: 'sleep 30; echo loss=1 >>"$FIDELIO_REPORT"'
parameters: {x: {min: 0.0, max: 1.0}}
Y
"$fidelio" run busy.yaml --quiet 2>/dev/null &
engine=$!
until_true sh -c "'$fidelio' status busy.yaml | grep -q '^running *1$'"
check should_prune_needs_no_lock is "$(code "$fidelio" should-prune busy.yaml 0)" 1
check explain_needs_no_lock is "$(code "$fidelio" explain busy.yaml 0)" 0
check ask_beside_an_engine_is_refused is "$(code "$fidelio" ask busy.yaml)" 5
check doctor_names_the_engine sh -c "'$fidelio' doctor busy.yaml | grep -q 'engine.*pid $engine '"
kill -INT $engine
wait $engine
check the_engine_ends_as_interrupted is $? 130
exit $bad
