#!/bin/sh
# Builds the native core and its tests without Python, with warnings as errors and the sanitizers of
# addresses and undefined behaviour, and runs them. The folder of the build may be given.
set -eu
build=${1:-build/native}
cmake -S "$(dirname "$0")/.." -B "$build" -DCMAKE_BUILD_TYPE=Debug -DTFLOPS_PYTHON=OFF -DTFLOPS_BUILD_TESTS=ON \
  -DTFLOPS_BUILD_TIMER=ON -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DTFLOPS_SANITIZE=ON -DTFLOPS_WERROR=ON
cmake --build "$build" --parallel
ctest --test-dir "$build" --output-on-failure
