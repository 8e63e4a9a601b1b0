"""Writes subscripts.json: what numpy's subscripts pick from arrays of consecutive whole numbers, so that each element picked says its place.

Made by `python make_subscripts.py`. An index is a whole number, a range [start, end, step] with null for what is left out, "newAxis" or
"ellipsis". Bounds stay within the axis: Kappa stops the program where NumPy clips. The file says which NumPy made it.
"""
import itertools, json, os
import numpy as np

def native(index):
    if isinstance(index, int):
        return index
    if isinstance(index, list):
        return slice(*index)
    return {"newAxis": np.newaxis, "ellipsis": Ellipsis}[index]

items = []

def add(shape, indices):
    array = np.arange(int(np.prod(shape, dtype=int))).reshape(shape)
    picked = np.asarray(array[tuple(native(i) for i in indices)])
    items.append({"shape": shape, "indices": indices, "picked": list(picked.shape), "elements": picked.ravel().tolist()})

def main():
    # Every range of an axis of length 4, and of those of lengths 1 and 0; every index.
    for length in (4, 1, 0):
        bounds = [None] + list(range(-length, length + 1))
        for step in (1, 2, 3, 5, -1, -2, -3, -5):
            for start, end in itertools.product(bounds, bounds):
                # Running down starts within the axis.
                if not (step < 0 and (start == length or length == 0 and start is not None)):
                    add([length], [[start, end, step]])
        for i in range(-length, length):
            add([length], [i])
    # Every way to put these together on three axes, with fewer indices than axes too.
    kinds = [1, -1, [None, None, 1], [1, None, 1], [None, -1, 1], [None, None, -1], [0, 2, 2], [1, 1, 1]]
    for n in range(4):
        for indices in itertools.product(kinds, repeat=n):
            add([3, 2, 2], list(indices))
    # New axes and the ellipsis at each place between others.
    parts = [0, [1, None, 1], [None, None, -1], "newAxis", "ellipsis"]
    for n in range(1, 5):
        for indices in itertools.product(parts, repeat=n):
            marks = [i for i in indices if isinstance(i, str)]
            if marks and marks.count("ellipsis") <= 1 and len(indices) - len(marks) <= 2:
                add([2, 3], list(indices))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "subscripts.json")
    with open(path, "w") as f:
        f.write('{"numpy": "%s", "items": [\n' % np.__version__ + ",\n".join(json.dumps(i, separators=(",", ":")) for i in items) + "\n]}\n")

main()
