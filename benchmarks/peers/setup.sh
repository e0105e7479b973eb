# Makes one virtual environment a peer, outside of the sources, with pinned versions.
#     sh benchmarks/peers/setup.sh [PEER...]
# Folder: $FIDELIO_PEERS, else build/peers. What pip really installed is in NAME.freeze,
# its words are in NAME.log. A peer that cannot be installed is listed with its error in
# NAME.failed there, and the others go on.
set -u
here=$(cd "$(dirname "$0")" && pwd)
to=${FIDELIO_PEERS:-$here/../../build/peers}
mkdir -p "$to"
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

for peer; do
    packages=$(sed -n "s/^$peer: *//p" "$here/versions.txt")
    [ -n "$packages" ] || { echo "$peer: not in versions.txt" >&2; continue; }
    rm -f "$to/$peer.failed"
    if python3 -m venv "$to/$peer" && install "$peer" $packages >"$to/$peer.log" 2>&1; then
        "$to/$peer/bin/pip" freeze --disable-pip-version-check >"$to/$peer.freeze"
        echo "$peer: $packages"
    else
        grep -m 1 -i error "$to/$peer.log" >"$to/$peer.failed" || tail -n 1 "$to/$peer.log" >"$to/$peer.failed"
        echo "$peer: $(cat "$to/$peer.failed")"
    fi
done
