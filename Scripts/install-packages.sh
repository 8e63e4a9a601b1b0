#!/bin/sh
# Installs the Debian packages named as arguments that are missing.
set -eu

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "This is not a Debian system. Please install what these Debian packages hold, then run make again:" >&2
  echo "  $*" >&2
  echo "(On macOS: brew install openblas gnuplot.) Set KAPPA_SKIP_DEPS=1 to go on without this check." >&2
  [ -n "${KAPPA_SKIP_DEPS:-}" ] && exit 0
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
  echo "Missing packages, and neither root nor sudo to install them. As root, please run:" >&2
  echo "  apt-get install$missing" >&2
  exit 1
fi
echo "Installing$missing"
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
