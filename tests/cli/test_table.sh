#!/bin/sh
# Help, manual page and completions come from one table and say the same.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"

"$fidelio" help | sed -n 's/^  fidelio \([a-z-]*\) .*/\1/p' >commands
check help_lists_commands test "$(wc -l <commands)" -gt 15
"$fidelio" help --man >fidelio.1
"$fidelio" completions bash >bash
"$fidelio" completions zsh >zsh
"$fidelio" completions fish >fish
for c in $(cat commands); do
    "$fidelio" help "$c" >usage || bad=1
    grep -q "^.B fidelio $(echo "$c" | sed 's/-/\\\\-/g')" fidelio.1 || { echo "not ok manual: $c"; bad=1; }
    for f in bash zsh fish; do
        grep -q -- "$c" $f || { echo "not ok $f: $c"; bad=1; }
        for o in $(sed -n 's/^  \(--[a-z]*\).*/\1/p' usage); do
            word=$o
            [ $f = fish ] && word="from $c' -l ${o#--}"
            grep -q -- "$word" $f || { echo "not ok $f: $c $o"; bad=1; }
        done
    done
done
check all_agree is $bad 0

check bash_reads_its_completions bash -n bash
bash -c '. ./bash; COMP_WORDS=(fidelio st); COMP_CWORD=1; _fidelio fidelio st; echo "${COMPREPLY[*]}"' >reply
check bash_completes_commands is "$(cat reply)" "status stop"
bash -c '. ./bash; COMP_WORDS=(fidelio run --ne); COMP_CWORD=2; _fidelio fidelio --ne; echo "${COMPREPLY[*]}"' >reply
check bash_completes_options is "$(cat reply)" "--new"
for s in zsh fish; do
    if command -v $s >/dev/null; then
        check ${s}_reads_its_completions $s -n $s
    else
        skip ${s}_reads_its_completions "no $s here"
    fi
done
if command -v man >/dev/null; then
    check man_reads_the_page sh -c 'man --warnings -l fidelio.1 2>&1 >page | grep -q . && exit 1; grep -q "EXIT STATUS" page'
else
    skip man_reads_the_page "no man here"
fi

check an_option_of_another_command_is_refused is "$(code "$fidelio" status x.yaml --smoke)" 2
check an_unknown_shell_is_refused is "$(code "$fidelio" completions csh)" 2
check parallel_must_be_a_number is "$(code "$fidelio" run x.yaml --parallel many)" 2
check a_missing_value_is_refused is "$(code "$fidelio" tell x.yaml 0 --values)" 2
check no_command_is_a_usage_error is "$(code "$fidelio")" 2
check help_of_a_command_is_not is "$(code "$fidelio" run --help)" 0
exit $bad
