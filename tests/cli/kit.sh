# What the tests of the command share; read by `. "$FIDELIO_SOURCE/tests/cli/kit.sh"`.
# Works in a folder of its own and removes it. Ends with `exit $bad`.
set -u
fidelio=$FIDELIO_BUILD/fidelio
base=${TMPDIR:-/tmp}
[ -z "${TMPDIR-}" ] && [ -w /dev/shm ] && base=/dev/shm # where a sync costs nothing
folder=$(mktemp -d "$base/fidelio-cli-XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
bad=0
check() { # name, then a command that must succeed
    name=$1
    shift
    if "$@" >.said 2>&1; then echo "ok     $name"; else
        echo "not ok $name"
        head -20 .said
        bad=1
    fi
}
skip() { # name, why
    echo "skip   $1: $2"
}
is() { [ "$1" = "$2" ]; }
# Exit code of a command, whatever it prints.
code() {
    "$@" >/dev/null 2>&1
    echo $?
}
# Wait until a command succeeds, at most four minutes.
until_true() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 4800 ] || return 1
        sleep 0.05
    done
}
