#!/bin/sh
# Holds the rooms below to .clang-format.
#   sh tests/format.sh          check
#   sh tests/format.sh --write  format
# Another release of clang-format sets some lines otherwise: then nothing is checked.
set -u
cd "$(dirname "$0")/.."
rooms='src/base src/rand src/linalg src/optim src/space src/history src/curve src/scheduler
src/store src/exec src/runner src/study src/config src/report src/cli benchmarks/mlp benchmarks/util
tests/unit/base tests/unit/rand tests/unit/linalg tests/unit/optim tests/unit/space tests/unit/history
tests/unit/curve tests/unit/scheduler tests/unit/store tests/unit/exec tests/unit/study
tests/unit/config tests/unit/report tests/contract tests/property tests/fault tests/golden'
files=$(for room in $rooms; do ls "$room"/*.c "$room"/*.h 2>/dev/null; done)
if ! clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
    echo "skip   formatting: no clang-format 14 here"
    exit 0
fi
words=$(mktemp)
# shellcheck disable=SC2086
if [ "${1:-}" = --write ]; then
    exec clang-format -i $files
elif clang-format --dry-run --Werror $files 2>"$words"; then
    rm -f "$words"
    echo "ok     formatting"
else
    grep "error: code" "$words" | cut -d: -f1,2 | head -20
    rm -f "$words"
    echo "not ok formatting: sh tests/format.sh --write"
    exit 1
fi
