# Sourced by scripts that need programs of Debian's packages.

# need COMMAND PACKAGE: installs the Debian package that has the command, or says how.
need() {
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" = 0 ]; then
    apt-get update --quiet=2 && apt-get install --quiet=2 --yes --no-install-recommends "$2" >/dev/null
  else
    echo "error: $1 is missing: apt-get install $2" >&2 && exit 1
  fi
}
