#!/bin/sh
# tools/native_style.sh [BUILD]: layout and lint of the C++ sources, with the versions that are pinned here.
# BUILD is a folder that tools/native_tests.sh has made; its compile commands are what clang-tidy goes by.
set -eu
build=${1:-build/native}
python=${PYTHON:-python3}
cd "$(dirname "$0")/.."
"$python" -m pip install --quiet clang-format==22.1.8 clang-tidy==22.1.8
bin=$("$python" -c "import sysconfig; print(sysconfig.get_path('scripts'))")
find cpp tests/native \( -name '*.cpp' -o -name '*.hpp' \) -exec "$bin/clang-format" --dry-run --Werror {} +
"$python" "$bin/run-clang-tidy.py" -clang-tidy-binary "$bin/clang-tidy" -p "$build" -quiet '/cpp/'
