"""Writes ranges.json: numpy.arange and numpy.linspace. Made by `python make_ranges.py`; the file says which NumPy made it."""
import json, os
import numpy as np

ARANGE = [(0, 5, 1), (0, 1, 0.1), (0, 1, 0.25), (1, 0, -0.25), (-1, 1, 0.3), (5, 0, 1), (0, 5, -1), (3, 3, 1), (0, 1, 3), (0, 10, 3), (0.5, 10.25, 1.75),
          (10, -10, -2.5), (1e6, 1e6 + 2, 0.125), (-3, -1, 0.5), (0, 1, 0.0625), (0, 1e-3, 1e-4)]
LINSPACE = [(0, 1, 0), (0, 1, 1), (0, 1, 2), (0, 1, 3), (0, 1, 11), (-1, 1, 7), (5, -5, 4), (2, 2, 3), (0, 1e-300, 5), (-1e300, 1e300, 9), (0.1, 0.7, 13), (1, 1e6, 10)]
INTEGERS = [(0, 5, 1), (0, 6, 2), (0, 7, 3), (5, 0, -1), (5, -6, -5), (5, 0, 1), (0, 5, -1), (-4, 4, 3), (2147483640, 2147483647, 3), (-2147483648, 2147483647, 2147483647),
            (2147483647, -2147483648, -1073741824), (7, 8, 100), (0, 0, 1)]

def main():
    groups = {
        "arange": [{"arguments": a, "elements": np.arange(*a, dtype=np.float64).tolist()} for a in ARANGE],
        "linspace": [{"arguments": a, "elements": np.linspace(*a).tolist()} for a in LINSPACE],
        "linspace32": [{"arguments": a, "elements": np.linspace(*a, dtype=np.float32).tolist()} for a in LINSPACE if abs(a[1]) < 1e30],
        "integers": [{"arguments": a, "elements": np.arange(*a, dtype=np.int64).tolist()} for a in INTEGERS],
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ranges.json")
    with open(path, "w") as f:
        body = ",\n".join('"%s": [\n%s\n]' % (name, ",\n".join(json.dumps(i) for i in items)) for name, items in groups.items())
        f.write('{"numpy": "%s",\n%s}\n' % (np.__version__, body))

main()
