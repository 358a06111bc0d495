#!/bin/sh
# Installs the dashboard's packages and builds it into frontend/out, each only when its inputs changed.
set -eu
cd "$(dirname "$0")/../frontend"
export NEXT_TELEMETRY_DISABLED=1
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null || { echo "Tickwise needs Node 20 or newer for its dashboard." >&2; exit 1; }
lock="$(cat package.json package-lock.json | cksum)"
if [ "$(cat node_modules/.installed 2>/dev/null || true)" != "$lock" ]; then
  echo "installing the dashboard's packages"
  npm ci --no-audit --no-fund --loglevel=error
  echo "$lock" > node_modules/.installed
fi
[ "${1:-}" = packages ] && exit 0
sources="$(find app src public scripts openapi.json package.json package-lock.json next.config.* postcss.config.* tsconfig.json -type f ! -name schema.d.ts ! -name '*.compiled.json' 2>/dev/null | LC_ALL=C sort | xargs cksum | cksum)"
if [ -f out/index.html ] && [ "$(cat out/.built 2>/dev/null || true)" = "$sources" ]; then exit 0; fi
echo "building the dashboard"
log="$(mktemp)"
npm run --silent build >"$log" 2>&1 || { cat "$log"; rm -f "$log"; exit 1; }
rm -f "$log"
echo "$sources" > out/.built
