#!/bin/sh
# The whole suite. Where tests fail, what they say stands last, below the hundreds of lines of those that pass.
#   sh Scripts/test.sh [options of swift test]
set -eu
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log" "$log.failed"' EXIT
# Tests that stop the program on purpose need no backtrace, which would take most of the time.
{ SWIFT_BACKTRACE="enable=no" "${SWIFT:-swift}" test -c release "$@" 2>&1 || echo "$?" >"$log.failed"; } | tee "$log"
if [ -s "$log.failed" ]; then
  printf '\nWhat failed:\n'
  grep -E '^(✘|↳|error:|.*(error|Fatal error):)' "$log" || echo "no test; see above"
  exit "$(cat "$log.failed")"
fi
