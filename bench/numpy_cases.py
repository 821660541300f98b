"""The calls of bench/cases/arrays.ts in NumPy and SciPy, with the same arrays, for peer_cases.py."""

import numpy as np


class Arrays:
    def __init__(self, rows, columns):
        self.rows, self.columns, self.size = rows, columns, rows * columns

    def spread(self, low=-1.5, high=2.5, dtype="float64", n=None):
        at = np.arange(self.size if n is None else n) * 0.6180339887498949
        values = low + (high - low) * (at - np.floor(at))
        return (np.floor(values) if dtype in ("int32", "bool") else values).astype(dtype)

    def table(self, dtype="float64"):
        return self.spread(dtype=dtype).reshape(self.rows, self.columns)

    def complex(self, seed=0.0):
        return self.spread(-1.5 + seed, 2.5 + seed, n=2 * self.size).view("complex128")

    def mask(self):
        return self.spread(0, 2, "bool")

    def positions(self):
        return (np.arange(self.size) * 7919 % self.size).astype("int64")


def of_one(f, low=-1.5, high=2.5, dtype="float64"):
    return lambda a: (lambda x: lambda: f(x))(a.spread(low, high, dtype))


def laplacian(a):
    from scipy import sparse

    values = [1.0, 1.0, -4.0, 1.0, 1.0]
    offsets = [-a.columns, -1, 0, 1, a.columns]
    return sparse.diags(values, offsets, shape=(a.size, a.size)).tocsr()


def of_laplacian(f):
    def prepare(a):
        matrix, x = laplacian(a), a.spread()
        return lambda: f(matrix, x)

    return prepare


def of_entries(times):
    def prepare(a):
        from scipy import sparse

        entries = laplacian(a).tocoo()
        order = np.arange(times * entries.nnz) * 7919 % entries.nnz
        rows, columns, values = entries.row[order], entries.col[order], entries.data[order]
        return lambda: sparse.coo_matrix((values, (rows, columns)), shape=entries.shape).tocsr()

    return prepare


def of_two(f, dtype="float64", low=-1.5, high=2.5):
    def prepare(a):
        x, y = a.spread(low, high, dtype), a.spread(low + 0.25, high, dtype)
        return lambda: f(x, y)

    return prepare


def of_table(f, dtype="float64"):
    return lambda a: (lambda x: lambda: f(x))(a.table(dtype))


def of_square(f):
    def prepare(a):
        n = min(300, int(np.sqrt(a.size)))
        half = a.spread()[: n * n].reshape(n, n)
        x = half @ half.T + np.eye(n)
        return lambda: f(x)

    return prepare


def inv_stack(a):
    x = a.spread(-0.1, 0.1)[: a.size - a.size % 9].reshape(-1, 3, 3) + np.eye(3)
    return lambda: np.linalg.inv(x)


def of_integers(f):
    return of_one(f, 0, 100, "int32")


def of_complex(f):
    return lambda a: (lambda x: lambda: f(x))(a.complex())


def of_complexes(f):
    return lambda a: (lambda x, y: lambda: f(x, y))(a.complex(), a.complex(0.25))


def of_mask(f):
    return lambda a: (lambda c: lambda: f(c))(a.mask())


def close(a):
    x = a.spread()
    y = x.copy()
    return lambda: np.allclose(x, y)


def add_row(a):
    x, y = a.table(), a.spread(0, 1, n=a.columns)
    return lambda: x + y


def add_column(a):
    x, y = a.table(), a.spread(0, 1, n=a.rows).reshape(a.rows, 1)
    return lambda: x + y


def logical_and(a):
    x, y = a.mask(), a.mask()
    return lambda: np.logical_and(x, y)


def where(a):
    c, x, y = a.mask(), a.spread(), a.spread()
    return lambda: np.where(c, x, y)


def where_scalar(a):
    c, x = a.mask(), a.spread()
    return lambda: np.where(c, x, 0)


def where_i32(a):
    c, x, y = a.mask(), a.spread(0, 9, "int32"), a.spread(0, 9, "int32")
    return lambda: np.where(c, x, y)


def searchsorted(a):
    x, v = np.linspace(0, 1, 1000), a.spread(0, 1)
    return lambda: np.searchsorted(x, v)


def joined(f, table=False):
    def prepare(a):
        x, y = (a.table(), a.table()) if table else (a.spread(), a.spread())
        return lambda: f([x, y])

    return prepare


def take(a):
    x, i = a.spread(), a.positions()
    return lambda: np.take(x, i)


def take_rows(a):
    x, i = a.table(), np.arange(a.rows) * 7 % a.rows
    return lambda: np.take(x, i, axis=0)


def mask_get(a):
    x, c = a.spread(), a.mask()
    return lambda: x[c]


def mask_set(a):
    x, c = a.spread(), a.mask()

    def run():
        x[c] = 0

    return run


def index_get(a):
    x, i = a.spread(), a.positions()
    return lambda: x[i]


def slice_set(a):
    x = a.table()

    def run():
        x[:, ::2] = 1

    return run


def of_random(draw):
    rng = np.random.default_rng(1)
    return lambda a: lambda: draw(rng, a.size)


CALLS = {
    **{name: of_one(getattr(np, name)) for name in (
        "exp exp2 expm1 sin cos tan arctan sinh cosh tanh arcsinh cbrt square abs negative sign "
        "floor ceil rint trunc isnan isfinite sinc nan_to_num").split()},
    **{name: of_one(getattr(np, name), 0.1, 4) for name in ("log", "log2", "log10")},
    "log1p": of_one(np.log1p, 0, 4),
    "arcsin": of_one(np.arcsin, -1, 1),
    "arccos": of_one(np.arccos, -1, 1),
    "arccosh": of_one(np.arccosh, 1, 5),
    "arctanh": of_one(np.arctanh, -0.9, 0.9),
    "sqrt": of_one(np.sqrt, 0, 4),
    "reciprocal": of_one(np.reciprocal, 1, 2),
    "round": of_one(lambda x: np.round(x, 2)),
    "clip": of_one(lambda x: np.clip(x, -0.5, 0.5)),
    "exp_f32": of_one(np.exp, dtype="float32"),
    "log_f32": of_one(np.log, 0.1, 4, "float32"),
    "sin_f32": of_one(np.sin, dtype="float32"),
    "tanh_f32": of_one(np.tanh, dtype="float32"),
    "arctan_f32": of_one(np.arctan, dtype="float32"),
    "sqrt_f32": of_one(np.sqrt, 0, 4, "float32"),
    "abs_i32": of_one(np.abs, -50, 50, "int32"),
    "abs_c128": of_complex(np.abs),
    "exp_c128": of_complex(np.exp),
    "conj_c128": of_complex(np.conj),
    **{name: of_two(getattr(np, name)) for name in (
        "add subtract multiply divide arctan2 hypot maximum minimum fmax copysign logaddexp less "
        "equal").split()},
    "power": of_two(np.power, low=0.1, high=3),
    **{name: of_two(getattr(np, name), low=0.1, high=5) for name in ("mod", "floor_divide", "fmod")},
    "is_close": of_two(np.isclose),
    "all_close": close,
    "add_scalar": of_one(lambda x: x + 1.5),
    "power_scalar": of_one(lambda x: np.power(x, 2)),
    "greater_scalar": of_one(lambda x: x > 0.5),
    "add_row": add_row,
    "add_column": add_column,
    "add_f32": of_two(np.add, "float32"),
    "add_c128": of_complexes(np.add),
    "multiply_c128": of_complexes(np.multiply),
    "divide_c128": of_complexes(np.divide),
    **{f"{name}_i32": of_two(getattr(np, name), "int32", -50, 50) for name in (
        "add multiply maximum less bitwise_and").split()},
    **{f"{name}_i32": of_two(getattr(np, name), "int32", 1, 50) for name in (
        "mod floor_divide divide").split()},
    "left_shift_i32": of_two(np.left_shift, "int32", 0, 5),
    "logical_and": logical_and,
    "logical_not": of_mask(np.logical_not),
    "where": where,
    "where_scalar": where_scalar,
    "where_i32": where_i32,
    "astype_f32": of_one(lambda x: x.astype("float32")),
    "astype_i32": of_one(lambda x: x.astype("int32")),
    "astype_bool": of_one(lambda x: x.astype("bool")),
    "astype_f64_of_i32": of_integers(lambda x: x.astype("float64")),
    "astype_f64_of_bool": of_mask(lambda x: x.astype("float64")),
    **{name: of_table(getattr(np, name)) for name in (
        "sum prod mean std max ptp argmax nansum nanmean nanmax median").split()},
    "sum_f32": of_table(np.sum, "float32"),
    "sum_i32": of_table(np.sum, "int32"),
    "sum_bool": of_table(np.sum, "bool"),
    "max_i32": of_table(np.max, "int32"),
    "any": of_table(np.any, "bool"),
    "all": of_table(np.all, "bool"),
    "count_nonzero": of_table(np.count_nonzero, "bool"),
    "sum_axis0": of_table(lambda x: np.sum(x, axis=0)),
    "sum_axis1": of_table(lambda x: np.sum(x, axis=1)),
    "sum_axis0_i32": of_table(lambda x: np.sum(x, axis=0), "int32"),
    "mean_axis0": of_table(lambda x: np.mean(x, axis=0)),
    "var_axis1": of_table(lambda x: np.var(x, axis=1)),
    "max_axis0": of_table(lambda x: np.max(x, axis=0)),
    "min_axis1": of_table(lambda x: np.min(x, axis=1)),
    "argmax_axis0": of_table(lambda x: np.argmax(x, axis=0)),
    "argmin_axis1": of_table(lambda x: np.argmin(x, axis=1)),
    "median_axis1": of_table(lambda x: np.median(x, axis=1)),
    "percentile": of_table(lambda x: np.percentile(x, [5, 95])),
    "cumsum": of_one(np.cumsum),
    "cumsum_axis0": of_table(lambda x: np.cumsum(x, axis=0)),
    "cumsum_axis1": of_table(lambda x: np.cumsum(x, axis=1)),
    "cumsum_i32": of_integers(np.cumsum),
    "cumprod": of_one(np.cumprod),
    "diff": of_one(np.diff),
    "diff_axis0": of_table(lambda x: np.diff(x, axis=0)),
    "gradient": of_one(np.gradient),
    "trapz": of_one(getattr(np, "trapezoid", getattr(np, "trapz", None))),
    "histogram": of_one(lambda x: np.histogram(x, bins=50)),
    "bincount": of_integers(np.bincount),
    "searchsorted": searchsorted,
    "sort": of_one(np.sort),
    "sort_f32": of_one(np.sort, dtype="float32"),
    "sort_i32": of_integers(np.sort),
    "sort_axis0": of_table(lambda x: np.sort(x, axis=0)),
    "sort_axis1": of_table(lambda x: np.sort(x, axis=1)),
    "argsort": of_one(lambda x: np.argsort(x, kind="stable")),
    "partition": of_one(lambda x: np.partition(x, 500)),
    "unique": of_one(np.unique),
    "solve": of_square(lambda x: np.linalg.solve(x, x)),
    "inv": of_square(np.linalg.inv),
    "det": of_square(np.linalg.det),
    "cholesky": of_square(np.linalg.cholesky),
    "qr": of_square(np.linalg.qr),
    "svd": of_square(np.linalg.svd),
    "svdvals": of_square(lambda x: np.linalg.svd(x, compute_uv=False)),
    "eigh": of_square(np.linalg.eigh),
    "eig": of_square(np.linalg.eig),
    "lstsq": of_table(lambda x: np.linalg.lstsq(x[:, :20], x[:, :1], rcond=None)),
    "inv_stack": inv_stack,
    "concatenate": joined(np.concatenate),
    "concatenate_axis1": joined(lambda xs: np.concatenate(xs, axis=1), True),
    "stack": joined(np.stack),
    "split": of_one(lambda x: [part.copy() for part in np.split(x, 4)]),
    "pad": of_table(lambda x: np.pad(x, 2)),
    "pad_reflect": of_table(lambda x: np.pad(x, 2, mode="reflect")),
    "roll": of_one(lambda x: np.roll(x, 3)),
    "roll_axis1": of_table(lambda x: np.roll(x, 3, axis=1)),
    "flip": of_one(lambda x: np.flip(x).copy()),
    "flip_axis1": of_table(lambda x: np.flip(x, axis=1).copy()),
    "transpose": of_table(lambda x: x.T.copy()),
    "tile": of_one(lambda x: np.tile(x, 2)),
    "repeat": of_one(lambda x: np.repeat(x, 2)),
    "take": take,
    "take_rows": take_rows,
    "mask_get": mask_get,
    "mask_set": mask_set,
    "index_get": index_get,
    "slice_copy": of_one(lambda x: x[::2].copy()),
    "slice_set": slice_set,
    "nonzero": of_mask(np.nonzero),
    "tril": of_table(np.tril),
    "ones": lambda a: lambda: np.ones(a.size),
    "arange": lambda a: lambda: np.arange(a.size, dtype="float64"),
    "linspace": lambda a: lambda: np.linspace(0, 1, a.size),
    "copy": of_one(lambda x: x.copy()),
    "random": of_random(lambda rng, n: rng.random(n)),
    "random_normal": of_random(lambda rng, n: rng.standard_normal(n)),
    "random_normal_f32": of_random(lambda rng, n: rng.standard_normal(n, dtype=np.float32)),
    "random_integers": of_random(lambda rng, n: rng.integers(0, 1000, n, dtype=np.int32)),
    "random_exponential": of_random(lambda rng, n: rng.standard_exponential(n)),
    "random_gamma": of_random(lambda rng, n: rng.standard_gamma(2.5, n)),
    "random_poisson": of_random(lambda rng, n: rng.poisson(50, n)),
    "random_permutation": of_random(lambda rng, n: rng.permutation(n)),
    "sparse_matvec": of_laplacian(lambda a, x: a @ x),
    "sparse_rmatvec": of_laplacian(lambda a, x: a.T @ x),
    "sparse_transpose": of_laplacian(lambda a, x: a.T.tocsr()),
    "sparse_tocsr": of_entries(1),
    "sparse_sum_duplicates": of_entries(2),
}


def cases():
    """By name, the function that makes the arrays of a case and returns the call to time."""
    np.seterr(all="ignore")
    sizes = {"": (1000, 1000), "_n1000": (25, 40)}
    return {
        f"array_{name}{ending}": lambda prepare=prepare, size=size: prepare(Arrays(*size))
        for name, prepare in CALLS.items()
        for ending, size in sizes.items()
    }
