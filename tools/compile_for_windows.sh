#!/usr/bin/env bash
# tools/compile_for_windows.sh: compiles the native core and the timer for Windows with Debian's cross compiler, warnings
# as errors. Nothing is run: it only shows that the code keeps to what Windows has.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/need.sh
need x86_64-w64-mingw32-g++-posix g++-mingw-w64-x86-64-posix
need cmake cmake
need ninja ninja-build

cmake -S . -B build/windows -G Ninja -DCMAKE_TOOLCHAIN_FILE=cmake/x86_64-w64-mingw32.cmake \
  -DTFLOPS_PYTHON=OFF -DTFLOPS_BUILD_TIMER=ON -DTFLOPS_WERROR=ON
cmake --build build/windows
