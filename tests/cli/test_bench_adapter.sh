# The part that all adapters of peers share, and setup.sh's and `list peers`' words. No
# peer is needed: a small adapter and interpreters that are shell scripts take their place.
set -u
bench=${FIDELIO_BUILD:-build/release}/benchmarks/fidelio-bench
sources=${FIDELIO_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
check() { # WORDS COMMAND...
    words=$1; shift
    if "$@"; then echo "ok     $words"; else echo "not ok $words"; failed=1; fi
}
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 0; }

cat > "$dir/small_peer.py" <<'EOF'
import fidelio_peer
print("a library that talks while it is imported")


class Small(fidelio_peer.Adapter):
    def create(self, request):
        print("and later")
        self.cube = fidelio_peer.UnitCube(self.parameters)

    def propose(self):
        return None, self.cube.decode([1.0, 0.0, 1.0, 0.0, 1.0, 0.25])

    def adopt(self, config):
        return self.cube.encode(config)

    def observe(self, handle, config, loss):
        self.seen = handle, loss

    def report(self, handle, step, loss):
        return loss < 0.4


fidelio_peer.serve(Small())
EOF
space='{"parameters": [{"name": "k", "type": "float", "min": 0.0, "max": 4.0, "when": ["`c` in ['"'a'"']"]}, {"name": "x", "type": "float", "min": 1e-4, "max": 1.0, "scale": "log"}, {"name": "n", "type": "int", "min": 1, "max": 9}, {"name": "o", "type": "ordered", "values": [0.5, 1, 2]}, {"name": "c", "type": "categorical", "values": ["a", "b"]}]}'
talk() {
    echo '{"op": "create", "method": "m", "goal": "maximize", "seed": 1, "workers": 1, "budget": 9, "fidelity": null, "initial": [{"x": 0.01, "n": 9, "o": 1, "c": "b"}], "space": '"$space"'}'
    echo '{"op": "ask"}'
    echo '{"op": "ask"}'
    echo '{"op": "report", "id": 1, "step": 1, "value": 0.5}'
    echo '{"op": "report", "id": 1, "step": 2, "value": -0.5}'
    echo '{"op": "tell", "id": 1, "value": null, "step": 2, "status": "failed"}'
}
talk | PYTHONPATH="$sources/benchmarks/peers" PYTHONDONTWRITEBYTECODE=1 python3 "$dir/small_peer.py" > "$dir/answers" 2>"$dir/talk"
check "an answer a line, and nothing that libraries print" test "$(grep -c '^{.*"cpu": ' "$dir/answers")" -eq 6
check "what they print goes to stderr" grep -q "while it is imported" "$dir/talk"
line() { sed -n "$1p" "$dir/answers"; }
has() { case $(line "$1") in *"$2"*) true ;; *) line "$1"; false ;; esac; }
check "the common design comes first" has 2 '"config": {"x": 0.01, "n": 9, "o": 1, "c": "b"}'
check "log scales, rounding, order, categories" has 3 '"x": 1.0, "n": 1, "o": 2.0, "c": "b"'
check "an inactive parameter is left out" test "$(line 3 | grep -c '"k"')" -eq 0
check "a maximised value is turned round: good goes on" has 4 '"continue"'
check "and bad stops" has 5 '"stop"'

# setup.sh --check with one peer that works and one that does not
mkdir -p "$dir/venvs/cmaes/bin" "$dir/venvs/hyperopt/bin"
cat > "$dir/venvs/cmaes/bin/python" <<'EOF'
#!/bin/sh
while read -r line; do echo '{"ok": true, "id": 0, "config": {}, "cpu": 0}'; done
EOF
printf '#!/bin/sh\necho "ImportError: no such thing" >&2\nexit 1\n' > "$dir/venvs/hyperopt/bin/python"
chmod +x "$dir"/venvs/*/bin/python
export FIDELIO_PEERS="$dir/venvs"
sh "$sources/benchmarks/peers/setup.sh" --check cmaes hyperopt > "$dir/setup" 2>&1
check "a peer that proposes is ready" grep -q "^cmaes: ready (cma" "$dir/setup"
check "one that does not says why" grep -q "^hyperopt: tpe: ImportError: no such thing" "$dir/setup"
"$bench" list peers > "$dir/list"
check "listed with its error" grep -q "^hyperopt  *failed  *tpe: ImportError" "$dir/list"
check "installed" grep -q "^cmaes  *installed" "$dir/list"
check "not there" grep -q "^optuna  *absent" "$dir/list"
exit $failed
