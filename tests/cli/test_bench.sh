# fidelio-bench as a researcher meets it: a small suite, resumed, repeated, reported.
set -u
bench=${FIDELIO_BUILD:-build/release}/benchmarks/fidelio-bench
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
check() { # WORDS COMMAND...
    words=$1; shift
    if "$@"; then echo "ok     $words"; else echo "not ok $words"; failed=1; fi
}
# what must repeat: everything but the CPU time
results() { sed -e 's/, "cpu": [^,]*//' -e 's/, "effort": .*//' "$1/results.jsonl" | sort; }

"$bench" run smoke --quiet --jobs 2 --out "$dir/a" 2>/dev/null
check "a suite runs" test "$(wc -l < "$dir/a/results.jsonl")" -eq 28
"$bench" run smoke --quiet --jobs 1 --out "$dir/b" 2>/dev/null
results "$dir/a" > "$dir/a.txt"; results "$dir/b" > "$dir/b.txt"
check "the same seeds give the same results on one process or two" cmp -s "$dir/a.txt" "$dir/b.txt"

# killed in the middle of writing: half of the lines, the last one cut off
head -n 9 "$dir/a/results.jsonl" > "$dir/b/results.jsonl"
sed -n 10p "$dir/a/results.jsonl" | head -c 100 >> "$dir/b/results.jsonl"
"$bench" run smoke --quiet --jobs 2 --out "$dir/b" 2>/dev/null
grep '"trace": \[.*\]}$' "$dir/b/results.jsonl" > "$dir/whole"; mv "$dir/whole" "$dir/b/results.jsonl"
results "$dir/b" > "$dir/b.txt"
check "a suite that was killed goes on where it was" cmp -s "$dir/a.txt" "$dir/b.txt"

printf 'name: clock\nwhole: false\ntimed: true\nbudget: 3\nseeds: 1-1\nmethods: [random+asha]\nproblems: [mlp/vehicle]\n' > "$dir/clock.yaml"
"$bench" run "$dir/clock.yaml" --quiet --out "$dir/clock" 2>/dev/null
check "a budget of time ends when so much has passed, and is what is spent" "${PYTHON:-python3}" - "$dir/clock/results.jsonl" <<'END'
import json, sys
r, = map(json.loads, open(sys.argv[1]))
unit = r["seconds"] / r["spent"]
assert r["timed"] and 3 <= r["spent"] < 5, r["spent"]
assert all(abs(m[1] * unit - m[2]) < 1e-6 * unit for m in r["trace"])
END

"$bench" report "$dir/a" > "$dir/report"
check "the report has both methods" test "$(grep -c '^random\|^sobol' "$dir/report")" -ge 4
"$bench" report "$dir/a" --per-problem --html "$dir/report.html" > "$dir/report"
check "it has every problem's quartiles" test "$(grep -c '^  .*(.* \.\. .*)' "$dir/report")" -eq 14
check "the page has curves and ranks, over evaluations and time, decision times, differences" \
    test "$(grep -c '</svg>' "$dir/report.html")" -eq 6
check "and needs nothing from elsewhere" sh -c '! grep -q "http\|src=\|href=" "$1"' x "$dir/report.html"
check "every group has its table with quartiles and p" sh -c \
    'test "$(grep -c "problems)$" "$1")" -ge 5 && grep -q "median (quartiles)" "$1"' x "$dir/report"
"$bench" report "$dir/a" --json > "$dir/report.json"
check "the report is JSON" "${PYTHON:-python3}" - "$dir/report.json" <<'END'
import json, sys
arena, = json.load(open(sys.argv[1]))["arenas"]
assert arena["reference"] in ("random", "sobol") and len(arena["problems"]) == 7
assert {s["axis"] for s in arena["series"]} == {"evaluations", "seconds"}
for group in arena["groups"]:
    for m in group["methods"]:
        assert m["lower"] <= m["median"] <= m["upper"]
        assert (m["p"] is None) == (m["method"] == arena["reference"]), m
        assert all(0 <= r <= 1 for r in m["regret"])
for s in arena["series"]:
    assert s["x"] == sorted(s["x"]) and all(1 <= r <= 2 for r in s["rank"])
END
check "its curves are CSV" test "$("$bench" report "$dir/a" --curves | wc -l)" -eq 241
"$bench" report "$dir/a" --gnuplot "$dir/figures" > /dev/null
check "its figures are scripts" test "$(ls "$dir/figures" | wc -l)" -eq 6
if command -v gnuplot > /dev/null; then
    (cd "$dir/figures" && gnuplot ./*.gp > "$dir/words" 2>&1)
    check "that gnuplot runs without a word" test ! -s "$dir/words"
    check "each to a figure" test "$(find "$dir/figures" -name '*.pdf' -size +2k | wc -l)" -eq 6
else
    echo "skip   gnuplot is not here"
fi
for what in problems methods peers suites; do
    check "list $what --json is JSON" sh -c '"$1" list $2 --json | "${PYTHON:-python3}" -c "
import json, sys
assert all(json.loads(line)[\"name\"] for line in sys.stdin)"' x "$bench" $what
done
check "show is JSON" sh -c '"$1" show mlp/vehicle | "${PYTHON:-python3}" -m json.tool > /dev/null' x "$bench"
check "verify passes, as JSON too, and skips in words what is not here" sh -c '
    FIDELIO_DATA=/nowhere "$1" verify --json 2> /dev/null > "$2" &&
    grep -q "\"result\": \"skip\", \"name\": \"taskset\"" "$2" &&
    grep -q "\"ok\", \"name\": \"bbob-f1" "$2"' x "$bench" "$dir/verified"
"$bench" verify > "$dir/verified"
check "so do all tables and surrogates that are here" grep -q ' 0 failed' "$dir/verified"
grep '^skip' "$dir/verified"
for family in lcbench rbv2_xgboost iaml_glmnet taskset nasbench_nlp fcnet_final hpobench_mlp_final \
    nasbench201_final nasbench_macro ktune quantile_xgboost quantile_deepar; do
    name=$("$bench" list problems | grep "^$family/" | head -n 1)
    [ -n "$name" ] || { echo "skip   $family is not here"; continue; }
    check "$family tells its source, licence, cost and optimum" sh -c '
        "$1" show "$2" > "$3" && ! grep -q "not said\|NaN" "$3" && grep -q "\"cost\": \"." "$3" &&
        grep -q "\"source\": \"." "$3"' x "$bench" "$name" "$dir/shown"
done
"$bench" run smoke --quiet --methods randon --out "$dir/c" 2> "$dir/words"
check "an unknown method is refused with the nearest one" grep -q random "$dir/words"
printf 'name: x\nwhole: true\nfoo: 1\n' > "$dir/bad.yaml"
"$bench" run "$dir/bad.yaml" --quiet --out "$dir/c" 2> "$dir/words"
check "a bad suite is refused with its place" grep -q 'bad.yaml:3:1' "$dir/words"
"$bench" run smoke --quiet --problems branin --methods nobody:x --seeds 1-1 --out "$dir/d" 2> /dev/null
check "a peer that is not there fails its study with words" grep -q '"status": "failed", "error"' "$dir/d/results.jsonl"
"$bench" run multifidelity --quiet --problems 'mlp/*' --methods random+asha --seeds 1-1 --budget 5 \
    --out "$dir/f" 2> /dev/null
for jobs in 1 2; do
    "$bench" run multifidelity --quiet --problems 'mlp/*,hartmann6+mf' --methods random+asha,random+hyperband \
        --seeds 1-2 --budget 5 --workers 8 --jobs $jobs --out "$dir/j$jobs" 2> /dev/null
    results "$dir/j$jobs" > "$dir/j$jobs.txt"
done
check "so do eight workers in virtual time" cmp -s "$dir/j1.txt" "$dir/j2.txt"
check "the tables of our own need no download" test "$(grep -c '"status": "ok"' "$dir/f/results.jsonl")" -eq 4
"$bench" run multifidelity --quiet --problems mlp/vehicle --methods auto,auto+sha,auto+none --seeds 1-1 --budget 6 \
    --workers 1 --out "$dir/u" 2> /dev/null
check "auto alone has the scheduler that a sweep file gets" "${PYTHON:-python3}" - "$dir/u/results.jsonl" <<'END'
import json, sys
trace = {s["method"]: s["trace"] for s in map(json.loads, open(sys.argv[1]))}
assert trace["auto"] == trace["auto+sha"] != trace["auto+none"]
END
printf 'name: o\nwhole: true\nbudget: 30\nseeds: 1-1\nmethods: [tpe]\nproblems: [branin]\ncount_overhead: true\n' > "$dir/over.yaml"
"$bench" run "$dir/over.yaml" --quiet --out "$dir/o" 2> /dev/null
check "a method's own time passes on the virtual clock where a suite says so" \
    grep -q '"seconds": 30\.[0-9]' "$dir/o/results.jsonl"
"$bench" speed --methods random,sobol --budget 20 --problems none > "$dir/speed"
check "speed is JSON lines: CPU per ask, memory, decisions" "${PYTHON:-python3}" - "$dir/speed" <<'END'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert [l["method"] for l in lines if "method" in l] == ["random", "sobol"]
assert all(l["ms_per_ask"]["20"] > 0 for l in lines if "method" in l)
assert {l["scheduler"] for l in lines if "scheduler" in l} >= {"asha", "hyperband", "median"}
assert all(l["ns_per_report"]["1000"] > 0 for l in lines if "scheduler" in l)
END
for suite in $("$bench" list suites); do
    "$bench" run "$suite" --dry-run --out "$dir/e" > "$dir/plan" 2>/dev/null
    check "suite $suite names what there is" test $? -eq 0
done
exit $failed
