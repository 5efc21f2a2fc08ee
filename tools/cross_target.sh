# Sourced by cross_build.sh and prove_wheel.sh: what a target is called, and Debian packages for it.
# Sets machine, debian_arch, gnu, emulator and work.

case ${1:-} in
  aarch64) machine=aarch64 debian_arch=arm64 gnu=aarch64-linux-gnu emulator=qemu-aarch64 ;;
  armv7l) machine=armv7l debian_arch=armhf gnu=arm-linux-gnueabihf emulator=qemu-arm ;;
  *) echo "usage: $0 aarch64|armv7l ..." >&2 && exit 2 ;;
esac
work=$PWD/build/$machine
mkdir -p "$work"

. tools/need.sh

step() { printf '\n== %s\n' "$*"; }

# An apt of its own, for packages of the target: the dpkg of this machine is not asked and not changed.
target_apt() {
  local apt=$work/apt
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  touch "$apt/status"
  apt-get --quiet=2 -o Acquire::Retries=3 \
    -o APT::Architecture="$debian_arch" -o APT::Architectures="$debian_arch" -o APT::Sandbox::User="$(id -un)" -o Dir::State="$apt" -o Dir::State::lists="$apt/lists" \
    -o Dir::State::status="$apt/status" -o Dir::Cache="$apt" -o Dir::Cache::archives="$apt/archives" "$@"
}

# One archive of several that fails is no reason to stop: what it lacked fails by its name later.
target_apt_update() {
  target_apt update || echo "warning: going on with the lists of packages that there are" >&2
}

# unpack DIRECTORY FILE.deb...: the files only; no script of the packages runs.
unpack() {
  local root=$1 deb
  shift
  for deb in "$@"; do dpkg-deb --extract "$deb" "$root"; done
}
