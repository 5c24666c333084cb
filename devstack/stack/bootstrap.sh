#!/bin/sh
# Makes .venv with Python 3.13 and lets devstack.stack.bootstrap install into it what the locks name.
# All that is missing on the machine is named at once.
set -eu
cd "$(dirname "$0")/../.."

is_313() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1
}

missing=""
python=""
if is_313 .venv/bin/python; then
    python=.venv/bin/python
elif is_313 python3.13; then
    python=python3.13
elif is_313 python3; then
    python=python3
else
    missing="${missing}  - Python 3.13 (as python3.13 or python3 on PATH)
"
fi
node_version=$( (node --version || true) 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
if [ "${node_version:-0}" -lt 20 ]; then
    missing="${missing}  - Node.js 20 or newer (as node on PATH)
"
fi
if ! command -v npm >/dev/null 2>&1; then
    missing="${missing}  - npm, which comes with Node.js
"
fi
if [ -n "$missing" ]; then
    printf 'Nexus needs these to run on this machine; install them and try again:\n%s' "$missing" >&2
    exit 1
fi

if ! is_313 .venv/bin/python; then
    echo "Making .venv with $("$python" --version) …" >&2
    if ! "$python" -m venv --clear .venv; then
        echo "Python could not make .venv (Debian and Ubuntu keep that in the package python3.13-venv)." >&2
        exit 1
    fi
fi
exec .venv/bin/python -m devstack.stack.bootstrap
