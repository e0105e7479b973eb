#!/bin/sh
# kill -9 of the real engine at random moments with live trials, and of runners and trials.
# Every report that a trial wrote is in the store once; no trial is in limbo; nobody is left.
#   KILLS=1000 sh tests/fault/test_engine_kill.sh     a longer campaign
set -u
fidelio=$FIDELIO_BUILD/fidelio
command -v sqlite3 >/dev/null || { echo "skip   no sqlite3 command"; exit 0; }
case $FIDELIO_BUILD in
*san*) kills=${KILLS:-20} ;;
*) kills=${KILLS:-200} ;;
esac
base=${TMPDIR:-/tmp}
[ -z "${TMPDIR-}" ] && [ -w /dev/shm ] && base=/dev/shm
folder=$(mktemp -d "$base/fidelio-kill-XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
bad=0
check() {
    name=$1
    shift
    if "$@" >/dev/null 2>&1; then echo "ok     $name"; else
        echo "not ok $name"
        bad=1
    fi
}
cat >sweep.yaml <<'Y'
name: NAME
metric: {name: loss, goal: minimize}
method: random
command: |
  s=${FIDELIO_BUDGET_DONE%.*}
  [ -s "$FIDELIO_CHECKPOINT_DIR/step" ] && s=$(cat "$FIDELIO_CHECKPOINT_DIR/step")
  while [ "$s" -lt "${FIDELIO_BUDGET%.*}" ]; do
    s=$((s + 1))
    echo "step=$s loss=$FIDELIO_PARAM_X" >>"$FIDELIO_REPORT"
    echo "$FIDELIO_TRIAL|$FIDELIO_ATTEMPT|$s" >>"$LEDGER.$FIDELIO_TRIAL.$FIDELIO_ATTEMPT"
    echo "$s" >"$FIDELIO_CHECKPOINT_DIR/step"
    sleep 0.02
  done
parameters: {x: {min: 0.0, max: 1.0}}
fidelity: {name: steps, min: 3, max: 27, eta: 3, mode: resume}
budget: {trials: 100000}
resources: {parallel: 4, grace: 1s}
retry: 1000
max_failures: 1000000
Y
sed "s/NAME/killed-$$/" sweep.yaml >named.yaml && mv named.yaml sweep.yaml
mkdir ledger
LEDGER=$folder/ledger/l
export LEDGER

# moments from a small generator of our own: the same in every run
seed=12345
moment() {
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    printf '0.%03d' $((seed / 65536 % 120 + 10))
}
n=0
while [ $n -lt "$kills" ]; do
    "$fidelio" run sweep.yaml --quiet >/dev/null 2>>run.log &
    engine=$!
    sleep "$(moment)"
    case $((n % 10)) in
    3) # a runner and, elsewhere, a trial
        p=$(grep -lz "FIDELIO_STUDY=killed-$$" /proc/[0-9]*/environ 2>/dev/null | head -1)
        p=${p#/proc/}
        [ -n "$p" ] && kill -9 "${p%/environ}" 2>/dev/null
        sleep 0.05
        ;;
    esac
    kill -9 $engine 2>/dev/null
    wait $engine 2>/dev/null
    n=$((n + 1))
done
sed 's/trials: 100000/trials: 1/' sweep.yaml >last.yaml
"$fidelio" run last.yaml --quiet >/dev/null 2>last.log
code=$?
check the_last_run_ends_by_itself test $code -eq 0
check none_is_in_limbo test "$("$fidelio" status last.yaml --json | grep -c '"waiting":0,"running":0')" = 1
check no_process_is_left sh -c "! grep -lz 'FIDELIO_STUDY=killed-$$' /proc/[0-9]*/environ 2>/dev/null | grep -q ."

cat ledger/l.* 2>/dev/null | sort -u >written
sqlite3 -separator '|' runs/killed-$$/study.db \
    'select trial, attempt, cast(step as integer) from events where kind in (4, 11)' | sort >stored
check every_step_is_stored_once test -z "$(uniq -d stored)"
check nothing_written_is_missing test -z "$(comm -23 written stored)"
check nothing_is_stored_that_was_not_written test "$(comm -13 written stored | wc -l)" -le "$n"
echo "$n kills, $(wc -l <stored) reports of $("$fidelio" trials last.yaml --csv | wc -l) trials"
exit $bad
