#!/bin/sh
# docs/sweep.md: its blocks are sweep files, and it has every key, name and macro there is.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
page=$FIDELIO_SOURCE/docs/sweep.md
awk '/^```yaml/ { n++; on = 1; next } /^```/ { on = 0 } on { print > ("block" n ".yaml") }' "$page"
n=0
for f in block*.yaml; do
    check "$f" "$fidelio" check "$f"
    n=$((n + 1))
done
check has_blocks [ "$n" -ge 3 ]

missing() { # words of stdin that the page does not have in back ticks or in a block
    while read -r word; do grep -qE "[\`{ ,]$word[\`:]|\\\$\{$word|^$word:" "$page" || echo "$word"; done
}
grep -ohE '\.key = "[A-Za-z_]+"|NODE\("?[a-z]+"?[,)]' "$FIDELIO_SOURCE"/src/config/*.c |
    sed 's/.*"\([^"]*\)".*/\1/; s/NODE(\([a-z]*\).*/\1/' | grep -v '^$' | sort -u >keys
check keys_are_found [ "$(wc -l <keys)" -ge 80 ]
missing <keys >gaps
check every_key_is_there is "$(tr '\n' ' ' <gaps)" ""
sed -n '/macro_names\[N_MACROS\]/,/};/s/^ *"\(.*\)",/\1/p' "$FIDELIO_SOURCE/src/exec/command.c" |
    sed 's/:$//' >macros
check macros_are_found [ "$(wc -l <macros)" -ge 20 ]
missing <macros >gaps
check every_macro_is_there is "$(tr '\n' ' ' <gaps)" ""
grep -ohE '\.name = "[a-z_]+"' "$FIDELIO_SOURCE"/src/scheduler/*.c "$FIDELIO_SOURCE"/src/sampler/*.c |
    sed 's/.*"\(.*\)"/\1/' | sort -u >names
missing <names >gaps
check every_scheduler_and_sampler_is_there is "$(tr '\n' ' ' <gaps)" ""
exit $bad
