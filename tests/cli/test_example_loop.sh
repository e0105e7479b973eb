#!/bin/sh
# examples/loop.c as a reader runs it: it ends well and finds lr near 0.01.
set -eu
loop=$FIDELIO_BUILD/example_loop
if [ ! -x "$loop" ]; then
    echo "skipped: this build has no examples"
    echo "skip   the C example"
    exit 0
fi
out=$("$loop")
echo "$out"
echo "$out" | awk -F'loss = ' '/^best of 40 trials/ && $2 + 0 < 0.5 { good = 1 } END { exit !good }' || {
    echo "not ok the C example finds a good trial"
    exit 1
}
echo "ok     the C example finds a good trial"
