#!/usr/bin/env bash
# tools/cross_timer.sh aarch64 [DIRECTORY]: cross-builds tflops-timer for that machine on x86-64 Debian, puts
# it and a TensorFlow Lite library into the directory (build/aarch64/timer), times example models
# there under user-mode emulation, and joins each result with the static counts (needs tflops_native).
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/cross_target.sh
destination=${2:-$work/timer}
python=${PYTHON:-python3}
need "$gnu-g++" "g++-$gnu"
need "$emulator-static" qemu-user-static
need cmake cmake
need ninja ninja-build

step "timer and library of $machine"
cmake -S . -B "$work/timer_build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE="cmake/$gnu.cmake" \
  -DTFLOPS_PYTHON=OFF -DTFLOPS_BUILD_TIMER=ON -DTFLOPS_WERROR=ON >/dev/null
cmake --build "$work/timer_build"
mkdir -p "$destination"
cp "$work/timer_build/cpp/timer/tflops-timer" "$destination"
PYTHON=$python tools/fetch_tflite_c.sh "$machine" "$destination"

for model in examples/mobilenet*.tflite examples/single_conv_28x28.tflite; do
  step "$model"
  # The compiler's package has the C library of the target.
  "$emulator-static" -L "/usr/$gnu" "$destination/tflops-timer" "$model" --runs 10 --output "$work/timer.json"
  "$python" -c 'import sys; from tflops_native import report; print(report(sys.argv[1], profile_file=sys.argv[2]))' \
    "$model" "$work/timer.json"
done
step "proven: $destination/tflops-timer"
