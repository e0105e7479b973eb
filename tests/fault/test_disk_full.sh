#!/bin/sh
# A full disk and the like: the engine says so, starts nothing new, and goes on by itself when there is
# room. A file size limit stands for the disk: it can be set and lifted without mounting.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
command -v prlimit >/dev/null || { skip disk_full "no prlimit here"; exit 0; }
cat >full.yaml <<'Y'
name: full
metric: {name: loss, goal: minimize}
method: random
command: |
  [ "$FIDELIO_TRIAL" -lt 5 ] || until [ -e go ]; do sleep 0.01; done
  s=${FIDELIO_BUDGET_DONE%.*}
  while [ $s -lt ${FIDELIO_BUDGET%.*} ]; do
    s=$((s + 1))
    echo "step=$s loss=$FIDELIO_PARAM_X" >>"$FIDELIO_REPORT"
    sleep 0.01
  done
parameters: {x: {min: 0.0, max: 1.0}}
fidelity: {name: steps, min: 1, max: 9, eta: 3, mode: resume}
budget: {trials: 60}
resources: {parallel: 3, grace: 1s}
Y
mkfifo talk # a file could not take the words
rm -f go words
cat talk >words &
"$fidelio" run full.yaml --quiet 2>talk &
engine=$!
until_true sh -c "'$fidelio' status full.yaml | grep -q '^trials *[6-9]'"
prlimit --pid $engine --fsize=1:unlimited
touch go
check it_says_so until_true grep -q 'the store refuses (.*); nothing new starts' words
seen=$("$fidelio" status full.yaml --json)
sleep 1
check nothing_new_starts is "$("$fidelio" status full.yaml --json)" "$seen"
check it_says_so_once is "$(grep -c refuses words)" 1
prlimit --pid $engine --fsize=unlimited:unlimited
wait $engine
check it_goes_on_by_itself is $? 0
check and_says_so grep -q 'takes events again' words
check all_trials_are_there is "$("$fidelio" trials full.yaml --csv | wc -l)" 61
check none_is_in_limbo sh -c "'$fidelio' status full.yaml --json | grep -q '\"waiting\":0,\"running\":0'"
"$fidelio" export full.yaml >all
check every_step_once sh -c "! grep -q '\"step\":1[0-9]' all && grep -q 'curve\":\[\[1,[0-9.e-]*\],\[2,[0-9.e-]*\],\[3,[0-9.e-]*\],\[4' all"

# interrupted while there is no room: it leaves, trials are told to end, later all goes on
sed "s/name: full/name: left-$$/" full.yaml >left.yaml
rm -f go words
cat talk >words &
"$fidelio" run left.yaml --quiet 2>talk &
engine=$!
until_true sh -c "'$fidelio' status left.yaml | grep -q '^trials *[6-9]'"
prlimit --pid $engine --fsize=1:unlimited
touch go
until_true grep -q 'the store refuses' words
kill -INT $engine
wait $engine
check interrupted_it_leaves is $? 5
check and_its_trials_end until_true sh -c "! grep -lz 'FIDELIO_STUDY=left-$$' /proc/[0-9]*/environ 2>/dev/null | grep -q ."
check the_same_command_goes_on is "$(code "$fidelio" run left.yaml --quiet)" 0
check with_all_trials is "$("$fidelio" trials left.yaml --csv | wc -l)" 61

# a shortage of descriptors is not the trials' fault: none fails, none loses a retry
sed 's/name: full/name: short/; s/parallel: 3/parallel: 1/' full.yaml >short.yaml
rm -f go words
cat talk >words &
"$fidelio" run short.yaml --quiet 2>talk &
engine=$!
until_true sh -c "'$fidelio' status short.yaml | grep -q '^trials *6'"
# one more than are open: enough to see an end, too few for a start
few=$(ls /proc/$engine/fd | sort -n | awk '$1 == n { n++ } END { print n + 1 }')
prlimit --pid $engine --nofile=$few:1000
touch go
check a_shortage_is_said until_true grep -q 'could not be started: .*Too many open files' words
prlimit --pid $engine --nofile=1000:1000
wait $engine
check and_waited_for is $? 0
check nobody_failed_for_it sh -c "'$fidelio' status short.yaml --json | grep -q '\"trials\":60.*\"failed\":0'"

# a trial's own file over the limit ends that trial as anywhere else
check the_signal_is_not_ignored_in_trials sh -c 'printf "metric: {name: loss}\ncommand: \"grep SigIgn /proc/self/status; echo loss=1 >>\$FIDELIO_REPORT\"\nparameters: {x: {min: 0.0, max: 1.0}}\nbudget: {trials: 1}\n" >sig.yaml; "$0" run sig.yaml --quiet; "$0" logs sig.yaml 0 | grep -q "SigIgn:.*0000000$"' "$fidelio"
exit $bad
