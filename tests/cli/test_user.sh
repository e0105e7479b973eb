#!/bin/sh
# What a newcomer types: a file from a pipe, a look before running, Ctrl-C, the same command
# again, a changed file, a narrow terminal.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
cat >s.yaml <<'Y'
metric: {name: loss, goal: minimize}
method: sobol
command: 'echo loss=$FIDELIO_PARAM_X >>$FIDELIO_REPORT; sleep ${NAP:-0}'
parameters:
  x: {min: 0.0, max: 1.0, default: 0.5}
  kind: {values: [a, "b\tc\e[31m"]}
  width: {min: 1, max: 64, scale: log, when: {kind: a}}
constraints: ["x * 2 <= 1.5"]
budget: {trials: 8}
Y
"$fidelio" check s.yaml >seen 2>&1
check check_is_for_people grep -q '^  width *int *1 \.\. 64, scale log  when kind == ' seen
check with_constraints_and_cost sh -c 'grep -q "^constraints x \* 2 <= 1.5" seen && grep -q "^cost  *8 trials" seen'
check and_sample_configurations is "$(grep -c '^sample  *{"x":' seen)" 3

# a sweep from standard input
check a_sweep_from_a_pipe sh -c "sed 's/^metric/name: piped\nmetric/' s.yaml | '$fidelio' run - --quiet 2>words"
check its_study_lies_here is "$("$fidelio" status --study runs/piped --json | grep -c '"complete":8')" 1
check and_it_says_how_to_look grep -q 'fidelio best --study ./runs/piped' words
check a_mistake_in_it_has_a_place sh -c "! echo 'metric: 3' | '$fidelio' check - 2>words && grep -q '^stdin:1:' words"

# the same command twice
check a_run sh -c "'$fidelio' run s.yaml --quiet 2>first"
check said_how_many grep -q '^8/8 trials' first
check the_same_command_again_has_nothing_to_do sh -c "'$fidelio' run s.yaml --quiet 2>again && grep -q 'nothing was left to do' again && ! grep -q 'nothing was' first"
sed 's/trials: 8/trials: 10/' s.yaml >more.yaml && mv more.yaml s.yaml
check a_larger_budget_goes_on sh -c "'$fidelio' run s.yaml --quiet && '$fidelio' status s.yaml | grep -q '^trials *10'"
check or_more_by_an_option sh -c "'$fidelio' run s.yaml --trials 12 --quiet && '$fidelio' status s.yaml | grep -q '^trials *12'"
sed 's/max: 1.0/max: 2.0/' s.yaml >wider.yaml && sed -i '1i name: s' wider.yaml
"$fidelio" run wider.yaml 2>words
check a_changed_space_is_refused_in_two_lines is "$(grep -c 'max 1.0 -> 2.0' words)" 1
check with_the_two_ways_out grep -q -- '--extend goes on .*--new starts' words

# tables
"$fidelio" trials s.yaml --top 3 >seen
check the_best_come_first sh -c "awk 'NR > 1 { if (\$3 + 0 < last) exit 1; last = \$3 + 0; n++ } END { exit n != 3 }' seen"
check nothing_acts_on_the_terminal sh -c "! grep -q '$(printf '\033')' seen"
check top_as_csv is "$("$fidelio" trials s.yaml --top 3 --csv | wc -l)" 4
check top_elsewhere_than_on_a_terminal sh -c "'$fidelio' top s.yaml >seen && grep -q '^best$' seen && grep -q '^12 trials' seen"
check a_wrong_count_is_refused is "$(code "$fidelio" trials s.yaml --top 0)" 2
sh -c "'$fidelio' trials s.yaml; echo \$? >left" | head -1 >/dev/null
check a_reader_that_leaves_is_no_disaster sh -c 'test -s left'

# Ctrl-C says what it does
sed 's/^budget.*/budget: {trials: 500}/' s.yaml >long.yaml
NAP=0.2 "$fidelio" run long.yaml --quiet 2>words &
until_true sh -c "'$fidelio' status long.yaml | grep -q '^complete *[1-9]'"
kill -INT $!
wait $!
check interrupted_is_130 is $? 130
check the_first_is_explained grep -q 'once more kills them' words

# ... and the second does not wait for the grace of a trial that will not end
sed 's/^command.*/command: "trap : TERM; touch up; while :; do sleep 0.1; done"/; s/^budget.*/budget: {trials: 9}/' s.yaml >deaf.yaml
echo 'resources: {grace: 10m}' >>deaf.yaml
"$fidelio" run deaf.yaml --quiet 2>words &
engine=$!
until_true test -e up
kill -INT $engine
check the_first_waits until_true grep -q 'trials have 600 s' words
kill -INT $engine
wait $engine
check the_second_kills is $? 130
check nothing_runs_on sh -c "'$fidelio' status deaf.yaml | grep -q '^running *0'"

# logs, while the trial runs and after
cat >slow.yaml <<'Y'
metric: {name: loss, goal: minimize}
command: 'echo one; echo two >&2; touch half; until [ -e go ]; do sleep 0.02; done; echo three; echo loss=1 >>$FIDELIO_REPORT'
parameters: {x: {min: 0.0, max: 1.0}}
budget: {trials: 1}
Y
"$fidelio" run slow.yaml --quiet 2>/dev/null &
engine=$!
until_true test -e half
"$fidelio" logs slow.yaml 0 -f >followed 2>/dev/null &
follower=$!
check logs_follow until_true grep -q two followed
touch go
wait $engine $follower
check to_the_end is "$(sort followed | tr '\n' ' ')" "one three two "
check and_afterwards is "$("$fidelio" logs slow.yaml 0 2>/dev/null | sort | tr '\n' ' ')" "one three two "

# nobody's home, a locale with a decimal comma, a folder with spaces
mkdir "a folder" && cp s.yaml "a folder"
check without_home_and_with_a_foreign_locale env -i PATH="$PATH" LC_ALL=de_DE.UTF-8 "$fidelio" run "a folder/s.yaml" --quiet
mkdir read-only && cp s.yaml read-only && chmod 555 read-only
if [ "$(id -u)" = 0 ]; then
    skip a_read_only_folder "root may write everywhere"
else
    check a_read_only_folder is "$(code "$fidelio" run read-only/s.yaml)" 5
fi

# 40 columns
command -v python3 >/dev/null || { skip a_narrow_terminal "no python3 here"; exit $bad; }
cat >narrow.py <<'P'
import fcntl, os, pty, re, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    os.environ["NAP"] = "0.4"
    os.execv(sys.argv[1], [sys.argv[1], "run", "s.yaml", "--new"])
seen = b""
while True:
    try:
        got = os.read(fd, 4096)
    except OSError:
        break
    seen += got
os.waitpid(pid, 0)
drawn = [line for line in re.split(rb"[\r\n]+", seen) if b"running" in line and b"0 running" not in line]
sys.exit(not drawn or max(len(line.rstrip()) for line in drawn) > 39)
P
check a_narrow_terminal python3 narrow.py "$fidelio"
exit $bad
