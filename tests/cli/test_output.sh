#!/bin/sh
# Every JSON that the command prints is what docs/output.md says.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
command -v python3 >/dev/null || { skip output "no python3 here"; exit 0; }
fits() { # SECTION, then a command
    section=$1
    shift
    "$@" >out 2>/dev/null
    tr -d '\n' <out >joined # `trials` breaks its array into lines
    [ "$section" = trials ] && { section=trial; mv joined out; }
    python3 "$FIDELIO_SOURCE/tests/cli/output.py" "$FIDELIO_SOURCE/docs/output.md" "$section" <out >why ||
        { cat why; return 1; }
}
cat >s.yaml <<'Y'
metric: [{name: loss, goal: minimize}, {name: size, at_most: 3}]
description: x
method: random
command: |
  case $FIDELIO_TRIAL in 2) exit 1 ;; 3) echo loss=nan >>"$FIDELIO_REPORT"; exit 0 ;; esac
  echo "step=$FIDELIO_BUDGET loss=0.$FIDELIO_TRIAL size=2" >>"$FIDELIO_REPORT"
parameters: {x: {min: 0.0, max: 1.0}}
fidelity: {name: epochs, min: 1, max: 9, eta: 3, mode: resume}
budget: {trials: 12}
Y
check version fits version "$fidelio" version --json
check doctor_of_nothing fits doctor "$fidelio" doctor --json
check check_of_a_file fits check "$fidelio" check s.yaml --json
check run fits trial "$fidelio" run s.yaml --quiet --json
check status fits status "$fidelio" status s.yaml --json
check trials fits trials "$fidelio" trials s.yaml --json
check export fits trial "$fidelio" export s.yaml
check show fits trial "$fidelio" show s.yaml 0
check best fits trial "$fidelio" best s.yaml --json
sed 's/size, at_most: 3/size, goal: maximize/; s/seed: .*//' s.yaml | grep -v '^fidelity' >two.yaml
check run_of_two_objectives fits front "$fidelio" run two.yaml --quiet --json
check front fits front "$fidelio" best two.yaml --json
check status_of_two_objectives fits status "$fidelio" status two.yaml --json
check explain fits explain "$fidelio" explain s.yaml 5
check importance fits importance "$fidelio" importance s.yaml --json
check doctor_of_a_study fits doctor "$fidelio" doctor s.yaml --json
"$fidelio" export s.yaml >all
sed 's/trials: 12/trials: 99/' s.yaml >loop.yaml
check import fits import "$fidelio" import loop.yaml all --json
check enqueue fits enqueue "$fidelio" enqueue loop.yaml x=0.5 --json
check ask fits ask "$fidelio" ask loop.yaml
check report fits report-value "$fidelio" report-value loop.yaml 12 1 --values 0.5,2 --json
check should_prune fits should-prune "$fidelio" should-prune loop.yaml 12 --json
check tell fits tell "$fidelio" tell loop.yaml 12 stopped --json
for f in mlp xgboost sklearn-digits wandb-sweep; do
    check "check_$f" fits check "$fidelio" check "$FIDELIO_SOURCE/configs/$f.yaml" --json
done
printf 'metric: {name: loss, gaol: minimize}\ncommand: x\nparameters: {x: {min: 1, max: 0}}\n' >bad.yaml
"$fidelio" check bad.yaml --json >out 2>/dev/null
check mistakes_as_json python3 -c "import json; d = json.load(open('out'))['diagnostics']; assert len(d) > 1 and d[0]['line'] == 1"

# the best, as a command line, trains it again
"$fidelio" best s.yaml --command >again
check the_command_line_runs sh -c 'sh ./again | grep -q "^step=9 loss=0\."'
"$fidelio" best s.yaml --env >env
check the_environment_is_read_back sh -c '. ./env && [ -n "$FIDELIO_PARAM_X" ]'

# damage in the middle of the file: refused, rescued, gone on with
cat >d.yaml <<'Y'
metric: {name: loss, goal: minimize}
method: random
command: 'echo loss=$FIDELIO_PARAM_X >>$FIDELIO_REPORT'
parameters: {x: {min: 0.0, max: 1.0}}
budget: {trials: 100}
Y
"$fidelio" run d.yaml --quiet 2>/dev/null
size=$(wc -c <runs/d/study.db)
dd if=/dev/zero of=runs/d/study.db bs=1 seek=$((size * 2 / 3)) count=300 conv=notrunc 2>/dev/null
check a_damaged_store_is_refused is "$(code "$fidelio" status d.yaml)" 5
"$fidelio" status d.yaml 2>words
check and_the_remedy_said grep -q "fidelio rescue" words
check rescue fits rescue "$fidelio" rescue d.yaml --json
check rescued_it_opens is "$(code "$fidelio" status d.yaml)" 0
check much_was_kept test "$("$fidelio" trials d.yaml --csv | wc -l)" -gt 40
check the_damaged_file_is_kept test -s runs/d/study.db.damaged-1
check and_the_run_goes_on is "$(code "$fidelio" run d.yaml --quiet)" 0
check it_is_complete_again is "$("$fidelio" status d.yaml --json | grep -c '"complete":100')" 1
check a_sound_store_is_left_alone is "$(code "$fidelio" rescue d.yaml)" 0
exit $bad
