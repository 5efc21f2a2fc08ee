#!/usr/bin/env bash
# Opens pages in headless Chromium and fails unless they render without an error or a request (check_page.mjs).
# Usage: tools/check_page.sh FOLDER PAGE.html ...; screenshots go into FOLDER. Needs node and npm, and installs
# Chromium from the package registry into TFLOPS_CHROMIUM (default: a folder beside other caches).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift
cache=${TFLOPS_CHROMIUM:-${XDG_CACHE_HOME:-$HOME/.cache}/tflops-chromium}
mkdir -p "$cache"
if [ ! -d "$cache/node_modules/puppeteer-core" ]; then
  npm install --prefix "$cache" --no-fund --no-audit --silent @sparticuz/chromium@123.0.1 puppeteer-core@22.6.0
fi
# Modules are found from where the script lies.
cp "$here/check_page.mjs" "$cache/"
node "$cache/check_page.mjs" "$folder" "$@"
