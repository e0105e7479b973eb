#!/bin/sh
# The clock of the machine is set while a study runs: forward by a day, back by two.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
case $FIDELIO_BUILD in *san*) skip a_clock_that_is_set "nothing goes before the sanitizer's library"; exit 0 ;; esac
cat >shift.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <time.h>
/* The time of day, shifted by the seconds in the file "shift". */
int clock_gettime(clockid_t which, struct timespec *out)
{
    int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    FILE *file = which == CLOCK_REALTIME ? fopen("shift", "r") : NULL;
    long shift = 0;
    int rc = real(which, out);
    if (file && fscanf(file, "%ld", &shift) == 1)
        out->tv_sec += shift;
    if (file)
        fclose(file);
    return rc;
}
C
cc -shared -fPIC -o shift.so shift.c -ldl 2>words || { skip a_clock_that_is_set "$(head -1 words)"; exit 0; }
cat >s.yaml <<'Y'
metric: {name: loss, goal: minimize}
method: random
command: 'sleep 0.1; echo loss=$FIDELIO_PARAM_X >>"$FIDELIO_REPORT"'
parameters: {x: {min: 0.0, max: 1.0}}
budget: {trials: 10, time: 30m}
Y
started() { [ -d "runs/s/trials/$1" ]; }
LD_PRELOAD=$folder/shift.so "$fidelio" run s.yaml --quiet 2>words &
engine=$!
until_true started 2
echo 86400 >shift
until_true started 5
echo -86400 >shift
wait $engine
check a_clock_that_is_set_ends_nothing is $? 0
check all_trials_were_run is "$(ls runs/s/trials | wc -l)" 10
"$fidelio" status s.yaml --json >status
check no_trial_took_a_day sh -c "! grep -q '\"seconds\":-\|\"seconds\":[0-9]\{4\}' status"
exit $bad
