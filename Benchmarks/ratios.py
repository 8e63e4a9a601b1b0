"""Prints, for each row that side-by-side.sh measured, our time, the floor's and the peers', and the ratios."""
import json, os, sys

folder, threads = sys.argv[1], sys.argv[2]


def rows(name):
    path = os.path.join(folder, name + ".json")
    if not os.path.exists(path):
        return {}
    found = {}
    for row in json.load(open(path)):
        if row.get("median_s"):
            key = row["row"].removeprefix("floor/")
            found[key] = min(found.get(key, 1e9), row["median_s"])
    return found


first, second, floor, torch, jax = (rows(n) for n in ("kappa", "again", "floor", "torch", "jax"))
ours = {k: min(v for v in (first.get(k), second.get(k)) if v) for k in {**first, **second}}
show = lambda x: "-" if x is None else f"{x * 1e3:.3f}"
ratio = lambda a, b: "-" if not a or not b else f"{a / b:.2f}"
print(f"\n{threads} threads; milliseconds, medians; ours is the better of two passes, one before and one after the others\n")
print("| row | ours | floor | torch | jax | ours / floor | ours / best peer |\n|-|-|-|-|-|-|-|")
for key in sorted(ours):
    best = min((p[key] for p in (torch, jax) if key in p), default=None)
    print(f"| {key} | {show(ours[key])} | {show(floor.get(key))} | {show(torch.get(key))} | {show(jax.get(key))} "
          f"| {ratio(ours[key], floor.get(key))} | {ratio(ours[key], best)} |")
for name, kind, base, bound in (("hv_repeat", "grad", "grad", 2.0), ("gv_repeat", "grad", "grad", 1.4)):
    for key in sorted(ours):
        if key.startswith(name + "/"):
            print(f"{key} / {base}: {ratio(ours[key], ours.get(base + key[len(name):]))} (at most {bound})")
sgd, esgd = ours.get("step/sgd/mlp_ae_mnist@200"), ours.get("step/esgd_every20/mlp_ae_mnist@200")
if sgd and esgd:
    print(f"step/esgd_every20 / step/sgd: {esgd / sgd:.2f} (at most 1.15)")
