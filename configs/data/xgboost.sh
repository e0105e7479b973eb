#!/bin/sh
# Debian's xgboost command. Debian 13 ships only the Python package: then xgboost_command.py takes
# the same arguments and prints the same lines.
command -v xgboost >/dev/null && exec xgboost "$@"
exec /usr/bin/python3 "$(dirname "$0")/xgboost_command.py" "$@"
