#!/bin/sh
# Training saved by schedulers on a demo sweep of configs/, really trained.
#   sh benchmarks/savings.sh build/release/fidelio configs/mlp.yaml 1-20 OUT none:trials=60 sha:cost=1600 ..
# Each seed is tuned by each scheduler under its budget. Appends to OUT lines of budget, seed, what was
# trained, best value; what OUT has is not run again. `python3 benchmarks/savings.py OUT` sums up.
set -eu
fidelio=$(readlink -f "$1") sweep=$(readlink -f "$2") seeds=$3 out=$(readlink -f "$4")
shift 4
cd "$(dirname "$sweep")"
name=savings-$$
trap 'rm -rf "$name.yaml" "runs/$name"*' EXIT
touch "$out"
for seed in $(seq "${seeds%-*}" "${seeds#*-}"); do
    for way in "$@"; do
        if grep -q "^$way $seed " "$out"; then
            continue
        fi
        budget=$(echo "${way#*:}" | sed 's/=/: /')
        sed -e "s/^name:.*/name: $name/" -e "s/^seed:.*/seed: $seed/" \
            -e "s/^budget:.*/budget: {$budget}/" -e 's/parallel: [0-9]*/parallel: 1/' \
            -e "s/scheduler: [a-z_]*/scheduler: ${way%%:*}/" "$sweep" >"$name.yaml"
        rm -rf "runs/$name"
        "$fidelio" run "$name.yaml" --quiet >/dev/null 2>&1
        "$fidelio" status "$name.yaml" | awk -v who="$way $seed" \
            '$1 == "spent" { spent = $2 } $1 == "best" { print who, spent, $2 }' >>"$out"
    done
done
