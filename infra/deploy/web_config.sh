#!/bin/sh
# Makes the exported web app this environment's: where its API is, and headers that let it speak to that one alone. Run
# between its build and its upload.
set -eu
cd "$(dirname "$0")/../../static-web-app"
[ -d out ] || {
    echo "static-web-app/out is not there: build the web app first (npm ci && npm run build)." >&2
    exit 1
}
node scripts/configure.mjs --site out --api "${NEXUS_API_URL:?the deployment says it}"
