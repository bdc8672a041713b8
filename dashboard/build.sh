#!/bin/sh
# Rebuilds dashboard/dist, the files that are committed and served.
set -eu
cd "$(dirname "$0")"
if ! command -v npm >/dev/null 2>&1; then
    echo "make dashboard needs Node 20 or newer with npm; the committed dashboard/dist works without" >&2
    exit 2
fi
npm ci --silent
npm run --silent build
