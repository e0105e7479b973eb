# Makes one virtual environment a peer, outside of the sources, with pinned versions, and
# lets every adapter make two proposals.
#     sh benchmarks/peers/setup.sh [--check] [PEER...]      (--check: installs nothing)
# Folder: $FIDELIO_PEERS, else build/peers. What pip really installed is in NAME.freeze,
# its words are in NAME.log. A peer that cannot be installed, or a method of it that does
# not work, is in NAME.failed with its error, which `fidelio-bench list peers` and the
# report show; the others go on.
set -u
here=$(cd "$(dirname "$0")" && pwd)
to=${FIDELIO_PEERS:-$here/../../build/peers}
mkdir -p "$to"
only_check=
[ "${1:-}" != --check ] || { only_check=1; shift; }
[ $# -gt 0 ] || set -- $(sed -n 's/^\([a-z0-9]*\):.*/\1/p' "$here/versions.txt")

install() { # PEER PACKAGES...  (`;` between calls of pip)
    pip=$to/$1/bin/pip; shift
    now=
    for word in "$@" ';'; do
        if [ "$word" != ';' ]; then
            now="$now $word"
        else
            "$pip" install -q --disable-pip-version-check $now || return 1
            now=
        fi
    done
}

# What fidelio-bench says first, on a space that has every kind of parameter.
talk() { # METHOD FIDELITY
    cat <<EOF
{"op": "create", "method": "$1", "goal": "minimize", "seed": 1, "workers": 1, "budget": 20, "fidelity": $2, "initial": [], "space": {"parameters": [{"name": "x", "type": "float", "min": 1e-4, "max": 1.0, "scale": "log"}, {"name": "n", "type": "int", "min": 1, "max": 9}, {"name": "o", "type": "ordered", "values": [0.5, 1, 2]}, {"name": "c", "type": "categorical", "values": ["a", "b"]}, {"name": "k", "type": "float", "min": 0.0, "max": 1.0, "when": ["\`c\` in ['a']"]}]}}
{"op": "ask"}
EOF
    [ "$2" = null ] || echo '{"op": "report", "id": 0, "step": 1, "value": 0.5}'
    echo '{"op": "tell", "id": 0, "value": 0.5, "step": 1, "status": "done"}'
    echo '{"op": "ask"}'
}

check() { # PEER METHOD[/f]
    method=${2%/f}
    fidelity=null answers=4
    [ "$method" = "$2" ] || {
        fidelity='{"name": "epoch", "min": 1, "max": 9, "integer": true, "mode": "resume"}'
        answers=5
    }
    got=$(talk "$method" "$fidelity" |
        timeout 600 "$to/$1/bin/python" "$here/$1_peer.py" 2>"$to/$1.words" | grep -c '"cpu"')
    [ "$got" -eq $answers ] && return
    echo "$method: $(grep -v '^ *$' "$to/$1.words" | tail -n 1 | cut -c 1-300)" >>"$to/$1.failed"
}

for peer; do
    methods=$(sed -n "s/^$peer: *\([^:]*\):.*/\1/p" "$here/versions.txt")
    packages=$(sed -n "s/^$peer:[^:]*: *//p" "$here/versions.txt")
    [ -n "$packages" ] || { echo "$peer: not in versions.txt" >&2; continue; }
    rm -f "$to/$peer.failed"
    if [ -n "$only_check" ] || {
        python3 -m venv "$to/$peer" && install "$peer" $packages >"$to/$peer.log" 2>&1; }; then
        "$to/$peer/bin/pip" freeze --disable-pip-version-check >"$to/$peer.freeze" 2>/dev/null
        for method in $methods; do check "$peer" "$method"; done
    else
        rm -f "$to/$peer.freeze"
        grep -m 1 -i error "$to/$peer.log" >"$to/$peer.failed" || tail -n 1 "$to/$peer.log" >"$to/$peer.failed"
    fi
    rm -f "$to/$peer.words"
    echo "$peer: $(if [ -f "$to/$peer.failed" ]; then tr '\n' ' ' <"$to/$peer.failed"; else echo "ready ($methods)"; fi)"
done
