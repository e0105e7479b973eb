#!/bin/sh
# Two commands on one study at the same time, and what an engine that was killed leaves behind.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
cat >s.yaml <<'Y'
metric: {name: loss, goal: minimize}
method: random
command: 'for i in 1 2 3 4 5 6 7 8; do echo step=$i loss=$FIDELIO_PARAM_X >>"$FIDELIO_REPORT"; sleep 0.15; done'
parameters: {x: {min: 0.0, max: 1.0}}
budget: {trials: 2}
resources: {parallel: 2, grace: 1s}
Y
runs() { "$fidelio" status s.yaml 2>/dev/null | grep -q '^running *[12]$'; }
start() {
    "$fidelio" run s.yaml --quiet 2>engine.words &
    engine=$!
    until_true runs
}
steps_said_once() { # in every report file below
    for file in "$1"/trials/*/attempt-*/report; do
        [ -f "$file" ] || return 1
        [ -z "$(cut -d' ' -f1 "$file" | sort | uniq -d)" ] || { cat "$file" && return 1; }
    done
}

# --new does not take the folder away from under an engine
start
check a_new_study_beside_an_engine_is_refused is "$(code "$fidelio" run s.yaml --new)" 5
wait $engine
check and_the_engine_ends_well is $? 0
check with_all_its_trials sh -c "'$fidelio' status s.yaml | grep -q '^complete *2$'"

# what a killed engine left is ended before its study is put aside
rm -rf runs
start
kill -9 $engine
wait $engine 2>/dev/null
check a_new_study_after_a_kill "$fidelio" run s.yaml --new --quiet
check has_no_report_of_the_old_ones steps_said_once runs/s
check and_the_old_one_is_kept test -f runs/s.1/study.db

# also where the study was removed by hand
rm -rf runs
start
kill -9 $engine
wait $engine 2>/dev/null
rm -rf runs
check a_removed_study_is_made_anew "$fidelio" run s.yaml --quiet
check and_has_no_report_of_the_removed_one steps_said_once runs/s

# stop ends what a killed engine left; the study goes on later
rm -rf runs
start
kill -9 $engine
wait $engine 2>/dev/null
"$fidelio" stop s.yaml 2>stop.words
check stop_ends_what_was_left is $? 0
check and_says_so grep -q 'trials that it had left' stop.words
check nobody_is_left sh -c "! grep -lzs 'FIDELIO_REPORT=$folder/' /proc/[0-9]*/environ | grep -q ."
check and_there_is_nothing_more_to_stop is "$(code "$fidelio" stop s.yaml)" 1
check the_study_goes_on "$fidelio" run s.yaml --quiet
check to_its_end sh -c "'$fidelio' status s.yaml | grep -q '^complete *2$'"

# a supervisor that somebody stopped does not keep the engine from ending
rm -rf runs
start
runner=$(cat /proc/[0-9]*/stat 2>/dev/null | awk -v engine="$engine" '$4 == engine { print $1; exit }')
kill -STOP "$runner"
kill -INT $engine
until_true grep -q '^ending' engine.words
kill -INT $engine 2>/dev/null # it may have ended
until_true sh -c "! kill -0 $engine" || kill -9 $engine
wait $engine
check a_stopped_supervisor_is_woken_to_end is $? 130
kill -CONT "$runner" 2>/dev/null

# a store whose definition is not written yet
command -v python3 >/dev/null || { skip a_store_that_is_just_made "no python3 here"; exit $bad; }
cp -r runs/s runs/fresh
sed 's/^metric/name: fresh\n&/' s.yaml >fresh.yaml
python3 - <<'P'
import sqlite3
db = sqlite3.connect("runs/fresh/study.db")
db.execute("DELETE FROM events")
db.execute("UPDATE progress SET next_seq = 0")
db.commit()
P
check a_study_that_is_just_made_has_not_run is "$("$fidelio" best fresh.yaml 2>&1 | cut -c1-31)" \
    "fidelio: nothing has run here y"

# a short command that has the lock: `stop` leaves it alone, `run` waits and hears a signal
mkdir -p runs/held
sed 's/^metric/name: held\n&/' s.yaml >held.yaml
cat >hold.py <<'P'
import fcntl, os, socket, struct, time
fd = os.open("runs/held/study.db.lock", os.O_RDWR | os.O_CREAT, 0o600)
fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 1, 0))  # F_OFD_SETLK
boot = open("/proc/sys/kernel/random/boot_id").read().strip()
os.write(fd, f"pid={os.getpid()}\nhost={socket.gethostname()}\nboot={boot}\nsince=now\nlabel=ask\n".encode())
open("held", "w").close()
time.sleep(60)
P
python3 hold.py &
holder=$!
until_true test -e held
check stop_stops_engines_only is "$(code "$fidelio" stop held.yaml)" 1
check and_leaves_others_alone kill -0 $holder
"$fidelio" run held.yaml --quiet 2>held.words &
engine=$!
listens() { # it is no longer the shell's copy, and catches SIGTERM
    [ "$(readlink /proc/$engine/exe)" = "$(readlink -f "$fidelio")" ] &&
        grep -q '^SigCgt:.*[4567cdef]...$' /proc/$engine/status
}
until_true listens
kill -TERM $engine
kill $holder
wait $engine
check a_signal_while_it_waits_ends_it is $? 130
check and_no_trial_was_begun is "$(ls runs/held/trials 2>/dev/null)" ""
exit $bad
