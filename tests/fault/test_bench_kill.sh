#!/bin/sh
# A suite killed with -9 goes on where it was: nothing is run twice, nothing is missing, the
# results are those of a suite that was left alone. And it needs no network.
set -u
bench=${FIDELIO_BUILD:-build/release}/benchmarks/fidelio-bench
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
check() { # WORDS COMMAND...
    words=$1; shift
    if "$@"; then echo "ok     $words"; else echo "not ok $words"; failed=1; fi
}
printf 'name: k\nwhole: true\nbudget: 60\nseeds: 1-6\nmethods: [random, tpe]\nproblems: [branin, levy-d4+cond, ackley-d6+cat]\n' > "$dir/suite.yaml"
# what must repeat: everything but the CPU time
results() { sed -e 's/, "cpu": [^,]*//' -e 's/, "effort": .*//' "$1/results.jsonl" | sort; }
"$bench" run "$dir/suite.yaml" --quiet --jobs 2 --out "$dir/whole" 2> /dev/null
check "the suite left alone has all its studies" test "$(wc -l < "$dir/whole/results.jsonl")" -eq 36

kills=0
for lines in 3 9 20 30; do
    "$bench" run "$dir/suite.yaml" --quiet --jobs 2 --out "$dir/killed" 2> /dev/null &
    engine=$!
    until [ -e "$dir/killed/results.jsonl" ] && [ "$(wc -l < "$dir/killed/results.jsonl")" -ge $lines ]; do
        kill -0 $engine 2> /dev/null || break
    done
    kill -9 $engine 2> /dev/null && kills=$((kills + 1))
    wait $engine 2> /dev/null
done
"$bench" run "$dir/suite.yaml" --quiet --jobs 2 --out "$dir/killed" 2> "$dir/words"
check "it was killed" test $kills -ge 1
check "and knew what was done" grep -q '[1-9][0-9]* done before' "$dir/words"
grep '"trace": \[.*\]}$' "$dir/killed/results.jsonl" > "$dir/lines"
check "nothing is run twice" test "$(sed -e 's/, "workers".*//' "$dir/lines" | sort | uniq -d | wc -l)" -eq 0
mv "$dir/lines" "$dir/killed/results.jsonl"
results "$dir/whole" > "$dir/a"; results "$dir/killed" > "$dir/b"
check "the results are the same" cmp -s "$dir/a" "$dir/b"

if strace -f -e trace=socket,connect -o "$dir/calls" true 2> /dev/null; then
    strace -f -e trace=socket,connect -o "$dir/calls" "$bench" run smoke --quiet --seeds 1-1 --out "$dir/s" 2> /dev/null
    check "nothing is fetched at run time" sh -c '! grep -q "AF_INET" "$1"' x "$dir/calls"
    check "of a whole suite" test "$(grep -c '"status": "ok"' "$dir/s/results.jsonl")" -ge 5
else
    echo "skip   strace is not here, or may not trace"
fi
exit $failed
