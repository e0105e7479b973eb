#!/bin/sh
# The Python package over the shared library of this build.
set -eu
here=$FIDELIO_SOURCE/tests/python
if ! command -v python3 >/dev/null 2>&1; then
    echo "skipped: no python3"
    echo "skip   python"
    exit 0
fi
if [ ! -e "$FIDELIO_BUILD/libfidelio.so" ]; then
    echo "skipped: this build makes no shared library"
    echo "skip   python"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
FIDELIO_LIBRARY=$FIDELIO_BUILD/libfidelio.so PYTHONPATH=$FIDELIO_SOURCE/python \
PYTHONDONTWRITEBYTECODE=1 FIDELIO_LAYOUT=$FIDELIO_BUILD/tests/python_test_layout \
    TMPDIR=$work python3 "$here/package.py"
