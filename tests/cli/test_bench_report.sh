# `report`: several folders, the choice of methods, a shorter budget, pairs. The answers were
# computed by hand: area = sum of (regret x evaluations) / budget, regret 1 before a value.
set -u
bench=${FIDELIO_BUILD:-build/release}/benchmarks/fidelio-bench
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
check() { # WORDS COMMAND...
    words=$1; shift
    if "$@"; then echo "ok     $words"; else echo "not ok $words"; failed=1; fi
}
study() { # METHOD PROBLEM SEED BUDGET TRACE [STATUS]
    echo "{\"problem\": \"$2\", \"method\": \"$1\", \"seed\": $3, \"workers\": 1, \"whole\": true, \"budget\": $4, \"status\": \"${6:-ok}\", \"group\": \"g\", \"best\": 0, \"median\": 1, \"evaluations\": $4, \"steps\": $4, \"asks\": $4, \"spent\": $4, \"seconds\": $4, \"cpu\": 0.5, \"trace\": [$5], \"effort\": []}"
}
mkdir "$dir/ours" "$dir/peers"
export FIDELIO_PEERS="$dir/none" # whose failures it would list
{
    study auto p 1 100 "[1,1,1,0.5],[30,30,30,0.01],[80,80,80,0.001]"
    study auto p 2 100 "[1,1,1,0.5],[30,30,30,0.01],[80,80,80,0.001]"
    study auto q 1 100 "[1,1,1,0.9]"
    study random p 1 100 "[1,1,1,0.5]"
} > "$dir/ours/results.jsonl"
{
    study peer:x p 1 50 "[1,1,1,0.2]"
    study peer:x q 1 50 "[1,1,1,0.09]"
    study peer:y p 1 50 "[1,1,1,0.5]" failed
} > "$dir/peers/results.jsonl"

"$bench" report "$dir/ours" "$dir/peers" --pairs --budget 50 > "$dir/pairs"
check "the cases that both have" grep -q '^| peer:x | 2, 2 |' "$dir/pairs"
check "regret at a checkpoint, of both" grep -q '0.7000 / 0.1450 | 0.7000 / 0.1450 | 0.4550 / 0.1450' "$dir/pairs"
check "log10 and area at the shorter budget" grep -q ' -1.02 / -0.87 | 0.6080 / 0.1621 | 1-0-1 |' "$dir/pairs"
check "where the reference loses" grep -q '| q -1.00 |$' "$dir/pairs"
check "a failed study is counted" grep -q '^| peer:y .*(1 of its studies failed)' "$dir/pairs"
mkdir -p "$dir/none"
echo "no wheel for <this> Python" > "$dir/none/smac.failed"
"$bench" report "$dir/ours" "$dir/peers" --budget 50 --html "$dir/page.html" > /dev/null
check "the page has the pairs" grep -q '<td>peer:x</td><td>2, 2</td><td>0.7000<br>0.1450</td>.*<td>1-0-1</td>.*<td>q -1.00</td>' "$dir/page.html"
check "and the peers that could not be installed" grep -q '<td>smac</td><td>no wheel for &#60;this&#62; Python</td>' "$dir/page.html"
"$bench" report "$dir/ours" "$dir/peers" --methods auto,random --markdown --per-problem > "$dir/two"
check "only the methods asked for" test "$(grep -c 'peer' "$dir/two")" -eq 0
check "at its own budget" grep -q '^| auto | 0.5000 | 0.5000 | 0.0100 | 0.0010 | ' "$dir/two"
check "per problem" grep -q '^| p | 0.001 (0.001, 0.001) | 0.5 (0.5, 0.5) |' "$dir/two"
check "a folder without results is an error" sh -c "! '$bench' report '$dir' 2>/dev/null >/dev/null"
exit $failed
