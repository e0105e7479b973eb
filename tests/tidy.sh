#!/bin/sh
# clang-tidy over the library, the command and fidelio-bench: seconds. Needs a build folder.
#   sh tests/tidy.sh              what changed since it was clean last; a test
#   sh tests/tidy.sh --deep       everything, with the static analyzer too: ten minutes
# Another release of clang-tidy finds other things: then nothing is checked.
set -u
cd "$(dirname "$0")/.."
build=${FIDELIO_BUILD:-build/release}
clean=$build/tidy.clean
if ! clang-tidy --version 2>/dev/null | grep -q 'version 14\.'; then
    echo "skip   clang-tidy: no clang-tidy 14 here"
    exit 0
fi
checks=-clang-analyzer-\*
[ "${1-}" = --deep ] && checks= && rm -f "$clean"
only=
[ -e "$clean" ] && [ -z "$(find .clang-tidy tests/tidy.sh src include benchmarks -newer "$clean" ! -name '*.c' -type f)" ] &&
    only="-newer $clean"
touch "$build/tidy.began"
# shellcheck disable=SC2086
find src benchmarks -name '*.c' $only | xargs -r -P "$(nproc)" -n 8 \
    clang-tidy -p "$build" --quiet --extra-arg=-w --checks="$checks" >"$build/tidy.words" 2>"$build/tidy.errors"
if [ $? -gt 1 ] || grep -E 'warning:|error:' "$build/tidy.words"; then
    tail -3 "$build/tidy.errors"
    echo "not ok clang-tidy"
    exit 1
fi
mv "$build/tidy.began" "$clean"
echo "ok     clang-tidy"
