#!/bin/sh
# Installs the Debian packages named as arguments that are missing; after --optional, it goes on without those that it cannot install.
#   KAPPA_SKIP_DEPS=1: nothing is looked for.
set -eu
[ -n "${KAPPA_SKIP_DEPS:-}" ] && exit 0

optional=""
if [ "${1:-}" = --optional ]; then
  optional=yes
  shift
fi

if ! command -v dpkg-query >/dev/null 2>&1; then
  [ -n "$optional" ] && exit 0
  echo "This is not a Debian system. Please install what these Debian packages hold, then run make again:" >&2
  echo "  $*" >&2
  echo "(On macOS: brew install openblas gnuplot.) Set KAPPA_SKIP_DEPS=1 to go on without this check." >&2
  exit 1
fi

missing=""
for package in "$@"; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1; then
  as_root="sudo"
else
  [ -n "$optional" ] && exit 0
  echo "Missing packages, and neither root nor sudo to install them. As root, please run:" >&2
  echo "  apt-get install$missing" >&2
  exit 1
fi
echo "Installing$missing"
install() {
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
if ! install; then
  [ -z "$optional" ] && exit 1
  echo "Going on without$missing, without which there are no pictures or some things are slower."
fi
