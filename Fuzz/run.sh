#!/bin/sh
# Builds the fuzzers and runs them, starting from the files in Tests/Fixtures; what they find stays in out/fuzz: inputs that stop the
# program (crash-*, oom-*, timeout-*), and in `minimal` the few inputs that reach all the code that was reached.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-600}
# Checksums are not compared, for no fuzzer guesses them; an input that takes 512 MB at once, or 10 seconds, counts as a crash.
# Instrumented loops are not vectorised, which is no news here.
swift build -c release --package-path Fuzz --sanitize fuzzer -Xcc -Wno-pass-failed -Xswiftc -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
for reader in ${READERS:-NumPy NumPyArchive Safetensors IDX}; do
  case $reader in
    NumPy) seeds='*.npy' ;;
    NumPyArchive) seeds='*.npz' ;;
    Safetensors) seeds='*.safetensors' ;;
    IDX) seeds='none' ;;
    *) echo "no reader is called $reader" >&2 && exit 1 ;;
  esac
  folder=out/fuzz/$reader
  rm -rf "$folder/seeds" "$folder/minimal"
  mkdir -p "$folder/corpus" "$folder/seeds" "$folder/minimal"
  find Tests/Fixtures/formats -name "$seeds" -exec cp {} "$folder/seeds" \;
  cp "Tests/Fixtures/fuzz-corpus/$reader/"* "$folder/seeds"
  echo "$reader: $seconds s; its words are in $folder/log"
  fuzzer=Fuzz/.build/release/Fuzz$reader
  "$fuzzer" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=512 -print_final_stats=1 \
    -artifact_prefix="$folder/" "$folder/corpus" "$folder/seeds" >"$folder/log" 2>&1 || {
    tail -n 40 "$folder/log"
    exit 1
  }
  grep number_of_executed_units "$folder/log"
  # By the code that runs, however often it does: some tens of inputs, small enough to keep.
  "$fuzzer" -set_cover_merge=1 -use_counters=0 -max_len=4096 "$folder/minimal" "$folder/corpus" "$folder/seeds" >"$folder/merge-log" 2>&1
done
