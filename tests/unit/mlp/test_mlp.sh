#!/bin/sh
# The trainer as a sweep uses it: it learns, resumes exactly, ends on SIGTERM with 75.
set -eu
mlp=$FIDELIO_BUILD/benchmarks/mlp/fidelio-mlp
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset FIDELIO_REPORT FIDELIO_CHECKPOINT_DIR FIDELIO_BUDGET FIDELIO_SEED || :
fail() { echo "not ok $1"; exit 1; }
# Everything but the seconds, which differ from run to run.
numbers() { sed 's/, "seconds".*//' "$1"; }

# Two rings: not linearly separable, easy for one hidden layer.
awk 'BEGIN { srand(1); print "x,y,ring"
     for (i = 0; i < 600; i++) {
         c = i % 2; r = 1 + c + 0.2 * (rand() - 0.5); t = 6.2832 * rand()
         printf "%.5f,%.5f,%d\n", r * cos(t), r * sin(t), c } }' > rings.csv

"$mlp" --data rings.csv --epochs 30 --lr 0.1 --report learned
tail -n 1 learned | awk -F'"valid_error": ' '{ exit !($2 + 0 < 0.02) }' || fail "learns two rings"
"$mlp" --data rings.csv --epochs 30 --lr 0.1 --depth 0 --report linear
tail -n 1 linear | awk -F'"valid_error": ' '{ exit !($2 + 0 > 0.2) }' || fail "a linear model cannot"

for extra in "--optimizer=sgd" "--optimizer adam --dropout 0.2 --activation silu --schedule cosine --horizon 12"; do
    rm -f whole parts state
    "$mlp" --data rings.csv --epochs 12 --seed 3 $extra --report whole
    "$mlp" --data rings.csv --epochs 5 --seed 3 $extra --report parts --checkpoint state --horizon 12
    FIDELIO_BUDGET=12 FIDELIO_SEED=3 FIDELIO_REPORT=parts "$mlp" --data rings.csv $extra --checkpoint state
    numbers whole > a; numbers parts > b
    cmp -s a b || fail "resumed run gives the same numbers ($extra)"
done

"$mlp" --data rings.csv --epochs 3 --lr 1e6 --momentum 0.99 --report diverged --optimizer sgd
grep -q '"valid_loss": \(NaN\|Infinity\)' diverged || fail "divergence is reported as such"

"$mlp" --data rings.csv --epochs 1000000 --width 256 --depth 3 --report long --checkpoint state2 &
pid=$!
while [ ! -s long ]; do sleep 0.05; done
kill -TERM $pid
code=0; wait $pid || code=$?
[ "$code" = 75 ] || fail "SIGTERM ends with 75 (got $code)"
[ -s state2 ] || fail "SIGTERM leaves a checkpoint"

for wrong in "" "--data none.csv" "--data rings.csv --epochs 0" "--data rings.csv --lr abc" \
             "--data rings.csv --epocs 3" "--data rings.csv --activation swish" "--data rings.csv --lr"; do
    code=0; "$mlp" $wrong > /dev/null 2> words || code=$?
    [ "$code" = 1 ] && grep -q '^fidelio-mlp: ' words || fail "refuses '$wrong'"
done
echo "ok     the trainer learns, resumes exactly, ends on SIGTERM with 75"
