# Makes the files of this folder, with h5py 3.16 and HDF5 2.0: python3 make.py
import h5py
import numpy as np


def values(shape, dtype):
    """Element i in C order is (7 i) mod 100."""
    return (np.arange(np.prod(shape, dtype=int)).reshape(shape) * 7 % 100).astype(dtype)


SHAPE = (12, 10, 7)

with h5py.File("datasets.h5", "w") as f:
    for dtype in ("i1", "u1", "<i2", ">i2", "<u2", "<i4", ">u4", "<i8", "<u8", "<f4", ">f4", "<f8", ">f8"):
        f[f"types/{dtype.replace('<', 'little-').replace('>', 'big-')}"] = values((6, 7), dtype)
    f["types/complex64"] = values((2, 3), "c8") + 1j * values((2, 3), "c8")
    f["types/complex128"] = values((2, 3), ">c16") - 1j
    f["types/bool"] = values((6, 7), "i4") % 2 == 0
    f["types/half"] = values((5,), "f2")
    f["types/text"] = "seven"
    f["types/record"] = np.zeros(2, dtype=[("a", "i4"), ("b", "f8")])
    f["types/large"] = np.array([2**53 + 1, -1])
    f["types/enumeration"] = np.zeros((6, 7), dtype=h5py.enum_dtype({"low": 0, "high": 99}, basetype="u1"))
    f["types/enumeration"][...] = values((6, 7), "u1")
    f["types/real-imag"] = np.array([(1, 2), (3, -4)], dtype=[("real", "<f8"), ("imag", "<f8")])
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    small = h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((3,)), compact)
    small.write(h5py.h5s.ALL, h5py.h5s.ALL, values((3,), "f8"))
    f["scalar"] = 3.5
    f["empty"] = np.zeros((0, 3))
    f["null"] = h5py.Empty("f4")
    f["link"] = h5py.SoftLink("/chunked/plain")
    f["other-file"] = h5py.ExternalLink("other.h5", "/x")
    f["other-array"] = h5py.ExternalLink("earliest.h5", "/model/velocity")
    f["nothing"] = h5py.SoftLink("/no/such")
    f["around/again"] = h5py.SoftLink("/around")
    data = values(SHAPE, "f4")
    chunks = (5, 4, 7)
    f.create_dataset("chunked/plain", data=data, chunks=chunks)
    f.create_dataset("chunked/gzip", data=data, chunks=chunks, compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("chunked/offset", data=data.astype("i4"), chunks=chunks, scaleoffset=0)
    bits = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    bits.set_chunk(chunks)
    bits.set_filter(h5py.h5z.FILTER_NBIT)
    packed = h5py.h5d.create(f["chunked"].id, b"nbit", h5py.h5t.STD_I32LE, h5py.h5s.create_simple(SHAPE), bits)
    packed.write(h5py.h5s.ALL, h5py.h5s.ALL, data.astype("i4"))
    f.create_dataset("chunked/lzf", data=data, chunks=chunks, compression="lzf")
    f.create_dataset("chunked/unlimited", data=data, chunks=chunks, maxshape=(None, None, 7))
    sparse = f.create_dataset("chunked/sparse", shape=SHAPE, chunks=chunks, dtype="f8", fillvalue=2.5)
    sparse[5:10, :4] = 1
    huge = f.create_dataset("huge", shape=(5000, 4000, 3000), chunks=(1, 400, 3000), dtype="f4", fillvalue=1, compression="gzip")
    huge[2500, 1600:2000] = 3
    f["chunked/plain"].attrs["units"] = "m/s"
    f["chunked/plain"].attrs["spacing"] = [10.0, 10.0, 5.0]

# the oldest and the newest forms of groups, indexes of chunks and superblocks
for name in ("earliest", "latest"):
    with h5py.File(f"{name}.h5", "w", libver=name) as f:
        f.create_dataset("model/velocity", data=values(SHAPE, "f8"), chunks=(5, 4, 7), compression="gzip")
