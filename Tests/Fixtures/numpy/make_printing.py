"""Writes printing.json: how numpy prints arrays, as str(), with array2string's options, and as the inside of repr() if that began like Kappa's.

Made by `python make_printing.py`. Elements stand in the file as text that both sides read exactly (Python's repr of the float64 or int);
an array of consecutive whole numbers stands as "count": n, so that large ones stay small here. The file says which NumPy made it.
"""
import json, os
import numpy as np

nan, inf = float("nan"), float("inf")
tiny, huge = 5e-324, 1.7976931348623157e308

FLOATS = [
    [0], [-0.0], [1], [-1], [1.5], [0.1], [-0.1], [1 / 3], [2 / 3, 1 / 3], [1, 2, 3], [1, -2, 3], [1.5, -2, 3], [0.1, 0.25, -0.5], [1, 10, 100], [1, 10, 100, 999],
    [1, 1000], [1, 1001], [1, 1000.5], [0.001, 1], [0.00099, 1], [0.0001, 0.05], [0.00009999, 0.05], [1e-4], [9.999e-5], [1e-5], [0.5, 0.0001], [0, 1e-4],
    [1e5], [999999], [1e6], [1e6, 0], [999999.5], [1234567], [1e7], [12345678], [99999999], [1e8], [123456789], [1e15], [1e16], [1e17], [1e20], [-1e20, 1e20],
    [1e100], [1e-100], [1e100, 1e-100], [-1e-300, 1e300], [1e5, 1e-5], [123456.789], [123456.789012345], [0.123456789], [0.1234567891234],
    [-0.123456785], [0.123456785], [0.000123456789], [1.00000001], [1.000000001], [1.123456789e-7, 3], [1e-7, 1e-8], [2.5, 1e-10], [1e30, 1, 1e-30],
    [3.14159265358979, 2.71828182845905], [100.25, 3.5, -12.125], [99.999999999], [0.999999999], [9.999999999e9], [0.5, 0.25, 0.125, 0.0625, 0.03125],
    [1.5e10, 2.25e10], [6.02214076e23, 1.602176634e-19], [nan], [inf], [-inf], [nan, inf, -inf], [1, nan], [1, inf], [1, -inf], [1.5, nan, -inf], [100, nan], [-100, inf],
    [1e10, nan], [1e10, -inf], [-1e10, nan, inf, -inf], [nan, -0.5], [nan, 0], [inf, 1e-10], [-1e-10, nan], [0.1, nan, 12345.678], [-0.0, 0.0], [-0.0, 1.5],
    [7e22, 1e22], [123e-7, 5], [1024, 0.0009765625], [1 + 2**-20, 1 - 2**-20], [16777216, 16777217], [3e-39, 1], [1.1754944e-38], [3.4e38],
]
DOUBLES = [[tiny], [huge], [-huge, tiny], [huge, 1], [1e-308, 2], [9007199254740993.0], [0.1 + 0.2], [1e300, 1e-300, nan]]
INTS = [[0], [1], [-1], [1, 2, 3], [-1, 20, 300], [100, -5], [2147483647, -2147483648], [0, -7, 1000000]]
LONGS = [[9223372036854775807, -9223372036854775808], [10**18, 1], [-(10**12)]]
BOOLS = [[True], [False], [True, False, True]]

NAMES = {"float64": "Double", "float32": "Float", "int32": "Int32", "int64": "Int64", "bool": "Bool"}

def counted(dtype, *shape):
    return np.arange(int(np.prod(shape, dtype=int)), dtype=dtype).reshape(shape)

items = []

def add(array, options=None, count=False):
    item = {"type": str(array.dtype), "shape": list(array.shape)}
    if count:
        item["count"] = int(array.size)
    else:
        item["elements"] = [repr(bool(x)) if array.dtype == bool else repr(x.item()) for x in array.ravel()]
    if options:
        item["options"] = options
        item["text"] = np.array2string(array, **options)
    else:
        item["text"] = str(array)
        if array.ndim and array.size:
            item["inner"] = np.array2string(array, separator=", ", prefix="Tensor<%s>(" % NAMES[item["type"]])
    items.append(item)

def main():
    for dtype in (np.float64, np.float32):
        lists = FLOATS + (DOUBLES if dtype == np.float64 else [])
        for values in lists:
            with np.errstate(all="ignore"):
                add(np.array(values, dtype=dtype))
                if len(values) == 1:
                    add(np.array(values[0], dtype=dtype))
        everything = np.array([v for values in FLOATS for v in values if abs(v) < 1000 and abs(v) >= 1e-3 or v == 0], dtype=dtype)
        add(everything[: len(everything) // 6 * 6].reshape(3, 2, -1))
        rng = np.random.default_rng(7)
        for scale in (1e-9, 1e-3, 1, 1e3, 1e9):
            add((scale * rng.standard_normal((4, 3))).astype(dtype))
            add((scale * rng.standard_normal(40)).astype(dtype))
            add((scale * rng.standard_normal((2, 3, 2))).round(2).astype(dtype))
        for exponents in (3, 9, 40):
            add((10.0 ** rng.uniform(-exponents, exponents / 2, (3, 5)) * rng.choice([-1, 1], (3, 5))).astype(dtype))
        for precision in (0, 1, 2, 3, 5, 12, 17):
            for values in ([1.5, 2.5, 3.5], [0.05, 0.15], [1234.5678, 0.001], [1e-10, 1], [2 / 3, 1 / 3], [1e10 / 3], [0.5, -0.5], [99.99, 0.01], [nan, 1 / 3]):
                add(np.array(values, dtype=dtype), {"precision": precision})
        for width in (1, 10, 20, 40, 75, 200):
            add(np.round(rng.standard_normal((2, 30)), 3).astype(dtype), {"max_line_width": width})
    for dtype in (np.int32, np.int64):
        for values in INTS + (LONGS if dtype == np.int64 else []):
            add(np.array(values, dtype=dtype))
            if len(values) == 1:
                add(np.array(values[0], dtype=dtype))
        add((counted(dtype, 2, 3, 4) - 9) * 7)
    for values in BOOLS:
        add(np.array(values))
    add(np.array(True))
    add(counted(np.int32, 2, 3, 2) % 2 == 0)
    add(counted(np.int32, 40) % 3 == 0)
    for dtype in (np.float32, np.float64, np.int32, np.int64):
        for shape in ([0], [0, 3], [2, 0], [2, 0, 3], [1], [1, 1], [1, 1, 1, 1], [2, 2], [1, 5], [5, 1], [2, 1, 3], [3, 2, 2], [2, 2, 2, 2], [1, 2, 1, 2, 1]):
            add(counted(dtype, *shape), count=True)
        # Unsummarised ones are long: one type has all of them.
        for shape in ([1000], [10, 100]) if dtype == np.int32 else ():
            add(counted(dtype, *shape), count=True)
        for shape in ([25], [26], [75], [1001], [2000], [10, 101], [7, 200], [6, 200], [200, 7], [1001, 1], [1, 1001], [501, 2], [2, 501],
                      [12, 12, 12], [3, 400, 4], [11, 1, 100], [4, 5, 6, 10], [7, 7, 7, 7], [100, 3, 7], [1, 1, 2000], [1005, 0]):
            add(counted(dtype, *shape), count=True)
        for options in ({"threshold": 5}, {"threshold": 5, "edgeitems": 1}, {"threshold": 100, "edgeitems": 2}, {"threshold": 0, "edgeitems": 4, "max_line_width": 30}):
            for shape in ([6], [5], [10], [3, 4], [9, 9], [2, 3, 4], [3, 3, 3, 3]):
                add(counted(dtype, *shape), options, count=True)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "printing.json")
    with open(path, "w") as f:
        f.write('{"numpy": "%s", "items": [\n' % np.__version__ + ",\n".join(json.dumps(i) for i in items) + "\n]}\n")

main()
