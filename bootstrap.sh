#!/bin/sh
# bootstrap.sh -- from a fresh Debian 12 or 13 machine to a working fidelio.
#   sh bootstrap.sh          install what is missing, build
#   sh bootstrap.sh demo     and run configs/xgboost.yaml on real data
#   sh bootstrap.sh check    and run all tests, plain and under the sanitizers;
#                            last line: N passed, N failed, N skipped
# A second run installs nothing and touches no network. Everything made lies under build/
# and configs/runs/.
set -eu
cd "$(dirname "$0")"
what=${1:-build}

say() { printf '%s\n' "== $*" >&2; }

case $what in
build | demo | check) ;;
*) echo "usage: sh bootstrap.sh [build|demo|check]" >&2; exit 2 ;;
esac

# --- packages
wanted() {
    case $what in
    build) skip='\[demo\]|\[check\]' ;;
    demo) skip='\[check\]' ;;
    check) skip='^$' ;;
    esac
    grep -Ev '^#|^$' packages.txt | grep -Ev "$skip" | while read -r name rest; do
        first_of "$name" installed >/dev/null || echo "$name"
    done
}
# first_of NAME|NAME... installed|available: the first of these packages that is. The name
# of a package, or what it holds, differs between releases of Debian.
first_of() {
    for one in $(echo "$1" | tr '|' ' '); do
        case $2 in
        installed) dpkg-query -W -f='${db:Status-Status}' "$one" 2>/dev/null | grep -q '^installed$' ;;
        available) apt-cache show "$one" >/dev/null 2>&1 ;;
        esac && { echo "$one"; return 0; }
    done
    return 1
}
install() { # NAME|NAME ...
    $root apt-get update -qq || return 1
    names=
    for each; do
        names="$names $(first_of "$each" available || echo "$each")"
    done
    # shellcheck disable=SC2086
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $names
}
missing=$(wanted)
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    say installing: $missing
    root=
    [ "$(id -u)" = 0 ] || root=sudo
    mkdir -p build
    # shellcheck disable=SC2086
    if ! install $missing >build/apt.log 2>&1; then
        tail -20 build/apt.log >&2
        say "could not install the packages above; see build/apt.log"
        exit 1
    fi
fi

# --- build
build() { # without the tests
    mkdir -p build
    if ! { cmake --preset release -DBUILD_TESTING=OFF && cmake --build --preset release; } \
        >build/release.log 2>&1; then
        grep -E 'error|FAILED' build/release.log | head -30 >&2
        say "the build failed; see build/release.log"
        exit 1
    fi
}

case $what in
build)
    build
    say "built: build/release/fidelio"
    ;;
demo)
    build
    exec sh configs/demo.sh
    ;;
check)
    exec sh tests/check.sh
    ;;
esac
