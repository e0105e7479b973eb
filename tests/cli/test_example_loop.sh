#!/bin/sh
# examples/ as a reader runs them: loop.c finds lr near 0.01, loop.py a good machine.
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
if [ -e "$FIDELIO_BUILD/libfidelio.so" ] && /usr/bin/python3 -c 'import sklearn' 2>/dev/null; then
    out=$(FIDELIO_LIBRARY=$FIDELIO_BUILD/libfidelio.so PYTHONPATH=$FIDELIO_SOURCE/python PYTHONDONTWRITEBYTECODE=1 \
        /usr/bin/python3 "$FIDELIO_SOURCE/examples/loop.py")
    echo "$out"
    echo "$out" | awk -F'accuracy = ' '/^best of 25/ && $2 + 0 > 0.95 { good = 1 } END { exit !good }' || {
        echo "not ok the Python example finds a good trial"
        exit 1
    }
    echo "ok     the Python example finds a good trial"
else
    echo "skip   the Python example: no shared library or no python3-sklearn here"
fi
