# A peer that crashes, hangs or answers garbage fails its study with words; the others go
# on. The peer is a shell script in the place of an adapter's interpreter.
set -u
bench=${FIDELIO_BUILD:-build/release}/benchmarks/fidelio-bench
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
check() { # WORDS COMMAND...
    words=$1; shift
    if "$@"; then echo "ok     $words"; else echo "not ok $words"; failed=1; fi
}

adapters=${FIDELIO_SOURCE:-$PWD}/benchmarks/peers
check "adapters read conditions on words and on numbers" "${PYTHON:-python3}" -B - "$adapters" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
from fidelio_peer import condition
assert condition("a.b in ['x', 'y']") == ("a.b", ["x", "y"])
assert condition("`a` == 'x'") == ("a", ["x"])
assert condition("layers in [2, 3]") == ("layers", [2, 3])
for wrong in "layers >= 2", "a == true", "a in 3":
    try:
        condition(wrong)
    except ValueError as e:
        assert wrong in str(e), e
    else:
        raise AssertionError(wrong)
END

mkdir -p "$dir/peers/fake/bin"
cat > "$dir/peers/fake/bin/python" <<'EOF'
#!/bin/sh
n=0 method=
while read -r line; do
    case $line in
    *'"op": "create"'*)
        method=${line#*\"method\": \"}; method=${method%%\"*}
        initial=${line#*\"initial\": }; echo "$initial" > "$FAKE_INITIAL"
        echo '{"ok": true}' ;;
    *'"op": "ask"'*)
        n=$((n + 1))
        case $method-$n in
        crash-4) echo "out of luck" >&2; exit 3 ;;
        killed-4) kill -SEGV $$ ;;
        hang-4) sleep "4242.$FAKE_MARK" ;;
        garbage-4) echo "42 is no answer" ;;
        half-4) printf '{"id": 4, "conf'; exit 0 ;;
        alien-4) echo '{"id": 4, "config": {"x1": 0, "y": 1}}' ;;
        outside-4) echo '{"id": 4, "config": {"x1": 0, "x0": 1e9}}' ;;
        noid-4) echo '{"config": {"x1": 0, "x0": 1}}' ;;
        waits-4) echo '{"wait": true}' ;;
        says-4) echo '{"error": "no more ideas"}' ;;
        done-4) echo '{"done": true}' ;;
        *) echo "{\"id\": $n, \"config\": {\"x1\": $n, \"x0\": 1.5}, \"cpu\": $n}" ;;
        esac ;;
    *) echo '{"ok": true}' ;;
    esac
done
EOF
chmod +x "$dir/peers/fake/bin/python"
export FAKE_MARK=$$ FIDELIO_PEERS="$dir/peers" FAKE_INITIAL="$dir/initial"

methods=fine,crash,killed,hang,garbage,half,alien,outside,noid,waits,says,done
"$bench" run smoke --quiet --problems branin --seeds 1-1 --budget 8 --peer-timeout 1 \
    --methods "fake:$(echo $methods | sed 's/,/,fake:/g')" --out "$dir/out" 2>/dev/null
check "all studies are there" test "$(wc -l < "$dir/out/results.jsonl")" -eq 12
fails_with() { # METHOD WORDS
    check "$1: $2" grep -q "\"method\": \"fake:$1\".*\"status\": \"failed\".*$2" "$dir/out/results.jsonl"
}
check "a good peer has its study" grep -q '"method": "fake:fine".*"status": "ok"' "$dir/out/results.jsonl"
check "a peer may end early" grep -q '"method": "fake:done".*"status": "ok"' "$dir/out/results.jsonl"
fails_with crash "exit.* 3.*out of luck"
fails_with killed "signal 11"
fails_with hang "within 1 s"
fails_with garbage "42 is no answer"
fails_with half "exit"
fails_with alien "y"
fails_with outside x0
fails_with noid "without id"
fails_with waits "waits but nothing runs"
fails_with says "no more ideas"

"$bench" run smoke --quiet --problems branin --seeds 1-1 --budget 4 --initial 3 \
    --methods fake:fine --out "$dir/initial-out" 2>/dev/null
check "the common design is told" test "$(grep -o '"x1"' "$dir/initial" | wc -l)" -eq 3
# a study that takes longer than its suite allows, whoever is slow
printf 'name: t\nwhole: true\nbudget: 8\nseeds: 1-1\ntimeout: 1\nmethods: ["fake:hang", random]\nproblems: [branin]\n' > "$dir/timed.yaml"
"$bench" run "$dir/timed.yaml" --quiet --out "$dir/timed" 2>/dev/null
left=$(grep -lz "^4242\.$$\$" /proc/[0-9]*/cmdline 2>/dev/null | sed 's|/proc/||; s|/cmdline||')
check "without waiting for what its peer had started" test -n "$left"
kill $left
check "a study that is too slow is killed and marked" \
    grep -q '"method": "fake:hang".*"status": "failed".*killed after 1 s' "$dir/timed/results.jsonl"
check "and the suite goes on" grep -q '"method": "random".*"status": "ok"' "$dir/timed/results.jsonl"
"$bench" run "$dir/timed.yaml" --quiet --dry-run --out "$dir/timed" > "$dir/plan" 2>/dev/null
check "what failed is tried again, what is done is not" sh -c \
    'grep -q fake:hang "$1" && ! grep -q random "$1"' x "$dir/plan"
exit $failed
