#!/bin/sh
# Builds the fuzzers and runs them, starting from the files in Tests/Fixtures; what they find stays in out/fuzz.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-600}
# Checksums are not compared, for no fuzzer guesses them; an input that takes 512 MB, or 10 seconds, counts as a crash.
swift build -c release --package-path Fuzz --sanitize fuzzer -Xswiftc -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
for reader in ${READERS:-NumPy NumPyArchive Safetensors IDX}; do
  mkdir -p "out/fuzz/$reader/corpus" "out/fuzz/$reader/seeds"
  case $reader in
    NumPy) cp Tests/Fixtures/formats/*.npy "out/fuzz/$reader/seeds" ;;
    NumPyArchive) cp Tests/Fixtures/formats/*.npz "out/fuzz/$reader/seeds" ;;
    Safetensors) cp Tests/Fixtures/formats/*.safetensors "out/fuzz/$reader/seeds" ;;
  esac
  echo "$reader: $seconds s; its words are in out/fuzz/$reader/log"
  "Fuzz/.build/release/Fuzz$reader" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=512 \
    -print_final_stats=1 -artifact_prefix="out/fuzz/$reader/" \
    "out/fuzz/$reader/corpus" "out/fuzz/$reader/seeds" "Tests/Fixtures/fuzz-corpus/$reader" >"out/fuzz/$reader/log" 2>&1 || {
    tail -n 40 "out/fuzz/$reader/log"
    exit 1
  }
done
