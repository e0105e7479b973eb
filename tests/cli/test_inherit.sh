#!/bin/sh
# A new trial begins with the weights of the nearest one: `checkpoints: {inherit: true}`.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
# Its "weights" are a list of the trials that they went through.
cat >train.sh <<'S'
mine=$FIDELIO_CHECKPOINT_DIR/weights
from=${FIDELIO_PARENT_CHECKPOINT_DIR-}
[ "$from" = "$1" ] || echo "$FIDELIO_TRIAL: ${1:-nothing} in the command" >>differs
if [ ! -f "$mine" ]; then
    [ -z "$from" ] || sleep 0.05
    { [ -z "$from" ] || cat "$from/weights" || echo "$FIDELIO_TRIAL" >>missing; echo "$FIDELIO_TRIAL"; } >"$mine.new"
    mv "$mine.new" "$mine"
fi
cp "$mine" "weights.$FIDELIO_TRIAL"
echo "step=$FIDELIO_BUDGET loss=$(echo "$FIDELIO_PARAM_A" | tr abcd 1234)$FIDELIO_PARAM_B$FIDELIO_PARAM_C" >>"$FIDELIO_REPORT"
S
cat >s.yaml <<'Y'
metric: {name: loss, goal: minimize}
method: evolution
command: [sh, train.sh, "${parent_checkpoint_dir}"]
parameters:
  a: {values: [a, b, c, d]}
  b: {min: 1, max: 9}
  c: {min: 1, max: 9}
fidelity: {name: epochs, min: 1, max: 3, eta: 3, mode: resume}
checkpoints: {keep: all, inherit: true}
budget: {trials: 60}
resources: {parallel: 2}
Y
"$fidelio" run s.yaml --quiet 2>words
check it_runs is $? 0
check the_first_has_no_parent sh -c "! '$fidelio' show s.yaml 0 | grep -q parent"
parents=$("$fidelio" export s.yaml | grep -c '"parent":')
check almost_all_others_have_one test "$parents" -ge 55
check no_parents_weights_were_gone test ! -e missing
check the_command_and_the_environment_say_the_same test ! -e differs
"$fidelio" export s.yaml | sed -n 's/^{"trial":\([0-9]*\),.*"parent":\([0-9]*\).*/\1 \2/p' >pairs
lineage() { # of each trial: that of its parent, then itself
    while read -r trial parent; do
        tail -2 "weights.$trial" | tr '\n' ' ' | grep -q "^$parent $trial \$" || return 1
    done <pairs
}
check weights_go_from_parent_to_child lineage
check explain_names_it sh -c "'$fidelio' explain s.yaml 50 | grep -q '\"parent\":'"

# evolution changes one parameter of its parent, after the first generation
"$fidelio" export s.yaml | sed -n 's/^{"trial":\([0-9]*\),.*"config":{"a":"\(.\)","b":\(.\),"c":\(.\)}.*/\1 \2 \3 \4/p' >configs
one_differs() {
    awk 'NR == FNR { a[$1] = $2; b[$1] = $3; c[$1] = $4; next }
         $1 >= 50 { n++; d += (a[$1] != a[$2]) + (b[$1] != b[$2]) + (c[$1] != c[$2]) }
         END { exit n < 5 || d > n }' configs pairs
}
check a_child_differs_from_its_parent_in_one_choice one_differs

# without it nothing is inherited
sed 's/, inherit: true//; s/^metric/name: plain\n&/' s.yaml >plain.yaml
rm -f weights.*
"$fidelio" run plain.yaml --quiet 2>words
check not_unless_it_is_asked_for is "$("$fidelio" export plain.yaml | grep -c parent)$(cat weights.59 | wc -l)" 01

# an engine that is killed: the parent is the same after it, and kept until its child has ended
sed 's/^metric/name: killed\n&/; s/trials: 60/trials: 20/; s/keep: all/keep: none/' s.yaml >killed.yaml
rm -f weights.*
kills=0
while [ $kills -lt 8 ]; do
    "$fidelio" run killed.yaml --quiet >/dev/null 2>&1 &
    sleep 0.15
    kill -9 $! 2>/dev/null && kills=$((kills + 1)) || break
    wait $! 2>/dev/null
done
check a_killed_one_goes_on "$fidelio" run killed.yaml --quiet
"$fidelio" export killed.yaml | sed -n 's/^{"trial":\([0-9]*\),.*"parent":\([0-9]*\).*/\1 \2/p' >pairs
check with_the_same_weights lineage
check and_none_gone test ! -e missing
check in_the_end_none_is_left is "$(ls runs/killed/trials/*/checkpoint/weights 2>/dev/null)" ""
exit $bad
