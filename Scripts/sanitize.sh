#!/bin/sh
# The whole suite under AddressSanitizer, ThreadSanitizer and UndefinedBehaviorSanitizer, each in a build of its own (.build-KIND).
# Tests that a mistake stops the program run too: a child process that ends as it should is no finding. What libraries that are not
# Kappa's do is suppressed by name, with the reason, in Scripts/sanitizers.
#   SANITIZERS="address thread undefined" sh Scripts/sanitize.sh
set -eu
cd "$(dirname "$0")/.."
lists=$PWD/Scripts/sanitizers
export ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1"
export LSAN_OPTIONS="suppressions=$lists/leaks.txt:print_suppressions=0"
export TSAN_OPTIONS="suppressions=$lists/threads.txt:halt_on_error=0:exitcode=66"
# Tests that stop the program on purpose need no backtrace.
export SWIFT_BACKTRACE="enable=no"
for kind in ${SANITIZERS:-address thread undefined}; do
  echo "== $kind"
  case $kind in
    # swiftc knows it on no Linux; Swift checks its own arithmetic anyhow. The C targets trap where behaviour is undefined.
    undefined) options="-Xcc -fsanitize=undefined -Xcc -fsanitize-trap=undefined" ;;
    *) options="--sanitize=$kind" ;;
  esac
  # shellcheck disable=SC2086
  swift build -c release --build-tests $options --scratch-path ".build-$kind"
  # One process for all tests, as swift test starts it; its exit code is that of the sanitizer if one found something.
  # shellcheck disable=SC2086
  swift test -c release --skip-build $options --scratch-path ".build-$kind" ${FILTER:+--filter "$FILTER"}
done
