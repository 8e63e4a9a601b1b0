"""Reads with NumPy, PyTorch and the safetensors library what Kappa wrote, and compares it with the numbers of make.py.

    KAPPA_EXCHANGE=/tmp/exchange make test      (or: swift test -c release --filter ExchangeTests)
    /tmp/venv/bin/python check.py /tmp/exchange      (the environment of make.py)

Run with numpy 2.4.6, safetensors 0.8.0 and torch 2.13.0. What is uncompressed is compared byte for byte by the tests themselves.
"""
import os
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import safetensors.numpy
import safetensors.torch
import torch

os.chdir(sys.argv[1])
count = 0


def array(code, shape):
    n = int(np.prod(shape))
    i = np.arange(n)
    kind = np.dtype(code).kind
    values = i % 3 == 0 if kind == "b" else i - n // 2 if kind == "i" else (i - n // 2) / 4
    return values.astype(code).reshape(shape)


def check(found, expected, name):
    global count
    found = np.asarray(found)
    assert found.dtype == expected.dtype and found.shape == expected.shape, (name, found.dtype, found.shape)
    assert (found == expected).all(), name
    count += 1


for code in ["f4", "f8", "i4", "i8", "b1"]:
    for shape in [(), (0, 3), (5,), (2, 3, 4), (301, 307)]:
        name = f"{code}-{'x'.join(map(str, shape))}"
        for version in 1, 2, 3:
            for order in "CF":
                path = f"{name}-{version}-{order}.npy"
                with open(path, "rb") as file:
                    assert np.lib.format.read_magic(file) == (version, 0), path
                found = np.load(path)
                check(found, array(code, shape), path)
                assert found.flags["C_CONTIGUOUS" if order == "C" else "F_CONTIGUOUS"], path
        check(np.load(f"{name}-1-C.npy", mmap_mode="r"), array(code, shape), name)

named = {f"{code}/{'x'.join(map(str, shape))}": array(code, shape)
         for code in ["f4", "f8", "i4", "i8", "b1"] for shape in [(), (0, 3), (5,), (2, 3, 4), (301, 307)]}
named["größe 𝛁"] = array("f4", (1,))
for path in ["stored.npz", "level-1.npz", "level-6.npz", "level-9.npz", "zip64.npz"]:
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None, path
        method = zipfile.ZIP_DEFLATED if path.startswith("level") else zipfile.ZIP_STORED
        assert all(member.compress_type == method for member in file.infolist()), path
    with np.load(path) as archive:
        assert archive.files == list(named), path
        for name in named:
            check(archive[name], named[name], (path, name))
    if shutil.which("unzip"):
        subprocess.run(["unzip", "-tq", path], check=True)

with safetensors.safe_open("x.safetensors", "np") as file:
    assert file.metadata() == {"format": "pt", "größe \"𝛁\"\n": "\\\t\u0001"}, file.metadata()
for load in [safetensors.numpy.load_file, safetensors.torch.load_file]:
    tensors = load("x.safetensors")
    assert set(tensors) == set(named)
    for name in named:
        value = tensors[name]
        check(value.numpy() if isinstance(value, torch.Tensor) else value, named[name], name)
print(f"{count} arrays are as they should be")
