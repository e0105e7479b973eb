#!/bin/sh
# The page of `report`: whole, without a script, and nothing in a study becomes markup.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
write_sweep() { # file, metric, parameter, categories
    cat >"$1" <<Y
metric: {name: '$2', goal: minimize}
method: sobol
command: |
  s=\${FIDELIO_BUDGET_DONE%.*}
  while [ \$s -lt \${FIDELIO_BUDGET%.*} ]; do
    s=\$((s + 1))
    [ \$FIDELIO_TRIAL = 3 ] && exit 1
    printf '{"step": %d, "%s": 0.%d%d}\n' \$s '$2' \$FIDELIO_TRIAL \$s >>\$FIDELIO_REPORT
  done
parameters:
  '$3': {values: [$4]}
  x: {min: 1.0e-3, max: 1.0, scale: log}
fidelity: {name: epochs, min: 1, max: 9, eta: 3, mode: resume}
budget: {trials: 9}
Y
}
write_sweep plain.yaml loss kind "aa, bb, cc"
write_sweep "hostile.yaml" loss kind "'<script>alert(1)</script>', \"' onload='x\", '</title><img src=x onerror=y>&amp;'"
for f in plain hostile; do "$fidelio" run $f.yaml --quiet 2>/dev/null; done
check it_says_where is "$("$fidelio" report plain.yaml)" ./runs/plain/report.html
check or_where_it_was_told is "$("$fidelio" report plain.yaml --output here.html)" here.html
check without_the_sweep_too sh -c "'$fidelio' report --study runs/plain -o - | grep -q '^<!doctype html>'"
check the_same_study_gives_the_same_page sh -c "'$fidelio' report plain.yaml -o - | cmp - here.html"
check sections sh -c 'for h in Best Progress "Learning curves" "Which parameters matter" "Each parameter" Trials; do grep -q "<h2>$h" here.html || exit 1; done'
check the_command_is_there grep -q 'FIDELIO_BUDGET=9' here.html
check an_unwritable_place_is_refused is "$(code "$fidelio" report plain.yaml -o /nowhere/x.html)" 1
sed 's/trials: 9/trials: 1/; s/.FIDELIO_TRIAL = 3/1 = 1/; /^name/d' plain.yaml >empty.yaml
"$fidelio" run empty.yaml --quiet 2>/dev/null
check nothing_to_show_is_a_page_too sh -c "'$fidelio' report empty.yaml -o - | grep -q 'No trial has a result'"
check importance_of_nothing_is_3 is "$(code "$fidelio" importance empty.yaml)" 3

cat >two.yaml <<'Y'
metric: [{name: loss, goal: minimize}, {name: size, goal: minimize}]
method: random
command: 'echo loss=$FIDELIO_PARAM_X size=$(awk "BEGIN { print 1 - $FIDELIO_PARAM_X }") >>$FIDELIO_REPORT'
parameters: {x: {min: 0.0, max: 1.0}}
budget: {trials: 8}
Y
"$fidelio" run two.yaml --quiet 2>/dev/null
check two_objectives_are_set_against_each_other is "$("$fidelio" report two.yaml -o - | sed -n '/<h2>Objectives/,/<\/svg>/p' | grep -c winner)" 8

command -v python3 >/dev/null || { skip markup "no python3 here"; exit $bad; }
cat >markup.py <<'P'
import html.parser, sys
class Tags(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.seen = []
        self.open = []
        self.feed(text)
        assert not self.open, self.open
    def handle_starttag(self, tag, attributes):
        assert tag not in ("script", "img", "iframe", "object", "link", "a"), tag
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attributes), attributes
        self.seen.append((tag, tuple(name for name, _ in attributes)))
        if tag not in ("meta", "line", "circle", "rect", "polyline"):
            self.open.append(tag)
    def handle_endtag(self, tag):
        if tag in ("line", "circle", "rect", "polyline"):
            return
        assert self.open.pop() == tag, tag
plain, hostile = (Tags(open(name).read()).seen for name in sys.argv[1:])
assert plain == hostile, [pair for pair in zip(plain, hostile) if pair[0] != pair[1]][:3]
P
"$fidelio" report hostile.yaml -o hostile.html >/dev/null
check nothing_becomes_markup python3 markup.py here.html hostile.html
exit $bad
