#!/bin/sh
# Makes sure that there is a Chromium for the browser's tests, or says what to do.
set -eu
if [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium && exit 0
fi
echo "The browser's tests need Chromium: install Debian's package chromium, or set CHROMIUM to a browser" >&2
exit 1
