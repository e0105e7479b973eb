#!/bin/sh
# check.sh -- every test in every build: release (gcc), clang, ASan+UBSan, TSan. Run by
# `sh bootstrap.sh check` from the top of the tree. Counts single tests ("ok", "not ok",
# "skip" lines of the test programs); a program that dies counts as one failure.
set -u
jobs=$(nproc 2>/dev/null || echo 2)
passed=0 failed=0 skipped=0
mkdir -p build

run() { # preset, then arguments of ctest
    preset=$1
    shift
    log=build/$preset.log
    echo "== $preset: building" >&2
    if ! { cmake --preset "$preset" && cmake --build --preset "$preset"; } >"$log" 2>&1; then
        grep -E 'error|FAILED' "$log" | head -30 >&2
        echo "not ok build of $preset (see $log)"
        failed=$((failed + 1))
        return
    fi
    echo "== $preset: testing" >&2
    out=build/$preset/test-output.log
    (cd "build/$preset" && ctest -j "$jobs" --no-tests=error --verbose "$@") >"$out" 2>&1
    status=$?
    ok=$(grep -cE '^[0-9]+: ok ' "$out")
    bad=$(grep -cE '^[0-9]+: not ok ' "$out")
    skip=$(grep -cE '^[0-9]+: skip ' "$out")
    if [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=$(grep -cE '\*\*\*(Failed|Timeout|Exception)' "$out")
        [ "$bad" -gt 0 ] || bad=1
    fi
    grep -E '^[0-9]+: (not ok |.*: skipped)|\*\*\*(Failed|Timeout|Exception)' "$out" >&2
    [ $status -eq 0 ] || grep -E '^[0-9]+: .*:[0-9]+: ' "$out" | head -40 >&2
    echo "$preset: $ok passed, $bad failed, $skip skipped" >&2
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
}

run release
run clang -E '^(fault|cli|python|property)/'
run asan
# Threads: the callback executor's, and studies side by side.
run tsan -R 'contract/test_(exec|store)|unit/(base|study|gp|store)'

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
