#!/bin/sh
# export, import and enqueue: what one study measured serves another.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
cat >first.yaml <<'Y'
metric: {name: loss, goal: minimize}
method: random
command: |
  case $FIDELIO_TRIAL in
  3) echo status=infeasible >>"$FIDELIO_REPORT"; exit 0 ;;
  4) exit 7 ;;
  5) echo "loss=nan" >>"$FIDELIO_REPORT"; exit 0 ;;
  esac
  s=${FIDELIO_BUDGET_DONE%.*}
  while [ "$s" -lt "${FIDELIO_BUDGET%.*}" ]; do
    s=$((s + 1))
    echo "step=$s loss=0.$FIDELIO_TRIAL" >>"$FIDELIO_REPORT"
  done
parameters:
  x: {min: 1.0e-9, max: 1.0, scale: log}
  n: {min: 1, max: 1000000000000000}
  kind: {values: [plain, "=SUM(A1)", "a,b", 'say "hi"', true, [64, 64]]}
  rate: {min: 0.0, max: 1.0, when: {kind: plain}}
  step: {values: [1, 2, 3]}
fidelity: {name: epochs, min: 1, max: 9, eta: 3, mode: resume}
budget: {trials: 20}
max_failures: 0
Y
"$fidelio" run first.yaml --quiet >/dev/null 2>run.log
check the_first_study_ends is "$("$fidelio" status first.yaml --json | grep -c '"trials":20,"waiting":0,"running":0')" 1
"$fidelio" export first.yaml >first.jsonl
"$fidelio" export first.yaml --csv >first.csv
check export_has_all_trials is "$(wc -l <first.jsonl) $(wc -l <first.csv)" "20 21"

# every configuration and final value arrives bit for bit by both roads; paused ones as pruned
sed 's/trials: 20/trials: 25/' first.yaml >by-json.yaml
cp by-json.yaml by-csv.yaml
check import_of_json_lines is "$("$fidelio" import by-json.yaml first.jsonl --json)" '{"imported":20,"known":0,"unborn":0}'
check import_of_csv is "$("$fidelio" import by-csv.yaml first.csv --json)" '{"imported":20,"known":0,"unborn":0}'
configs() { "$fidelio" export "$1" | sed -n 's/.*"config":\(.*\),"metrics":\({[^}]*}\).*/\1 \2/p'; }
configs first.yaml >want
configs by-json.yaml >json
configs by-csv.yaml >csv
check json_lines_keep_all_values cmp -s want json
check csv_keeps_all_values cmp -s want csv
curves() { "$fidelio" export "$1" | sed -n 's/.*"curve"://p'; }
curves first.yaml >want
curves by-json.yaml >json
check json_lines_keep_the_curves cmp -s want json
for f in by-json by-csv; do
    check ${f}_failures_have_their_reasons is "$("$fidelio" trials $f.yaml --csv | cut -d, -f2,3 | sed -n '5,7p' | tr '\n' ' ')" "failed,infeasible failed,crashed failed,diverged "
    check ${f}_none_is_left_to_run is "$("$fidelio" status $f.yaml --json | grep -c '"waiting":0,"running":0,"paused":0')" 1
done
check twice_is_once is "$("$fidelio" import by-csv.yaml first.csv --json)" '{"imported":0,"known":20,"unborn":0}'
check standard_input sh -c "'$fidelio' import by-csv.yaml - <first.jsonl"

# a run goes on from what was imported
"$fidelio" run by-json.yaml --quiet >/dev/null 2>&1
check a_run_goes_on_from_imports is "$("$fidelio" trials by-json.yaml --csv | wc -l)" 26

# a table from elsewhere: other columns, other order
cp first.yaml table.yaml
printf 'machine,kind,loss,x\r\nred,plain,0.5,0.1\r\nblue,"a,b",0.25,0.2\r\n' >table.csv
"$fidelio" import table.yaml table.csv >/dev/null 2>words
check a_foreign_table is "$("$fidelio" best table.yaml --json | grep -c '"x":0.2,.*"kind":"a,b"')" 1
check unknown_columns_are_named grep -q "'machine' is not used" words

# all or nothing, with the place
printf 'loss,x\n0.5,0.1\n0.4,7\n' >bad.csv
check a_bad_value_is_refused is "$(code "$fidelio" import table.yaml bad.csv)" 2
"$fidelio" import table.yaml bad.csv 2>words
check with_its_line grep -q 'bad.csv:3: .*x' words
check and_nothing_was_imported is "$("$fidelio" trials table.yaml --csv | wc -l)" 3
printf '{"config":{"x":0.1},"metrics":{"los":1}}\n' >bad.jsonl
check an_unknown_metric_is_refused is "$(code "$fidelio" import table.yaml bad.jsonl)" 2
printf '{"config":{"x":0.1},\n' >bad.jsonl
check broken_json_is_refused is "$(code "$fidelio" import table.yaml bad.jsonl)" 2
printf 'loss,x\n"0.5,0.1\n' >bad.csv
check an_open_quote_is_refused is "$(code "$fidelio" import table.yaml bad.csv)" 2
check a_table_without_the_metric_is_refused sh -c "echo x >no.csv; '$fidelio' import table.yaml no.csv; [ \$? = 2 ]"
head -c 3000 /dev/urandom >junk
check junk_is_refused is "$(code "$fidelio" import table.yaml junk)" 2
check a_missing_file_is_refused is "$(code "$fidelio" import table.yaml none.csv)" 2

# what the user wants tried next
cp first.yaml queue.yaml
check enqueue_by_words is "$("$fidelio" enqueue queue.yaml x=0.125 kind=plain)" "trial 0"
check enqueue_by_json is "$("$fidelio" enqueue queue.yaml '{"x":0.25,"n":7}' --json)" '{"trial":1}'
check a_wrong_name_is_refused is "$(code "$fidelio" enqueue queue.yaml y=1)" 2
check a_value_out_of_range_is_refused is "$(code "$fidelio" enqueue queue.yaml x=7)" 2
check ask_gives_it_first sh -c "'$fidelio' ask queue.yaml | grep -q '\"trial\":0.*\"x\":0.125'"
check and_then_the_second sh -c "'$fidelio' ask queue.yaml | grep -q '\"trial\":1.*\"x\":0.25,\"n\":7'"
exit $bad
