#!/bin/sh
# Makes sure a Chromium is there for the browser tests: CHROMIUM=, the usual names, else Debian's package when we may install it.
set -eu
for name in "${CHROMIUM:-}" /usr/bin/chromium chromium chromium-browser google-chrome; do
  if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing Chromium for the browser tests"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
else
  echo "The browser tests need Chromium: install it or set CHROMIUM to its path." >&2
  exit 1
fi
