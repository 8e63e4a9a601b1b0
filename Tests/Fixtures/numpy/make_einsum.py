"""Writes einsum.json: what numpy.einsum makes of operands that both sides count up by one rule.

Made by `python make_einsum.py`. Operand k of shape s holds (37 (i + 11 k) mod 101 - 50) / 8, i its row-major position; the file says which NumPy made it.
"""
import json, os
import numpy as np

CASES = [
    ("ij,jk->ik", [2, 3], [3, 4]), ("ij,jk", [2, 3], [3, 4]), ("ij->ji", [2, 3]), ("ba", [2, 3]), ("ii", [3, 3]), ("ii->i", [3, 3]),
    ("iij->ij", [3, 3, 2]), ("iji->j", [2, 3, 2]), ("ij->", [2, 3]), ("ij->j", [2, 3]), ("i,i", [4], [4]), ("i,i->i", [4], [4]),
    ("i,j->ij", [3], [2]), ("i,j->ji", [3], [2]), ("ij,ij->", [2, 3], [2, 3]), ("ij,ij->i", [2, 3], [2, 3]), ("ij,ji->", [2, 3], [3, 2]),
    ("bij,bjk->bik", [4, 2, 3], [4, 3, 5]), ("bij,bkj->bki", [4, 2, 3], [4, 5, 3]), ("bij,jk->bik", [4, 2, 3], [3, 5]),
    ("ibj,kbj->bik", [2, 4, 3], [5, 4, 3]), ("...ij,...jk->...ik", [2, 4, 2, 3], [4, 3, 5]), ("...ij,...jk", [1, 2, 3], [4, 3, 5]),
    ("...i,i->...", [2, 4, 3], [3]), ("i...->...", [2, 4, 3]), ("...", [2, 3]), ("...->...", [2, 3]), ("i...j->j...i", [2, 4, 3]),
    ("ij,jk,kl->il", [2, 3], [3, 4], [4, 5]), ("ij,jk,kl,lm", [2, 3], [3, 4], [4, 2], [2, 6]), ("i,ij,j->", [2], [2, 3], [3]),
    ("abcd,cd->ab", [2, 3, 4, 5], [4, 5]), ("abcd,adcb->ac", [2, 3, 4, 3], [2, 3, 4, 3]), ("acd,bcd->ab", [2, 4, 5], [3, 4, 5]),
    ("ijk,ilm,njm,nlk,abc->", [2, 3, 4], [2, 5, 6], [3, 3, 6], [3, 5, 4], [2, 2, 2]), ("Ab,bC->AC", [2, 3], [3, 2]), ("aB", [2, 3]),
    ("ij,k->ik", [2, 3], [4]), ("ij,kl->", [2, 3], [4, 2]), (",ij->ij", [], [2, 3]), ("i,->i", [3], []), (" i j , j k -> i k ", [2, 3], [3, 2]),
    ("ij,jk->ik", [2, 0], [0, 4]), ("ij,jk->ik", [0, 3], [3, 4]), ("ijkl,jimk->lm", [2, 3, 4, 5], [3, 2, 6, 4]), ("bi,bj->bij", [4, 2], [4, 3]),
    ("iijj->ij", [2, 2, 3, 3]), ("iii->i", [3, 3, 3]), ("ii,ij->j", [3, 3], [3, 2]),
]

def operand(k, shape):
    n = int(np.prod(shape))
    i = np.arange(n)
    return ((37 * (i + 11 * k) % 101 - 50) / 8).reshape(shape)

def main():
    items = []
    for subscripts, *shapes in CASES:
        y = np.einsum(subscripts, *[operand(k, s) for k, s in enumerate(shapes)])
        items.append({"subscripts": subscripts, "shapes": shapes, "shape": list(y.shape), "elements": np.asarray(y).ravel().tolist()})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "einsum.json")
    with open(path, "w") as f:
        f.write('{"numpy": "%s", "items": [\n' % np.__version__ + ",\n".join(json.dumps(i) for i in items) + "\n]}\n")

main()
