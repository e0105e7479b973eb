#!/bin/sh
# The demo: tune Debian's xgboost on real data for about a minute. Called by
# `sh bootstrap.sh demo` with the program built.
set -eu
here=$(dirname "$0")
fidelio=${FIDELIO:-$here/../build/release/fidelio}
/usr/bin/python3 "$here/data/make.py"
code=0
"$fidelio" run "$here/xgboost.yaml" || code=$?
[ $code -eq 0 ] || exit $code
"$fidelio" status "$here/xgboost.yaml" |
    awk '$1 == "trials" { n = $2 } $1 == "spent" { s = $2 }
         END { printf "trained %d rounds; %d full trainings would be %d: %.1f times as many\n",
                      s, n, n * 243, n * 243 / s }'
echo
"$fidelio" importance "$here/xgboost.yaml"
echo
"$fidelio" best "$here/xgboost.yaml"
echo
echo "the winning command:   fidelio best configs/xgboost.yaml --command"
echo "all in one page:       $("$fidelio" report "$here/xgboost.yaml")"
echo "all trials:            fidelio trials configs/xgboost.yaml"
echo "why trial 20:          fidelio explain configs/xgboost.yaml 20"
echo "(fidelio is build/release/fidelio)"
