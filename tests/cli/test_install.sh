#!/bin/sh
# The installed tree as a stranger's program meets it: pkg-config, find_package, C and C++,
# nothing exported but fid_*, and a command that works from any prefix.
. "$FIDELIO_SOURCE/tests/cli/kit.sh"
if ! cmake --install "$FIDELIO_BUILD" --prefix "$folder/a place" >installed 2>&1; then
    echo "not ok installing"
    cat installed
    exit 1
fi
mv "a place" "moved place"
place="$folder/moved place"
lib=$(dirname "$(find "$place" -name libfidelio.a)")

exports_only_fid() {
    nm -D --defined-only "$lib/libfidelio.so" | awk '{ print $3 }' >names
    [ "$(wc -l <names)" -gt 100 ] && ! grep -v '^fid_[a-z]' names
}
headers_stand_alone() { # compiler and its words
    for header in "$place"/include/fidelio/*.h; do
        echo "#include <fidelio/$(basename "$header")>" |
            "$@" -Wall -Wextra -Wpedantic -Werror -I"$place/include" -fsyntax-only - || return 1
    done
}
check every_header_compiles_alone_as_c headers_stand_alone cc -std=c11 -x c
check every_header_compiles_alone_as_cxx headers_stand_alone c++ -std=c++11 -x c++

cat >one.c <<'C'
#include <fidelio/catalog.h>
#include <fidelio/study.h>
int main(void)
{
    fid_space *space;
    fid_error err;
    if (fid_space_create(&space) != FID_OK ||
        fid_space_add_float(space, "x", 0, 1, FID_SCALE_LINEAR, 0, &err) != FID_OK ||
        fid_space_freeze(space, &err) != FID_OK)
        return 1;
    fid_space_destroy(space);
    return fid_catalog_sampler("auto") != &fid_sampler_auto;
}
C
cp one.c one.cc
export PKG_CONFIG_PATH="$lib/pkgconfig"
by_pkg_config() { # compiler, source, words for pkg-config and the linker
    eval "set -- $1 $2 -o program $(pkg-config --cflags --libs $3 fidelio)" && "$@" &&
        LD_LIBRARY_PATH="$lib" ./program
}
cat >CMakeLists.txt <<'C'
cmake_minimum_required(VERSION 3.20)
project(consumer C)
find_package(fidelio 0.1 REQUIRED)
add_executable(consumer one.c)
target_link_libraries(consumer PRIVATE fidelio::fidelio)
C
by_find_package() {
    cmake -S . -B consumer -DCMAKE_PREFIX_PATH="$place" && cmake --build consumer &&
        consumer/consumer
}
if grep -q '^FID_SANITIZE:[A-Z]*=.' "$FIDELIO_BUILD/CMakeCache.txt"; then
    skip installed_library "an instrumented library needs the runtime it was built with"
else
    check only_fid_names_are_exported exports_only_fid
    check a_c_program_by_pkg_config by_pkg_config cc one.c ""
    check a_cxx_program_by_pkg_config by_pkg_config c++ one.cc ""
    mkdir kept && mv "$lib"/libfidelio.so* kept
    check a_static_c_program_by_pkg_config by_pkg_config cc one.c --static
    mv kept/* "$lib"
    command -v python3 >/dev/null &&
        check a_python_program env PYTHONPATH="$lib/python3/dist-packages" PYTHONDONTWRITEBYTECODE=1 \
            python3 -c 'import fidelio; assert "auto" in fidelio.methods()'
    check a_cmake_program_by_find_package by_find_package
fi

# what a program that reads others' files should be built with
hardened() {
    readelf -h "$1" | grep -q 'Type: *DYN' && readelf -lW "$1" | grep -q GNU_RELRO &&
        readelf -dW "$1" | grep -q 'BIND_NOW\|FLAGS.*NOW' &&
        ! readelf -lW "$1" | grep GNU_STACK | grep -q RWE
}
check the_command_is_hardened hardened "$place/bin/fidelio"
check the_runner_is_hardened hardened "$place/bin/fidelio-runner"

cat >sweep.yaml <<'Y'
metric: {name: loss, goal: minimize}
command: [sh, -c, 'echo loss=1 >>"$FIDELIO_REPORT"']
parameters: {x: {min: 0.0, max: 1.0}}
budget: {trials: 3}
Y
check the_installed_command_finds_its_runner "$place/bin/fidelio" run sweep.yaml --quiet
exit $bad
