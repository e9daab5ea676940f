#!/bin/sh
# Runs one Python test; where there is no python3 the lane is skipped and says so.
if ! command -v python3 >/dev/null 2>&1; then
    echo "SKIPPED: $1 needs python3, which is not installed"
    exit 77
fi
exec python3 "$@"
