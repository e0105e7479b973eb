# A user's own problems for fidelio-bench: a table, a command, a sweep that is really run;
# and what is wrong with a file, in words that name the place.
set -u
bench=${FIDELIO_BUILD:-build/release}/benchmarks/fidelio-bench
case $bench in /*) ;; *) bench=$PWD/$bench ;; esac
examples=${FIDELIO_SOURCE:-$PWD}/benchmarks/examples
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
check() { # WORDS COMMAND...
    words=$1; shift
    if "$@"; then echo "ok     $words"; else echo "not ok $words"; failed=1; fi
}
cp "$examples"/quadratic.* "$dir"; cd "$dir" || exit 1
mkdir tmp
export TMPDIR="$dir/tmp"
run() { # PROBLEM WHOLE METHODS
    printf 'name: mine\nwhole: %s\nbudget: 6\nseeds: 1-1\nmethods: [%s]\nproblems: ["%s"]\n' "$2" "$3" "$1" > suite.yaml
    rm -rf out; "$bench" run suite.yaml --quiet --out out 2> words
}
all_ok() { [ "$(grep -c '"status": "ok"' out/results.jsonl)" -eq "$1" ]; }
says() { grep -q "$1" words out/results.jsonl 2>/dev/null; }

# --- a command that answers JSON lines
check "the example command can be shown" sh -c '"$1" show quadratic.json | grep -q "\"licence\": \"MIT\""' x "$bench"
run quadratic.json true "random, tpe"
check "it can be searched whole" all_ok 2
run ./quadratic.json false "random, random+asha"
check "and with its fidelity, from its own folder" all_ok 2
run "$dir/quadratic.json" true "random"
check "whatever folder that is" all_ok 1

# --- those of scikit-learn, one of each kind
if /usr/bin/python3 -c 'import sklearn' 2> /dev/null; then
    run sklearn/ridge true "random"
    check "scikit-learn's models are problems" all_ok 1
    sed -e 's/"max": 27/"max": 3/' -e 's|"train.py"|"'"$examples"'/../trained/sklearn/train.py"|' \
        "$examples/../trained/sklearn/boost_cancer.json" > boost.json
    run boost.json false "random+asha"
    check "and their learning curves" all_ok 1
else
    echo "skip   scikit-learn is not installed"
fi

# --- a sweep, really run
run quadratic.yaml false "random, random+asha"
check "a sweep file is a problem" all_ok 2
check "its values are those of the command" grep -q '"trace": \[\[0, 0.1111111111, [0-9.]*, 0\.' out/results.jsonl
"$bench" report out > report
check "its optimum is the best that was found" sh -c 'awk "/^random/ && \$4 == 0 { n++ } END { exit n < 1 }" report'
run quadratic.yaml true "random"
check "it can be run whole" all_ok 1
sed 's/awk -v/exit 3; awk -v/' quadratic.yaml > broken.yaml
run broken.yaml true "random"
check "trials that fail are the method's to bear, not the suite's" all_ok 1
check "nothing is left behind" sh -c '[ -z "$(ls tmp)" ]'

# --- a table
table() { # HEADER-LINES... on stdin: the .hdr without its bytes
    cat > mine.hdr
    "${PYTHON:-python3}" - <<'END'
import struct
rows = [(a, b) for a in range(3) for b in range(2)]
configs = [float(x) for row in rows for x in row]
values = [1.0 / e + a + 0.5 * b for a, b in rows for e in (1, 2, 3)]
open("mine.f32", "wb").write(struct.pack("<%df" % (len(configs) + len(values)), *configs, *values))
END
}
# the one that the README shows
good=$(sed -n '/^mfh1$/,/^bytes 120$/p' "$examples/../README.md")
echo "$good" | table
"$bench" show ./mine.hdr > shown
check "a table is a problem" grep -q '"best": 0.333' shown
run ./mine.hdr false "random+asha"
check "and can be searched" all_ok 1
check "as a pool too" sh -c '"$1" show ./mine.hdr+pool | grep -q "\"pool\": 6"' x "$bench"
run ./mine.hdr+pool true "random, tpe"
check "by every method" all_ok 2
refused() { # FILE PLACE
    "$bench" show "./$1" > shown 2> words
    [ $? -eq 1 ] && grep -q "$2" words
}
echo "$good" | sed 's/^hp kind cat 2 a b/hp kind cat 2 a/' | table
check "a header's mistake is named by its line" refused mine.hdr 'mine.hdr:6:'
echo "$good" | sed 's/^bytes 120/bytes 400/' | table
check "so are data that are too short" refused mine.hdr 'mine.'
echo "$good" | sed 's/ 48 2 6 3/ 4800 2 6 3/' | table
check "and arrays outside of them" refused mine.hdr 'mine.hdr:10:.*beyond the data'

# --- wrong files
echo '{"command": ["x"], "space": {' > cut.json
check "JSON that is cut off is refused with its name" refused cut.json 'cut.json'
sed 's/"min": 0.0/"min": 2.0/' quadratic.json > empty.json
check "an empty range names the parameter" refused empty.json 'lr'
sed 's/"command".*/"command": "python3 x",/' quadratic.json > word.json
check "a command is a list" refused word.json '"command" must be a list'
sed 's/^metric/mertic/' quadratic.yaml > typo.yaml
check "a sweep's mistake is named by line and column" refused typo.yaml 'typo.yaml:3:1:'
sed 's/"python3", "quadratic.py"/"sh", "-c", "echo out of luck >\&2; exit 3"/' quadratic.json > gone.json
run gone.json true "random"
check "a command that dies fails the study with its last words" says 'exited with 3.*out of luck'
sed 's/"python3", "quadratic.py"/"sh", "-c", "while read l; do echo 42; done"/' quadratic.json > garbage.json
run garbage.json true "random"
check "so does garbage" says 'the command answered 42'
sed -e 's/"python3", "quadratic.py"/"sleep", "100"/' -e 's/"best"/"timeout": 0.5, "best"/' quadratic.json > hang.json
run hang.json true "random"
check "and silence" says 'within 0.5 s'
check "a problem that is not there is said so" refused nobody.hdr 'no such problem'
exit $failed
