# fidelio-bench solver: our methods asked and told by others, in our lines and in
# kurobako's; and kurobako's solvers as peers. The problem text is that of kurobako's own
# tests (its Go library), the messages those of its Rust and Python libraries.
set -u
bench=${FIDELIO_BUILD:-build/release}/benchmarks/fidelio-bench
case $bench in /*) ;; *) bench=$PWD/$bench ;; esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
check() { # WORDS COMMAND...
    words=$1; shift
    if "$@"; then echo "ok     $words"; else echo "not ok $words"; failed=1; fi
}
line() { # N of $dir/out matches PATTERN
    check "$3" grep -q "$2" <<END
$(sed -n "$1p" "$dir/out")
END
}

# --- our own lines
cat > "$dir/in" <<'END'
{"op": "ask"}
{"op": "create", "method": "random+asha", "seed": 5, "goal": "maximize", "budget": 50, "space": {"fidelio_space": 1, "parameters": [{"name": "x", "type": "float", "min": 0.0, "max": 1.0}, {"name": "k", "type": "int", "min": 1, "max": 9}], "constraints": []}, "fidelity": {"name": "epoch", "min": 1, "max": 9, "integer": true, "mode": "resume"}, "initial": [{"x": 0.25, "k": 3}]}
{"op": "ask"}
{"op": "report", "id": 0, "step": 1, "value": 0.5}
{"op": "tell", "id": 0, "step": 1, "value": 0.5, "status": "done"}
{"op": "ask"}
{"op": "tell", "id": 1, "step": 1, "value": 0.7, "status": "done"}
{"op": "ask"}
{"op": "tell", "id": 2, "step": 1, "value": 0.6, "status": "done"}
{"op": "ask"}
{"op": "tell", "id": 9, "value": 1}
{"op": "tell", "id": 1, "step": 3, "value": 0.9, "status": "failed"}
{"op": "dance"}
nonsense
{"op": "ask"}
END
"$bench" solver < "$dir/in" > "$dir/out"
check "the solver ends with its input" test $? -eq 0
check "and answers every line" test "$(wc -l < "$dir/out")" -eq 15
line 1 '"error".*create' "nothing before a create"
line 2 '"ok": true' "a study is created"
line 3 '"id": 0, "config": {"x":0.25,"k":3}, "budget": 1.*"cpu"' "the given design comes first"
line 4 '"decision": "continue"' "a report gets a decision"
line 6 '"id": 1, .*"budget": 1' "then proposals, at the lowest rung"
line 10 '"id": 1, .*"budget": 3' "the best of three is promoted, by the same number"
line 11 '"error".*no such trial' "an unknown trial is an error"
line 13 '"error".*dance' "so is an unknown message"
line 14 '"error".*nonsense' "and a line that is none"
line 15 '"id": 3' "and the study goes on"

# --- kurobako's, as a solver
problem='{"name":"Quadratic Function","attrs":{},"params_domain":[{"name":"x","range":{"type":"CONTINUOUS","low":-10.0,"high":10.0},"distribution":"UNIFORM","constraint":null},{"name":"y","range":{"type":"DISCRETE","low":-3,"high":3},"distribution":"UNIFORM","constraint":null},{"name":"c","range":{"type":"CATEGORICAL","choices":["a","b"]},"distribution":"UNIFORM","constraint":null}],"values_domain":[{"name":"x**2 + y","range":{"type":"CONTINUOUS"},"distribution":"UNIFORM","constraint":null}],"steps":STEPS}'
several() { echo "$problem" | sed "s/STEPS/$1/"; }
cat > "$dir/in" <<END
{"type":"CREATE_SOLVER_CAST","solver_id":3,"random_seed":18446744073709551615,"problem":$(several 9)}
{"type":"CREATE_SOLVER_CAST","solver_id":4,"random_seed":1,"problem":$(several 1)}
{"type":"ASK_CALL","solver_id":3,"next_trial_id":70}
{"type":"ASK_CALL","solver_id":4,"next_trial_id":71}
{"type":"TELL_CALL","solver_id":3,"trial":{"id":70,"values":[0.5],"current_step":1}}
{"type":"TELL_CALL","solver_id":4,"trial":{"id":71,"values":[0.5],"current_step":1}}
{"type":"ASK_CALL","solver_id":3,"next_trial_id":72}
{"type":"TELL_CALL","solver_id":3,"trial":{"id":72,"values":[],"current_step":0}}
{"type":"ASK_CALL","solver_id":3,"next_trial_id":73}
{"type":"TELL_CALL","solver_id":3,"trial":{"id":73,"values":[0.4],"current_step":1}}
{"type":"ASK_CALL","solver_id":3,"next_trial_id":74}
{"type":"TELL_CALL","solver_id":3,"trial":{"id":74,"values":[0.7],"current_step":1}}
{"type":"ASK_CALL","solver_id":3,"next_trial_id":75}
{"type":"TELL_CALL","solver_id":3,"trial":{"id":99,"values":[0.7],"current_step":1}}
{"type":"DROP_SOLVER_CAST","solver_id":3}
{"type":"ASK_CALL","solver_id":3,"next_trial_id":9}
END
"$bench" solver random+asha --kurobako < "$dir/in" > "$dir/out" 2>&1
line 1 '"SOLVER_SPEC_CAST", "spec": {"name": "random+asha".*"CATEGORICAL"' "it greets kurobako"
line 2 'ERROR_REPLY.*fidelity' "a scheduler needs steps"
line 3 '"ASK_REPLY", "trial": {"id": 70, "params": \[-*[0-9.]*, -*[0-3], [01]\], "next_step": 1}, "next_trial_id": 71}' "it asks in kurobako's words"
line 4 'ERROR_REPLY.*no such solver' "and errs in them"
line 5 '{"type": "TELL_REPLY"}' "and is told"
line 13 '"id": 73, .*"next_step": 3}, "next_trial_id": 75}' "the best of three goes on, by the number it had"
line 14 'ERROR_REPLY.*no trial 99' "a trial it does not know is an error"
line 15 'ERROR_REPLY.*no such solver' "a dropped solver is gone"

# --- and its solvers as peers; our own through two protocols is the same study
"$bench" run smoke --quiet --seeds 1-1 --out "$dir/r" \
    --methods "random,fidelio:random,kurobako:$bench solver random --kurobako" 2>/dev/null
trace() { # of METHOD
    grep "\"method\": \"$1" "$dir/r/results.jsonl" | sed -e 's/.*"trace"/"trace"/' -e 's/"effort".*//' | sort
}
trace 'random"' > "$dir/direct"
for method in fidelio kurobako; do
    trace $method: > "$dir/through"
    # noise depends on a trial's seed, which a protocol does not carry
    check "$method: the study is the same as without a protocol" test "$(grep -cxFf "$dir/direct" "$dir/through")" -ge 4
done

cat > "$dir/fake" <<'END'
#!/bin/sh
# A kurobako solver that prunes its second trial; $1: how it behaves
kinds='"UNIFORM_CONTINUOUS", "LOG_UNIFORM_CONTINUOUS"'
[ "$1" = rude ] && { echo hello; exit 1; }
echo "{\"type\": \"SOLVER_SPEC_CAST\", \"spec\": {\"name\": \"fake\", \"attrs\": {}, \"capabilities\": [$kinds]}}"
while read -r line; do
    case $line in
    *ASK_CALL*)
        id=${line##*: }; id=${id%\}}
        step=', "next_step": 1'; [ "$id" = 1 ] && step=
        [ "$1-$id" = sulk-3 ] && { echo '{"type": "ERROR_REPLY", "kind": "OTHER", "message": "no more"}'; continue; }
        echo "{\"type\": \"ASK_REPLY\", \"trial\": {\"id\": $id, \"params\": [$id.5, 2.0]$step}, \"next_trial_id\": $((id + 1))}" ;;
    *TELL_CALL*) echo "$line" >> "$FAKE_TOLD"; echo '{"type": "TELL_REPLY"}' ;;
    esac
done
END
chmod +x "$dir/fake"
export FAKE_TOLD="$dir/told"
"$bench" run smoke --quiet --seeds 1-1 --budget 5 --problems branin,ackley-d6+cat --out "$dir/f" \
    --methods "kurobako:$dir/fake fine,kurobako:$dir/fake rude,kurobako:$dir/fake sulk" 2>/dev/null
has() { grep -q "$1" "$dir/f/results.jsonl"; }
check "a kurobako solver is a peer" has '"branin", "method": "kurobako:[^"]* fine".*"status": "ok".*"evaluations": 5'
check "it is told in its words" grep -q '"TELL_CALL", "solver_id": 0, "trial": {"id": 0, "values": \[[0-9.]*\], "current_step": 1}' "$dir/told"
check "its pruned trial is passed over" sh -c '! grep -q "\"id\": 1," "$1"' x "$dir/told"
check "what it cannot do fails with words" has '"ackley-d6+cat", "method": "kurobako:[^"]* fine".*"failed".*no CATEGORICAL for x1'
check "so does a rude greeting" has '"branin", "method": "kurobako:[^"]* rude".*"failed".*hello'
check "and an error of its own" has '"branin", "method": "kurobako:[^"]* sulk".*"failed".*no more'
exit $failed
