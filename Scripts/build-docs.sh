#!/bin/sh
# Documentation archives of all modules, in out/docs: compiled symbol graphs, then DocC if the toolchain has it.
set -eu
cd "$(dirname "$0")/.."
mkdir -p out/docs/symbols
swift package --scratch-path .build dump-symbol-graph --minimum-access-level public >/dev/null
find .build -name '*.symbols.json' -path '*symbolgraph*' -exec cp {} out/docs/symbols/ \;
if ! command -v docc >/dev/null 2>&1; then
  echo "docc is not on the path: symbol graphs alone, in out/docs/symbols"
  exit 0
fi
for module in Tensor AutoDiff Curvature Optim Models Datasets Training; do
  mkdir -p "out/docs/graphs/$module"
  cp out/docs/symbols/"$module"*.symbols.json "out/docs/graphs/$module/"
  docc convert --fallback-display-name "$module" --fallback-bundle-identifier "kappa.$module" \
    --additional-symbol-graph-dir "out/docs/graphs/$module" --output-path "out/docs/$module.doccarchive"
done
echo "out/docs/*.doccarchive"
