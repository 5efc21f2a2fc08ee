#!/usr/bin/env bash
# tools/fetch_tflite_c.sh MACHINE DIRECTORY: puts the libtensorflowlite_c.so for another Linux machine
# (x86_64, aarch64, armv7l) into the directory, from the package that the build requires.
set -euo pipefail
machine=$1 directory=$2
python=${PYTHON:-python3}

package=$(grep -om1 'pymicro-wakeword==[0-9.]*' "$(dirname "$0")/../pyproject.toml")
mkdir -p "$directory"
"$python" -m pip download --quiet --no-deps --only-binary :all: \
  --platform "manylinux_2_35_$machine" --dest "$directory" "$package"
"$python" -m zipfile -e "$directory"/pymicro_wakeword-*"$machine".whl "$directory/unpacked"
mv "$directory/unpacked/pymicro_wakeword/lib/libtensorflowlite_c.so" "$directory"
expected=$(grep "  linux-$machine\$" "$(dirname "$0")/../cmake/tflite_c_library.sha256" | cut -d' ' -f1)
echo "$expected  $directory/libtensorflowlite_c.so" | sha256sum --check --quiet
rm -r "$directory/unpacked" "$directory"/pymicro_wakeword-*.whl
