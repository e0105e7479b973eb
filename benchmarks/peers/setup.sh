# Makes one virtual environment a peer, outside of the sources, with pinned versions.
#     sh benchmarks/peers/setup.sh [PEER...]
# Folder: $FIDELIO_PEERS, else build/peers. A peer that cannot be installed is listed with
# its error in FAILED.txt there, and the others go on.
set -u
here=$(cd "$(dirname "$0")" && pwd)
to=${FIDELIO_PEERS:-$here/../../build/peers}
mkdir -p "$to"
[ $# -gt 0 ] || set -- $(sed 's/:.*//' "$here/versions.txt")
for peer; do
    packages=$(sed -n "s/^$peer: *//p" "$here/versions.txt")
    [ -n "$packages" ] || { echo "$peer: not in versions.txt" >&2; continue; }
    if python3 -m venv "$to/$peer" && "$to/$peer/bin/pip" -q install $packages 2>"$to/$peer.log"; then
        echo "$peer: $packages"
    else
        echo "$peer: $(tail -1 "$to/$peer.log")" | tee -a "$to/FAILED.txt"
    fi
done
