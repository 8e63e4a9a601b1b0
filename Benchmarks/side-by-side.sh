#!/bin/sh
# Ours, the floor (bare OpenBLAS products) and the peers, one after another, and the ratios.
# THREADS, ROWS, MIN_TIME as kappa-bench takes them. PEERS: a Python that has PyTorch and JAX; without it, ours and the floor alone.
# PEER_SCRIPTS: the folder of bench_torch.py, bench_jax.py and floor.py; ../shared/peers beside the project by default.
set -eu
cd "$(dirname "$0")"
threads=${THREADS:-2}
rows=${ROWS:-'^(gemm|grad|hv|hv_repeat|gv|gv_repeat)/(mlp|logreg|[0-9])|^step/(sgd|rmsprop|esgd_every1|esgd_every20)/mlp|^overhead'}
seconds=${MIN_TIME:-0.5}
scripts=${PEER_SCRIPTS:-../../shared/peers}
python=${PEERS:-../../.peers-venv/bin/python}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

pin=""
[ "$threads" = 1 ] && command -v taskset >/dev/null 2>&1 && pin="taskset -c 0"
swift build -c release --product kappa-bench
ours() { $pin .build/release/kappa-bench --threads "$threads" --rows "$rows" --min-time "$seconds" --json "$out/$1.json"; }

ours kappa
if [ -x "$python" ] && [ -d "$scripts" ]; then
  export OPENBLAS_NUM_THREADS="$threads" OMP_NUM_THREADS="$threads" MKL_NUM_THREADS="$threads"
  for peer in torch jax; do
    $pin "$python" "$scripts/bench_$peer.py" --wait 0 --threads "$threads" --rows "$rows" --min-time "$seconds" --json "$out/$peer.json"
  done
else
  echo "The peers are not installed (no $python): ours and the floor alone."
fi
$pin .build/release/kappa-bench --floor --threads "$threads" --rows "$rows" --json "$out/floor.json"
ours again
echo
echo "$threads threads"
.build/release/kappa-bench --compare "$out"
