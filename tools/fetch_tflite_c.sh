#!/usr/bin/env bash
# tools/fetch_tflite_c.sh MACHINE DIRECTORY: puts the TensorFlow Lite C library for another Linux machine
# (x86_64, aarch64, armv7l) or for macos-arm64 into the directory, from the package that the build requires.
set -euo pipefail
machine=$1 directory=$2
python=${PYTHON:-python3}
case $machine in
  macos-*) platform=macosx_15_0_${machine#macos-} known=$machine file=libtensorflowlite_c.dylib ;;
  *) platform=manylinux_2_35_$machine known=linux-$machine file=libtensorflowlite_c.so ;;
esac

package=$(grep -om1 'pymicro-wakeword==[0-9.]*' "$(dirname "$0")/../pyproject.toml")
mkdir -p "$directory"
unpacked=$(mktemp -d -p "$directory")
"$python" -m pip download --quiet --no-deps --only-binary :all: --platform "$platform" --dest "$unpacked" "$package"
"$python" -m zipfile -e "$unpacked"/pymicro_wakeword-*.whl "$unpacked"
mv "$unpacked/pymicro_wakeword/lib/$file" "$directory"
expected=$(grep "  $known\$" "$(dirname "$0")/../cmake/tflite_c_library.sha256" | cut -d' ' -f1)
echo "$expected  $directory/$file" | sha256sum --check --quiet
rm -r "$unpacked"
