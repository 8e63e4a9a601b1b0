"""Single rows of the comparison in turns: ours and each peer run one for a third of a second, again and again, while the others wait.

On a machine whose speed changes within a minute the medians of rows measured one after another compare its moods; here every turn is a
comparison by itself, and the ratio is the median of those of all turns.

usage: in-turns.py [--threads 2] [--rows REGEX] [--turns 15] [--seconds 0.3] [--against ROW] [--peers torch,jax]
With --against, ours are compared with another row of ours and no peer: --rows hv_block/mlp_cls@128$ --against hv_singles/mlp_cls@128.
The Python that runs this has PyTorch and JAX, if peers are asked for; PEER_SCRIPTS is the folder of their scripts, ../shared/peers beside the
project by default.
"""
import argparse
import importlib
import os
import re
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = os.environ.get("PEER_SCRIPTS", os.path.join(HERE, "../../shared/peers"))
BENCH = os.path.join(HERE, ".build/release/kappa-bench")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rows", default="^(grad|hv|hv_repeat|gv|gv_repeat)/")
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--against")
    parser.add_argument("--peers", default="torch,jax")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    return parser.parse_args()


class Peer:
    """What a peer's script sees as its harness: it takes the one row's implementations and serves turns of the fastest."""

    def __init__(self, arguments, peer):
        self.a = argparse.Namespace(threads=arguments.threads, min_time=arguments.seconds, wait=0, compile=False, validate=None, child=None)
        self.row, self.peer = arguments.rows, peer

    def want(self, row):
        return row == self.row

    def add(self, row):
        pass

    def run(self, row, implementations, per=1, peer=None):
        if not self.want(row) or (peer or self.peer.split(".")[0]) != self.peer:
            return
        best = None
        for name, make in implementations.items():
            try:
                made = make()
                work, count = made[:2] if isinstance(made, tuple) else (made, per)
                work()
                taken = samples(work, count, min(self.a.min_time, 0.2))
            except Exception:  # A peer that cannot do it some way does it in another.
                continue
            if best is None or statistics.median(taken) < best[0]:
                best = (statistics.median(taken), name, work, count)
        if best is None:
            sys.exit(f"{self.peer} has no way to do {row}")
        _, name, work, count = best
        print(name, flush=True)
        for line in sys.stdin:
            taken = samples(work, count, float(line))
            print(statistics.median(taken), min(taken), flush=True)
        sys.exit()


def samples(work, count, seconds):
    begin = time.perf_counter()
    work()
    inner = max(1, int(2e-4 / max(time.perf_counter() - begin, 1e-7)))
    taken, total = [], 0.0
    while total < seconds:
        begin = time.perf_counter()
        for _ in range(inner):
            work()
        taken.append((time.perf_counter() - begin) / inner / count)
        total += taken[-1] * inner * count
    return taken


def serve(arguments):
    sys.path.insert(0, SCRIPTS)
    peer = arguments.serve
    module = importlib.import_module("bench_" + peer.split(".")[0])
    harness = Peer(arguments, peer)
    for part in ("ops", "small", "products", "steps"):
        getattr(module, "bench_" + part)(harness)
    sys.exit(f"{peer} has no row {arguments.rows}")


class Participant:
    """A process that has prepared a row and measures it when it is told to."""

    def __init__(self, name, command, threads):
        self.turns = []
        variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "KAPPA_NUM_THREADS")
        pin = ["taskset", "-c", "0"] if threads == 1 else []
        self.process = subprocess.Popen(
            pin + command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=dict(os.environ, **{name: str(threads) for name in variables}))
        how = self.process.stdout.readline().strip()  # "ready" from ours; a peer says which of its ways is the fastest.
        self.is_there = how != ""
        self.label = name if how == "ready" else f"{name} {how}"

    def turn(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        self.turns.append(tuple(map(float, self.process.stdout.readline().split())))

    def end(self):
        self.process.stdin.close()
        self.process.wait()

    @property
    def median(self):
        return statistics.median(median for median, _ in self.turns)

    @property
    def fastest(self):
        return min(fastest for _, fastest in self.turns)


def compare(row, arguments):
    def ours(row):
        return [BENCH, "--threads", str(arguments.threads), "--rows", f"^{re.escape(row)}$", "--turns"]

    first = Participant("kappa", ours(row), arguments.threads)
    if arguments.against:
        others = [Participant(arguments.against, ours(arguments.against), arguments.threads)]
    else:
        peers = arguments.peers.split(",") + (["jax.pyloop"] if row.startswith("small/") else [])
        others = [
            Participant(peer, [sys.executable, os.path.abspath(__file__), "--serve", peer, "--threads", str(arguments.threads), "--rows", row],
                        arguments.threads) for peer in peers]
    for participant in [first] + others:
        if not participant.is_there:
            print(f"{row}: {participant.label}does not do it", file=sys.stderr)
    if not first.is_there:
        sys.exit(1)
    others = [other for other in others if other.is_there]
    for _ in range(arguments.turns):
        for participant in [first] + others:
            participant.turn(arguments.seconds)
    for participant in [first] + others:
        participant.end()
    for other in others:
        ratios = sorted(a / b for (a, _), (b, _) in zip(first.turns, other.turns))
        lower, upper = ratios[len(ratios) // 4], ratios[len(ratios) * 3 // 4]
        print(
            f"| {row} | {other.label} | {first.median * 1e3:.4g} | {other.median * 1e3:.4g} | {statistics.median(ratios):.3g} "
            f"| {lower:.3g} to {upper:.3g} | {first.fastest / other.fastest:.3g} |", flush=True)


def main():
    options = arguments()
    if options.serve:
        serve(options)
    listed = subprocess.run([BENCH, "--list", "--rows", options.rows], capture_output=True, text=True)
    if listed.returncode:
        sys.exit(listed.stderr)
    print(f"{options.threads} threads, {options.turns} turns of {options.seconds} s; milliseconds, medians\n")
    print("| row | beside | ours | theirs | ratio of a turn | quartiles | fastest |\n|-|-|-|-|-|-|-|")
    for row in listed.stdout.split():
        compare(row, options)


if __name__ == "__main__":
    main()
