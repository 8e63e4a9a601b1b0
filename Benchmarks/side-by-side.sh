#!/bin/sh
# Ours, the floor (bare OpenBLAS products) and the peers, one after another, ROUNDS times, and the ratios of the medians.
# THREADS, ROWS, MIN_TIME as kappa-bench takes them. PEERS: a Python that has PyTorch and JAX; without it, ours and the floor alone.
# PEER_SCRIPTS: the folder of bench_torch.py, bench_jax.py and floor.py; ../shared/peers beside the project by default.
set -eu
cd "$(dirname "$0")"
threads=${THREADS:-2}
rows=${ROWS:-'^(elementwise|random|mixed|conv_forward|conv_grad)/|^(gemm|grad|hv|hv_repeat|gv|gv_repeat|small)/|^step/(sgd|rmsprop|esgd_every1|esgd_every20)/mlp|^(overhead|startup|memory)'}
seconds=${MIN_TIME:-0.5}
rounds=${ROUNDS:-3}
scripts=${PEER_SCRIPTS:-../../shared/peers}
python=${PEERS:-../../.peers-venv/bin/python}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

pin=""
[ "$threads" = 1 ] && command -v taskset >/dev/null 2>&1 && pin="taskset -c 0"
swift build -c release --product kappa-bench
if [ -x "$python" ] && [ -d "$scripts" ]; then
  peers="torch jax"
else
  peers=""
  echo "The peers are not installed (no $python): ours and the floor alone."
fi
for round in $(seq "$rounds"); do
  echo "Round $round of $rounds"
  $pin .build/release/kappa-bench --threads "$threads" --rows "$rows" --min-time "$seconds" --json "$out/kappa-$round.json"
  $pin .build/release/kappa-bench --floor --threads "$threads" --rows "$rows" --json "$out/floor-$round.json"
  for peer in $peers; do
    OPENBLAS_NUM_THREADS="$threads" OMP_NUM_THREADS="$threads" MKL_NUM_THREADS="$threads" \
      $pin "$python" "$scripts/bench_$peer.py" --wait 0 --threads "$threads" --rows "$rows" --min-time "$seconds" \
      --json "$out/$peer-$round.json"
  done
done
echo
echo "$threads threads, $rounds rounds"
.build/release/kappa-bench --compare "$out"
