"""Makes the files in this folder: what NumPy, PyTorch and the safetensors library write, for the tests of Sources/Tensor/Formats.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy==2.4.6 safetensors==0.8.0 torch==2.13.0
    /tmp/venv/bin/python make.py

Every number is a small formula of its index, which the tests know too: element i of an array of n real numbers is (i - n // 2) / 4,
of integers i - n // 2 (unsigned: i), of Booleans i % 3 == 0.
"""
import io
import os
import struct
import zipfile

import numpy as np
import safetensors.numpy
import safetensors.torch
import torch

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def array(code, shape):
    n = int(np.prod(shape))
    i = np.arange(n)
    kind = np.dtype(code).kind
    if kind == "b":
        values = i % 3 == 0
    elif kind == "u":
        values = i
    elif kind == "i":
        values = i - n // 2
    else:
        values = (i - n // 2) / 4
    return values.astype(code).reshape(shape)


# .npy: every type, both byte orders, both element orders, ranks 0 to 3, an empty one, the three versions.
for code in ["<f4", "<f8", "<i4", "<i8", "|b1", "<f2", "|i1", "|u1", "<i2", "<u2", "<u4", ">f4", ">f8", ">i4", ">i8", ">f2", ">u2"]:
    name = ("big-" if code[0] == ">" else "") + code[1:]
    np.save(f"{name}.npy", array(code, (2, 3)))
for code in ["<f4", ">f8", "|b1"]:
    np.save(f"fortran-{code[1:]}.npy", np.asfortranarray(array(code, (2, 3, 2))))
np.save("rank-0.npy", array("<f8", ()))
np.save("rank-1.npy", array("<f4", (5,)))
np.save("empty.npy", array("<i4", (3, 0)))
np.save("long.npy", array("<f4", (1, 1, 1000)))
for version in [(1, 0), (2, 0), (3, 0)]:
    for order in "CF":
        with open(f"version-{version[0]}-{order}.npy", "wb") as file:
            np.lib.format.write_array(file, np.asarray(array("<f8", (2, 3)), order=order), version=version)
# What is refused.
np.save("structure.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
np.save("object.npy", np.array([{}, []], dtype=object), allow_pickle=True)
np.save("complex.npy", np.zeros(2, dtype="<c8"))
np.save("u8.npy", array("<u8", (2,)))

# float16 and bfloat16: all 65,536 patterns are in the tests; these are the ones that go wrong easily.
half = np.array([0, 1, 0x3FF, 0x400, 0x3C00, 0x7BFF, 0x7C00, 0xFC00, 0x8000, 0x8001, 0xBC00], dtype="<u2").view("<f2")
np.save("halves.npy", half)
np.save("halves-as-f4.npy", half.astype("<f4"))

# .npz
named = {"weight": array("<f4", (2, 3)), "layers/0/bias": array("<f8", (4,)), "labels": array("<i8", (5,)),
         "indices": array("<i4", (3,)), "mask": array("|b1", (2, 2)), "step": array("<i8", ()), "größe": array("<f4", (1,))}
np.savez("stored.npz", **named)
np.savez_compressed("compressed.npz", **named, zeros=np.zeros((100, 100)))
np.savez("empty.npz")


class Unseekable(io.RawIOBase):
    """Makes zipfile write sizes behind the data (data descriptors)."""
    def __init__(self, file): self.file = file
    def writable(self): return True
    def write(self, data): return self.file.write(data)


def npy(value):
    buffer = io.BytesIO()
    np.save(buffer, value)
    return buffer.getvalue()


with open("descriptors.npz", "wb") as file, zipfile.ZipFile(Unseekable(file), "w", zipfile.ZIP_DEFLATED) as archive:
    for name, value in named.items():
        archive.writestr(zipfile.ZipInfo(name + ".npy"), npy(value), zipfile.ZIP_DEFLATED)
with zipfile.ZipFile("comment.npz", "w") as archive:
    archive.comment = b"a comment PK\x05\x06 that looks like an end"
    archive.writestr(zipfile.ZipInfo("x.npy"), npy(array("<f8", (3,))))
# Offsets, sizes and the number of members in 64-bit records, as in files beyond 2 GiB.
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 10, 1
np.savez("zip64.npz", **named)
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = (1 << 31) - 1, 0xFFFF

# Hostile archives.
with zipfile.ZipFile("traversal.npz", "w") as archive:
    archive.writestr("../../x.npy", npy(array("<f8", (3,))))
with zipfile.ZipFile("absolute.npz", "w") as archive:
    archive.writestr("/etc/x.npy", npy(array("<f8", (3,))))
with zipfile.ZipFile("twice.npz", "w") as archive:
    for _ in range(2):
        archive.writestr(zipfile.ZipInfo("x.npy"), npy(array("<f8", (3,))))
with zipfile.ZipFile("bzip2.npz", "w", zipfile.ZIP_BZIP2) as archive:
    archive.writestr(zipfile.ZipInfo("x.npy"), npy(array("<f8", (3,))), zipfile.ZIP_BZIP2)
with zipfile.ZipFile("other.npz", "w") as archive:
    archive.writestr("data.pkl", b"not an array")
# 1 GB of zeros in 1 MB would be too large for a fixture; 1 MB in 1 kB makes the point.
with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr(zipfile.ZipInfo("x.npy"), npy(np.zeros(1 << 17)), zipfile.ZIP_DEFLATED, 9)

# .safetensors
safetensors.numpy.save_file(named, "numpy.safetensors", metadata={"format": "np \"quoted\"\n"})
torch_named = {k: torch.from_numpy(np.array(v)) for k, v in named.items()}
torch_named.update(half=torch.tensor([0.5, -2.0, 65504.0], dtype=torch.float16),
                   brain=torch.tensor([1.0, -3.0, 2.0 ** 100], dtype=torch.bfloat16),
                   bytes=torch.arange(5, dtype=torch.uint8), short=torch.arange(-2, 2, dtype=torch.int16),
                   none=torch.zeros(0, 3))
safetensors.torch.save_file(torch_named, "torch.safetensors")
safetensors.torch.save_file({"a": torch.zeros(2, dtype=torch.float8_e4m3fn), "b": torch.ones(2)}, "float8.safetensors")
safetensors.numpy.save_file({}, "empty.safetensors")
