#!/bin/sh
# The sweeps under configs/ run for real, with fewer trials of less training.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
if grep -q '^FID_SANITIZE:[A-Z]*=.' "$FIDELIO_BUILD/CMakeCache.txt"; then
    skip configs "they run in the other builds"
    exit 0
fi
cp -r "$FIDELIO_SOURCE/configs" configs && rm -rf configs/runs
small() { # NAME: what becomes of it
    sed -e 's/trials: [0-9]*/trials: 5/; s/run_cap: [0-9]*/run_cap: 5/' \
        -e 's/max: \(27\|81\|243\), eta/max: 9, eta/' \
        -e "s|\.\./build/release|$FIDELIO_BUILD|" "$FIDELIO_SOURCE/configs/$1.yaml" >"configs/$1.yaml"
    "$fidelio" run "configs/$1.yaml" --quiet &&
        "$fidelio" status "configs/$1.yaml" | grep -q '^trials *5' &&
        "$fidelio" best "configs/$1.yaml" | grep -q ' = '
}
needs() { # what must be there, for whom
    if command -v "$1" >/dev/null || [ -x "$1" ]; then return 0; fi
    skip "$2" "no $1 here"
    return 1
}
check shell small shell
needs python3 wandb-sweep && check wandb-sweep small wandb-sweep
if /usr/bin/python3 -c 'import sklearn' 2>/dev/null; then
    check data_is_made /usr/bin/python3 configs/data/make.py
    check sklearn-digits small sklearn-digits
    check which_resumes sh -c "'$fidelio' trials configs/sklearn-digits.yaml --json | grep -q '\"attempts\":[2-9]'"
    needs "$FIDELIO_BUILD/benchmarks/mlp/fidelio-mlp" mlp && check mlp small mlp
    needs xgboost xgboost && check xgboost small xgboost
else
    skip configs_with_data "no python3-sklearn here"
fi
exit $bad
