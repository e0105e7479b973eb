#!/bin/sh
# The transcript in README.md is what the command prints today.
#   sh tests/cli/test_readme.sh --write     with FIDELIO_BUILD and FIDELIO_SOURCE set
set -u
readme=$FIDELIO_SOURCE/README.md
made=$(mktemp)
trap 'rm -f "$made" "$made.readme"' EXIT
sh "$FIDELIO_SOURCE/tests/cli/transcript.sh" "$FIDELIO_BUILD/fidelio" >"$made"
awk -v file="$made" '
    /^<!-- transcript/ { print; print "```"; while ((getline line < file) > 0) print line; print "```"; skip = 1; next }
    /^<!-- end -->/ { skip = 0 }
    !skip' "$readme" >"$made.readme"
[ "${1:-}" = --write ] && cp "$made.readme" "$readme"
if cmp -s "$made.readme" "$readme"; then
    echo "ok     the_transcript_is_real"
else
    diff "$made.readme" "$readme"
    echo "not ok the_transcript_is_real"
    exit 1
fi
