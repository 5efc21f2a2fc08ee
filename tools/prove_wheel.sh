#!/usr/bin/env bash
# tools/prove_wheel.sh aarch64 [WHEEL]: installs the wheel in a root of that machine made of Debian's
# packages, and reports on the example models there, all under user-mode emulation. Needs no root if
# the emulator is installed, and leaves nothing on this machine but build/.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/cross_target.sh
shopt -s nullglob
wheels=(dist/tflops_native-*"$machine".whl)
wheel=${2:-${wheels[0]:-}}
[ -f "$wheel" ] || { echo "error: there is no wheel: tools/cross_build.sh $machine makes one" >&2; exit 1; }
version=$(sed 's/.*-cp3\([0-9]*\)-cp.*/3.\1/' <<<"$wheel")
python=${PYTHON:-python$version}
need "$python" "python$version-venv"
need "$emulator-static" qemu-user-static

packages=(bash coreutils libstdc++6 "python$version-venv") downloads=("$wheel") venv_options= report_options= libraries=
if [ "$machine" = armv7l ]; then
  # NumPy publishes no wheel for it, so Debian's is taken; its TensorFlow Lite is made without XNNPACK.
  packages+=(python3-numpy) downloads=(click rich) venv_options=--system-site-packages
  report_options="--kernels builtin"
  # Where Debian's NumPy finds BLAS: the links to it are made by scripts of packages, which did not run.
  libraries=/usr/lib/$gnu/blas:/usr/lib/$gnu/lapack
fi

step "root of $machine, Debian's packages"
root=$work/root
rm -rf "$root" "$work"/apt/archives/*.deb
mkdir -p "$root"/{dev,proc,sys,tmp,work}
target_apt_update
target_apt install --download-only --yes --no-install-recommends "${packages[@]}" >/dev/null
unpack "$root" "$work"/apt/archives/*.deb

step "wheels of what the package depends on"
mkdir "$root/work/wheels"
cp "$wheel" "$root/work/wheels"
cp examples/*.tflite "$root/work"
# pip takes a platform by name only, so those that this Debian's C library can run are listed.
"$python" -m venv --clear "$work/pip"
"$work/pip/bin/pip" download --quiet --only-binary :all: --python-version "$version" --dest "$root/work/wheels" \
  --platform "manylinux_2_35_$machine" --platform "manylinux_2_28_$machine" --platform "manylinux_2_27_$machine" \
  --platform "manylinux_2_17_$machine" --platform "manylinux2014_$machine" "${downloads[@]}"

# The reports measure in a child process, which the kernel has to start with the emulator: so that is
# registered with it, in a user namespace and thus for the processes below only (Linux 6.7 or later).
export root emulator venv_options report_options libraries
unshare --user --map-root-user --mount bash -euo pipefail <<'END'
if [ ! -e "/proc/sys/fs/binfmt_misc/$emulator" ]; then
  if ! mount -t binfmt_misc none /proc/sys/fs/binfmt_misc; then
    echo "error: $emulator cannot be registered for this proof alone: apt-get install binfmt-support" >&2
    exit 1
  fi
  cat "/usr/lib/binfmt.d/$emulator.conf" >/proc/sys/fs/binfmt_misc/register
fi
for kernel in proc sys dev; do mount --rbind "/$kernel" "$root/$kernel"; done
env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
  venv_options="$venv_options" report_options="$report_options" LD_LIBRARY_PATH="$libraries" \
  chroot "$root" bash -euo pipefail <<'INSIDE'
cd /work
printf '\n== installation on %s\n' "$(uname -m)"
"$(ls /usr/bin/python3.?? | head -1)" -m venv $venv_options venv
venv/bin/pip install --quiet --no-index --find-links wheels tflops_native
venv/bin/pip list --format freeze --disable-pip-version-check
for model in *.tflite; do
  case $model in
    single_conv_dynamic.*) options="--input-shape 1,28,28,1 $report_options" ;;
    *) options=$report_options ;;
  esac
  printf '\n== tflops report %s\n' "$model $options"
  venv/bin/tflops report "$model" --runs 10 $options
done
INSIDE
END
step "proven: $(basename "$wheel")"
