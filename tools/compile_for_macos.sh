#!/usr/bin/env bash
# tools/compile_for_macos.sh: compiles the native core, the timer and the extension for macOS on arm64 with the compiler
# of the package ziglang, warnings as errors, and links them with the library that wheels for macOS carry. Nothing is
# run: it shows that the code keeps to what macOS has, and that the library has all functions that are called.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/build/macos
python=${PYTHON:-python3}

"$python" -m venv --clear "$work/tools"
"$work/tools/bin/pip" install --quiet ziglang 'pybind11>=3' cmake ninja
ZIG=$("$work/tools/bin/python" -c 'import os, ziglang; print(os.path.dirname(ziglang.__file__) + "/zig")')
export ZIG PATH="$work/tools/bin:$PATH"
PYTHON=$work/tools/bin/python tools/fetch_tflite_c.sh macos-arm64 "$work/tflite_c"

build() {
  local directory=$work/$1
  shift
  rm -rf "$directory"
  cmake -S . -B "$directory" -G Ninja -DCMAKE_TOOLCHAIN_FILE=cmake/aarch64-macos.cmake -DTFLOPS_WERROR=ON "$@"
  cmake --build "$directory"
}
build timer -DTFLOPS_PYTHON=OFF -DTFLOPS_BUILD_TIMER=ON
# What scikit-build-core says: CMake leaves the extension to it. The headers of Python are those of this machine.
build extension -DSKBUILD=ON -DSKBUILD_PROJECT_NAME=tflops_native \
  -DTFLITE_C_LIBRARY="$work/tflite_c/libtensorflowlite_c.dylib" \
  -Dpybind11_DIR="$("$work/tools/bin/python" -m pybind11 --cmakedir)" -DPython_EXECUTABLE="$work/tools/bin/python"
